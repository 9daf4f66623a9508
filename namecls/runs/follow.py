"""The events of a training in another process, as they come."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator

from namecls.errors import RunError
from namecls.events import Event, Finished, event_from_json
from namecls.files.locks import holder_of
from namecls.files.opening import open_plain
from namecls.runs.run import HISTORY, LONGEST_LINE, Run

_LOOK_EVERY = 0.1  # seconds
_PIECE = 2**20  # bytes of a history that are read at once: it may be long
#: Looks at which nobody works on a run before it counts as left: between training and test its lock is let go.
LOOKS = 5


class Tail:
    """What is new in the history of a run since the last look."""

    def __init__(self, run: Run) -> None:
        self._path = run.directory / HISTORY
        self._at = 0
        self._last = b""

    def read(self) -> list[Event]:
        """The next of the new events, none if there are no more; from the first one on, `Started`, if it was cut back.

        :raises RunError: if the history can't be read.
        """
        if not os.path.lexists(self._path):
            return []
        try:
            with open_plain(self._path) as file:
                file.seek(self._at - len(self._last))
                if file.read(len(self._last)) != self._last:  # cut back, to go on from a checkpoint
                    file.seek(0)
                    self._at, self._last = 0, b""
                content = file.read(_PIECE)
                if len(content) == _PIECE:
                    content += file.readline(LONGEST_LINE)
        except OSError as error:
            raise RunError(f"{self._path}: could not be read: {error.strerror or error}") from error
        whole = content[: content.rfind(b"\n") + 1]  # the last line may be in the writing
        if len(content) - len(whole) >= LONGEST_LINE:
            raise RunError(f"{self._path}: expected lines of at most {LONGEST_LINE:,} bytes")
        lines = whole.splitlines(keepends=True)
        self._at += len(whole)
        self._last = lines[-1] if lines else self._last
        try:
            return [event_from_json(json.loads(line)) for line in lines]
        except (ValueError, AttributeError, TypeError, RecursionError) as error:
            raise RunError(f"{self._path}: expected a line for each event: {error}") from error


def follow_history(run: Run) -> Iterator[Event]:
    """All events of a run, the past ones and those that come, until it is finished or nobody works on it.

    :raises RunError: if the history can't be read.
    """
    tail = Tail(run)
    left = 0
    while left < LOOKS:
        alive = holder_of(run.directory) is not None  # asked first: what it wrote last is then read
        left = 0 if alive else left + 1
        for events in iter(tail.read, []):
            yield from events
            if isinstance(events[-1], Finished):
                return
        time.sleep(_LOOK_EVERY)
