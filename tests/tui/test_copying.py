from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Input

from tests.tui.fakes import FakeEngine, whole_training
from tests.tui.screen import text_of
from tests.tui.waiting import until
from tui.app import NameclsApp
from tui.screens.dataset import DatasetScreen
from tui.screens.models import ModelsScreen
from tui.screens.predict import PredictScreen
from tui.screens.train import TrainScreen
from tui.widgets.name_rows import NameRows
from tui.widgets.training_curves import CurveView


async def test_y_copies_the_row_under_the_cursor_and_again_writes_it_to_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    app = NameclsApp(engine=FakeEngine(), start="dataset")
    async with app.run_test(size=(80, 24)) as pilot:
        await until(
            pilot, lambda: isinstance(app.screen, DatasetScreen) and app.screen.query_one(NameRows).count
        )
        rows = app.screen.query_one(NameRows)
        rows.focus()
        await until(pilot, lambda: rows.current is not None and rows.current.split)  # which comes later
        await pilot.press("y")
        assert rows.current is not None
        assert {rows.current.name, rows.current.label} <= set(app.clipboard.split("\t"))
        assert list(tmp_path.iterdir()) == []
        await pilot.press("y")
        (file,) = tmp_path.iterdir()
        assert file.read_text(encoding="utf-8") == app.clipboard + "\n"


async def test_the_rows_that_a_search_found_go_to_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    app = NameclsApp(engine=FakeEngine(), start="dataset")
    async with app.run_test(size=(80, 24)) as pilot:
        await until(
            pilot, lambda: isinstance(app.screen, DatasetScreen) and app.screen.query_one(NameRows).count
        )
        rows = app.screen.query_one(NameRows)
        app.screen.query_one("#search", Input).value = "polishname"
        await until(pilot, lambda: rows.count == 5)
        await pilot.press("escape", "ctrl+e")
        await until(pilot, lambda: list(tmp_path.glob("namecls-rows-*.tsv")))
    (file,) = tmp_path.glob("namecls-rows-*.tsv")
    lines = file.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "name\tlabel"
    assert sorted(lines[1:]) == [f"Polishname{number}\tPolish" for number in range(5)]


async def test_y_copies_a_model_the_command_of_a_form_and_what_a_training_came_to() -> None:
    app = NameclsApp(engine=FakeEngine(whole_training(3)), start="train")
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, TrainScreen) and app.screen.can_start)
        app.screen.query_one("#preset").focus()
        await pilot.press("y")
        assert app.clipboard.startswith("namecls train")
        await pilot.press("f5")
        await until(pilot, lambda: app.training.phase == "done")
        await pilot.press("y")
        assert "epoch 3: valid" in app.clipboard
        await pilot.press("f3")
        await until(pilot, lambda: isinstance(app.screen, PredictScreen))
        await pilot.press("f5")
        await until(pilot, lambda: isinstance(app.screen, ModelsScreen) and app.screen.list.count)
        await pilot.press("y")
        assert app.clipboard.startswith("default")


@pytest.mark.parametrize("place", ["train", "tune", "compare"])
async def test_the_command_that_is_copied_is_the_one_that_shows(place: str) -> None:
    app = NameclsApp(engine=FakeEngine(), start=place)
    async with app.run_test(size=(200, 50)) as pilot:
        outlook = lambda: app.screen.query("#plan, #outlook").first()  # noqa: E731
        await until(pilot, lambda: app.screen.query("#plan, #outlook") and outlook().command)
        await pilot.press("ctrl+y")
        await until(pilot, lambda: app.clipboard)
        assert app.clipboard == outlook().command
        await until(pilot, lambda: "".join(app.clipboard.split()) in "".join(text_of(outlook()).split()))


async def test_arrows_read_the_curves_epoch_by_epoch() -> None:
    app = NameclsApp(engine=FakeEngine(whole_training(3)), start="train")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, TrainScreen) and app.screen.can_start)
        await pilot.press("f5")
        await until(pilot, lambda: app.training.phase == "done")
        loss = app.screen.query_one(CurveView)
        latest = text_of(loss).splitlines()[0]
        await pilot.press("left", "left")
        await pilot.pause()
        epoch = app.training.story.epochs[1]
        told = text_of(loss).splitlines()[0].split()
        assert told[:4] == ["epoch", "2:", "train", f"{epoch.train_loss:.3f}"]
        assert told[4:] == ["○", "valid", f"{epoch.valid_loss:.3f}"]
        await pilot.press("right", "right")
        await pilot.pause()
        assert text_of(loss).splitlines()[0] == latest
