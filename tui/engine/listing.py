"""List the runs of the save directory in a thread: the newest at once, all a moment later, and what changes then."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from namecls.errors import NameclsError
from tui.engine.messages import RunsListed
from tui.engine.origins import origins_of
from tui.engine.threads import Answering, Post, spawn

if TYPE_CHECKING:
    from namecls.runs.listing import RunInfo
    from tui.engine.wanted import Engine

#: So many runs are listed at once, while all of thousands are looked at.
SOON = 200
#: All others wait that long, so that they don't compete with the newest ones being drawn.
_REST = 1.0  # seconds
#: Seconds between two looks at whether something has changed.
LOOK_EVERY = 2.0
_MOST_WORK = 20  # times as long as a look took that found nothing it waits for the next one, on a slow disk


def runs_soon(engine: Engine, save_dir: Path) -> Iterator[list[RunInfo]]:
    """List the newest runs, then, if there are more, a moment later all.

    :raises NameclsError: if the directory can't be read.
    """
    runs = engine.list_runs(save_dir, SOON)
    yield runs
    if len(runs) >= SOON:
        time.sleep(_REST)
        yield engine.list_runs(save_dir)


class RunsFollower(Answering):
    """A thread that lists the runs, and again whenever one of them changes, as long as somebody looks at the list.

    :param post: where `RunsListed` goes: the newest ones at once, as `runs_soon` has them, then all.
    :param crashed: where errors go that it did not expect.
    """

    def __init__(self, engine: Engine, save_dir: Path, post: Post, crashed: Post) -> None:
        super().__init__()
        self._engine = engine
        self._save_dir = save_dir
        self._post = post
        self._crashed = crashed
        self._turn: int | None = None  # None: nobody looks
        self._is_begun = False

    def again(self, turn: int = 0) -> None:
        """List them now, and again whenever they change; all of that is told with this `turn`."""
        with self._asking():
            self._turn = turn
        if not self._is_begun:
            self._is_begun = True
            spawn("runs", self._run, self._crashed)

    def rest(self) -> None:
        """Look no more, until they are to be listed again."""
        with self._asking():
            self._turn = None

    def _run(self) -> None:
        look = self._engine.watch_runs(self._save_dir)
        runs: list[RunInfo] = []
        told: tuple[int, str, list[RunInfo]] | None = None
        pause, is_whole = 0.0, False
        while (turn := self._next(told[0] if told is not None else None, pause)) is not None:
            problem, pause = "", LOOK_EVERY
            try:
                if not is_whole and (told is None or turn != told[0]):
                    runs = self._engine.list_runs(self._save_dir, SOON)
                    told = turn, "", runs
                    self._post(RunsListed(runs, turn=turn, whole=len(runs) < SOON))
                    if len(runs) >= SOON:  # they are drawn before all others are looked at
                        pause = _REST
                        continue
                is_whole = True
                began = time.monotonic()
                if (found := look()) is not None:
                    runs = found
                else:
                    pause = max(pause, _MOST_WORK * (time.monotonic() - began))
            except NameclsError as error:
                problem = str(error)
            if told != (turn, problem, runs):
                told = turn, problem, runs
                self._post(RunsListed([] if problem else runs, problem, turn))

    def _next(self, told: int | None, pause: float) -> int | None:
        """The turn to list them in: a new one at once, the one before after a pause; None: it is over."""
        end = time.monotonic() + pause
        with self._wake:
            while not self._closed:
                left = end - time.monotonic()
                if self._turn is not None and (self._turn != told or left <= 0):
                    return self._turn
                self._wake.wait(None if self._turn is None else left)
        return None


def origins_soon(engine: Engine, save_dir: Path) -> Iterator[dict[str, str]]:
    """Find the origins among the newest runs, then among all. None, if these can't be read: their list tells why."""
    with contextlib.suppress(NameclsError):
        for runs in runs_soon(engine, save_dir):
            yield origins_of(runs, save_dir)
