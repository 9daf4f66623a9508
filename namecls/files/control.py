"""Requests to a training in another process: pause, resume, stop.

They stand in a file of the run, so that they reach any process on any machine that sees the directory. The training
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

#: Seconds between two polls of what another process does, or wants.
LOOK_EVERY = 0.25

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
    with contextlib.suppress(OSError):
        (directory / CONTROL).unlink()


class Heard:
    """Poll for requests to a training or search of this process.

    The file is read every `LOOK_EVERY` seconds at most, however often it is asked for. An end is final.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._looked = -LOOK_EVERY
        self._wish: Wish = "go"

    @property
    def wish(self) -> Wish:
        now = time.monotonic()
        if self._wish in ("go", "pause") and now - self._looked >= LOOK_EVERY:
            self._looked, self._wish = now, asked(self._directory)
        return self._wish

    def forget(self) -> None:
        """Nothing is wanted any more, and whatever was is no longer heard."""
        forget(self._directory)
        self._wish = "go"
