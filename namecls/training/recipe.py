"""Measure a recipe: split, train, test, in a directory that is removed afterwards."""

from __future__ import annotations

import dataclasses
import tempfile
from dataclasses import dataclass

from namecls.config import PROTOCOLS, TrainConfig
from namecls.data.split import Splits, fewer_rows, split_rows
from namecls.data.table import NameTable
from namecls.errors import ConfigError
from namecls.events import Finished, Started
from namecls.language import _
from namecls.results import Metrics
from namecls.runs.run import Run
from namecls.training.loop import train
from namecls.training.protocol import split_by_config


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """Result of one training."""

    seed: int
    protocol: str
    train_rows: int
    parameters: int
    size: int  # bytes of the model on the disk
    seconds: float
    epochs: int
    validation: Metrics
    test: Metrics


def run_trial(
    config: TrainConfig,
    dataset: NameTable | Splits,
    protocol: str = "grouped",
    *,
    train_rows: int | None = None,
) -> Trial:
    """Train once and test once, in a directory that is gone afterwards.

    :param dataset: a table that is split, or for the protocol ``published`` the three parts.
    :param protocol: one of `config.PROTOCOLS`.
    :param train_rows: train on at most so many of the training rows; validation and test stay as they are.
    :raises ConfigError: if there is no such protocol, or the data are not what it takes.
    :raises DataError: if the rows can't be trained on.
    """
    splits = trial_splits(config, dataset, protocol, train_rows=train_rows)
    with tempfile.TemporaryDirectory(prefix="namecls-") as directory:
        run = Run.create(directory, config)
        for event in train(config, splits, run):
            if isinstance(event, Started):
                parameters = event.parameters
            elif isinstance(event, Finished):
                return Trial(
                    seed=config.seed,
                    protocol=protocol,
                    train_rows=len(splits.train),
                    parameters=parameters,
                    size=sum(
                        path.stat().st_size
                        for kind in ("model", "carried")
                        for path in run.directory.glob(f"{kind}.*")
                    ),
                    seconds=event.seconds,
                    epochs=event.epochs,
                    validation=event.validation,
                    test=event.test,
                )
    raise AssertionError(_("a training ends with its last event"))


def trial_splits(
    config: TrainConfig,
    dataset: NameTable | Splits,
    protocol: str = "grouped",
    *,
    train_rows: int | None = None,
) -> Splits:
    """The rows of a trial; for parameters and errors see `run_trial`."""
    if protocol not in PROTOCOLS:
        raise ConfigError(
            _("protocol must be one of {protocols}, was: {protocol!r}").format(
                protocols=_(", ").join(PROTOCOLS), protocol=protocol
            )
        )
    if (protocol == "published") != isinstance(dataset, Splits):
        wanted = _("the three parts of a split") if protocol == "published" else _("one table")
        raise ConfigError(
            _("protocol {protocol} takes {wanted}, found {found}").format(
                protocol=protocol, wanted=wanted, found=type(dataset).__name__
            )
        )
    if protocol == "rows" and isinstance(dataset, NameTable):
        splits = split_rows(
            dataset,
            seed=config.split_by,
            valid_fraction=config.valid_fraction,
            test_fraction=config.test_fraction,
        )
    else:
        splits = split_by_config(config, dataset)
    if train_rows is None:
        return splits
    return dataclasses.replace(splits, train=fewer_rows(splits.train, train_rows, seed=config.split_by))
