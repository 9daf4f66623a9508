"""List the runs of the save directory in a thread: the newest at once, all a moment later."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from namecls.errors import NameclsError
from tui.engine.messages import RunsListed
from tui.engine.origins import origins_of
from tui.engine.threads import Post, spawn

if TYPE_CHECKING:
    from namecls.runs.listing import RunInfo
    from tui.engine.wanted import Engine

#: So many runs are listed at once, while all of thousands are looked at.
SOON = 200
#: All others wait that long, so that they don't compete with the newest ones being drawn.
_REST = 1.0  # seconds


def runs_soon(engine: Engine, save_dir: Path) -> Iterator[list[RunInfo]]:
    """List the newest runs, then, if there are more, a moment later all.

    :raises NameclsError: if the directory can't be read.
    """
    runs = engine.list_runs(save_dir, SOON)
    yield runs
    if len(runs) >= SOON:
        time.sleep(_REST)
        yield engine.list_runs(save_dir)


def list_runs_soon(engine: Engine, save_dir: Path, post: Post, crashed: Post, turn: int = 0) -> None:
    """List the runs in a thread, as `runs_soon` does.

    :param post: where `RunsListed` goes, once or twice, with this `turn`.
    :param crashed: where errors go that it did not expect.
    """

    def look() -> None:
        try:
            for at, runs in enumerate(runs_soon(engine, save_dir)):
                post(RunsListed(runs, turn=turn, whole=at > 0 or len(runs) < SOON))
        except NameclsError as error:
            post(RunsListed([], str(error), turn))

    spawn("runs", look, crashed)


def origins_soon(engine: Engine, save_dir: Path) -> Iterator[dict[str, str]]:
    """Find the origins among the newest runs, then among all. None, if these can't be read: their list tells why."""
    with contextlib.suppress(NameclsError):
        for runs in runs_soon(engine, save_dir):
            yield origins_of(runs, save_dir)
