"""Runs that were deleted in the app, and can be taken back until it ends."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from textual.message import Message

from tui.engine.threads import fetch

if TYPE_CHECKING:
    from namecls.runs.discarded import Discarded
    from tui.engine.threads import Post


@dataclass(eq=False)
class RunDiscarded(Message):
    """A run is moved aside, or back, or `problem` says why not."""

    directory: Path
    restored: bool = False
    problem: str = ""


class Discarding:
    """The runs that are moved aside, the last one on top. They are gone when the app ends.

    What is done ends with a `RunDiscarded` to the one that wanted it.
    """

    def __init__(self) -> None:
        self._runs: list[Discarded] = []
        self._one_at_a_time = threading.Lock()

    @property
    def last(self) -> str:
        """The name of the run that is taken back next; empty: there is none."""
        return self._runs[-1].name if self._runs else ""

    def discard(self, directory: Path, post: Post, crashed: Post) -> None:
        """Move a run aside."""
        from namecls.runs.discarded import discard_run

        def discard() -> RunDiscarded:
            with self._one_at_a_time:
                self._runs.append(discard_run(directory.parent, directory.name))
            return RunDiscarded(directory)

        fetch("discard", discard, lambda problem: RunDiscarded(directory, problem=problem), post, crashed)

    def restore(self, post: Post, crashed: Post) -> None:
        """Move the last one back."""
        if not self._runs:
            return
        last = self._runs[-1]

        def restore() -> RunDiscarded:
            with self._one_at_a_time:
                if last in self._runs:  # else the key was pressed twice
                    last.restore()
                    self._runs.remove(last)
            return RunDiscarded(last.before, restored=True)

        fetch("restore", restore, lambda problem: RunDiscarded(last.before, True, problem), post, crashed)

    def end(self) -> None:
        """Delete them for good."""
        with self._one_at_a_time:
            while self._runs:
                self._runs.pop().remove()
