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
from namecls.language import _, ngettext
from namecls.runs.discarded import clear_discarded
from namecls.runs.history import HISTORY
from namecls.runs.listing import RunInfo, list_runs
from namecls.runs.record import CONFIG
from namecls.runs.run import Run

#: Of so many it is looked up where they stand: the first one is offered, others when those before it are gone.
_TOLD = 8
_NEWEST = 200
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
            return _("before its first report")
        return _("in epoch {epoch} of {epochs} ({share:.0f} %)").format(
            epoch=self.epoch, epochs=self.epochs, share=100 * self.share
        )

    def sentence(self, now: float) -> str:
        """Name, state and progress, for the user."""
        if self.info.holder is not None:
            return _("{run} is being trained by {holder}.").format(
                run=self.info.name, holder=self.info.holder
            )
        diverged = self.info.status == "diverged"
        told = (
            _("{run} diverged {place}, {ago}, and can't be resumed.")
            if diverged
            else _("{run} was interrupted {place}, {ago}.")
        )
        return told.format(run=self.info.name, place=self.place, ago=ago(now - self.when))


def ago(seconds: float) -> str:
    """Format a time span: ``3 hours ago``."""
    if (days := int(seconds // 86_400)) > 0:
        return ngettext("{n} day ago", "{n} days ago", days).format(n=days)
    if (hours := int(seconds // 3_600)) > 0:
        return ngettext("{n} hour ago", "{n} hours ago", hours).format(n=hours)
    if (minutes := int(seconds // 60)) > 0:
        return ngettext("{n} minute ago", "{n} minutes ago", minutes).format(n=minutes)
    return _("just now")


def find_unfinished(save_dir: Path) -> list[Unfinished]:
    """Find unfinished trainings, most recently active first, without trials of searches.

    Of thousands these are the last ones. Where it stands is told of the first few; all others have no epoch.
    What dead processes left half written in them is cleared on the way, and what they had deleted.

    :raises RunError: if the directory can't be read.
    """
    clear_discarded(save_dir)
    runs = list_runs(save_dir, _NEWEST, finished=False)
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
