"""The rows that a model gets wrong, the most confident mistake first."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl
import torch

from namecls.data.slices import measure_slices
from namecls.data.table import NameTable
from namecls.inference.prediction import Predictor
from namecls.results import Confusion, Mistake, Mistakes, Slice
from namecls.training.protocol import encode_table, known_names, known_rows


def find_mistakes(predictor: Predictor, tables: Mapping[str, NameTable]) -> Mistakes:
    """The rows whose label is not the first one of what is measured: the network, with counts that were carried over.

    Rows under labels that the model does not know are left out: what it answers there can't be right.

    :param tables: by the name of their split.
    """
    rows: list[Mistake] = []
    cells = torch.zeros(0, dtype=torch.int64)
    labels = predictor.labels
    slices: tuple[Slice, ...] = ()
    for split, table in tables.items():
        dataset, _ = encode_table(table, predictor.vocabulary)
        if not len(dataset):
            continue
        logits = predictor.loaded.logits(dataset, known_names(table, predictor.vocabulary))
        probabilities = (logits / predictor.calibrations[0].temperature).softmax(1)
        confidence, given = probabilities.max(1)
        true = dataset.labels
        cells = torch.cat([cells, true * len(labels) + given])
        wrong = (given != true).nonzero()[:, 0]
        _, known = known_rows(table, predictor.vocabulary)
        measured = table.frame.filter(known)
        if split == "test":
            slices = measure_slices(measured["name"], (given == true).tolist())
        found = measured[wrong.numpy()].select("line", "name", pl.col("label").cast(pl.String))
        rows += (
            Mistake(
                split=split,
                line=line,
                name=name,
                label=label,
                given=labels[guess],
                confidence=sure,
                of_label=rest,
            )
            for (line, name, label), guess, sure, rest in zip(
                found.iter_rows(),
                given[wrong].tolist(),
                confidence[wrong].tolist(),
                probabilities[wrong, true[wrong]].tolist(),
                strict=True,
            )
        )
    rows.sort(key=lambda row: (-row.confidence, row.name, row.label))
    return Mistakes(labels=labels, rows=tuple(rows), confusion=_confusion(cells, len(labels)), slices=slices)


def _confusion(cells: torch.Tensor, labels: int) -> Confusion:
    places, times = np.unique(cells.numpy(), return_counts=True)
    true, predicted = np.divmod(places, labels)
    return Confusion(tuple(true.tolist()), tuple(predicted.tolist()), tuple(times.tolist()))
