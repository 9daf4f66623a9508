"""Requests to a training in another process: pause, resume, stop; and that somebody looks into it.

They stand in files of the run, so that they reach any process on any machine that sees the directory. The training
looks there between two steps.
"""

from __future__ import annotations

import contextlib
import time
from pathlib import Path
from typing import Literal, cast, get_args

from namecls.errors import RunError
from namecls.files.opening import open_plain
from namecls.files.storage import write_atomically

CONTROL = "control"
#: Is written anew as long as somebody looks at what is measured only for that.
LOOKED_INTO = "looked_into"

#: Seconds between two polls of what another process does, or wants.
LOOK_EVERY = 0.25

#: Seconds for which that counts, by the clock of the process that trains: whoever has gone away is not measured for.
LOOKED_FOR = 6.0

#: "go": train; "pause": wait; "stop": end now, test the best epoch and save the model; "leave": end now, for later.
Wish = Literal["go", "pause", "stop", "leave"]


def ask(directory: Path, wish: Wish) -> None:
    """Write a request to the training of a run.

    :raises RunError: if it can't be written.
    """
    write_atomically(directory / CONTROL, wish.encode())


def asked(directory: Path) -> Wish:
    """Read the request to the training of a run; "go" without one."""
    try:
        with open_plain(directory / CONTROL) as file:
            word = file.read(16).decode("ascii", "replace").strip()
    except (RunError, OSError):
        return "go"
    return cast(Wish, word) if word in get_args(Wish) else "go"


def forget(directory: Path) -> None:
    """Withdraw the request."""
    for name in (CONTROL, LOOKED_INTO):
        with contextlib.suppress(OSError):
            (directory / name).unlink()


def look_into(directory: Path) -> None:
    """Have what is measured only while somebody looks measured for the next `LOOKED_FOR` seconds.

    :raises RunError: if it can't be written.
    """
    write_atomically(directory / LOOKED_INTO, b"")


class Heard:
    """Poll for requests to a training or search of this process.

    The file is read every `LOOK_EVERY` seconds at most, however often it is asked for. An end is final.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._looked = -LOOK_EVERY
        self._wish: Wish = "go"
        self._glanced = -LOOK_EVERY
        self._written: int | None = None  # when it was last said that somebody looks
        self._looked_until = 0.0

    @property
    def wish(self) -> Wish:
        now = time.monotonic()
        if self._wish in ("go", "pause") and now - self._looked >= LOOK_EVERY:
            self._looked, self._wish = now, asked(self._directory)
        return self._wish

    @property
    def is_looked_into(self) -> bool:
        """Whether somebody in another process looks at what is measured only for that."""
        now = time.monotonic()
        if now - self._glanced >= LOOK_EVERY:
            self._glanced = now
            try:
                written = (self._directory / LOOKED_INTO).stat(follow_symlinks=False).st_mtime_ns
            except OSError:
                written = None
            if written != self._written:
                self._looked_until = now + LOOKED_FOR if written is not None else 0.0
            self._written = written
        return now < self._looked_until

    def forget(self) -> None:
        """Nothing is wanted any more, and whatever was is no longer heard."""
        forget(self._directory)
        self._wish = "go"
