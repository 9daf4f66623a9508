"""Counts beside a network, as a file of the run: ``counts.safetensors``."""

from __future__ import annotations

import json
import os

from namecls.calibration.counts import KINDS, NameCounts
from namecls.calibration.people import LABEL_PRIOR, Counted
from namecls.calibration.spellings import KINDS as SPELLINGS
from namecls.calibration.temperature import Calibration
from namecls.errors import ModelFileError, NameclsError, shown
from namecls.files.strict_json import parse_json
from namecls.results import Metrics
from namecls.runs.run import COUNTS, Run
from namecls.runs.tensors import open_tensors, write_tensors

_FORMAT = "1"


def save_counted(run: Run, counted: Counted, people: Metrics | None) -> None:
    """Write the counts with the sets and risks of their answers, and what was measured on people.

    :raises RunError: if the disk does not take it.
    """
    write_tensors(
        run.directory / COUNTS,
        counted.counts.to_tensors(),
        format=_FORMAT,
        calibration=json.dumps(counted.calibration.to_json()),
        label_prior=json.dumps(counted.label_prior),
        people=json.dumps(people.to_json() if people is not None else None),
    )


def load_counted(run: Run, labels: int) -> tuple[Counted, Metrics | None] | None:
    """The counts of a run, and what was measured on people; None if it has none.

    :param labels: how many the network has.
    :raises ModelFileError: if they are damaged, or don't fit the network.
    """
    path = run.directory / COUNTS
    if not os.path.lexists(path):
        return None
    try:
        run.verify(COUNTS)
        with open_tensors(path) as stored:
            kinds = {name: entry.dtype for name, entry in stored.entries.items()}
            fits = kinds.keys() in (KINDS.keys(), KINDS.keys() - SPELLINGS.keys()) and all(
                kind in KINDS[name] for name, kind in kinds.items()
            )
            if not fits or any(len(entry.shape) != 1 for entry in stored.entries.values()):
                raise ModelFileError("expected the columns of a table of counts, found others")
            if stored.texts.get("format") != _FORMAT:
                raise ModelFileError(f"expected the format {_FORMAT}: written by another version")
            counts = NameCounts.from_tensors(stored.read(), labels)
            calibration = Calibration.from_json(parse_json(stored.texts["calibration"].encode()))
            people = parse_json(stored.texts["people"].encode())
            power = parse_json(stored.texts.get("label_prior", str(LABEL_PRIOR)).encode())
            if type(power) not in (int, float) or not 0 <= power <= 1:
                raise ModelFileError(f"the power of bearers must be from 0 to 1, was: {shown(power)}")
        return Counted(counts, calibration, power), Metrics.from_json(people) if people is not None else None
    except (NameclsError, LookupError, TypeError, ValueError) as error:
        raise ModelFileError(f"{COUNTS}: {error}") from error
