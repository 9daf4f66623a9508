"""Following the work of another process; `held` stands for that process."""

from __future__ import annotations

from pathlib import Path

import pytest

from namecls.files.background import LOG
from namecls.files.control import ask, asked
from namecls.files.locks import held
from namecls.runs import follow
from namecls.runs.follow import Follower


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follow, "LOOK_EVERY", 0.0)


def test_it_looks_until_nobody_has_been_at_work_for_a_while(tmp_path: Path) -> None:
    with held(tmp_path):
        looks = Follower(patience=3).looks(tmp_path)
        assert [next(looks).holder is not None for _ in range(5)] == [True] * 5
    assert [look.holder for look in looks] == [None] * 3


def test_what_is_wanted_is_passed_on_and_what_others_want_is_seen(tmp_path: Path) -> None:
    follower = Follower()
    with held(tmp_path):
        looks = follower.looks(tmp_path)
        assert next(looks).wish == "go"
        follower.want("pause")
        assert asked(tmp_path) == "go"
        assert next(looks).wish == "pause"
        assert follower.wanted is None
        ask(tmp_path, "stop")
        assert next(looks).wish == "stop"


def test_what_can_not_be_passed_on_is_told(tmp_path: Path) -> None:
    follower = Follower()
    follower.want("pause")
    look = next(follower.looks(tmp_path / "gone"))
    assert "gone" in look.refused
    assert look.wish == "go"


def test_one_that_is_closed_looks_no_more(tmp_path: Path) -> None:
    follower = Follower()
    with held(tmp_path):
        looks = follower.looks(tmp_path)
        next(looks)
        follower.close()
        assert list(looks) == []


def test_only_what_was_said_meanwhile_counts_as_last_words(tmp_path: Path) -> None:
    (tmp_path / LOG).write_text("an old word\n", encoding="utf-8")
    follower = Follower(patience=1)
    looks = follower.looks(tmp_path)
    next(looks)
    assert follower.last_words() == ""
    with (tmp_path / LOG).open("a", encoding="utf-8") as log:
        log.write("a new one\n")
    assert follower.last_words() == "a new one"
