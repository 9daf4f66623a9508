"""A walk through the screens of an app with something in each, for what has to hold on all of them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

from textual import events
from textual.command import CommandPalette
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Input

from namecls.data.table import NameTable
from tests.tui.fakes import FakeEngine, experiment, looked_into, progress, run_info, study, whole_training
from tests.tui.waiting import until
from tui.app import NameclsApp
from tui.drawing.reasons import VIEWS
from tui.screens.calibration import CalibrationScreen
from tui.screens.dataset import DatasetScreen
from tui.screens.help import HelpScreen
from tui.screens.inspect import InspectScreen
from tui.screens.mistakes import MistakesScreen
from tui.screens.predict import PredictScreen
from tui.screens.problems import ProblemsScreen
from tui.screens.runs import RunsScreen
from tui.state import ComparingState, TuningState
from tui.widgets.calibration_view import CalibrationView
from tui.widgets.mistake_rows import MistakeRows
from tui.widgets.name_rows import NameRows
from tui.widgets.plan_view import PlanView

_PAIRS = [
    ("Abel", "Czech"), ("Abel", "German"), ("Berg", "Danish"), ("Dvořák", "Czech"), ("Dvořák", "Czech"), ("", "Polish"),
    ("Hansen", "Danish"), ("Kowalski", "Polish"), ("Nowak", "Polish"), ("Smith", "English"), ("王", "Chinese"),
]  # fmt: skip


def to_be_toured(**options: object) -> NameclsApp:
    """An app with names, runs of every state and a training."""
    engine = FakeEngine(
        looked_into(whole_training(12), "Kowalski", "Yamamoto"),
        table=NameTable.from_pairs(_PAIRS, Path("names.tsv")),
    )
    engine.runs = [
        run_info(
            f"gru-{at}", status=status, accuracy=0.78 - at / 90, created=f"2026-11-{29 - at}T09:15:00+00:00"
        )
        for at, status in enumerate(("finished", "finished", "unfinished", "damaged", "diverged"))
    ]
    return NameclsApp(engine=engine, **options)  # type: ignore[arg-type]


def is_planned(screen: Screen[object]) -> bool:
    """Whether Train shows what will happen."""
    outlook = screen.query_one(PlanView)._outlook
    return outlook is not None and outlook.plan is not None and outlook.plan.seconds is not None


async def tour(pilot: Pilot[None], directory: Path) -> AsyncIterator[str]:
    """Go from screen to screen, and say where one is.

    :param directory: for a study that is shown.
    """
    app = pilot.app
    assert isinstance(app, NameclsApp)

    async def at(screen: type[object]) -> None:
        await until(pilot, lambda: isinstance(app.screen, screen) and app.focused is not None)
        await pilot.pause()

    await at(PredictScreen)
    await until(pilot, lambda: app.model.status == "ready")
    yield "predict, empty"
    predict = app.screen
    assert isinstance(predict, PredictScreen)
    predict.query_one(Input).post_message(events.Paste("Kowalski"))
    await until(pilot, lambda: predict._prediction is not None and predict._prediction.name == "Kowalski")
    await until(pilot, lambda: predict._question is None or predict.is_explained)
    yield "predict"
    await pilot.press("f7", "f7")
    yield "predict, too uncertain"
    await pilot.press("f7", "f7", "f8")
    await until(pilot, lambda: isinstance(app.screen, CalibrationScreen))
    await until(pilot, lambda: app.screen.query_one(CalibrationView).metrics is not None)
    await pilot.pause()
    yield "calibration"
    await pilot.press("escape", "tab")
    await until(pilot, lambda: isinstance(app.screen, InspectScreen))
    inspect = app.screen
    assert isinstance(inspect, InspectScreen)
    for number, view in enumerate(VIEWS, start=1):
        await pilot.press(str(number))
        await until(pilot, lambda: inspect.is_explained and all(p.value is not None for p in inspect._shown))
        await pilot.press("j")
        yield f"inspect, {view.name}"
    await pilot.press("ctrl+g")
    await at(MistakesScreen)
    await until(pilot, lambda: app.screen.query_one(MistakeRows).count > 0)
    yield "mistakes, matrix"
    await pilot.press("enter", "j")
    yield "mistakes, names"
    await pilot.press("escape", "v")
    yield "mistakes, pairs"
    await app.switch_mode("dataset")
    await at(DatasetScreen)
    await until(pilot, lambda: app.screen.query_one(NameRows).current is not None)
    await pilot.press("escape", "j", "space")
    yield "dataset"
    await until(pilot, lambda: app.screen.check_action("show_problems", ()))
    await pilot.press("p")
    await at(ProblemsScreen)
    yield "problems"
    await pilot.press("escape")
    await app.switch_mode("runs")
    await until(pilot, lambda: isinstance(app.screen, RunsScreen) and app.screen._runs)
    runs = app.screen
    assert isinstance(runs, RunsScreen)
    await pilot.press("b", "space", "space", "v")
    await until(pilot, lambda: {place for _, _, place in runs._overlaid} <= runs._looked.keys())
    await pilot.pause()
    yield "runs"
    await app.switch_mode("train")
    await until(pilot, lambda: app.focused is not None)
    await until(pilot, lambda: is_planned(app.screen))
    yield "train, form"
    await pilot.press("f5")
    await until(pilot, lambda: app.training.phase == "done")
    await pilot.pause(0.6)
    yield "train"
    await app.switch_mode("tune")
    await until(pilot, lambda: app.focused is not None)
    yield "tune, form"
    made = replace(study(directory, trials=4), directory=Path("save_model/tune"))
    app.tuning = TuningState("running", study=made, progress=progress(250, 10))
    await pilot.press("j")
    yield "tune"
    await app.switch_mode("compare")
    await until(pilot, lambda: app.focused is not None)
    yield "compare, form"
    found = experiment(Path("save_model"), 9)
    app.comparing = ComparingState("done", found.directory, found, None, None)
    await pilot.pause()
    yield "compare"
    await pilot.press("f1")
    await at(HelpScreen)
    yield "help"
    await pilot.press("escape", "ctrl+p")
    await until(pilot, lambda: isinstance(app.screen, CommandPalette))
    await pilot.pause()
    yield "palette"
    await pilot.press("escape")
