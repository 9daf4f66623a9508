"""A search or a comparison of another process, by what it writes, with the training that is in work."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from namecls.events import EpochEnd, Progress, Started
from namecls.runs.follow import Tail, file_size
from namecls.runs.run import Run
from namecls.search.compared import COMPARISON
from namecls.search.experiment import MEASURED, Experiment
from namecls.search.study import STUDY, Study, Trial, after_epoch
from tui.state import LiveRun

if TYPE_CHECKING:
    from namecls.events import Event


class LiveStudy:
    """A search that may be running.

    :raises RunError: if there is none in the directory.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.study = Study.open(directory)
        self._size = -1
        self._progress: Progress | None = None
        self._trial: Trial | None = None
        self._tail: Tail | None = None

    @property
    def progress(self) -> Progress | None:
        """Of the trial in work, if there is one."""
        return self._progress if self.study.in_work is not None else None

    def look(self) -> Study:
        """The search as it is now, with the epochs of the trial in work.

        :raises RunError: if it can't be read.
        """
        if (now := file_size(self.directory / STUDY)) != self._size:
            self.study, self._size = Study.open(self.directory), now
        if (trial := self.study.in_work) is not None:
            self.study = self.study.with_trial(self._with_events(trial))
        return self.study

    def _with_events(self, trial: Trial) -> Trial:
        if self._trial is None or self._trial.number != trial.number or self._tail is None:
            self._trial, self._progress = trial, None
            self._tail = Tail(Run(self.study.save_dir / trial.run))
        while events := self._tail.read():
            for event in events:
                self._trial = self._after(self._trial, event)
        return self._trial

    def _after(self, trial: Trial, event: Event) -> Trial:
        if isinstance(event, Started):  # started over
            return replace(trial, figures=(), best_epoch=0, accuracy=None, macro_f1=None)
        if isinstance(event, EpochEnd):
            return after_epoch(trial, event, self.study.objective)
        if isinstance(event, Progress):
            self._progress = event
            return replace(trial, seconds=event.elapsed)
        return trial


class LiveComparison:
    """A comparison that may be running.

    :raises RunError: if there is none in the directory.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.experiment = Experiment.open(directory)
        self.live: LiveRun | None = None  # the run in work: the first that is not measured
        self._seen = (-1, -1)
        self._tail: Tail | None = None

    def look(self) -> Experiment:
        """The comparison as it is now; `live` is set anew.

        :raises RunError: if it can't be read.
        """
        now = (file_size(self.directory / MEASURED), file_size(self.directory / COMPARISON))
        if now != self._seen:
            self.experiment, self._seen = self.experiment.looked_at_again(), now
        self.live = self._look(self.experiment)
        return self.experiment

    def _look(self, experiment: Experiment) -> LiveRun | None:
        over = {(run.network, run.seed) for run in experiment.measured}
        at = next((each for each in experiment.configs if each not in over), None)
        if at is None or experiment.result is not None:
            return None
        live = self.live
        if live is None or (live.network, live.seed) != at or self._tail is None:
            live = LiveRun(*at)
            self._tail = Tail(Run(experiment.save_dir / experiment.run_name(*at)))
        while events := self._tail.read():
            for event in events:
                if isinstance(event, Started):  # started over
                    live = LiveRun(*at)
                elif isinstance(event, EpochEnd):
                    before = live.validation[: event.epoch - 1]
                    live = replace(live, validation=(*before, event.valid_accuracy))
                elif isinstance(event, Progress):
                    live = replace(live, share=min(event.step / max(event.steps, 1), 1.0))
        return live
