"""A small part of what `make stress` does at length."""

from __future__ import annotations

from tests.stress import values


def test_a_value_that_was_not_written_there_is_used_or_refused_in_words() -> None:
    told: list[str] = []
    counts = values.run(False, told.append)
    assert counts["lost"] == 0, told
    assert counts["values replaced"] >= 40
    assert counts["commands"] >= 150
