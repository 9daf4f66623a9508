"""A walk through what lies over screens, or is told on them, with something in each."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

from textual import events
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Input

from namecls.data.browse import KINDS
from namecls.data.table import NameTable
from tests.tui.fakes import FakeEngine, experiment, looked_into, study, unfinished, whole_training
from tests.tui.tour import is_planned
from tests.tui.waiting import until
from tui.app import NameclsApp
from tui.screens.comparisons import ComparisonsScreen
from tui.screens.confirming import PresetScreen
from tui.screens.dataset import DatasetScreen
from tui.screens.file_picker import FileList, FilePicker
from tui.screens.interrupted import InterruptedScreen
from tui.screens.leave import LeaveScreen
from tui.screens.models import ModelsScreen
from tui.screens.pasted import PastedScreen
from tui.screens.problems import Kinds, ProblemsScreen
from tui.screens.relabel import CorrectScreen, RelabelScreen
from tui.screens.studies import StudiesScreen
from tui.screens.train import TrainScreen
from tui.screens.watching import WatchingScreen
from tui.widgets.columns import ColumnList
from tui.widgets.name_rows import NameRows
from tui.widgets.training_form import TrainingForm

_PAIRS = [
    ("Abel", "Czech"), ("Abel", "German"), ("Berg", "Danish"), ("Dvořák", "Czech"), ("Dvorak", "Czech"),
    ("Dvorak", "Czech"), ("", "Polish"), ("Hansen", "Danish"), ("info@x.org", "Polish"), ("12 34", "Polish"),
    ("Nowak", "polish"), ("Smith", "English"), ("王", "Chinese"),
]  # fmt: skip


def to_be_asked(**options: object) -> NameclsApp:
    """An app with names with every kind of problem, two unfinished trainings, a search and a comparison.

    The search and the edits go into the working directory, which has to be empty.
    """
    # It waits in its third epoch, so that it can be watched and left.
    script = [*looked_into(whole_training(12), "Kowalski")[:240], None]
    engine = FakeEngine(script, table=NameTable.from_pairs(_PAIRS, Path("names.tsv")))
    long_ago = time.time() - 5.5 * 24 * 3600  # what is told of it doesn't change meanwhile
    engine.unfinished = [replace(unfinished(name), when=long_ago) for name in ("newer", "older")]
    engine.studies = [(replace(study(Path(), trials=3), created="2026-11-27T09:15:00+00:00"), None)]
    engine.comparisons = [(experiment(Path("save_model"), 9), None)]
    return NameclsApp(engine=engine, edits=Path("names.edits.jsonl"), **options)  # type: ignore[arg-type]


async def dialogs(pilot: Pilot[None]) -> AsyncIterator[str]:
    """Open one after the other, and say which one shows."""
    app = pilot.app
    assert isinstance(app, NameclsApp)

    async def at(screen: type[Screen[object]]) -> None:
        await until(pilot, lambda: isinstance(app.screen, screen))
        await pilot.pause()

    await until(pilot, lambda: isinstance(app.screen, InterruptedScreen) and app.screen.ready)
    yield "interrupted"
    await pilot.press("x")
    yield "interrupted, to be deleted"
    await pilot.press("escape", "f5")
    await at(ModelsScreen)
    await until(pilot, lambda: app.screen.query_one(ColumnList).count > 0)
    yield "models"
    await pilot.press("escape")
    app.screen.query_one(Input).post_message(events.Paste("Kowalski\nNguyen\n王"))
    await at(PastedScreen)
    await until(pilot, lambda: app.screen._answers)
    yield "pasted"
    await pilot.press("escape", "f4")
    await at(DatasetScreen)
    await until(pilot, lambda: app.screen.query_one(NameRows).current is not None)
    await until(pilot, lambda: app.screen._problems is not None)
    await pilot.press("escape", "r")
    await at(RelabelScreen)
    await pilot.press("P")
    yield "relabel"
    await pilot.press("escape", "space", "space", "r")
    await at(RelabelScreen)
    yield "relabel what is marked"
    await pilot.press("escape", "e")
    await at(CorrectScreen)
    yield "correct"
    await pilot.press("escape", "x", "p")
    await at(ProblemsScreen)
    await until(pilot, lambda: len(app.screen._counts) == len(KINDS))
    for _ in KINDS:
        await pilot.pause()
        yield f"problems, {app.screen.query_one(Kinds).kind}"
        await pilot.press("right")
    await pilot.press("escape", "o")
    await at(FilePicker)
    await pilot.press("f7")
    app.screen.query_one("#path", Input).value = "/no/such/directory/"
    await until(pilot, lambda: app.screen.query_one(FileList)._word)
    app.screen.query_one("#encoding", Input).value = "nonsense"
    await pilot.press("enter")
    yield "a file that is not there"
    await pilot.press("escape", "f12")
    await pilot.press("f8")
    await at(StudiesScreen)
    await until(pilot, lambda: app.screen.query_one(ColumnList).count > 0)
    yield "searches"
    await pilot.press("escape", "f7", "f8")
    await at(ComparisonsScreen)
    await until(pilot, lambda: app.screen.query_one(ColumnList).count > 0)
    yield "comparisons"
    await pilot.press("escape", "f2")
    await at(TrainScreen)
    app.screen.query_one("#epochs", Input).value = "x"
    await pilot.press("f5")
    await pilot.pause()
    yield "something is wrong in the form"
    app.screen.query_one("#epochs", Input).value = "13"
    await until(pilot, lambda: app.screen.query_one(TrainingForm).config is not None)
    await pilot.pause()
    app.clear_notifications()
    app.screen.query_one("#preset").focus()
    await pilot.press("right")
    await at(PresetScreen)
    await until(pilot, lambda: is_planned(app.screen_stack[0]))
    yield "preset"
    await pilot.press("escape", "f5")
    await until(pilot, lambda: app.training.phase == "running" and app.engine.at_gate.is_set())
    train = app.screen
    assert isinstance(train, TrainScreen)
    await pilot.pause()
    await until(pilot, lambda: train._curves_due is None)
    await pilot.press("e")
    await at(WatchingScreen)
    await pilot.pause()
    app.screen.query_one(Input).value = ",".join(map(str, range(100)))
    await pilot.press("enter")
    yield "too many watched"
    await pilot.press("escape", "ctrl+q")
    await at(LeaveScreen)
    yield "leave"
    await pilot.press("escape")
