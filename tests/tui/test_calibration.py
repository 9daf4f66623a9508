from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from textual.pilot import Pilot

from namecls.results import ReliabilityBin
from tests.tui.fakes import FakeEngine, metrics, run_info
from tests.tui.screen import screen_of, text_of
from tests.tui.waiting import until
from tui.app import NameclsApp
from tui.screens.calibration import CalibrationScreen
from tui.screens.predict import PredictScreen
from tui.widgets.calibration_view import FEW_ROWS, CalibrationView, reliability_spec


async def opened(pilot: Pilot[None]) -> CalibrationView:
    app = pilot.app
    await until(pilot, lambda: app.model.status == "ready" and app.focused is not None)
    await pilot.press("f8")
    await until(pilot, lambda: isinstance(app.screen, CalibrationScreen))
    view = app.screen.query_one(CalibrationView)
    await until(pilot, lambda: "Looking" not in text_of(view))
    await pilot.pause()
    return view


def engine_with(name: str) -> FakeEngine:
    engine = FakeEngine()
    engine.predictor.info = run_info(name)
    return engine


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_it_shows_the_diagram_and_what_is_kept(size: tuple[int, int]) -> None:
    app = NameclsApp(engine=FakeEngine())
    async with app.run_test(size=size) as pilot:
        shown = text_of(await opened(pilot))
        for words in (
            *("default", "6,121 test rows", "reliability diagram"),
            *("ECE                          0.0210", "expected if calibrated       0.0132"),
            "95th percentile of that      0.0187",
            *("aps        90 %    90.3 %       4.1", "20 %    18.8 %    89.3 %", "5 %         -     0.0 %"),
        ):
            assert words in shown
        assert ("lac        90 %    90.3 %       3.8" in shown) == (size[1] == 40)
        assert shown.splitlines()[1].lstrip().startswith("100 %")
        assert shown.count("●") == sum(each.rows >= FEW_ROWS for each in metrics().reliability)
        await pilot.press("f8")
        await until(pilot, lambda: isinstance(app.screen, PredictScreen))


async def test_without_unicode_it_is_ascii() -> None:
    app = NameclsApp(engine=FakeEngine(), ascii_only=True)
    async with app.run_test(size=(80, 24)) as pilot:
        shown = text_of(await opened(pilot))
        assert shown.isascii()
        assert shown.count("o") > len(metrics().reliability)


@pytest.mark.parametrize(
    ("name", "says"),
    [("imported", "this model was not tested"), ("broken", "broken: expected metrics [/b]␛[31m")],
)
async def test_what_can_not_be_told_is_said(name: str, says: str) -> None:
    app = NameclsApp(engine=engine_with(name))
    async with app.run_test(size=(80, 24)) as pilot:
        shown = text_of(await opened(pilot))
        assert says in shown
        assert "\x1b" not in screen_of(app)


async def test_a_hostile_name_of_a_run_is_text() -> None:
    app = NameclsApp(engine=engine_with("O[x]\x1b]52;c;Zm9v\x07\u202e"))
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        shown = screen_of(app)
        assert "O[x]␛]52;c;Zm9v␇" in shown
        assert not set("\x1b\x07\u202e") & set(shown)


async def test_it_fits_into_the_smallest_terminal() -> None:
    app = NameclsApp(engine=FakeEngine())
    async with app.run_test(size=(60, 16)) as pilot:
        shown = text_of(await opened(pilot))
        assert "ECE" in shown
        assert "esc back" in screen_of(app)


async def test_tests_of_an_older_version_show_what_they_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    old = dataclasses.replace(
        metrics(), reliability=(), coverages=(), selections=(), ece_by_chance=None, ece_by_chance_95=None
    )
    engine = FakeEngine()
    monkeypatch.setattr(engine, "read_metrics", lambda _directory: old)
    app = NameclsApp(engine=engine)
    async with app.run_test(size=(80, 24)) as pilot:
        shown = text_of(await opened(pilot))
        assert "no diagram: not measured in the test" in shown
        assert "0.0210" in shown
        assert "expected if" not in shown


async def test_sets_that_too_few_rows_calibrate_are_said_to_hold_all_labels(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engine = FakeEngine()
    few = dataclasses.replace(metrics(), calibrated_on=12)
    monkeypatch.setattr(engine, "read_metrics", lambda _directory: few)
    app = NameclsApp(engine=engine)
    async with app.run_test(size=(80, 24)) as pilot:
        assert "all labels from 95 % on: 12 rows" in text_of(await opened(pilot))


def test_bins_with_few_rows_are_not_joined_with_the_others() -> None:
    bins = tuple(
        ReliabilityBin(confidence=c, accuracy=a, rows=n)
        for c, a, n in ((0.1, 0.9, FEW_ROWS - 1), (0.5, 0.5, FEW_ROWS), (0.9, 0.8, 100))
    )
    diagonal, few, joined, many = reliability_spec(dataclasses.replace(metrics(), reliability=bins)).lines
    assert diagonal.points == ((0.0, 0.0), (1.0, 1.0))
    assert few.points == ((0.1, 0.9),)
    assert few.dots
    assert joined.points == many.points == ((0.5, 0.5), (0.9, 0.8))


def test_metrics_are_read_where_the_run_lies(trained_run: Path) -> None:
    from tui.engine.library import Library

    found = Library().read_metrics(trained_run)
    assert found is not None
    assert found.split == "test"
    assert found.coverages
