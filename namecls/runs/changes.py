"""The runs of a directory, read again only as far as they change, for who keeps looking at them."""

from __future__ import annotations

import os
import stat
import time
from pathlib import Path

from namecls.files.locks import worker_of
from namecls.runs.history import HISTORY
from namecls.runs.listing import RunInfo, changed_at, entries_of, file_state, glance_at, newest_first
from namecls.runs.record import CONFIG

#: A directory that was changed less than so many nanoseconds ago may be changed again, and its time be the same.
_TICK = 20_000_000


class Changes:
    """A directory of runs that is looked at again and again.

    A look costs a system call for each entry, and some more for each run in work: the time of its directory tells that
    a file of a run was made, replaced or removed, and what a training adds to its history is asked of that file.
    """

    def __init__(self, save_dir: str | os.PathLike[str]) -> None:
        self._parent = Path(save_dir)
        self._marks: dict[str, tuple[object, ...]] = {}
        self._runs: dict[str, RunInfo] = {}
        self._looked = False

    def look(self) -> list[RunInfo] | None:
        """All runs, newest first, as `list_runs` tells of them; None if they are what they were at the last look.

        :raises RunError: if it is no directory, or can't be read. The next look tells all of them again.
        """
        looked, self._looked = self._looked, False
        marks = self._marked()
        self._looked = True
        changed = [name for name, mark in marks.items() if self._marks.get(name) != mark]
        gone = self._marks.keys() - marks.keys()
        self._marks = marks
        if not changed and not gone and looked:
            return None
        runs = {name: info for name, info in self._runs.items() if name in marks}
        there = [name for name in changed if changed_at(f"{self._parent}/{name}/{CONFIG}")]
        for name in changed:
            runs.pop(name, None)
        for name, info in zip(there, glance_at(self._parent, there), strict=True):
            known = self._runs.get(name)
            runs[name] = known if known is not None and known == info else info  # the same is sooner compared
        told, self._runs = self._runs, runs
        return newest_first(runs.values()) if not looked or runs != told else None

    def _marked(self) -> dict[str, tuple[object, ...]]:
        """What changes when an entry of the directory does."""
        now = time.time_ns()
        marks: dict[str, tuple[object, ...]] = {}
        for entry in entries_of(os.fspath(self._parent)):
            try:
                found = entry.stat()
            except OSError:  # a link to nowhere, or it has just gone
                continue
            if not stat.S_ISDIR(found.st_mode):
                continue
            at = found.st_mtime_ns
            marks[entry.name] = (found.st_ino, at, now if abs(now - at) < _TICK else 0)
            if (info := self._runs.get(entry.name)) is not None and info.status == "running":
                place = f"{self._parent}/{entry.name}"
                marks[entry.name] += (worker_of(Path(place)), *file_state(f"{place}/{HISTORY}"))
        return marks
