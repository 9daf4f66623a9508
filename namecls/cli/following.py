"""A training from the command line: run, reported, interrupted, resumed."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from namecls.cli.console import counted, percent, say, show, show_json
from namecls.cli.figures import (
    by_person_text,
    edited_text,
    intervals_text,
    people_of,
    people_text,
    refit_text,
)
from namecls.cli.stopping import StopFlag
from namecls.cli.trackers import logged
from namecls.cli.watching import watcher
from namecls.config import TrainConfig
from namecls.errors import NameclsError, TrainingError
from namecls.events import EpochEnd, Event, Finished, Progress, Stalled, Started, event_to_json
from namecls.files.control import LOOK_EVERY, Heard
from namecls.files.locks import check_free, name_heir
from namecls.guarantees import COVERAGE, too_few_rows
from namecls.language import _
from namecls.runs.record import CONFIG
from namecls.runs.run import RESUME, WEIGHTS, Run
from namecls.uncertainty import intervals

if TYPE_CHECKING:
    from namecls.data.split import Splits
    from namecls.data.table import NameTable
    from namecls.training.distributed import Group


def follow(
    config: TrainConfig,
    dataset: NameTable | Splits,
    run: Run,
    stop: StopFlag,
    *,
    group: Group | None = None,
    resume: bool = False,
    gradients: bool = False,
    as_json: bool,
    log_to: str | None = None,
) -> None:
    """Train to the end, or until a signal or another process wants it to end, and tell of every event.

    A signal leaves a checkpoint behind, from which the training can resume.
    """
    from namecls.training import loop as training
    from namecls.training.distributed import ALONE
    from namecls.training.memory import keep_pages

    group = group or ALONE

    check_free(run.directory)
    heard = Heard(run.directory)
    heard.forget()  # what was wanted of an earlier process
    keep_pages()
    watched = _Watched(heard, stop, group)
    try:
        with (
            _teller(as_json) as tell,
            contextlib.closing(
                training.train(
                    *(config, dataset, run),
                    resume=resume,
                    gradients=lambda: gradients or heard.is_looked_into,
                    group=group,
                )
            ) as events,
            contextlib.closing(logged(events, run, log_to)) as told,
        ):
            if resume:
                _tell_of_other_versions(run)
                _tell_of_other_processes(run, group)
            if group.size > 1:
                say(
                    _("trained by {count}").format(
                        count=counted(group.size, "{n:,} process", "{n:,} processes")
                    )
                )
            if resume and not as_json:
                for event in run.history(Started, EpochEnd):
                    tell(event)
            finished = _tell(watched.until(told), tell)
            if finished is None and watched.wants_test:  # who tests it is told before it is let go
                name_heir(run.directory, os.getpid())
    except TrainingError as error:  # it would end the same way again
        if (run.directory / WEIGHTS).exists():
            raise TrainingError(
                _("{error}; to test and keep them: {command}").format(error=error, command=_to_finish(run))
            ) from error
        raise
    except NameclsError as error:
        if (run.directory / RESUME).exists():
            raise type(error)(
                _("{error}; to resume from its last checkpoint: {command}").format(
                    error=error, command=_again(run, group)
                )
            ) from error
        raise
    if finished is None and watched.wants_test:
        say(_("stopping: testing the best weights so far"))
        finished = training.finish(run, dataset)
        for _told in logged([finished], run, log_to):
            pass
    heard.forget()
    if finished is None:
        _tell_interrupted(run, group, as_json=as_json)
    elif as_json:
        show_json(last_object(finished), indent=None)
    else:
        conclude(finished)


class _Watched:
    """The events of a training, until somebody wants it to end."""

    def __init__(self, heard: Heard, stop: StopFlag, group: Group) -> None:
        self.wants_test = False
        self._heard = heard
        self._stop = stop
        self._group = group
        self._learned = False

    def until(self, events: Iterable[Event]) -> Iterator[Event]:
        for event in events:
            yield event
            self._learned = self._learned or isinstance(event, Progress | EpochEnd)
            if self._is_over():
                return

    def _is_over(self) -> bool:
        if self._group.is_asked_to_end and not self._stop:
            self._stop.signal = signal.SIGTERM
        told = False
        while not self._stop and (wish := self._heard.wish) != "go":
            if wish == "stop" and not self._learned:
                return False  # before the first step there is nothing to test
            if wish in ("stop", "leave"):
                self.wants_test = wish == "stop"
                return True
            if not told:
                say(_("paused by another process"))
                told = True
            time.sleep(LOOK_EVERY)
        if self._stop:
            self._group.look()
        return bool(self._stop)


@contextlib.contextmanager
def _teller(as_json: bool) -> Iterator[Callable[[Event], None]]:
    if as_json:
        yield lambda event: show_json(event_to_json(event), indent=None)
    else:
        with watcher() as tell:
            yield tell


def _tell(events: Iterable[Event], tell: Callable[[Event], None]) -> Finished | None:
    """Show all events but the last; return it, or None if it did not come to it."""
    problem = ""
    for event in events:
        if isinstance(event, Finished):
            return event
        if isinstance(event, Stalled):
            if event.problem == problem:  # once is enough
                continue
            problem = event.problem
        elif problem:
            say(_("there is room again: the training continues"))
            problem = ""
        tell(event)
    return None


def _tell_of_other_versions(run: Run) -> None:
    """The promise that a resumed training ends in the same bits holds for one version of PyTorch only."""
    import torch

    before = run.record().versions.get("torch")
    if before != torch.__version__:
        say(
            _(
                "started with PyTorch {before}, resumed with {now}: the weights may differ in their last digits from "
                "those of a training in one go"
            ).format(before=before, now=torch.__version__),
            style="yellow",
        )


def _tell_of_other_processes(run: Run, group: Group) -> None:
    """So does it hold for one number of processes only: sums of other parts differ in their last digits."""
    from namecls.runs.checkpoint import has_resume, processes_of

    if has_resume(run) and (before := processes_of(run)) != group.size:
        say(
            _(
                "trained by {before} so far, resumed by {now}: the weights will not be those of a training in one go "
                "to the last bit"
            ).format(
                before=counted(before, "{n:,} process", "{n:,} processes"),
                now=counted(group.size, "{n:,} process", "{n:,} processes"),
            ),
            style="yellow",
        )


def _again(run: Run, group: Group) -> str:
    command = f"namecls train --resume {shlex.quote(str(run.directory))}"
    if group.size == 1:
        return command
    nodes = "" if group.local_size == group.size else "--nnodes ... "
    return f"torchrun {nodes}--nproc-per-node {group.local_size} -m {command}"


def _to_finish(run: Run) -> str:
    return f"namecls runs finish {shlex.quote(str(run.directory))}"


def _tell_interrupted(run: Run, group: Group, *, as_json: bool) -> None:
    last = run.last_report()
    if as_json:
        step = last.step if last else 0
        show_json(
            {"event": "interrupted", "run": run.name, "directory": str(run.directory), "step": step},
            indent=None,
        )
    if not (run.directory / CONFIG).exists():
        say(_("interrupted before anything was written"))
        return
    told = _("interrupted before its first step; its checkpoint is in {directory}")
    if isinstance(last, Progress):
        told = _("interrupted in epoch {epoch}, at {share:.0f} %; its checkpoint is in {directory}")
    elif last:
        told = _("interrupted after epoch {epoch}; its checkpoint is in {directory}")
    share = 100 * last.step / max(last.steps, 1) if isinstance(last, Progress) else 0
    say(told.format(epoch=last.epoch if last else 0, share=share, directory=run.directory))
    say(_("  to resume:       {command}").format(command=_again(run, group)))
    if last:
        predict = f"namecls predict --model {shlex.quote(str(run.directory))} Kowalski"
        say(_("  to test and end: {command}").format(command=_to_finish(run)))
        say(_("  to use it:       {command}").format(command=predict))


def last_object(finished: Finished) -> dict[str, object]:
    """The finished run, with what one looks for first on its top level."""
    test = finished.test
    return {
        **event_to_json(finished),
        "accuracy": test.accuracy,
        "macro_f1": test.macro_f1,
        "top_3": test.top_3,
        "intervals": intervals(test).to_json(),
    }


def show_test(accuracy: float, macro_f1: float, top_3: float) -> None:
    """The figures of a test in a line, the first in colour."""
    before, behind = _("  accuracy {accuracy}   macro-F1 {macro_f1}   top-3 {top_3}").split("{accuracy}")
    show(
        before,
        (percent(accuracy), "bold green"),
        behind.format(macro_f1=percent(macro_f1), top_3=percent(top_3)),
    )


def conclude(finished: Finished) -> None:
    """Print the result of a training."""
    test = finished.test
    show(
        (_(finished.reason), "bold"),
        _(" after {epochs}, the best was epoch {best}").format(
            epochs=counted(finished.epochs, "{n:,} epoch", "{n:,} epochs"), best=finished.best_epoch
        ),
    )
    if test.held_out == "names":
        show(counted(test.rows, "tested on {n:,} held-out name:", "tested on {n:,} held-out names:"))
    else:
        show(counted(test.rows, "tested on {n:,} held-out row:", "tested on {n:,} held-out rows:"))
    show_test(test.accuracy, test.macro_f1, test.top_3)
    show(f"  {intervals_text(test)}")
    if test.by_person is not None:
        show(f"  {by_person_text(test.by_person)}")
    if test.edited is not None:
        show(f"  {edited_text(test.edited)}")
    if (people := people_of(Run(Path(finished.directory)))) is not None:
        show(f"  {people_text(*people)}")
    run = Run(Path(finished.directory))
    if os.path.lexists(run.directory / CONFIG) and (refit := refit_text(run.record())):
        show(f"  {refit}")
    if caveat := too_few_rows(COVERAGE, test.calibrated_on):
        show((caveat, "yellow"))
    show(_("kept in {directory}; use it:").format(directory=finished.directory))
    show((f"  namecls predict --model {shlex.quote(finished.directory)} Kowalski", "bold"))
