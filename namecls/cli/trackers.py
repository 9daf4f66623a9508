"""Trainings told to experiment trackers: `namecls train --log-to`, `namecls runs log`."""

from __future__ import annotations

import shlex
from collections.abc import Generator, Iterable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Protocol

import typer

from namecls.cli.completion import choices
from namecls.cli.console import say
from namecls.cli.options import SaveDir, find_run, not_one_of
from namecls.cli.run_files import RunName
from namecls.errors import RunError
from namecls.extras import needed
from namecls.language import _
from namecls.paths import DEFAULT_SAVE_DIR
from namecls.system import reason_of

if TYPE_CHECKING:
    from namecls.events import Event
    from namecls.runs.run import Run

#: By the module of `namecls.trackers`, which is also the extra: the class there, and what has to be installed.
_CLASSES = {
    "tensorboard": ("TensorBoard", "tensorboard.summary.writer.event_file_writer"),
    "mlflow": ("MLflow", "mlflow.tracking"),
    "wandb": ("WandB", "wandb"),
}
TRACKERS = tuple(_CLASSES)

LogTo = Annotated[
    str | None,
    typer.Option(
        "--log-to",
        metavar="|".join(TRACKERS),
        help="Also tell an experiment tracker, in the directory of the run.",
        rich_help_panel="Run",
        autocompletion=choices(*TRACKERS),
    ),
]


class Tracker(Protocol):
    """A run at a tracker, to be closed."""

    directory: Path

    @property
    def shown_by(self) -> str:
        """The command that shows it."""

    def tell(self, event: Event) -> None:
        """Write what an event tells."""

    def close(self) -> None:
        """Write what is left."""


def begin(tracker: str, run: Run, directory: Path | None = None) -> Tracker:
    """Begin to tell a tracker of a run, with all that its history holds.

    :raises OSError: if the log can't be written.
    :raises RunError: if the tracker refuses.
    """
    kind = getattr(import_module(f"namecls.trackers.{tracker}"), _CLASSES[tracker][0])
    told: Tracker = kind(run, directory)
    return told


def check_tracker(tracker: str | None) -> None:
    """See that there is such a tracker, before anything is trained.

    :raises typer.BadParameter: if it is unknown.
    :raises ConfigError: if its extra is not installed.
    """
    if tracker is None:
        return
    if tracker not in TRACKERS:
        raise typer.BadParameter(not_one_of(_("a tracker"), TRACKERS, tracker))
    needed(_CLASSES[tracker][1], tracker)
    needed("matplotlib", tracker)


def logged(events: Iterable[Event], run: Run, tracker: str | None) -> Generator[Event, None, None]:
    """The same events, told to a tracker on the way. A log that can't be written ends no training."""
    if tracker is None:
        yield from events
        return
    log: Tracker | None = None
    events = iter(events)
    try:
        for event in events:
            try:
                if log is None:
                    log = begin(tracker, run)  # with this event, which stands in the history
                else:
                    log.tell(event)
            except (OSError, RunError) as error:
                said = _("{directory}: no longer logged: {reason}; later: {command}").format(
                    directory=run.directory, reason=reason_of(error), command=_later(run, tracker)
                )
                say(said)
                yield event
                yield from events
                return
            yield event
    finally:
        if log is not None:
            log.close()


def log(
    run: RunName,
    *,
    to: Annotated[
        str,
        typer.Option(
            "--to", metavar="|".join(TRACKERS), help="Whom to tell.", autocompletion=choices(*TRACKERS)
        ),
    ] = TRACKERS[0],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="DIR",
            help="Where to.",
            show_default="a directory of that name in the run",
        ),
    ] = None,
    save_dir: SaveDir = DEFAULT_SAVE_DIR,
) -> None:
    """Tell an experiment tracker of a run, from its history.

    Scalars by step, the settings, the metrics of the test rows, the confusion
    matrix. What was told of the run before is replaced.

    mlflow: in a directory of files, or where MLFLOW_TRACKING_URI says.
    wandb: offline, to be sent by wandb sync, unless WANDB_MODE says otherwise.

    Needs: pip install 'namecls[tensorboard]', 'namecls[mlflow]' or 'namecls[wandb]'

    Examples:
      namecls runs log mine
      tensorboard --logdir save_model
      namecls runs log mine --to mlflow
    """
    check_tracker(to)
    told = begin(to, find_run(run, save_dir), output)
    told.close()
    say(_("written: {place}; to see it: {command}").format(place=told.directory, command=told.shown_by))


def _later(run: Run, tracker: str) -> str:
    """The command that logs a run afterwards."""
    to = f" --to {tracker}" if tracker != TRACKERS[0] else ""
    return f"namecls runs log {shlex.quote(str(run.directory))}{to}"
