"""Exit on signals, and when the terminal goes away."""

from __future__ import annotations

import os
import select
import signal
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType, TracebackType

from textual.app import App

#: SIGHUP comes first: its number stands for a terminal that is gone, with or without a signal.
_SIGNALS = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)


class Leaving:
    """While it is entered, SIGHUP, SIGINT, SIGTERM and the end of the terminal end the app in good order.

    Textual handles none of them; without a terminal it would try to read from it for ever. The app is asked to
    exit; whatever hinders it, the process is gone soon after `patience` seconds.

    :param end_threads: has what runs beside the app end.
    :param patience: seconds that a training has to write a checkpoint.
    """

    def __init__(self, app: App[None], end_threads: Callable[[float], bool], patience: float) -> None:
        self.status = 0
        self._app = app
        self._end_threads = end_threads
        self._patience = patience

    def __enter__(self) -> Leaving:
        for number in _SIGNALS:
            signal.signal(number, self._signalled)
        threading.Thread(target=self._watch_terminal, name="terminal", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # The handlers stay while threads end: a second signal must not cut off what the first one began.
        del kind, error, trace

    def _signalled(self, number: int, _frame: FrameType | None) -> None:
        self._leave(number)

    def _watch_terminal(self) -> None:
        watch = select.poll()
        watch.register(0, 0)  # nothing but a hang-up wakes it
        watch.poll()
        self._leave(signal.SIGHUP)

    def _leave(self, number: int) -> None:
        if self.status:
            return
        self.status = 128 + number
        if not _terminal_is_there():
            _let_go_of_the_terminal()
        # In a thread: a signal's handler may run while the user interface waits for something that never comes.
        threading.Thread(target=self._see_to_it, name="leaving", daemon=True).start()

    def _see_to_it(self) -> None:
        self._app.call_later(self._app.exit)
        self._end_threads(0.0)
        time.sleep(self._patience + 0.5)
        os._exit(self.status)


def _terminal_is_there() -> bool:
    """Whether there still is a terminal to draw on. One that hung up can't even be asked its modes."""
    import termios

    try:
        termios.tcgetattr(0)
    except termios.error:
        return False
    return True


def _let_go_of_the_terminal() -> None:
    """Send output nowhere: writing to a terminal that is gone would fail, and then block."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (sys.__stdout__, sys.__stderr__):
        if stream is not None:
            os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
