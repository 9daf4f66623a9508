"""`namecls train` as one of several processes that `torchrun` starts."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

import typer

from namecls.cli.stopping import stop_on_signals
from namecls.language import _

if TYPE_CHECKING:
    from collections.abc import Iterator

    from namecls.training.distributed import Group


def are_several() -> bool:
    """Whether `torchrun` started this process as one of several."""
    return os.environ.get("WORLD_SIZE", "1") != "1" and "MASTER_ADDR" in os.environ


def group_of(context: typer.Context, *, detach: bool) -> Group | None:
    """The processes that train together, until the command is over; None: this one is alone.

    Those that do not lead do their work in here.

    :raises typer.Exit: in those, when it is done.
    """
    if not are_several():
        return None
    if detach:
        raise typer.BadParameter(_("--detach is for a training on one process, not for torchrun"))
    return context.with_resource(_taking_part())


@contextlib.contextmanager
def _taking_part() -> Iterator[Group]:
    from namecls.training.distributed import joined

    with joined() as group:
        if group.rank:
            from namecls.training.worker import serve

            with stop_on_signals() as stop:
                group.wants_end = lambda: bool(stop)
                serve(group)
            raise typer.Exit(stop.exit_code if stop else 0)
        yield group
