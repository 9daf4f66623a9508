"""What record and history tell of a run, for those who look at several."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from namecls.errors import NameclsError
from namecls.paths import packaged_model

if TYPE_CHECKING:
    from namecls.events import Event
    from namecls.runs.curves import Curve, Figure
    from namecls.runs.diagnosis import Finding
    from namecls.runs.listing import RunInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """A run that was looked into.

    :param settings: by their names; none, if it was imported.
    :param rows: the hash of the rows that it was trained and tested on, side by side; empty: not known.
    :param command: the one that trains it again; empty: there is none, and `no_command` says why.
    :param problem: why it can't be read.
    """

    curves: Mapping[Figure, Curve] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    rows: str = ""
    command: str = ""
    no_command: str = ""
    problem: str = ""


def is_own(info: RunInfo, save_dir: Path) -> bool:
    """Whether it is a run of the save directory, and not the model that comes with namecls."""
    return info.directory.parent == save_dir and info.directory.resolve() != packaged_model().resolve()


def look_at(directory: Path, save_dir: Path) -> Looked:
    """Read what can be read of a run; never raises."""
    from namecls.command_line import repeat_command
    from namecls.events import EpochEnd, Finished, Progress, Started
    from namecls.runs.curves import curves_of
    from namecls.runs.diagnosis import diagnose
    from namecls.runs.run import Run

    try:
        run = Run.open(directory)
        record = run.record()
        kept: list[Event] = []

        def events() -> Iterator[Event]:
            for event in run.history(Started, Progress, EpochEnd, Finished):
                if not isinstance(event, Progress):  # of which there may be very many
                    kept.append(event)
                yield event

        curves = curves_of(events())
        findings = diagnose(kept, record.train, run.diverged)
    except NameclsError as error:
        return Looked(problem=str(error))
    command = no_command = ""
    try:
        command = repeat_command(run, save_dir)
    except NameclsError as error:
        no_command = str(error)
    return Looked(
        curves=curves,
        findings=findings,
        settings={} if record.imported is not None else record.settings,
        rows=record.split.sha256 if record.split is not None else "",
        command=command,
        no_command=no_command,
    )
