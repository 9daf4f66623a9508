"""Counts written beside a network, and what is measured of them: `counted` and `carried` read them."""

from __future__ import annotations

import json

from namecls.calibration.carried import CarriedCounts
from namecls.calibration.counted import Counted
from namecls.results import Metrics
from namecls.runs import carried as carried_counts
from namecls.runs import counted as own_counts
from namecls.runs.run import CARRIED, COUNTS, Run
from namecls.runs.tensors import write_tensors


def save_counted(run: Run, counted: Counted, people: Metrics | None) -> None:
    """Write the counts with the sets and risks of their answers, and what was measured on people.

    :raises RunError: if the disk does not take it.
    """
    write_tensors(
        run.directory / COUNTS,
        counted.counts.to_tensors(),
        format=own_counts.FORMAT,
        calibration=json.dumps(counted.calibration.to_json()),
        label_prior=json.dumps(counted.label_prior),
        people=json.dumps(people.to_json() if people is not None else None),
    )


def save_carried(run: Run, carried: CarriedCounts) -> None:
    """Write the counts, and what they tell.

    :raises RunError: if the disk does not take it.
    """
    write_tensors(
        run.directory / CARRIED,
        carried.to_tensors(),
        format=carried_counts.FORMAT,
        labels=json.dumps(carried.labels),
    )
