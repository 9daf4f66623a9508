"""A choice among many words."""

from __future__ import annotations

import pytest

from tests.tui.fakes import FakeEngine
from tests.tui.screen import text_of
from tui.app import NameclsApp
from tui.widgets.choice import Choice


@pytest.mark.parametrize(
    ("chosen", "shown"),
    [("w0000", "[w0000] w0001 w0002"), ("w2500", "< w2499 [w2500] >"), ("w4999", "< w4997 w4998 [w4999]")],
)
async def test_of_thousands_of_choices_no_more_are_looked_at_than_have_room(
    monkeypatch: pytest.MonkeyPatch, chosen: str, shown: str
) -> None:
    words = tuple(f"w{number:04}" for number in range(5000))
    looked = set()
    real = Choice._word
    monkeypatch.setattr(
        Choice, "_word", lambda self, choice, room: looked.add(choice) or real(self, choice, room)
    )
    app = NameclsApp(engine=FakeEngine())
    async with app.run_test(size=(80, 24)) as pilot:
        choice = Choice(words, chosen)
        await app.screen.mount(choice)
        choice.styles.width = 22
        looked.clear()
        choice.redraw()
        await pilot.pause()
        assert text_of(choice).strip().startswith(shown)
        assert 0 < len(looked) < 100
