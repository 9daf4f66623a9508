"""The app's comparisons of networks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tui.engine.editing import edited
from tui.engine.messages import OfJob
from tui.engine.threads import leave_a_core
from tui.jobs.outside import Outside
from tui.state import ComparingState

if TYPE_CHECKING:
    from namecls.data.table import NameTable
    from tui.forms.comparison import WantedComparison
    from tui.jobs.elsewhere import ComparisonJob


class Comparisons(Outside):
    """The one comparison that is shown; stopped, it can be resumed."""

    STATE = "comparing"
    TITLE = "comparison"

    def start(self, wanted: WantedComparison, table: NameTable) -> None:
        """Start a comparison, unless one is running."""
        if self._desk.comparing.busy:
            return
        wanted = replace(wanted, base=leave_a_core(wanted.base))
        engine, save_dir, edits = self._engine, self._save_dir, self._desk.edits

        def start() -> Path:
            directory = engine.create_comparison(save_dir, wanted, edited(table, edits))
            engine.start_comparison(directory)
            return directory

        self._look_at(start, ComparingState("starting"))

    def follow(self, open_it: Callable[[], Path]) -> ComparisonJob:
        from tui.jobs.elsewhere import ComparisonJob

        return ComparisonJob(self._desk.post_message, open_it)

    def begin(self, directory: Path) -> None:
        self._engine.start_comparison(directory)

    def hear(self, message: OfJob) -> None:
        """Handle a message of the comparison's thread."""
        from tui.jobs import messages as told

        if message.job is not self._job:
            return
        comparing = self._desk.comparing
        match message:
            case told.ComparisonTold(experiment=experiment, wish=wish):
                stopping = comparing.phase == "stopping" or wish == "stop"
                self._desk.comparing = replace(
                    comparing,
                    phase="stopping" if stopping else "paused" if wish == "pause" else "running",
                    directory=experiment.directory,
                    experiment=experiment,
                    live=message.live,
                    holder=message.holder,
                )
            case told.ComparisonEnded(problem=problem):
                self._ended(problem, holder=None)
