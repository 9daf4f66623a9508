"""Evaluate a trained model on rows with known labels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import polars as pl
import torch

from namecls.calibration.metrics import calibration_error_by_chance, measure
from namecls.calibration.regional import RegionMetrics, measure_regions
from namecls.data.batching import NameDataset
from namecls.data.spelling import half_typed, last_word_first, without_accents
from namecls.data.table import NameTable
from namecls.errors import DataError, NameclsError
from namecls.guarantees import COVERAGE, COVERAGES, RISKS
from namecls.inference.prediction import Predictor
from namecls.inference.refitting import as_in_population
from namecls.language import N_, _
from namecls.normalization import name_keys
from namecls.results import Metrics
from namecls.runs.run import Run
from namecls.training.protocol import edited_rows, encode_table, known_names, labels_as_read, recorded_splits


def evaluate(
    predictor: Predictor,
    table: NameTable,
    *,
    split: str = "",
    coverages: Sequence[float] = COVERAGES,
    risks: Sequence[float] = RISKS,
) -> Metrics:
    """Compute all metrics of a model on the rows of a table; see `figures`."""
    return figures(predictor, table, split=split, coverages=coverages, risks=risks)[0]


def figures(
    predictor: Predictor,
    table: NameTable,
    *,
    split: str = "",
    coverages: Sequence[float] = COVERAGES,
    risks: Sequence[float] = RISKS,
) -> tuple[Metrics, RegionMetrics | None]:
    """Compute all metrics of a model on the rows of a table, and those of its answers by region, if it knows regions.

    The network is measured with counts that were carried over, without those of its own rows that may stand beside it.

    For another population than that which the model was made for, each row counts as often as its label asks for: rows
    of labels that are rarer here than there stand for several people.

    Rows under a label that the model was not trained on are left out and counted in `Metrics.left_out`. Whether the
    model was trained on some of the rows is not known here: the caller has to see to that.

    :param split: the name of the rows, for the record; the table's title if empty.
    :param coverages: of the prediction sets that are measured.
    :param risks: at which it is measured how many names are answered.
    :raises DataError: if the model knows none of the labels.
    """
    dataset, left_out = encode_table(table, predictor.vocabulary)
    if not len(dataset):
        known, found = _(", ").join(predictor.labels[:5]), _(", ").join(list(table.label_counts)[:5])
        raise DataError(
            _(
                "{title}: expected labels that the model knows ({known}, ...), found none of them, but "
                "{found}"
            ).format(title=table.title, known=known, found=found)
        )
    calibration = predictor.calibrations[0]
    logits = (
        predictor.loaded.logits(dataset, known_names(table, predictor.vocabulary)) / calibration.temperature
    )
    weights = (
        dataset.weights if predictor.prior is None else None
    )  # for another population rows count by their label
    edited = edited_rows(table, predictor.vocabulary, logits.argmax(1) == dataset.labels)
    logits, target, some = as_in_population(predictor, logits, dataset.labels)
    metrics = measure(
        logits,
        target,
        predictor.labels,
        split=split or table.title,
        sets=calibration,
        coverages=coverages,
        risks=risks,
        weights=weights,
    )
    if len(some) < len(target):
        mean, high = calibration_error_by_chance(logits[some].softmax(1))
        metrics = replace(metrics, ece_by_chance=mean, ece_by_chance_95=high)
    metrics = replace(
        metrics, edited=edited, left_out=left_out, operating_point=predictor.info.operating_point
    )
    if predictor.regions is None:
        return metrics, None
    probabilities = logits.softmax(1)
    sizes = torch.zeros(len(target), dtype=torch.int64)
    if calibration.sets is not None:
        ranked = probabilities.sort(dim=1, descending=True, stable=True).values
        sizes = calibration.sets.sizes(ranked, COVERAGE)
    return metrics, measure_regions(probabilities, target, sizes, predictor.regions, some)


def unknown_labels(predictor: Predictor, table: NameTable) -> dict[str, int]:
    """Labels of a table that the model was not trained on, with their row counts, the largest first."""
    known = set(labels_as_read(predictor.vocabulary))
    return {label: rows for label, rows in table.label_counts.items() if label not in known}


def learned_rows(predictor: Predictor, table: NameTable) -> int | None:
    """Count the rows of a table whose name is a training name; None if the training rows can't be loaded again.

    Names are compared, so that a part of a file is found out, and a copy with other columns.
    """
    try:
        run = Run.open(predictor.info.directory)
        splits, refit = recorded_splits(run), run.record().refit
    except NameclsError:
        return None
    learned = [name_keys(side.frame["name"]) for _, side in splits.sides[: None if refit else 1]]
    return int(name_keys(table.frame["name"]).is_in(pl.concat(learned).unique().implode()).sum())


@dataclass(frozen=True, slots=True, kw_only=True)
class Robustness:
    """Accuracy on names in one other spelling, beside that on the same names as they stand in the file."""

    way: str
    rows: int  # whose name is another one when it is written so
    clean: float  # accuracy on the names of these rows as they stand, in 0..1
    written: float  # accuracy on them as they are written here


WAYS: dict[str, Callable[[str], str]] = {
    N_("lower case"): str.lower,
    N_("upper case"): str.upper,
    N_("no accents"): without_accents,
    N_("last word first"): last_word_first,
    N_("half typed"): half_typed,
}


def robustness(predictor: Predictor, table: NameTable) -> tuple[Robustness, ...]:
    """Measure robustness: accuracy on names in other spellings, each on the rows that it changes.

    :raises DataError: if the model knows none of the labels.
    """
    clean, _ = encode_table(table, predictor.vocabulary)
    if not len(clean):
        evaluate(predictor, table)  # says so
    names = known_names(table, predictor.vocabulary)
    hits = predictor.loaded.logits(clean, names).argmax(1) == clean.labels
    found = []
    for way, write in WAYS.items():
        written = [write(name) for name in names]
        changed = [i for i, (a, b) in enumerate(zip(names, written, strict=True)) if a != b]
        if not changed:
            found.append(Robustness(way=way, rows=0, clean=0.0, written=0.0))
            continue
        labels = clean.labels[changed]
        others = [written[i] for i in changed]
        dataset = NameDataset(others, labels.tolist(), predictor.vocabulary)
        right = (predictor.loaded.logits(dataset, others).argmax(1) == labels).double().mean()
        found.append(
            Robustness(
                way=way,
                rows=len(changed),
                clean=float(hits[changed].double().mean()),
                written=float(right),
            )
        )
    return tuple(found)
