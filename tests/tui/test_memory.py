from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from textual.widgets import Input

from namecls.data.layout import Columns
from tests.tui.fakes import FakeEngine, whole_training
from tests.tui.screen import text_of
from tests.tui.waiting import until
from tui.announcing import announce_run
from tui.app import NameclsApp
from tui.memory import MOST_NAMES, Memory, Remembered, Tried
from tui.screens.train import TrainScreen
from tui.terminal.notice import notification
from tui.widgets.tried import TriedList

FULL = Memory(
    model="/models/mine",
    theme="namecls-light",
    data="/data/mine.tsv",
    columns=Columns(name="who", label=2, header=True),
    tried=(Tried("Kim", "Korean", 0.9, "mine"), Tried("王"), Tried("...", "no letters", None, "mine")),
    form={"preset": "fast", "epochs": "7"},
    notify=False,
)


def test_what_is_remembered_is_read_back(tmp_path: Path) -> None:
    file = tmp_path / "state" / "remembered.json"
    remembered = Remembered(file)
    assert remembered.now == Memory()
    remembered.keep(**{name: getattr(FULL, name) for name in FULL.__slots__})
    remembered.save()
    assert Remembered(file).now == FULL
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_only_the_latest_names_are_remembered(tmp_path: Path) -> None:
    remembered = Remembered(tmp_path / "r.json")
    remembered.keep(tried=tuple(Tried(str(number)) for number in range(MOST_NAMES + 5)))
    remembered.save()
    assert Remembered(tmp_path / "r.json").now.tried[0].name == "5"


@pytest.mark.parametrize(
    "text",
    [
        *("", "[]", "{", '{"tried": 1}', '{"tried": [{"name": 1}]}', '{"tried": [{"name": "a", "x": 1}]}'),
        *(
            '{"form": {"epochs": 3}}',
            '{"form": 7}',
            '{"model": ["a"]}',
            '{"theme": null}',
            '{"notify": "yes"}',
        ),
        *(
            '{"tried": [{"name": "a", "probability": 1e999}]}',
            '{"tried": [{"name": "a", "probability": true}]}',
        ),
        *('{"columns": {"name": [1]}}', '{"columns": 3}', '{"theme": 1}'),
        json.dumps({"tried": [{"name": "a"}] * (MOST_NAMES + 1)}),
        json.dumps({"model": "a" * 10_000}),
    ],
)
def test_a_damaged_or_hostile_file_is_left_aside_with_a_word(tmp_path: Path, text: str) -> None:
    file = tmp_path / "r.json"
    file.write_text(text)
    remembered = Remembered(file)
    assert remembered.now == Memory()
    assert str(file) in remembered.problem


def test_only_what_is_wrong_in_a_file_is_left_out_and_the_file_is_kept_beside(tmp_path: Path) -> None:
    file = tmp_path / "r.json"
    text = json.dumps(
        {"data": "/a.tsv", "tried": ["Kim"], "notify": False, "form": {"epochs": 3}, "later": [1]}
    )
    file.write_text(text)
    remembered = Remembered(file)
    assert remembered.now == Memory(data="/a.tsv", notify=False)
    assert "left out: form, tried" in remembered.problem
    remembered.save()
    assert (tmp_path / "r.json.bad").read_text() == text
    again = Remembered(file)
    assert (again.now, again.problem) == (Memory(data="/a.tsv", notify=False), "")
    assert json.loads(file.read_text())["later"] == [1]


async def test_a_start_comes_back_to_what_was_chosen(tmp_path: Path) -> None:
    file, data = tmp_path / "r.json", tmp_path / "mine.tsv"
    data.write_text("".join(f"{name}{n}\t{name}\n" for n in range(9) for name in ("ab", "cd")))
    app = NameclsApp(engine=FakeEngine(), memory=file, data=data)
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.model.status == "ready")
        app.use_model(tmp_path / "model")
        await until(pilot, lambda: app.model.status == "ready")
        app.screen.query_one(Input).value = "Kowalski"
        await until(pilot, lambda: app.screen._prediction is not None)
        await pilot.press("enter", "f9", "f2")
        await until(pilot, lambda: isinstance(app.screen, TrainScreen) and app.dataset.status == "ready")
        app.screen.query_one("#epochs", Input).value = "7"
        await pilot.pause()
    app.end_threads(0)
    again = NameclsApp(engine=FakeEngine(), memory=file)
    async with again.run_test() as pilot:
        await until(pilot, lambda: again.model.status == "ready")
        assert again.theme == "namecls-light"
        assert again.model.path == tmp_path / "model"
        assert "Kowalski" in text_of(again.screen.query_one(TriedList))
        await pilot.press("f2")
        await until(pilot, lambda: isinstance(again.screen, TrainScreen) and again.dataset.status == "ready")
        assert again.dataset.path == data
        assert again.screen.query_one("#epochs", Input).value == "7"
    again.end_threads(0)


async def test_without_a_file_nothing_is_written(tmp_path: Path) -> None:
    app = NameclsApp(engine=FakeEngine())
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.model.status == "ready")
        await pilot.press("f9")
    app.end_threads(0)
    assert not list(tmp_path.rglob("remembered.json"))


async def test_a_model_and_a_file_that_are_gone_give_way_to_the_shipped_ones(tmp_path: Path) -> None:
    (tmp_path / "r.json").write_text(json.dumps({"model": "/gone/damaged", "data": "/gone/missing.tsv"}))
    app = NameclsApp(engine=FakeEngine(), memory=tmp_path / "r.json", start="dataset")
    async with app.run_test() as pilot:
        await until(pilot, lambda: (app.model.path, app.model.status) == (None, "ready"))
        await until(pilot, lambda: (app.dataset.path, app.dataset.status) == (None, "ready"))
        told = "\n".join(each.message for each in app._notifications)
        assert "The model of the last start can't be loaded" in told
        assert "The file of the last start can't be read" in told
    app.end_threads(0)


async def test_a_training_that_nobody_looks_at_rings_unless_that_is_turned_off(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rung: list[str] = []
    monkeypatch.setattr("tui.announcing.ring", lambda _app, text: rung.append(text))
    app = NameclsApp(engine=FakeEngine(whole_training(3)), start="train")
    async with app.run_test() as pilot:
        await until(pilot, lambda: isinstance(app.screen, TrainScreen) and app.screen.can_start)
        await pilot.press("f5")
        await until(pilot, lambda: app.training.phase == "done")
        await pilot.pause()
        assert rung == []  # it was looked at
        announce_run(app, "mine", 0.8)
        assert rung == ["mine is trained: test accuracy 80.0 %"]
        app.action_switch_notifications()
        announce_run(app, "mine", 0.8)
        assert len(rung) == 1


@pytest.mark.parametrize(
    ("terminal", "told"),
    [
        ("xterm-256color", "\x1b]9;namecls: a␛b\x1b\\"),
        ("foot", "\x1b]777;notify;namecls;a␛b\x1b\\"),
        *(("linux", ""), ("dumb", ""), ("", "")),
    ],
)
def test_a_notification_is_what_the_terminal_knows_and_its_text_can_not_end_it(
    terminal: str, told: str
) -> None:
    assert notification("a\x1bb", {"TERM": terminal}) == told
