"""Hyperparameter search as a generator of events, within a budget of time, and resumable.

    study = Study.create("save_model", base, space_of(SPACE, base), budget=600, data=file_record(table))
    for event in search(study, table):
        print(event)

Each trial is a training with a run of its own. All of them share the split, which follows from the seed of `base`.
They are compared on the validation rows alone; the test rows are used once, when the winner is tested.

As in a training, to pause is not to ask for the next event, to stop is to close the generator, and what an event tells
is on the disk. The running trial writes a checkpoint when the generator is closed, and resumes when the study is
searched again, also after its process was killed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, replace

from namecls.data.table import NameTable
from namecls.errors import DiskFull, RunError, TrainingError
from namecls.events import EpochEnd, Event, Finished, Progress, Stalled, Started
from namecls.files.locks import held
from namecls.language import _
from namecls.runs.history import HISTORY
from namecls.runs.manifest import MANIFEST
from namecls.runs.record import CONFIG
from namecls.runs.run import Run
from namecls.search.strategy import is_behind, propose
from namecls.search.study import (
    COMPLETED,
    CUT,
    FAILED,
    PRUNED,
    Study,
    Trial,
    Winner,
    after_epoch,
)
from namecls.training.kept_edits import with_kept_edits
from namecls.training.loop import finish, train
from namecls.training.protocol import read_again

#: So many trials that all fail are enough.
MOST_FAILURES = 5
_RETRY_AFTER = 1.0  # seconds, on a full disk


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialBegan:
    """A trial starts, or resumes."""

    study: Study
    trial: Trial


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialMoved:
    """A trial has an epoch more."""

    study: Study
    trial: Trial


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialEnded:
    """A trial is over."""

    study: Study
    trial: Trial


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchEnded:
    """The last event: why it ended, and the test of the winner."""

    study: Study
    reason: str
    winner: Trial
    finished: Finished


SearchEvent = TrialBegan | TrialMoved | TrialEnded | SearchEnded


def search(
    study: Study, table: NameTable, *, stop: Callable[[], bool] = lambda: False
) -> Generator[Event | SearchEvent, None, None]:
    """Search: run trials until the time, the trials or the space are used up, then test the winner.

    Yields `TrialBegan`, the events of its training but the test, `TrialMoved` after each epoch and `TrialEnded` for
    each trial, and `SearchEnded`. On a full disk it yields `Stalled`, and asking on tries again.

    :param study: a new one, or an interrupted one, which resumes with what is left of its time.
    :param stop: whether it is to end now, as if the time were over; asked between two steps.
    :raises DataError: if the rows can't be trained on.
    :raises RunBusy: if another process holds the study.
    :raises RunError: if study or runs can't be written.
    :raises TrainingError: if the first trials all fail, or no trial came to the end of an epoch.
    """
    with held(study.directory):
        study.mend()
        yield from _Search(Study.open(study.directory), table, stop).events()


def studied_table(study: Study) -> NameTable:
    """The table of a study, read again.

    :raises DataError: if the file is gone or is not what it was.
    """
    return with_kept_edits(study.directory, study.edits, read_again(study.data))


class _Search:
    """A search at work: the study as it stands, and the clock."""

    def __init__(self, study: Study, table: NameTable, stop: Callable[[], bool]) -> None:
        self.study = study
        self._table = table
        self._stop = stop

    def events(self) -> Iterator[Event | SearchEvent]:
        reason = ""
        while not reason:
            trial = self.study.in_work
            if trial is None:
                reason = self._reason_to_end()
                trial = None if reason else self._next()
            if trial is not None:
                yield from self._try(trial)
            else:
                reason = reason or _("all settings there are have been tried")
        yield from self._test(reason)

    def _reason_to_end(self) -> str:
        """Why no other trial begins; empty if one does."""
        study = self.study
        if self._stop():
            return "stopped"
        if study.most_trials is not None and len(study.trials) >= study.most_trials:
            return _("all trials are done")
        if study.budget is not None:
            left = study.budget - study.seconds
            whole = [trial.seconds for trial in study.trials if trial.status == COMPLETED]
            if left <= 0:
                return _("the time is over")
            if whole and left < min(whole):
                return _("too little time is left for another trial")
        failed = [trial for trial in study.trials if trial.status == FAILED]
        if len(failed) == len(study.trials) >= MOST_FAILURES:
            raise TrainingError(
                _("the first {failed} trials failed, the last one so: {problem}").format(
                    failed=len(failed), problem=failed[-1].problem
                )
            )
        return ""

    def _next(self) -> Trial | None:
        study = self.study
        settings = propose(study.space, study.base, study.trials, study.base.seed)
        if settings is None:
            return None
        number = len(study.trials) + 1
        trial = Trial(number=number, run=f"{study.name}-{number:03}", settings=settings, epochs=1)
        return replace(trial, epochs=study.config_of(trial).epochs)

    def _try(self, trial: Trial) -> Iterator[Event | SearchEvent]:
        """A trial from its beginning, or from where it was left, to its end."""
        if trial.number > len(self.study.trials):
            yield from self._write(lambda: self.study.begun(trial))
        run, trial = self._opened(trial)
        before, since = trial.seconds, time.monotonic()
        yield TrialBegan(study=self.study, trial=trial)
        try:
            trial = self._timed(self._judged(trial))
            if not trial.is_over:
                with closing(train(self.study.config_of(trial), self._table, run, resume=True)) as events:
                    for event in events:
                        if isinstance(event, Started):
                            self._mark(run)
                        asked = time.monotonic()
                        yield event
                        since += (
                            time.monotonic() - asked
                        )  # what is done with an event is not the search's time
                        if isinstance(event, EpochEnd):
                            trial = after_epoch(trial, event, self.study.objective)
                            yield TrialMoved(study=self.study, trial=trial)
                            trial = self._judged(trial)
                        trial = self._timed(replace(trial, seconds=before + time.monotonic() - since))
                        if trial.is_over:
                            break
        except TrainingError as error:
            trial = replace(trial, status=FAILED, problem=str(error))
        ended = replace(trial, seconds=before + time.monotonic() - since)
        yield from self._write(lambda: self.study.ended(ended))
        yield TrialEnded(study=self.study, trial=ended)

    def _judged(self, trial: Trial) -> Trial:
        """The trial with its verdict after an epoch: whether it is over, and why."""
        epochs, patience = len(trial.figures), self.study.config_of(trial).patience
        if epochs >= trial.epochs or (patience and epochs - trial.best_epoch >= patience):
            return replace(trial, status=COMPLETED)
        others = [other for other in self.study.trials if other.is_over]
        return replace(trial, status=PRUNED) if is_behind(trial, others) else trial

    def _timed(self, trial: Trial) -> Trial:
        """The trial, cut short if it is time."""
        budget = self.study.budget
        is_late = budget is not None and self.study.seconds + trial.seconds >= budget
        return replace(trial, status=CUT) if not trial.is_over and (is_late or self._stop()) else trial

    def _opened(self, trial: Trial) -> tuple[Run, Trial]:
        """Open the run of a trial, with the events of its history."""
        directory = self.study.save_dir / trial.run
        if not (directory / CONFIG).exists():
            return Run.create(self.study.save_dir, self.study.config_of(trial), trial.run), trial
        run = Run.open(directory)
        self._mark(run)
        for event in run.history(EpochEnd):
            if isinstance(event, EpochEnd):
                trial = after_epoch(trial, event, self.study.objective)
        if isinstance(last := run.last_report(), Progress):
            trial = replace(trial, seconds=last.elapsed)
        return run, trial

    def _mark(self, run: Run) -> None:
        """Write into the record of a run which study it is a trial of."""
        record = run.record()
        if record.study != self.study.name:
            replace(record, study=self.study.name).write(run.directory)

    def _test(self, reason: str) -> Iterator[Event | SearchEvent]:
        """Test the winner, if that is not done already."""
        best = self.study.best
        if best is None:
            raise TrainingError(_("no trial came to the end of an epoch: give the search more time"))
        run = Run.open(self.study.save_dir / best.run)
        finished: Finished | None = None
        if (run.directory / MANIFEST).exists():
            run.verify(HISTORY)
            last = run.last_event()
            finished = last if isinstance(last, Finished) else None
        elif best.status == COMPLETED:
            for event in train(self.study.config_of(best), self._table, run, resume=True):
                finished = event if isinstance(event, Finished) else None
                if finished is None:
                    yield event
        else:
            finished = finish(run, self._table)
        if finished is None:
            raise RunError(
                _("{directory}: is finished, but its history does not tell of it: damaged").format(
                    directory=run.directory
                )
            )
        test = finished.test
        winner = Winner(
            trial=best.number,
            accuracy=test.accuracy,
            macro_f1=test.macro_f1,
            top_3=test.top_3,
            rows=test.rows,
        )
        if self.study.winner != winner:
            yield from self._write(lambda: self.study.won(winner))
        yield SearchEnded(study=self.study, reason=reason, winner=best, finished=finished)

    def _write(self, change: Callable[[], Study]) -> Iterator[Stalled]:
        """Change the study, as soon as the disk has room for it."""
        while True:
            try:
                self.study = change()
                return
            except DiskFull as error:
                yield Stalled(problem=str(error))
                time.sleep(_RETRY_AFTER)
