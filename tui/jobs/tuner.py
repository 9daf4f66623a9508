"""The part of the app that has to do with searches for better settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from textual.reactive import var

from tui import messages
from tui.engine.work import look_for_studies, spawn
from tui.jobs.trainer import Trainer, leave_a_core
from tui.state import Phase, TuningState

if TYPE_CHECKING:
    from namecls.search.study import Trial
    from tui.jobs.tuning import StudyJob, Wanted


class Tuner(Trainer):
    """An app with searches. Each is done by a process of its own, so that leaving the app asks nothing."""

    tuning: var[TuningState] = var(TuningState, init=False)

    _study_job: StudyJob | None = None

    def start_search(self, wanted: Wanted) -> None:
        """Start a search on the file that is open; nothing happens while another one is looked at."""
        table = self.dataset.table
        if self.tuning.busy or table is None:
            return
        wanted = replace(wanted, base=leave_a_core(wanted.base))
        engine, save_dir = self.engine, self.save_dir

        def start() -> Path:
            directory = engine.create_study(save_dir, wanted, table)
            engine.start_search(directory)
            return directory

        self._look_at(start, TuningState("starting"))

    def resume_search(self, directory: Path) -> None:
        """Go on with a search that was broken off."""
        engine = self.engine
        study = self.tuning.study if self.tuning.directory == directory else None

        def start() -> Path:
            engine.start_search(directory)
            return directory

        self._look_at(start, TuningState("starting", directory=directory, study=study))

    def open_study(self, directory: Path) -> None:
        """Look at a search: its past, or what goes on in it."""
        self._look_at(lambda: directory, TuningState("starting", directory=directory))

    def pause_search(self) -> None:
        """Have it wait, or go on."""
        if self._study_job is not None and self.tuning.phase in ("running", "paused"):
            pause = self.tuning.phase == "running"
            self._study_job.ask("pause" if pause else "go")
            self.tuning = replace(self.tuning, phase="paused" if pause else "running")

    def stop_search(self) -> None:
        """Have it stop, and test its best trial."""
        if self._study_job is not None and self.tuning.phase in ("starting", "running", "paused"):
            self._study_job.ask("stop")
            self.tuning = replace(self.tuning, phase="stopping")

    def forget_search(self) -> None:
        """Clear the way for another one. What goes on is only no longer looked at."""
        self._close_study()
        self.tuning = TuningState()
        self.look_for_studies()

    def look_for_studies(self) -> None:
        """Look in a thread for the searches in the save directory; the Tune screen is told."""
        engine, save_dir = self.engine, self.save_dir
        spawn("studies", lambda: look_for_studies(engine, save_dir, self.post_message), self.post_message)

    def open_trial(self, trial: Trial) -> None:
        """Show the curves of a trial where those of a training stand."""
        study = self.tuning.study
        if study is None:
            return
        directory = study.save_dir / trial.run
        if trial.is_over:
            self.open_history(directory)
        else:
            self.attach(directory, self.tuning.holder)

    def _look_at(self, open_study: Callable[[], Path], state: TuningState) -> None:
        from tui.jobs.tuning import StudyJob

        self._close_study()
        self._study_job = StudyJob(self.post_message, open_study)
        self.tuning = state
        spawn("study", self._study_job.run, self.post_message)

    def _close_study(self) -> None:
        if self._study_job is not None:
            self._study_job.close()
            self._study_job = None

    def on_study_told(self, message: messages.StudyTold) -> None:
        if message.job is not self._study_job:
            return
        phase: Phase = "paused" if message.wish == "pause" else "running"
        self.tuning = replace(
            self.tuning,
            phase="stopping" if self.tuning.phase == "stopping" or message.wish == "stop" else phase,
            directory=message.study.directory,
            study=message.study,
            progress=message.progress,
            holder=message.holder,
        )

    def on_study_ended(self, message: messages.StudyEnded) -> None:
        if message.job is self._study_job:
            self._study_job = None
            self.tuning = replace(
                self.tuning,
                phase="failed" if message.problem else "done",
                problem=message.problem,
                holder=None,
                progress=None,
            )

    def on_studies_found(self, message: messages.StudiesFound) -> None:
        from tui.screens.tune import TuneScreen

        for screen in self.screen_stack:
            if isinstance(screen, TuneScreen):
                screen.show_studies(message.studies)
