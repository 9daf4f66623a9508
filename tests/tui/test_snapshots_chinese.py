"""The screens in Simplified Chinese, as pictures: `pytest --snapshot-update` takes them anew."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.tui.fakes import FakeEngine, whole_training
from tests.tui.test_snapshots import (
    SIZES,
    all_looked_at,
    inspecting,
    is_shown,
    many_runs,
    predicting,
    showing_runs,
    training,
)
from tests.tui.waiting import until
from tui.app import NameclsApp
from tui.screens.calibration import CalibrationScreen
from tui.screens.compare import CompareScreen
from tui.screens.dataset import DatasetScreen
from tui.screens.help import HelpScreen
from tui.screens.mistakes import MistakesScreen
from tui.screens.tune import TuneScreen
from tui.widgets.calibration_view import CalibrationView
from tui.widgets.mistake_rows import MistakeRows
from tui.widgets.name_rows import NameRows


async def predict(pilot: Pilot[None]) -> None:
    await predicting(pilot, "Yamamoto", "Kowalski")


async def inspect(pilot: Pilot[None]) -> None:
    await inspecting(pilot, "Kowalski")
    await pilot.press("2")
    await until(pilot, lambda: is_shown(pilot.app.screen))
    await pilot.pause()


async def calibration(pilot: Pilot[None]) -> None:
    await predicting(pilot)
    await pilot.press("f8")
    await until(pilot, lambda: isinstance(pilot.app.screen, CalibrationScreen))
    await until(pilot, lambda: pilot.app.screen.query_one(CalibrationView).metrics is not None)
    await pilot.pause()


async def mistakes(pilot: Pilot[None]) -> None:
    await predicting(pilot)
    await pilot.press("ctrl+g")
    await until(pilot, lambda: isinstance(pilot.app.screen, MistakesScreen))
    await until(pilot, lambda: pilot.app.screen.query_one(MistakeRows).count > 0)
    await pilot.press("v")
    await pilot.pause()


async def help_of_predict(pilot: Pilot[None]) -> None:
    await predicting(pilot)
    await pilot.press("f1")
    await until(pilot, lambda: isinstance(pilot.app.screen, HelpScreen))
    await pilot.pause()


async def trained(pilot: Pilot[None]) -> None:
    await training(pilot)
    await pilot.press("f5")
    await until(pilot, lambda: pilot.app.training.phase == "done")
    pilot.app.screen._draw_curves()
    await pilot.pause()


async def dataset(pilot: Pilot[None]) -> None:
    await until(pilot, lambda: isinstance(pilot.app.screen, DatasetScreen))
    rows = pilot.app.screen.query_one(NameRows)
    await until(pilot, lambda: rows.current is not None and rows.current.split)
    await pilot.pause()


async def runs(pilot: Pilot[None]) -> None:
    await all_looked_at(pilot, await showing_runs(pilot))


async def tune(pilot: Pilot[None]) -> None:
    await until(pilot, lambda: isinstance(pilot.app.screen, TuneScreen) and pilot.app.focused is not None)
    await until(pilot, lambda: pilot.app.dataset.table is not None)
    await pilot.pause()


async def compare(pilot: Pilot[None]) -> None:
    await until(pilot, lambda: isinstance(pilot.app.screen, CompareScreen) and pilot.app.focused is not None)
    await until(pilot, lambda: pilot.app.dataset.table is not None)
    await pilot.pause()


SCREENS: dict[str, tuple[str, Callable[[Pilot[None]], Awaitable[None]]]] = {
    "predict": ("predict", predict),
    "inspect": ("predict", inspect),
    "calibration": ("predict", calibration),
    "mistakes": ("predict", mistakes),
    "help": ("predict", help_of_predict),
    "form": ("train", training),
    "trained": ("train", trained),
    "dataset": ("dataset", dataset),
    "runs": ("runs", runs),
    "tune": ("tune", tune),
    "compare": ("compare", compare),
}


@SIZES
@pytest.mark.parametrize("shown", SCREENS)
def test_chinese(snap_compare: Any, size: tuple[int, int], shown: str) -> None:
    start, run = SCREENS[shown]
    engine = many_runs() if shown == "runs" else FakeEngine(whole_training(12))
    app = NameclsApp(engine=engine, start=start, language="zh_CN")
    assert snap_compare(app, terminal_size=size, run_before=run)
