"""Training in pieces: what the benchmarks of throughput and quality share."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray

from bench.tutorial_loop import Names, Network
from namecls.calibration.metrics import measure
from namecls.config import PRESETS, TrainConfig
from namecls.data.split import Splits, deduplicate, split_table
from namecls.data.table import NameTable, load_dataset
from namecls.nn.fused import use_threads
from namecls.nn.model import logits_of
from namecls.results import Metrics
from namecls.training.learner import Learner
from namecls.training.protocol import Prepared, prepare

CELLS = ("rnn", "gru", "lstm")


def tutorial_splits(path: Path | None, seed: int = 0, rows: int | None = None) -> Splits:
    """A file of names split by namecls; of them those that are written with the tutorials' 57 characters.

    :param path: None: the embedded dataset.
    :param rows: at most so many to train on, a quarter of that to validate and to test on.
    """
    table = deduplicate(load_dataset(path))
    known = pl.col("name").str.contains(r"^[a-zA-Z .,;']+$")
    splits = split_table(table.with_frame(table.frame.filter(known)), seed=seed)
    if rows is None:
        return splits
    return Splits(cut(splits.train, rows), cut(splits.validation, rows // 4), cut(splits.test, rows // 4))


def cut(table: NameTable, rows: int) -> NameTable:
    return table.with_frame(table.frame.sample(min(rows, len(table)), seed=0))


def tutorial_config(cell: str, **changes: object) -> TrainConfig:
    """The tutorials' network with another cell, trained as `changes` say."""
    preset = PRESETS["tutorial"].config
    model = dataclasses.replace(preset.model, network=cell)
    return dataclasses.replace(preset, model=model, threads=1, device="cpu", **changes)  # type: ignore[arg-type]


def loop_names(splits: Splits, names: int | None = None) -> Names:
    """The training rows as the tutorials' loop takes them."""
    return as_names(splits, splits.train, names)


def as_names(splits: Splits, table: NameTable, names: int | None = None) -> Names:
    ids = {label: i for i, label in enumerate(splits.train.labels)}
    pairs = [
        (n, ids[label]) for n, label in zip(table.names, table.label_of_rows, strict=True) if label in ids
    ]
    return Names([name for name, _ in pairs[:names]], [i for _, i in pairs[:names]])


def loop_accuracy(network: Network, dataset: Names) -> float:
    """The share of names that the loop's network gets right, one at a time."""
    with torch.inference_mode():
        hits = sum(
            int(network(letters).argmax()) == int(label)
            for letters, label in map(dataset.__getitem__, range(len(dataset)))
        )
    return hits / len(dataset)


class ShuffledBatches:
    """Plain batches: all names in random order, cut into pieces, padded to their longest."""

    def __init__(self, count: int, batch_size: int, seed: int) -> None:
        self.count, self.batch_size, self.seed, self.epoch = count, batch_size, seed, 0

    def set_epoch(self, epoch: int) -> None:
        self.epoch = epoch

    def __len__(self) -> int:
        return -(-self.count // self.batch_size)

    def batches(self) -> list[NDArray[np.int64]]:
        order = np.random.default_rng([self.seed, self.epoch]).permutation(self.count)
        return np.array_split(order, range(self.batch_size, self.count, self.batch_size))


@dataclass(frozen=True)
class Check:
    """A validation pass: after so many seconds and epochs, with this result."""

    seconds: float
    epochs: float
    valid: Metrics


@dataclass
class Training:
    """A training that is looked at several times an epoch.

    :param checks: validation passes per epoch.
    :param shuffled: the batch size of plain shuffled batches, in the place of batches of one length.
    """

    config: TrainConfig
    splits: Splits
    checks: int = 1
    shuffled: int | None = None

    def __iter__(self) -> Iterator[Check]:
        """Train; the clock runs from before the names are encoded."""
        config = self.config
        began = time.perf_counter()
        use_threads(max(config.threads, 1))
        torch.manual_seed(config.seed)
        self.prepared: Prepared = prepare(config, self.splits)
        self.learner = learner = Learner(config, self.prepared, torch.device("cpu"))
        if self.shuffled is not None:
            batches = ShuffledBatches(len(self.prepared.train), self.shuffled, config.seed)
            learner.sampler = batches  # type: ignore[assignment]
            learner.steps = len(batches) * config.epochs
        learner.model.train()
        for epoch in range(config.epochs):
            learner.sampler.set_epoch(epoch)
            steps = learner.sampler.batches()
            looks = {round(len(steps) * part / self.checks) for part in range(1, self.checks + 1)}
            for step, indices in enumerate(steps, 1):
                learner.step(torch.from_numpy(indices))
                if step in looks:
                    valid = learner.validate()
                    yield Check(time.perf_counter() - began, epoch + step / len(steps), valid)

    def best(self) -> tuple[Metrics, float]:
        """Train to the end; the test rows by the best weights, and the seconds that it took."""
        accuracy, weights, seconds = -1.0, {}, 0.0
        for check in self:
            seconds = check.seconds
            if check.valid.accuracy > accuracy:
                accuracy = check.valid.accuracy
                weights = {name: tensor.clone() for name, tensor in self.learner.model.state_dict().items()}
        self.learner.model.load_state_dict(weights)
        test = self.prepared.test
        logits = logits_of(self.learner.model, test)
        return measure(logits, test.labels, self.prepared.vocabulary.labels, split="test"), seconds
