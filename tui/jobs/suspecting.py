"""The search for rows that are probably labelled wrongly, in a thread of this process."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

from textual.message import Message

from namecls.errors import NameclsError
from tui.engine.editing import Suspects
from tui.engine.folds import FoldPlace
from tui.engine.threads import Post, spawn

_TELL_EVERY = 0.3  # seconds between two messages


@dataclass(eq=False)
class Suspecting(Message):
    """How far it is: the fold that is left out, from 1, of all, and the share of all steps that is done, in 0..1."""

    search: SuspectSearch
    fold: int
    folds: int
    share: float = 0.0


@dataclass(eq=False)
class SuspectsFound(Message):
    """It is over: what was found, or why nothing could be; neither, if it was stopped."""

    search: SuspectSearch
    found: Suspects | None
    problem: str = ""


class SuspectSearch:
    """A search in a thread. To pause is not to ask for the next event; to stop is to close the generator.

    :param events: of `namecls.repair.suspects.find_suspects`; the last one is what was found.
    """

    def __init__(self, events: Iterator[object], post: Post) -> None:
        self._events, self._post = events, post
        self._go = threading.Event()
        self._go.set()
        self._closed = False
        self._at = FoldPlace()
        self._told = 0.0

    @property
    def is_paused(self) -> bool:
        """Whether it waits."""
        return not self._go.is_set()

    def begin(self, crashed: Post) -> None:
        """Start the thread."""
        spawn("suspects", self._run, crashed, behind=True)

    def pause(self) -> None:
        """Pause it; again: resume it."""
        if self.is_paused:
            self._go.set()
        else:
            self._go.clear()

    def tell(self, post: Post) -> None:
        """Tell another one of it from now on."""
        self._post = post

    def close(self) -> None:
        """Stop it."""
        self._closed = True
        self._go.set()

    def _run(self) -> None:
        found: Suspects | None = None
        problem = ""
        try:
            for event in self._events:
                self._hear(event)
                self._go.wait()
                if self._closed:
                    break
                if isinstance(event, Suspects):
                    found = event
        except NameclsError as error:
            problem = str(error)
        finally:
            if (close := getattr(self._events, "close", None)) is not None:
                close()
            self._post(SuspectsFound(self, found, problem))

    def _hear(self, event: object) -> None:
        now, before = time.monotonic(), self._at
        self._at = before.after(event)
        if self._at.fold != before.fold or now - self._told >= _TELL_EVERY:
            self._told = now
            self._post(Suspecting(self, self._at.fold, self._at.folds, self._at.share))
