"""The models that a training may start from, of the runs that were listed. Not of Textual: the line mode asks too."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from namecls.runs.origin import source_path
from namecls.runs.record import SHIPPED

if TYPE_CHECKING:
    from namecls.runs.listing import RunInfo


def origins_of(runs: Iterable[RunInfo], save_dir: Path) -> dict[str, str]:
    """Of listed runs the shipped model and all with weights that no process holds: names by
    `TrainConfig.init_from`."""
    shipped, place = source_path(SHIPPED), save_dir.resolve()
    titles = {}
    for info in runs:
        if info.directory == shipped:
            titles[SHIPPED] = SHIPPED
        elif info.status not in ("running", "trial") and info.usable:
            titles[f"{place}/{info.name}"] = info.name
    return titles
