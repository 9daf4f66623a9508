"""Stop on a signal at a safe point: the signal sets a flag, which is checked between two events."""

from __future__ import annotations

import contextlib
import errno
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import NoReturn

import typer

from namecls.language import _

#: Ctrl-C, `kill`, and a terminal that went away. Windows has no SIGHUP.
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

HUNG_UP = 129  # 128 + SIGHUP


class StopFlag:
    """Which signal has asked for the end, if any."""

    def __init__(self) -> None:
        self.signal = 0

    def __bool__(self) -> bool:
        return self.signal != 0

    @property
    def exit_code(self) -> int:
        """What a shell shows of a process that ended by this signal: 130 for Ctrl-C."""
        return 128 + self.signal


def nothing_to_stop(directory: Path) -> str:
    """What is said where no process is to be stopped."""
    return _("{directory}: no process is at work on it: there is nothing to stop").format(directory=directory)


def told_to_stop(directory: Path, holder: object) -> str:
    """What is said when a process was told to stop."""
    return _("{directory}: {holder} is told to stop").format(directory=directory, holder=holder)


@contextlib.contextmanager
def stop_on_signals() -> Iterator[StopFlag]:
    """A flag that the first signal sets. The second signal ends the process at once, as if nobody had listened.

    A KeyboardInterrupt could strike within an optimizer step and leave half-updated weights behind.
    """
    flag = StopFlag()
    earlier = {number: signal.getsignal(number) for number in _SIGNALS}

    def note(number: int, frame: FrameType | None) -> None:
        del frame
        flag.signal = number
        for each in _SIGNALS:
            signal.signal(each, signal.SIG_DFL)

    for number, handler in earlier.items():
        if handler != signal.SIG_IGN:  # under nohup SIGHUP is ignored, and has to stay so
            signal.signal(number, note)
    try:
        yield flag
    finally:
        for number, handler in earlier.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def leave_on_signals() -> Iterator[StopFlag]:
    """`stop_on_signals`, and after the work the exit status that a signal asks for.

    :raises typer.Exit: if there was a signal, or the terminal went away without one.
    """
    with stop_on_signals() as stop:
        try:
            yield stop
        except OSError as error:
            if not stop and error.errno == errno.EIO:  # the terminal went away, and nobody sent SIGHUP
                raise typer.Exit(HUNG_UP) from error
            if not stop:
                raise
    if stop:
        raise typer.Exit(stop.exit_code)


@contextlib.contextmanager
def left_by_signals() -> Iterator[None]:
    """SIGTERM and SIGHUP end the block as Ctrl-C does, so that nothing stays behind."""

    def leave(number: int, frame: FrameType | None) -> NoReturn:
        del frame
        sys.exit(128 + number)

    wanted = [
        number for number in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(number) != signal.SIG_IGN
    ]
    earlier = {number: signal.signal(number, leave) for number in wanted}
    try:
        yield
    finally:
        for number, handler in earlier.items():
            signal.signal(number, handler)
