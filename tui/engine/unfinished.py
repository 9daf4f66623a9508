"""Unfinished trainings in the save directory: interrupted ones, and those of other processes."""

from __future__ import annotations

import contextlib
import os
import time
from dataclasses import dataclass, replace
from pathlib import Path

from namecls.errors import NameclsError, RunError
from namecls.events import Progress
from namecls.files.locks import held
from namecls.files.storage import TEMPORARY_PREFIX
from namecls.runs.history import HISTORY
from namecls.runs.listing import RunInfo, list_runs
from namecls.runs.record import CONFIG
from namecls.runs.run import Run

#: Of so many it is looked up where they stand: the first one is offered, others when those before it are gone.
_TOLD = 8
_UNREADABLE = (NameclsError, OSError, ArithmeticError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfinished:
    """An unfinished training, and its progress."""

    info: RunInfo
    epoch: int = 0  # the one it is in, from 1; 0: it did not come to its first report
    epochs: int = 0
    share: float = 0.0  # of all steps, in 0..1
    when: float = 0.0  # of its last event, seconds since 1970

    @property
    def is_running(self) -> bool:
        """Whether a process holds it."""
        return self.info.holder is not None

    @property
    def place(self) -> str:
        """Where it stands, in words: ``in epoch 5 of 12 (40 %)``."""
        if not self.epoch:
            return "before its first report"
        return f"in epoch {self.epoch} of {self.epochs} ({100 * self.share:.0f} %)"

    def sentence(self, now: float) -> str:
        """Name, state and progress, for the user."""
        if self.info.holder is not None:
            return f"{self.info.name} is being trained by {self.info.holder}."
        if self.info.status == "diverged":
            return f"{self.info.name} diverged {self.place}, {ago(now - self.when)}, and can't be resumed."
        return f"{self.info.name} was interrupted {self.place}, {ago(now - self.when)}."


def ago(seconds: float) -> str:
    """Format a time span: ``3 hours ago``."""
    for size, word in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {word}{'' if count == 1 else 's'} ago"
    return "just now"


def find_unfinished(save_dir: Path) -> list[Unfinished]:
    """Find unfinished trainings, most recently active first, without trials of searches.

    Where it stands is told of the first few; all others have no epoch.
    What dead processes left half written in the runs is cleared on the way.

    :raises RunError: if the directory can't be read.
    """
    runs = list_runs(save_dir)
    for info in runs:
        if info.holder is None:
            _clear_leftovers(Run(info.directory))
    left = [Unfinished(info=info, when=_last_event(info)) for info in runs if _is_left(info)]
    left.sort(key=lambda each: each.when, reverse=True)
    return [*map(_look, left[:_TOLD]), *left[_TOLD:]]


def _is_left(info: RunInfo) -> bool:
    """Whether to offer it: not if it diverged without saved weights."""
    if info.study:
        return False
    return info.status in ("running", "unfinished") or (info.status == "diverged" and info.usable)


def _clear_leftovers(run: Run) -> None:
    place = os.fspath(run.directory)
    if any(name.startswith(TEMPORARY_PREFIX) for name in (*_names(place), *_names(f"{place}/resume"))):
        with contextlib.suppress(OSError, RunError), held(run.directory):  # another's, or not ours to write
            run.clear_leftovers()


def _names(place: str) -> list[str]:
    try:
        return os.listdir(place)  # noqa: PTH208 - of thousands of runs
    except OSError:
        return []


def _last_event(info: RunInfo) -> float:
    for name in (HISTORY, CONFIG):
        with contextlib.suppress(OSError):
            return (info.directory / name).stat().st_mtime
    return time.time()


def _look(found: Unfinished) -> Unfinished:
    """The same with where it stands. Whatever can't be read of it is left out."""
    run = Run(found.info.directory)
    epoch, share, epochs = 0, 0.0, 0
    with contextlib.suppress(*_UNREADABLE):
        epochs = run.config().epochs
        epoch, share = _last_place(run, epochs)
    return replace(found, epoch=min(max(epoch, 0), epochs), epochs=epochs, share=min(max(share, 0.0), 1.0))


def _last_place(run: Run, epochs: int) -> tuple[int, float]:
    """The epoch and the share of all steps that the last report tells."""
    event = run.last_report()
    if event is None:
        return 0, 0.0
    return event.epoch, event.step / event.steps if isinstance(event, Progress) else event.epoch / epochs
