"""Pictures of the screens at the two sizes that count. `pytest --snapshot-update` takes them anew."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from textual import events
from textual.pilot import Pilot
from textual.widgets import Input

from namecls.files.locks import Holder
from tests.tui.fakes import (
    FakeEngine,
    experiment,
    looked_into,
    progress,
    run_info,
    study,
    unfinished,
    whole_training,
)
from tests.tui.waiting import until
from tui.app import NameclsApp
from tui.drawing.reasons import VIEWS
from tui.drawing.views import View
from tui.jobs.trainings import Trainings
from tui.screens.calibration import CalibrationScreen
from tui.screens.compare import CompareScreen
from tui.screens.help import HelpScreen
from tui.screens.inspect import InspectScreen
from tui.screens.interrupted import InterruptedScreen
from tui.screens.mistakes import MistakesScreen
from tui.screens.predict import PredictScreen
from tui.screens.runs import RunsScreen
from tui.screens.train import TrainScreen
from tui.screens.tune import TuneScreen
from tui.state import ComparingState, LiveRun, TuningState
from tui.widgets.calibration_view import CalibrationView
from tui.widgets.choice import Choice
from tui.widgets.mistake_rows import MistakeRows
from tui.widgets.plan_view import PlanView

SIZES = pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
HALF = [*whole_training(12)[: 1 + 5 * 101], None]
HOSTILE = "O[x]\x1b]52;c;Zm9v\x07 [/b]\u202e"


async def predicting(pilot: Pilot[None], *texts: str) -> None:
    app = pilot.app
    await until(pilot, lambda: app.model.status == "ready" and app.focused is not None)
    screen = app.screen
    assert isinstance(screen, PredictScreen)
    for text in texts:
        screen.query_one(Input).clear()
        screen.query_one(Input).post_message(events.Paste(text))
        await until(
            pilot, lambda text=text: screen._prediction is not None and screen._prediction.name == text
        )
        await until(pilot, lambda: screen._question is None or screen.is_explained)
        if text != texts[-1]:
            await pilot.press("enter")
    await pilot.pause()


def is_shown(screen: InspectScreen) -> bool:
    """Whether every panel has its value, and none of them that of an earlier question."""
    return screen.is_explained and all(panel.value is not None for panel in screen._shown)


async def inspecting(pilot: Pilot[None], text: str) -> None:
    await predicting(pilot, text)
    await pilot.press("tab")
    await until(pilot, lambda: isinstance(pilot.app.screen, InspectScreen))
    await until(pilot, lambda: is_shown(pilot.app.screen))
    await pilot.pause()


async def training(pilot: Pilot[None]) -> None:
    app = pilot.app
    await until(pilot, lambda: isinstance(app.screen, TrainScreen) and app.focused is not None)
    await until(pilot, lambda: len(app.screen.query_one("#init_from", Choice)._choices) > 1)
    view = app.screen.query_one(PlanView)
    await until(pilot, lambda: view._outlook is not None and view._outlook.plan is not None)
    await until(pilot, lambda: view._outlook.plan.seconds is not None)
    await pilot.pause()


@SIZES
def test_predict_empty(snap_compare: Any, size: tuple[int, int]) -> None:
    assert snap_compare(NameclsApp(engine=FakeEngine()), terminal_size=size, run_before=predicting)


@SIZES
def test_predict_typed(snap_compare: Any, size: tuple[int, int]) -> None:
    async def run(pilot: Pilot[None]) -> None:
        await predicting(pilot, "Yamamoto", "Nguyen", "Kowalski")

    assert snap_compare(NameclsApp(engine=FakeEngine()), terminal_size=size, run_before=run)


@SIZES
@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_inspect(snap_compare: Any, size: tuple[int, int], view: View) -> None:
    async def run(pilot: Pilot[None]) -> None:
        await inspecting(pilot, "Kowalski")
        await pilot.press(str(VIEWS.index(view) + 1))
        if view.name in ("changes", "neighbours"):
            await pilot.press("o", "j")
        if view.name == "walk":
            await pilot.press("j", "j", "j", "enter")
        if view.name == "influence":
            await pilot.press("r", "left", "left")
        await until(pilot, lambda: is_shown(pilot.app.screen))
        await pilot.pause()

    assert snap_compare(NameclsApp(engine=FakeEngine()), terminal_size=size, run_before=run)


@SIZES
@pytest.mark.parametrize("shown", ["matrix", "names", "pairs", "labels"])
def test_mistakes(snap_compare: Any, size: tuple[int, int], shown: str) -> None:
    async def run(pilot: Pilot[None]) -> None:
        await predicting(pilot)
        await pilot.press("ctrl+g")
        await until(pilot, lambda: isinstance(pilot.app.screen, MistakesScreen))
        await until(pilot, lambda: pilot.app.screen.query_one(MistakeRows).count > 0)
        keys = {"matrix": ("down", "right"), "names": ("enter",), "pairs": ("v",), "labels": ("v", "v")}
        await pilot.press(*keys[shown])
        await pilot.pause()

    assert snap_compare(NameclsApp(engine=FakeEngine()), terminal_size=size, run_before=run)


@SIZES
@pytest.mark.parametrize("shown", ["about", "curves", "differs", "hostile"])
def test_runs(snap_compare: Any, size: tuple[int, int], shown: str) -> None:
    async def run(pilot: Pilot[None]) -> None:
        screen = await showing_runs(pilot)
        keys = {
            "about": (),
            "curves": ("b", "space", "space", "space", "v", "left", "left"),
            "differs": ("space", "space", *(["v", "v"] if size[0] < 100 else ["v"])),
            "hostile": ("end",),
        }
        await pilot.press(*keys[shown])
        await all_looked_at(pilot, screen)

    assert snap_compare(NameclsApp(engine=many_runs(), start="runs"), terminal_size=size, run_before=run)


def many_runs() -> FakeEngine:
    """An engine with runs of every state, one of them with hostile names."""
    engine = FakeEngine()
    engine.runs = []
    for at in range(9):
        told: dict[str, Any] = {
            "accuracy": 0.781 - at / 90,
            "macro_f1": 0.692 - at / 70,
            "ece": 0.012 + at / 500,
            "parameters": 166_321 * (at + 1),
            "seed": at,
            "seconds": 64.0 + 50 * at,
            "created": f"2026-11-{29 - at}T09:15:00+00:00",
        }
        if at == 1:
            told |= {"note": "the best so far", "tags": ("good", "wide")}
        elif at == 3:
            told |= {"status": "unfinished", "accuracy": None, "macro_f1": None, "ece": None, "rows": 0}
        engine.runs.append(run_info(f"bi-gru-128-202611{29 - at}-0915{7 * at:02}", **told))
    engine.runs.append(
        run_info(
            "x" + HOSTILE, title=HOSTILE, data=HOSTILE, note=HOSTILE, tags=(HOSTILE,), created="2026-11-01"
        )
    )
    return engine


async def showing_runs(pilot: Pilot[None]) -> RunsScreen:
    await until(pilot, lambda: isinstance(pilot.app.screen, RunsScreen) and pilot.app.screen._runs)
    await until(pilot, lambda: pilot.app.model.status == "ready")
    screen = pilot.app.screen
    assert isinstance(screen, RunsScreen)
    await all_looked_at(pilot, screen)
    return screen


async def all_looked_at(pilot: Pilot[None], screen: RunsScreen) -> None:
    wanted = lambda: {screen.pointed.directory, *(place for _, _, place in screen._overlaid)}  # noqa: E731
    await until(pilot, lambda: wanted() <= screen._looked.keys())
    await pilot.pause()


def test_inspect_all_panels(snap_compare: Any) -> None:
    async def run(pilot: Pilot[None]) -> None:
        await inspecting(pilot, "Kowalski")

    assert snap_compare(NameclsApp(engine=FakeEngine()), terminal_size=(200, 50), run_before=run)


@SIZES
def test_inspect_hostile_text(snap_compare: Any, size: tuple[int, int]) -> None:
    async def run(pilot: Pilot[None]) -> None:
        await inspecting(pilot, HOSTILE)
        await pilot.press("f9", "left")

    assert snap_compare(NameclsApp(engine=FakeEngine()), terminal_size=size, run_before=run)


@SIZES
def test_predict_unknown_letters(snap_compare: Any, size: tuple[int, int]) -> None:
    async def run(pilot: Pilot[None]) -> None:
        await predicting(pilot, "王小明", "Wang 王 明")

    assert snap_compare(NameclsApp(engine=FakeEngine()), terminal_size=size, run_before=run)


@SIZES
def test_predict_hostile_text(snap_compare: Any, size: tuple[int, int]) -> None:
    async def run(pilot: Pilot[None]) -> None:
        await predicting(pilot, HOSTILE, "O[x]")

    assert snap_compare(NameclsApp(engine=FakeEngine()), terminal_size=size, run_before=run)


@SIZES
def test_predict_light(snap_compare: Any, size: tuple[int, int]) -> None:
    async def run(pilot: Pilot[None]) -> None:
        await predicting(pilot, "Kowalski")
        await pilot.press("f9")

    assert snap_compare(NameclsApp(engine=FakeEngine()), terminal_size=size, run_before=run)


@SIZES
def test_predict_too_uncertain(snap_compare: Any, size: tuple[int, int]) -> None:
    async def run(pilot: Pilot[None]) -> None:
        await predicting(pilot, "Kowalski")
        await pilot.press("f7", "f7")
        await pilot.pause()

    assert snap_compare(NameclsApp(engine=FakeEngine()), terminal_size=size, run_before=run)


@SIZES
def test_calibration(snap_compare: Any, size: tuple[int, int]) -> None:
    async def run(pilot: Pilot[None]) -> None:
        await predicting(pilot)
        await pilot.press("f8")
        await until(pilot, lambda: isinstance(pilot.app.screen, CalibrationScreen))
        view = pilot.app.screen.query_one(CalibrationView)
        await until(pilot, lambda: view.metrics is not None)
        await pilot.pause()

    assert snap_compare(NameclsApp(engine=FakeEngine()), terminal_size=size, run_before=run)


@SIZES
def test_train_form(snap_compare: Any, size: tuple[int, int]) -> None:
    app = NameclsApp(engine=FakeEngine(), start="train")
    assert snap_compare(app, terminal_size=size, run_before=training)


@SIZES
def test_train_form_with_something_wrong(snap_compare: Any, size: tuple[int, int]) -> None:
    async def run(pilot: Pilot[None]) -> None:
        await training(pilot)
        pilot.app.screen.query_one("#epochs", Input).focus()
        await pilot.press("end", "x", "f7")
        await pilot.pause()

    assert snap_compare(NameclsApp(engine=FakeEngine(), start="train"), terminal_size=size, run_before=run)


@SIZES
def test_train_running(snap_compare: Any, size: tuple[int, int]) -> None:
    async def run(pilot: Pilot[None]) -> None:
        await training(pilot)
        await pilot.press("f5")
        await until(pilot, lambda: len(pilot.app.training.story.epochs) == 5)
        pilot.app.screen._draw_curves()
        await pilot.pause()

    app = NameclsApp(engine=FakeEngine(HALF), start="train")
    assert snap_compare(app, terminal_size=size, run_before=run)
    app.engine.gate.set()


@SIZES
def test_train_looked_into(snap_compare: Any, size: tuple[int, int]) -> None:
    async def run(pilot: Pilot[None]) -> None:
        await training(pilot)
        await pilot.press("f5")
        await until(pilot, lambda: len(pilot.app.training.story.watched) == 5)
        await pilot.press("v")
        pilot.app.screen._draw_all()
        await pilot.pause()

    app = NameclsApp(engine=FakeEngine(looked_into(HALF, "Kowalski", HOSTILE, "王小明")), start="train")
    assert snap_compare(app, terminal_size=size, run_before=run)
    app.engine.gate.set()


@SIZES
def test_train_finished(snap_compare: Any, size: tuple[int, int]) -> None:
    async def run(pilot: Pilot[None]) -> None:
        await training(pilot)
        await pilot.press("f5")
        await until(pilot, lambda: pilot.app.training.phase == "done")
        pilot.app.screen._draw_curves()
        await pilot.pause()

    app = NameclsApp(engine=FakeEngine(whole_training(12)), start="train")
    assert snap_compare(app, terminal_size=size, run_before=run)


@SIZES
def test_tune_form(snap_compare: Any, size: tuple[int, int]) -> None:
    async def run(pilot: Pilot[None]) -> None:
        app = pilot.app
        await until(pilot, lambda: isinstance(app.screen, TuneScreen) and app.focused is not None)
        await until(pilot, lambda: app.dataset.table is not None)
        await pilot.pause()

    assert snap_compare(NameclsApp(engine=FakeEngine(), start="tune"), terminal_size=size, run_before=run)


@SIZES
def test_tune_running(snap_compare: Any, size: tuple[int, int], tmp_path: Path) -> None:
    async def run(pilot: Pilot[None]) -> None:
        app = pilot.app
        await until(pilot, lambda: isinstance(app.screen, TuneScreen) and app.dataset.table is not None)
        made = replace(study(tmp_path, trials=4), directory=Path("save_model/tune"))
        holder = Holder(4711, "lab", "2026-11-23T10:00:00")
        app.tuning = TuningState("running", study=made, progress=progress(250, 10), holder=holder)
        await pilot.press("j")
        await pilot.pause()

    assert snap_compare(NameclsApp(engine=FakeEngine(), start="tune"), terminal_size=size, run_before=run)


@SIZES
@pytest.mark.parametrize("measured", [-1, 4, 9], ids=["form", "running", "done"])
def test_compare(snap_compare: Any, size: tuple[int, int], measured: int) -> None:
    async def run(pilot: Pilot[None]) -> None:
        app = pilot.app
        await until(pilot, lambda: isinstance(app.screen, CompareScreen) and app.focused is not None)
        await until(pilot, lambda: app.dataset.table is not None)
        if measured >= 0:
            found = experiment(Path("save_model"), measured)
            live = LiveRun("lstm", 1, (0.2, 0.25), 0.5) if found.result is None else None
            holder = Holder(4711, "lab", "2026-11-23T10:00:00") if live is not None else None
            phase = "running" if live is not None else "done"
            app.comparing = ComparingState(phase, found.directory, found, live, holder)
        await pilot.pause()

    assert snap_compare(NameclsApp(engine=FakeEngine(), start="compare"), terminal_size=size, run_before=run)


@SIZES
@pytest.mark.parametrize("running", [False, True], ids=["interrupted", "running"])
def test_unfinished_at_the_start(
    snap_compare: Any, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int], running: bool
) -> None:
    monkeypatch.setattr(
        Trainings, "_await", lambda *_: None
    )  # nobody holds this run, so it would be announced

    async def run(pilot: Pilot[None]) -> None:
        app = pilot.app
        await until(pilot, lambda: app.model.status == "ready")
        await until(pilot, lambda: isinstance(app.screen, InterruptedScreen) and app.screen.ready)
        await pilot.pause()

    holder = Holder(4711, "lab", "2026-11-23T10:00:00")
    found = unfinished(status="running", holder=holder) if running else unfinished()
    engine = FakeEngine()
    engine.unfinished = [found, unfinished("older")]
    assert snap_compare(NameclsApp(engine=engine), terminal_size=size, run_before=run)


@SIZES
def test_train_form_above_which_something_waits(snap_compare: Any, size: tuple[int, int]) -> None:
    async def run(pilot: Pilot[None]) -> None:
        app = pilot.app
        await until(pilot, lambda: isinstance(app.screen, InterruptedScreen) and app.screen.ready)
        await pilot.press("escape")
        await training(pilot)

    engine = FakeEngine()
    engine.unfinished = [unfinished()]
    assert snap_compare(NameclsApp(engine=engine, start="train"), terminal_size=size, run_before=run)


@SIZES
def test_help(snap_compare: Any, size: tuple[int, int]) -> None:
    async def run(pilot: Pilot[None]) -> None:
        await predicting(pilot)
        await pilot.press("f1")
        await until(pilot, lambda: isinstance(pilot.app.screen, HelpScreen))
        await pilot.pause()

    assert snap_compare(NameclsApp(engine=FakeEngine()), terminal_size=size, run_before=run)


@SIZES
def test_models(snap_compare: Any, size: tuple[int, int]) -> None:
    async def run(pilot: Pilot[None]) -> None:
        await predicting(pilot)
        await pilot.press("f5")
        await until(pilot, lambda: getattr(pilot.app.screen, "_runs", None))
        await pilot.pause()

    assert snap_compare(NameclsApp(engine=FakeEngine()), terminal_size=size, run_before=run)
