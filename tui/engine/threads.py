"""Worker threads. None touches a widget: they post messages."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from namecls.errors import NameclsError, is_bug

if TYPE_CHECKING:
    from textual.message import Message

    from namecls.config import TrainConfig

Post = Callable[["Message"], object]

#: Whether a thread can have a priority of its own.
HAVE_PRIORITIES = sys.platform == "linux"
_BEHIND = 5  # steps of niceness


class Answering:
    """A thread that waits for what it is asked; a subclass sets that within `_asking` and waits on `_wake`."""

    def __init__(self) -> None:
        self._wake = threading.Condition()
        self._closed = False

    @contextlib.contextmanager
    def _asking(self) -> Iterator[None]:
        with self._wake:
            yield
            self._wake.notify()

    def close(self) -> None:
        """End the thread after what it is doing."""
        with self._asking():
            self._closed = True


def spawn(name: str, work: Callable[[], object], post: Post, *, behind: bool = False) -> threading.Thread:
    """Start a thread. An error that it did not expect is posted as `Crashed`.

    :param behind: it, and what threads it starts, let the screen go first, where the system knows how.

    Daemon threads, not Textual's workers: those are joined when the app leaves, and one that is importing
    torch would hold the terminal for a second and a half.
    """

    def guarded() -> None:
        if behind and HAVE_PRIORITIES:
            with contextlib.suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _BEHIND)
        try:
            work()
        except BaseException as error:
            if not is_bug(error):
                raise
            from tui.engine.messages import Crashed

            post(Crashed(error))

    thread = threading.Thread(target=guarded, name=name, daemon=True)
    thread.start()
    return thread


def fetch(
    name: str,
    work: Callable[[], Message],
    failed: Callable[[str], Message],
    post: Post,
    crashed: Post | None = None,
) -> None:
    """Call a function in a thread, and post the message that it returns.

    :param failed: the message instead, made of the words of a `NameclsError`.
    :param crashed: where errors go that it did not expect, if not to `post`.
    """

    def fetched() -> None:
        try:
            message = work()
        except NameclsError as error:
            message = failed(str(error))
        post(message)

    spawn(name, fetched, crashed or post)


def leave_a_core(config: TrainConfig) -> TrainConfig:
    """Leave one core for the screen, unless the config sets `threads`."""
    from namecls.config import core_count

    return config if config.threads else replace(config, threads=max(1, core_count() - 1))
