"""Unfinished trainings in the save directory: interrupted ones, and those of other processes."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from pathlib import Path

from namecls.errors import NameclsError, RunError
from namecls.events import Progress
from namecls.files.locks import held
from namecls.files.storage import TEMPORARY_PREFIX
from namecls.runs.history import HISTORY
from namecls.runs.listing import RunInfo, list_runs
from namecls.runs.record import CONFIG
from namecls.runs.run import Run

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

    What dead processes left half written in the runs is cleared on the way.

    :raises RunError: if the directory can't be read.
    """
    runs = list_runs(save_dir)
    for info in runs:
        if info.holder is None:
            _clear_leftovers(Run(info.directory))
    found = [_look(info) for info in runs if _is_left(info)]
    return sorted(found, key=lambda each: each.when, reverse=True)


def _is_left(info: RunInfo) -> bool:
    """Whether to offer it: not if it diverged without saved weights."""
    if info.study:
        return False
    return info.status in ("running", "unfinished") or (info.status == "diverged" and info.usable)


def _clear_leftovers(run: Run) -> None:
    with contextlib.suppress(OSError, RunError):  # another's, or not ours to write
        places = [run.directory, run.directory / "resume"]
        names = [entry.name for place in places if place.is_dir() for entry in place.iterdir()]
        if any(name.startswith(TEMPORARY_PREFIX) for name in names):
            with held(run.directory):
                run.clear_leftovers()


def _look(info: RunInfo) -> Unfinished:
    """Where a run stands. Whatever can't be read of it is left out."""
    history = info.directory / HISTORY
    when = time.time()
    with contextlib.suppress(OSError):
        when = (history if history.exists() else info.directory / CONFIG).stat().st_mtime
    epoch, share, epochs = 0, 0.0, 0
    with contextlib.suppress(*_UNREADABLE):
        epochs = Run(info.directory).config().epochs
        epoch, share = _last_place(Run(info.directory), epochs)
    return Unfinished(
        info=info,
        epoch=min(max(epoch, 0), epochs),
        epochs=epochs,
        share=min(max(share, 0.0), 1.0),
        when=when,
    )


def _last_place(run: Run, epochs: int) -> tuple[int, float]:
    """The epoch and the share of all steps that the last report tells."""
    event = run.last_report()
    if event is None:
        return 0, 0.0
    return event.epoch, event.step / event.steps if isinstance(event, Progress) else event.epoch / epochs
