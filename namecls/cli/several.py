"""`namecls train` as one of several processes that `torchrun` starts."""

from __future__ import annotations

import contextlib
import os
import signal
from typing import TYPE_CHECKING

import typer

from namecls.cli.stopping import stop_on_signals
from namecls.errors import ProcessLost
from namecls.language import _

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

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
def _last_words(group: Group) -> Iterator[None]:
    """Let this process say that another is gone: `torchrun` ends all that are left as soon as it sees that."""

    def end(number: int, frame: FrameType | None) -> None:
        del frame
        if not group.is_lost:
            raise SystemExit(128 + number)

    earlier = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        if not group.is_lost:
            signal.signal(signal.SIGTERM, earlier)


@contextlib.contextmanager
def _taking_part() -> Iterator[Group]:
    from namecls.training.distributed import joined

    with joined() as group, _last_words(group):
        if group.rank:
            from namecls.training.worker import serve

            with stop_on_signals() as stop:
                group.wants_end = lambda: bool(stop)
                try:
                    serve(group)
                except ProcessLost as error:
                    raise ProcessLost(
                        _("{error}; the training can be resumed: start all again with --resume RUN").format(
                            error=error
                        )
                    ) from error
            raise typer.Exit(stop.exit_code if stop else 0)
        yield group
