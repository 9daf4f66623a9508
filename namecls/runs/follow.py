"""Work of another process on a run or a search, followed by what it writes."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from namecls.errors import RunError
from namecls.events import Event, Finished
from namecls.files.background import LOG, last_words
from namecls.files.control import LOOK_EVERY, Wish, ask, asked
from namecls.files.locks import Holder, worker_of
from namecls.files.opening import open_plain
from namecls.language import _
from namecls.runs.history import HISTORY, LONGEST_LINE, parsed
from namecls.runs.run import Run
from namecls.system import reason_of

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
                if file.read(len(self._last)) != self._last:  # cut back, to resume from a checkpoint
                    file.seek(0)
                    self._at, self._last = 0, b""
                content = file.read(_PIECE)
                if len(content) == _PIECE:
                    content += file.readline(LONGEST_LINE)
        except OSError as error:
            raise RunError(
                _("{path}: could not be read: {reason}").format(path=self._path, reason=reason_of(error))
            ) from error
        whole = content[: content.rfind(b"\n") + 1]  # the last line may be in the writing
        if len(content) - len(whole) >= LONGEST_LINE:
            raise RunError(
                _("{path}: expected lines of at most {longest_line:,} bytes").format(
                    path=self._path, longest_line=LONGEST_LINE
                )
            )
        lines = whole.splitlines(keepends=True)
        self._at += len(whole)
        self._last = lines[-1] if lines else self._last
        return [parsed(line, self._path, _("where it has grown")) for line in lines]


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen at once.

    :param holder: the process at work, or about to be.
    :param wish: what is wanted of it, by whomever.
    :param refused: why what was wanted through this follower could not be passed on, if it could not.
    """

    holder: Holder | None
    wish: Wish
    refused: str = ""


class Follower:
    """Poll the work of another process until it ends, and pass requests on to it.

    :param patience: polls without a holder before it counts as left.
    """

    def __init__(self, patience: int = LOOKS) -> None:
        self.closed = False
        self.wanted: Wish | None = None  # and not passed on yet
        self._patience = patience
        self._wake = threading.Event()
        self._directory = Path()
        self._said = 0  # bytes of its log, before it was followed

    def want(self, wish: Wish) -> None:
        """Have it pause, resume or stop, soon: this may be called from any thread, and waits for nothing."""
        self.wanted = wish
        self._wake.set()

    def close(self) -> None:
        """Have it followed no longer. It keeps running."""
        self.closed = True
        self._wake.set()

    def looks(self, directory: Path) -> Iterator[Look]:
        """A look now, and others every `LOOK_EVERY` seconds, or as soon as something is wanted.

        Who is at work is asked first, so that what is read after a look at which nobody was, is all there is.
        """
        self._directory, self._said = directory, file_size(directory / LOG)
        left = 0
        while not self.closed:
            refused = self._pass_on(directory)
            holder = worker_of(directory)
            yield Look(holder, asked(directory), refused)
            left = 0 if holder else left + 1
            if left >= self._patience:
                return
            self._wake.wait(LOOK_EVERY)
            self._wake.clear()

    def last_words(self) -> str:
        """The last line that a process in the background wrote while it was followed; empty if there is none."""
        return last_words(self._directory) if file_size(self._directory / LOG) > self._said else ""

    def _pass_on(self, directory: Path) -> str:
        wish, self.wanted = self.wanted, None
        try:
            if wish is not None:
                ask(directory, wish)
        except RunError as error:
            return str(error)
        return ""


def follow_history(run: Run) -> Iterator[Event]:
    """All events of a run, the past ones and those that come, until it is finished or nobody works on it.

    :raises RunError: if the history can't be read.
    """
    tail = Tail(run)
    for _look in Follower().looks(run.directory):
        for events in iter(tail.read, []):
            yield from events
            if isinstance(events[-1], Finished):
                return


def file_size(path: Path) -> int:
    """Bytes of a file; 0 if it is not there."""
    try:
        return path.stat().st_size
    except OSError:
        return 0
