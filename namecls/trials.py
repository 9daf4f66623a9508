"""A recipe measured: split, train, test, and nothing kept."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass

from namecls.config import TrainConfig
from namecls.data import NameTable
from namecls.errors import ConfigError
from namecls.events import Finished, Metrics
from namecls.runs import Run
from namecls.split import Splits, split_rows
from namecls.training import train

#: "grouped": no name stands on two sides. "rows": each row for itself, as in much of the literature.
PROTOCOLS = ("grouped", "rows")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What came of one training."""

    seed: int
    protocol: str
    seconds: float
    epochs: int
    validation: Metrics
    test: Metrics


def run_trial(config: TrainConfig, table: NameTable, protocol: str = "grouped") -> Trial:
    """Train once and test once, in a directory that is gone afterwards.

    :param protocol: one of `PROTOCOLS`.
    :raises ConfigError: if there is no such protocol.
    :raises DataError: if the rows can't be learned from.
    """
    if protocol not in PROTOCOLS:
        raise ConfigError(f"protocol must be one of {', '.join(PROTOCOLS)}, was: {protocol!r}")
    dataset: NameTable | Splits = table
    if protocol == "rows":
        dataset = split_rows(
            table,
            seed=config.seed,
            valid_fraction=config.valid_fraction,
            test_fraction=config.test_fraction,
        )
    with tempfile.TemporaryDirectory(prefix="namecls-") as directory:
        for event in train(config, dataset, Run.create(directory, config)):
            if isinstance(event, Finished):
                return Trial(
                    seed=config.seed,
                    protocol=protocol,
                    seconds=event.seconds,
                    epochs=event.epochs,
                    validation=event.validation,
                    test=event.test,
                )
    raise AssertionError("a training ends with its last event")
