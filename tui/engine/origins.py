"""The models that a training may start from."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

from namecls.errors import NameclsError
from namecls.runs.origin import source_path
from namecls.runs.record import SHIPPED

if TYPE_CHECKING:
    from tui.engine.library import Engine


def find_origins(engine: Engine, save_dir: Path) -> dict[str, str]:
    """List the shipped model and all runs with weights that no process holds: names by
    `TrainConfig.init_from`."""
    shipped, runs = source_path(SHIPPED), save_dir.resolve()
    titles = {}
    with contextlib.suppress(NameclsError):  # the list of runs tells of it
        for info in engine.list_runs(save_dir):
            if info.directory == shipped:
                titles[SHIPPED] = SHIPPED
            elif info.status not in ("running", "trial") and info.usable:
                titles[f"{runs}/{info.name}"] = info.name
    return titles
