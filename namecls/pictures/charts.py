"""What is drawn of runs, as plain values: curves, reliability diagrams, scores by label, confusion matrices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from namecls.errors import RunError
from namecls.events import EpochEnd
from namecls.language import N_, _
from namecls.results import Metrics
from namecls.runs.run import Run

#: What there is to draw.
KINDS = ("curves", "confusion", "reliability", "labels")
SPLITS = (N_("test"), N_("validation"))


@dataclass(frozen=True, slots=True)
class Series:
    """Points that are joined by lines, from left to right.

    :param run: the place of the run that it is of, which decides the colour.
    :param dashed: beside another of the same run.
    """

    name: str
    points: tuple[tuple[float, float], ...]
    run: int = 0
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Chart:
    """Series over one axis.

    :param shares: the values are in 0..1.
    :param diagonal: whether to draw where both axes are equal.
    """

    title: str
    x: str
    y: str
    series: tuple[Series, ...]
    shares: bool = False
    diagonal: bool = False


@dataclass(frozen=True, slots=True)
class Scores:
    """A value in 0..1 of each label under each run; None where a run does not have it.

    :param rows: of each label, in the first run that has it.
    """

    title: str
    labels: tuple[str, ...]
    rows: tuple[int, ...]
    runs: tuple[str, ...]
    values: tuple[tuple[float | None, ...], ...]  # of each label


@dataclass(frozen=True, slots=True)
class Matrix:
    """Which share of the rows of a label, a line each, was given which label, a column each. Shares are in 0..1."""

    title: str
    labels: tuple[str, ...]
    shares: tuple[tuple[float, ...], ...]


Picture = Chart | Scores | Matrix


def pictures(kind: str, runs: Sequence[Run], split: str = SPLITS[0]) -> tuple[Picture, ...]:
    """What a kind of picture shows of some runs.

    :param kind: one of `KINDS`.
    :param split: the rows that scores are of, one of `SPLITS`.
    :raises RunError: if a run does not have what it takes, or one picture can't hold them all.
    """
    if kind == "curves":
        return _curves(runs)
    if kind == "confusion" and len(runs) != 1:
        raise RunError(
            _("a confusion matrix is of one run, found {runs}: draw them one by one").format(runs=len(runs))
        )
    measured = [_metrics(run, split) for run in runs]
    if kind == "confusion":
        return (_confusion(runs[0], measured[0]),)
    return (_reliability(runs, measured) if kind == "reliability" else _scores(runs, measured),)


def _metrics(run: Run, split: str) -> Metrics:
    metrics = run.metrics(split)
    if metrics is None:
        raise RunError(
            _("{directory}: has no metrics of {split} rows: finish it, or draw its curves").format(
                directory=run.directory, split=_(split)
            )
        )
    return metrics


def _curves(runs: Sequence[Run]) -> tuple[Chart, ...]:
    loss: list[Series] = []
    accuracy: list[Series] = []
    for place, run in enumerate(runs):
        epochs = [event for event in run.history(EpochEnd) if isinstance(event, EpochEnd)]
        if not epochs:
            raise RunError(
                _("{directory}: has no epoch in its history yet: nothing to draw").format(
                    directory=run.directory
                )
            )
        for rows, dashed in (("valid", False), ("train", True)):
            name = f"{run.name}, {'validation' if rows == 'valid' else 'training'} rows"
            for charted, what in ((loss, "loss"), (accuracy, "accuracy")):
                points = tuple((e.epoch, getattr(e, f"{rows}_{what}")) for e in epochs)
                charted.append(Series(name, points, place, dashed))
    return (
        Chart("Loss", "epoch", "loss", tuple(loss)),
        Chart("Accuracy", "epoch", "accuracy", tuple(accuracy), shares=True),
    )


def _reliability(runs: Sequence[Run], measured: Sequence[Metrics]) -> Chart:
    series = tuple(
        Series(
            f"{run.name}, ECE {100 * metrics.ece:.1f} %",
            tuple((each.confidence, each.accuracy) for each in metrics.reliability),
            place,
        )
        for place, (run, metrics) in enumerate(zip(runs, measured, strict=True))
    )
    title = f"Reliability, {measured[0].split} rows"
    return Chart(title, "confidence", "accuracy", series, shares=True, diagonal=True)


def _scores(runs: Sequence[Run], measured: Sequence[Metrics]) -> Scores:
    found = [{score.label: score for score in metrics.per_label} for metrics in measured]
    rows: dict[str, int] = {}
    for scores in found:
        for label, score in scores.items():
            rows.setdefault(label, score.support)
    labels = sorted((label for label in rows if rows[label]), key=lambda label: (-rows[label], label))
    values = tuple(
        tuple(scores[label].f1 if label in scores else None for scores in found) for label in labels
    )
    title = f"F1 by label, {measured[0].split} rows"
    return Scores(
        title, tuple(labels), tuple(map(rows.__getitem__, labels)), tuple(r.name for r in runs), values
    )


def _confusion(run: Run, metrics: Metrics) -> Matrix:
    support = [score.support for score in metrics.per_label]
    order = [label for label in metrics.confusion.similar_order(len(support)) if support[label]]
    place = {label: at for at, label in enumerate(order)}
    shares = [[0.0] * len(order) for _ in order]
    cells = metrics.confusion
    for true, given, rows in zip(cells.true, cells.predicted, cells.rows, strict=True):
        if true in place and given in place:
            shares[place[true]][place[given]] = rows / support[true]
    labels = tuple(metrics.per_label[label].label for label in order)
    return Matrix(f"Confusion of {run.name}, {metrics.split} rows", labels, tuple(map(tuple, shares)))
