"""Names as the network's own vectors: what its last linear layers take.

The representation of a name is what the linear layer of each part takes of it, of all parts and members side by side:
after it the network knows nothing more of the name. Each of its numbers is called a unit.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from namecls.config import ModelConfig
from namecls.data.batching import LengthBatchSampler, NameDataset
from namecls.data.vocab import Vocabulary
from namecls.errors import RunError
from namecls.language import _
from namecls.nn.model import NameClassifier
from namecls.runs.run import Run
from namecls.training.protocol import known_rows, recorded_splits

if TYPE_CHECKING:
    from namecls.data.table import NameTable
    from namecls.inference.prediction import Predictor

_BATCH = 1024


def representations(model: NameClassifier, dataset: NameDataset) -> Iterator[tuple[Tensor, Tensor]]:
    """The vectors of all names of a dataset, batch by batch. *Shape:* indices (batch,), vectors (batch, units)"""
    device = model.scales.device
    with torch.inference_mode():
        for indices in map(torch.from_numpy, LengthBatchSampler(dataset.lengths, _BATCH).batches()):
            batch = dataset.batch(indices).to(device)
            found = [part.features(batch.ids, batch.lengths) for part in model.parts]
            yield indices, torch.cat(found, 1).cpu()


def represented(model: NameClassifier, dataset: NameDataset) -> Tensor:
    """All of them, in the order of the dataset. *Shape:* (names, units)"""
    found: Tensor | None = None
    for indices, vectors in representations(model, dataset):
        if found is None:
            found = torch.empty(len(dataset), vectors.shape[1])
        found[indices] = vectors
    return found if found is not None else torch.empty(0, sum(part_sizes(model)))


def logits_of_units(model: NameClassifier, vectors: Tensor) -> Tensor:
    """The logits of names by their vectors. *Shape:* (names, units) -> (names, labels)"""
    units = iter(torch.split(vectors.to(model.scales.device), part_sizes(model), 1))
    answers = []
    for member in model.members:
        logits = [part.linear(next(units)) for part in member.parts]  # type: ignore[union-attr]
        answers.append(torch.stack(logits).sum(0))
    return model.combine(answers).cpu()


def part_sizes(model: NameClassifier) -> list[int]:
    """The units of each part."""
    return [part.linear.in_features for part in model.parts]


def unit_titles(config: ModelConfig) -> tuple[str, ...]:
    """What each unit is called: ``gru 12 last``, ``gru 12 reverse mean``, ``cnn 7 of 3 letters``, ``ngram 5``.

    The units of ensemble members have the number of their member before it.
    """
    titles: list[str] = []
    for number, kinds in enumerate(config.members, 1):
        of = f"{number}: " if len(config.members) > 1 else ""
        titles += [f"{of}{kind} {unit}" for kind in kinds for unit in _units(config, kind)]
    return tuple(titles)


def _units(config: ModelConfig, kind: str) -> list[str]:
    if kind == "cnn":
        numbers, widths = range(1, config.filters + 1), range(2, config.widest + 1)
        return [f"{number} of {width} letters" for width in widths for number in numbers]
    if kind == "ngram":
        size, hidden = config.ngram_size, config.ngram_hidden
        return [f"{n}" for n in range(1, size + 1)] + [f"hidden {n}" for n in range(1, hidden + 1)]
    ways = ("last", "mean", "max") if config.pooling == "concat" else (config.pooling,)
    directions = ("", " reverse")[: 1 + config.bidirectional]
    return [
        f"{number}{direction} {way}"
        for way in ways
        for direction in directions
        for number in range(1, config.hidden_size + 1)
    ]


def run_of(predictor: Predictor) -> Run:
    """The run of a model.

    :raises RunError: if it is of none, as a fresh network is.
    """
    if predictor.info.directory == Path():
        raise RunError(
            _("the model {name} is of no run, and was trained on nothing").format(name=predictor.info.name)
        )
    return Run(predictor.info.directory)


def learned_and_held_out(run: Run, vocabulary: Vocabulary, data: Path | None = None) -> tuple[Rows, Rows]:
    """The rows that the network of a run was trained on, and those that it was not, each pair of name and label once.

    :param data: where the file lies now, if it was moved.
    :raises RunError: if it is not recorded which they are.
    :raises DataError: if the file is gone or is not what it was.
    """
    splits = recorded_splits(run, data)
    sides = [Rows.of(table, vocabulary) for _, table in splits.sides]
    if run.record().refit is not None:  # trained again on all of them
        return sides[0].with_rows(sides[1]).with_rows(sides[2]), Rows([], np.empty(0, np.int64))
    return sides[0], sides[2].with_rows(sides[1])


class Rows:
    """Names with the ids of their labels."""

    __slots__ = ("labels", "names")

    def __init__(self, names: list[str], labels: np.ndarray[tuple[int], np.dtype[np.int64]]) -> None:
        self.names, self.labels = names, labels

    @classmethod
    def of(cls, table: NameTable, vocabulary: Vocabulary) -> Rows:
        """Those rows of a table whose label a model has, each pair of name and label once."""
        import polars as pl

        ids, known = known_rows(table, vocabulary)
        frame = pl.DataFrame({"name": table.frame["name"].filter(known), "id": ids.drop_nulls()})
        frame = frame.unique(maintain_order=True)
        return cls(frame["name"].to_list(), frame["id"].to_numpy().astype(np.int64))

    def __len__(self) -> int:
        return len(self.names)

    def with_rows(self, others: Rows) -> Rows:
        return Rows(self.names + others.names, np.concatenate([self.labels, others.labels]))

    def some(self, most: int) -> Rows:
        """At most so many of them, evenly spread over their order."""
        if len(self) <= most:
            return self
        places = np.linspace(0, len(self) - 1, most).astype(np.int64)
        return Rows([self.names[place] for place in places.tolist()], self.labels[places])

    def dataset(self, vocabulary: Vocabulary) -> NameDataset:
        return NameDataset(self.names, self.labels, vocabulary)
