"""Mistakes: from the confusion of labels to the names behind it, to their rows, and back."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from namecls.data.slices import slices_of
from namecls.results import Confusion
from tests.tui.fakes import FakeEngine, FakePredictor, mistakes, run_info
from tests.tui.screen import screen_of, text_of
from tests.tui.waiting import until
from tui.app import NameclsApp
from tui.screens.dataset import DatasetScreen
from tui.screens.mistakes import MistakesScreen
from tui.screens.predict import PredictScreen
from tui.widgets.confusion_panel import ConfusionPanel
from tui.widgets.confusion_view import ConfusionView
from tui.widgets.mistake_rows import MistakeRows


async def examining(pilot: Pilot[None]) -> MistakesScreen:
    app = pilot.app
    await until(pilot, lambda: isinstance(app.screen, PredictScreen) and app.model.status == "ready")
    await pilot.press("ctrl+g")
    await until(pilot, lambda: isinstance(app.screen, MistakesScreen))
    assert isinstance(app.screen, MistakesScreen)
    await until(pilot, lambda: app.screen.query_one(MistakeRows).count > 0)
    return app.screen


def names(screen: MistakesScreen) -> list[str]:
    return [row.name for row in screen.query_one(MistakeRows)._rows]


async def test_the_matrix_opens_the_names_of_a_cell_and_escape_leads_back_step_by_step() -> None:
    app = NameclsApp(engine=FakeEngine())
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await examining(pilot)
        everything = mistakes().rows
        assert names(screen) == [row.name for row in everything]
        true, given = screen.query_one(ConfusionView).cell
        assert true != given  # the commonest mistake
        await pilot.press("enter")
        await until(pilot, lambda: screen.focused is screen.query_one(MistakeRows))
        expected = [row.name for row in everything if (row.label, row.given) == (true, given)]
        assert names(screen) == expected
        assert f"{true} taken for {given}" in screen_of(app)
        await pilot.press("escape")
        assert names(screen) == expected
        await pilot.press("escape")
        assert names(screen) == [row.name for row in everything]
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, PredictScreen))


async def test_arrows_move_in_the_matrix_and_the_diagonal_opens_all_mistakes_of_a_label() -> None:
    app = NameclsApp(engine=FakeEngine())
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await examining(pilot)
        matrix = screen.query_one(ConfusionView)
        await pilot.press("home", *("left",) * 20)
        first = matrix.cell
        assert first is not None
        assert first[0] == first[1] == matrix._labels[0]
        await pilot.press("right", "j")
        assert matrix.cell == (matrix._labels[1], matrix._labels[1])
        await pilot.press("enter")
        await until(pilot, lambda: screen.has_class("-on-rows"))
        label = matrix._labels[1]
        assert names(screen) == [row.name for row in mistakes().rows if row.label == label]
        await pilot.press("tab")
        assert screen.focused is matrix
        await pilot.press("end", "pagedown", "l")
        assert matrix.cell[0] == matrix._labels[-1]


async def test_pairs_and_labels_open_their_names_too() -> None:
    app = NameclsApp(engine=FakeEngine())
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await examining(pilot)
        await pilot.press("v", "down", "enter")
        await until(pilot, lambda: screen.focused is screen.query_one(MistakeRows))
        _, true, given = screen.query_one(ConfusionPanel).pairs[1]
        assert {(row.label, row.given) for row in screen.query_one(MistakeRows)._rows} == {(true, given)}
        await pilot.press("tab", "v")
        left = screen.query_one(ConfusionPanel)
        assert left.scores == sorted(left.scores, key=lambda score: (score.f1, score.label))
        given = screen.query_one(ConfusionPanel).scores[0].label
        await pilot.press("g")
        await until(pilot, lambda: screen.focused is screen.query_one(MistakeRows))
        assert {row.given for row in screen.query_one(MistakeRows)._rows} == {given}
        await pilot.press("tab", "s", "s", "s")
        supports = [score.support for score in screen.query_one(ConfusionPanel).scores]
        assert supports == sorted(supports, reverse=True)


async def test_slices_open_the_mistakes_among_their_test_rows() -> None:
    app = NameclsApp(engine=FakeEngine())
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await examining(pilot)
        await pilot.press("v", "v", "v")
        assert "slices of the test rows, weakest first" in screen_of(app)
        found = mistakes().slices[0]
        assert f"{found.interval.low:.3f} to {found.interval.high:.3f}" in screen_of(app)
        await pilot.press("enter")
        await until(pilot, lambda: screen.focused is screen.query_one(MistakeRows))
        expected = [
            row.name
            for row in mistakes().rows
            if row.split == "test" and slices_of(row.name)[found.kind] == found.value
        ]
        assert names(screen) == expected != []
        assert f"mistakes: {found.title}" in screen_of(app)
        await pilot.press("escape", "escape")
        assert len(names(screen)) == len(mistakes().rows)


async def test_that_another_file_is_opened_for_a_mistake_is_said(tmp_path: Path) -> None:
    own = tmp_path / "own.tsv"
    own.write_text("Kowalski\tPolish\nNguyen\tVietnamese\n")
    app = NameclsApp(engine=FakeEngine(), data=own)
    async with app.run_test(size=(120, 40)) as pilot:
        app.need_dataset()
        await until(pilot, lambda: app.dataset.ready is not None)
        await examining(pilot)
        await pilot.press("tab", "down", "enter")
        await until(pilot, lambda: isinstance(app.screen, DatasetScreen))
        await until(pilot, lambda: app.dataset.ready is not None and app.dataset.path != own)
        told = [each.message for each in app._notifications if "Opened: " in each.message]
        assert told == [
            "Opened: the embedded names, the file of these rows. Train uses it too; o opens another."
        ]


async def test_only_the_confident_ones_show() -> None:
    app = NameclsApp(engine=FakeEngine())
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await examining(pilot)
        for least in (0.5, 0.8, 0.9, 0.0):
            await pilot.press("c")
            assert names(screen) == [row.name for row in mistakes().rows if row.confidence >= least]


async def test_a_name_is_found_in_its_file_and_put_into_predict_and_the_way_back_keeps_the_place() -> None:
    app = NameclsApp(engine=FakeEngine())
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await examining(pilot)
        await pilot.press("tab", "down", "enter")
        row = mistakes().rows[1]
        await until(pilot, lambda: isinstance(app.screen, DatasetScreen))
        await until(pilot, lambda: app.screen.query_one("#search", Input).value == row.name)
        await pilot.press("ctrl+g")
        await until(pilot, lambda: app.screen is screen)
        assert screen.query_one(MistakeRows).current == row
        await pilot.press("p")
        await until(pilot, lambda: isinstance(app.screen, PredictScreen))
        await until(pilot, lambda: app.screen.query_one(Input).value == row.name)


async def test_what_shows_is_written_and_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    app = NameclsApp(engine=FakeEngine())
    async with app.run_test(size=(120, 40)) as pilot:
        await examining(pilot)
        await pilot.press("c", "y", "ctrl+e")
        shown = [row for row in mistakes().rows if row.confidence >= 0.5]
        assert app.clipboard.splitlines()[1].split("\t")[:3] == [
            shown[0].name,
            shown[0].label,
            shown[0].given,
        ]
        (table,) = tmp_path.glob("*.csv")
        with table.open(encoding="utf-8") as file:
            assert [row["name"] for row in csv.DictReader(file)] == [row.name for row in shown]
        told = json.loads(table.with_suffix(".json").read_text())
        assert len(told["mistakes"]) == len(shown)
        assert {score["label"] for score in told["labels"]} == set(mistakes().labels)
        assert "<svg" in table.with_suffix(".svg").read_text()


async def test_of_a_model_whose_rows_are_gone_the_written_matrix_shows_and_why_there_are_no_names() -> None:
    engine = FakeEngine()
    engine.predictor = FakePredictor(run_info("broken", directory=Path("save_model/broken")))
    app = NameclsApp(engine=engine)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.model.status == "ready")
        await pilot.press("ctrl+g")
        await until(pilot, lambda: "its rows are not known [/b]␛[31m" in screen_of(app))
        assert app.screen.query_one(ConfusionView).cell is None  # nor can its metrics be read
        await pilot.press("enter", "v", "enter", "v", "enter", "g", "s", "c", "p", "y", "tab", "enter", "p")
        assert isinstance(app.screen, MistakesScreen | PredictScreen)


async def test_another_model_is_examined_anew() -> None:
    app = NameclsApp(engine=FakeEngine())
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await examining(pilot)
        await pilot.press("enter")
        app.use_model(Path("save_model/other"))
        await until(pilot, lambda: screen._directory == Path("save_model/other"))
        await until(pilot, lambda: len(names(screen)) == len(mistakes().rows))


async def test_the_matrix_is_clicked() -> None:
    app = NameclsApp(engine=FakeEngine())
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await examining(pilot)
        matrix = screen.query_one(ConfusionView)
        await pilot.click(ConfusionView, offset=(15, 2))
        assert matrix.cell == (matrix._labels[1], matrix._labels[0])
        await pilot.click(ConfusionView, offset=(15, 2))
        await until(pilot, lambda: screen.focused is screen.query_one(MistakeRows))


async def test_no_two_columns_of_the_matrix_have_the_same_title() -> None:
    app = NameclsApp(engine=FakeEngine(), start="mistakes")
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, MistakesScreen))
        matrix = app.screen.query_one(ConfusionView)
        await until(pilot, lambda: matrix.cell is not None)
        matrix.show(Confusion(), ("Czech", "Slovak", "Slovenian"))
        await until(pilot, lambda: "Slovenian" in text_of(matrix))
        assert set(text_of(matrix).splitlines()[0].split()) == {"Cze", "Sla", "Sle"}
