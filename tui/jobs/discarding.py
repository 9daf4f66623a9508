"""Runs that were deleted in the app, and can be taken back until it ends."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from textual.message import Message

from tui.engine.threads import fetch

if TYPE_CHECKING:
    from namecls.runs.discarded import Discards
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
        self._made: Discards | None = None

    @property
    def last(self) -> str:
        """The name of the run that is taken back next; empty: there is none."""
        last = self._made.last if self._made is not None else None
        return last.name if last is not None else ""

    def discard(self, directory: Path, post: Post, crashed: Post) -> None:
        """Move a run aside."""
        from namecls.runs.discarded import Discards

        discards = self._made = self._made or Discards()

        def discard() -> RunDiscarded:
            discards.discard(directory.parent, directory.name)
            return RunDiscarded(directory)

        fetch("discard", discard, lambda problem: RunDiscarded(directory, problem=problem), post, crashed)

    def restore(self, post: Post, crashed: Post) -> None:
        """Move the last one back."""
        discards = self._made
        if discards is None or (last := discards.last) is None:
            return

        def restore() -> RunDiscarded:
            discards.restore(last)
            return RunDiscarded(last.before, restored=True)

        fetch("restore", restore, lambda problem: RunDiscarded(last.before, True, problem), post, crashed)

    def end(self) -> None:
        """Delete them for good."""
        if self._made is not None:
            self._made.end()
