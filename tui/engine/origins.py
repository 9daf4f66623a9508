"""The models that a training may start from: looked for, and read, in a thread."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

from namecls.errors import NameclsError
from namecls.runs.origin import SHIPPED, source_path
from tui.messages import NetworkRead, OriginsFound

if TYPE_CHECKING:
    from tui.engine.work import Engine, Post


def look_for_origins(engine: Engine, save_dir: Path, post: Post) -> None:
    """Look for the models and post them: the shipped one, and all runs with weights that nobody is at work on."""
    shipped = source_path(SHIPPED).resolve()
    titles = {}
    with contextlib.suppress(NameclsError):  # the list of runs tells of it
        for info in engine.list_runs(save_dir):
            where = info.directory.resolve()
            if where == shipped:
                titles[SHIPPED] = SHIPPED
            elif info.usable and info.status not in ("running", "trial"):
                titles[str(where)] = info.name
    post(OriginsFound(titles))


def read_network(engine: Engine, init_from: str, post: Post) -> None:
    """Read the network of a model and post it."""
    try:
        post(NetworkRead(init_from, engine.read_network(init_from)))
    except NameclsError as error:
        post(NetworkRead(init_from, None, str(error)))
