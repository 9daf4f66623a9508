"""The app's hyperparameter searches: start, resume, pause, stop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tui.engine.library import Engine
from tui.engine.messages import OfJob
from tui.engine.threads import leave_a_core, spawn
from tui.jobs.desk import Desk
from tui.state import Phase, TuningState

if TYPE_CHECKING:
    from namecls.data.table import NameTable
    from tui.forms.search import Wanted
    from tui.jobs.elsewhere import StudyJob


class Searches:
    """The one search that is shown. It runs in a process of its own, which quitting does not end.

    :param engine: what does the work.
    :param save_dir: where studies are written.
    :param desk: the app; `tuning` is set here and nowhere else.
    """

    def __init__(self, engine: Engine, save_dir: Path, desk: Desk) -> None:
        self._engine = engine
        self._save_dir = save_dir
        self._desk = desk
        self._job: StudyJob | None = None

    def start(self, wanted: Wanted, table: NameTable) -> None:
        """Start a search, unless one is running."""
        if self._desk.tuning.busy:
            return
        wanted = replace(wanted, base=leave_a_core(wanted.base))
        engine, save_dir = self._engine, self._save_dir

        def start() -> Path:
            directory = engine.create_study(save_dir, wanted, table)
            engine.start_search(directory)
            return directory

        self._look_at(start, TuningState("starting"))

    def take_up(self, directory: Path) -> None:
        """Resume an interrupted search."""
        engine, tuning = self._engine, self._desk.tuning
        study = tuning.study if tuning.directory == directory else None

        def start() -> Path:
            engine.start_search(directory)
            return directory

        self._look_at(start, TuningState("starting", directory=directory, study=study))

    def open(self, directory: Path) -> None:
        """Show a search, finished or running."""
        self._look_at(lambda: directory, TuningState("starting", directory=directory))

    def pause(self) -> None:
        """Pause or resume it."""
        if self._job is not None and (phase := self._desk.tuning.phase) in ("running", "paused"):
            pause = phase == "running"
            self._job.want("pause" if pause else "go")
            self._turn("paused" if pause else "running")

    def stop(self) -> None:
        """Stop it; its best trial is tested."""
        if self._job is not None and self._desk.tuning.phase in ("starting", "running", "paused"):
            self._job.want("stop")
            self._turn("stopping")

    def forget(self) -> None:
        """Go back to the form. A running search continues, no longer shown."""
        self._let_go()
        self._desk.tuning = TuningState()

    def _look_at(self, open_study: Callable[[], Path], state: TuningState) -> None:
        from tui.jobs.elsewhere import StudyJob

        self._let_go()
        self._job = StudyJob(self._desk.post_message, open_study)
        self._desk.tuning = state
        spawn("study", self._job.run, self._desk.post_message)

    def _let_go(self) -> None:
        if self._job is not None:
            self._job.close()
            self._job = None

    def _turn(self, phase: Phase) -> None:
        self._desk.tuning = replace(self._desk.tuning, phase=phase)

    def hear(self, message: OfJob) -> None:
        """Handle a message of the search's thread."""
        from tui.jobs import messages as told

        if message.job is not self._job:
            return
        tuning = self._desk.tuning
        match message:
            case told.StudyTold(study=study, wish=wish):
                stopping = tuning.phase == "stopping" or wish == "stop"
                self._desk.tuning = replace(
                    tuning,
                    phase="stopping" if stopping else "paused" if wish == "pause" else "running",
                    directory=study.directory,
                    study=study,
                    progress=message.progress,
                    holder=message.holder,
                )
            case told.StudyEnded(problem=problem):
                self._job = None
                phase: Phase = "failed" if problem else "done"
                self._desk.tuning = replace(tuning, phase=phase, problem=problem, holder=None, progress=None)
