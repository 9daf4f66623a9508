"""The app's hyperparameter searches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tui.engine.editing import edited
from tui.engine.messages import OfJob
from tui.engine.threads import leave_a_core
from tui.jobs.outside import Outside
from tui.state import TuningState

if TYPE_CHECKING:
    from namecls.data.table import NameTable
    from tui.forms.search import Wanted
    from tui.jobs.elsewhere import StudyJob


class Searches(Outside):
    """The one search that is shown; stopped, its best trial is tested."""

    STATE = "tuning"
    TITLE = "study"

    def start(self, wanted: Wanted, table: NameTable) -> None:
        """Start a search, unless one is running."""
        if self._desk.tuning.busy:
            return
        wanted = replace(wanted, base=leave_a_core(wanted.base))
        engine, save_dir, edits = self._engine, self._save_dir, self._desk.edits

        def start() -> Path:
            directory = engine.create_study(save_dir, wanted, edited(table, edits))
            engine.start_search(directory)
            return directory

        self._look_at(start, TuningState("starting"))

    def follow(self, open_it: Callable[[], Path]) -> StudyJob:
        from tui.jobs.elsewhere import StudyJob

        return StudyJob(self._desk.post_message, open_it)

    def begin(self, directory: Path) -> None:
        self._engine.start_search(directory)

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
                self._ended(problem, holder=None, progress=None)
