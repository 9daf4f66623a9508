"""Results: the metrics of a model, as frozen plain values without torch, so that a screen can draw them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from namecls.plain_values import fields_of, made
from namecls.text import safe
from namecls.wilson import Interval, wilson

SliceKind = Literal["length", "script", "words", "first letter"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelScore:
    """Metrics of one label: `precision`, `recall`, `f1` in 0..1, `support` in rows."""

    label: str
    precision: float
    recall: float
    f1: float
    support: int
    # Shares of its rows whose 90 % prediction set contains it, and that are answered at 10 % risk. None: not measured.
    covered: float | None = None
    answered_at_10: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliabilityBin:
    """A bin of the reliability diagram: mean confidence, the probability of the first label, and accuracy, in 0..1."""

    confidence: float  # mean
    accuracy: float
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """Measured coverage and size of prediction sets with a stated coverage."""

    stated: float
    found: float  # share of the rows whose set contains the true label
    mean_size: float  # labels
    method: str = "aps"  # one of `guarantees.METHODS`


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Selective classification at a stated risk: share of names answered, and error rate among the answers."""

    stated: float  # at most this share of the given answers is to be wrong
    threshold: float | None  # the least probability with which a name is answered; None: none is
    answered: float  # share of the rows
    wrong: float  # share of those answered; 0 if none is


@dataclass(frozen=True, slots=True, kw_only=True)
class ByPerson:
    """Metrics in which each bearer of a name counts once, not each row."""

    people: float
    accuracy: float
    loss: float  # mean negative log-likelihood, nats


@dataclass(frozen=True, slots=True, kw_only=True)
class EditedRows:
    """Metrics of the rows that were edited before the training, apart from the others."""

    rows: int
    accuracy: float  # on these, by their edited labels; 0 if there are none
    accuracy_of_others: float  # 0 if there are none


@dataclass(frozen=True, slots=True)
class Confusion:
    """Confusion matrix in sparse form: columns for its cells that are not 0, in its order.

    :param true: ids of the true labels, in the order of `Metrics.per_label`.
    :param predicted: ids of the labels that were given, one for each of `true`.
    :param rows: how often.
    """

    true: tuple[int, ...] = ()
    predicted: tuple[int, ...] = ()
    rows: tuple[int, ...] = ()

    def pairs(self, labels: Sequence[str]) -> list[tuple[int, str, str]]:
        """How many rows of which label were given which other one: rows, true, given; the commonest first."""
        cells = zip(self.true, self.predicted, self.rows, strict=True)
        found = [(times, labels[true], labels[given]) for true, given, times in cells if given != true]
        return sorted(found, key=lambda pair: (-pair[0], pair[2], pair[1]))

    def scores(self, labels: Sequence[str]) -> tuple[LabelScore, ...]:
        """Precision, recall, F1 and support of each label."""
        right, support, given = ([0] * len(labels) for _ in range(3))
        for true, predicted, rows in zip(self.true, self.predicted, self.rows, strict=True):
            support[true] += rows
            given[predicted] += rows
            right[true] += rows * (true == predicted)
        return tuple(
            LabelScore(
                label=label,
                precision=hits / predicted if predicted else 0.0,
                recall=hits / rows if rows else 0.0,
                f1=2 * hits / (predicted + rows) if predicted + rows else 0.0,
                support=rows,
            )
            for label, hits, predicted, rows in zip(labels, right, given, support, strict=True)
        )

    def similar_order(self, labels: int) -> list[int]:
        """The labels in an order in which those that are taken for each other stand side by side.

        Single-linkage clustering of the shares of their rows in which they are confused; of two clusters the ends that
        are the most alike are put together.
        """
        support = [0] * labels
        for true, rows in zip(self.true, self.rows, strict=True):
            support[true] += rows
        alike: dict[tuple[int, int], float] = {}
        for true, given, rows in zip(self.true, self.predicted, self.rows, strict=True):
            if true != given:
                pair = (true, given) if true < given else (given, true)
                alike[pair] = alike.get(pair, 0.0) + rows / support[true]
        chains = [[label] for label in range(labels)]
        for one, other in sorted(alike, key=lambda pair: (-alike[pair], pair)):
            before, behind = chains[one], chains[other]
            if before is behind:
                continue
            if before.index(one) < len(before) / 2:
                before.reverse()
            if behind.index(other) >= len(behind) / 2:
                behind.reverse()
            before += behind
            for label in behind:
                chains[label] = before
        whole = {id(chain): chain for chain in chains}.values()
        return [label for chain in sorted(whole, key=lambda chain: (-len(chain), chain)) for label in chain]

    @classmethod
    def from_json(cls, values: Any, labels: int) -> Confusion:
        """The columns, or the whole matrix, which is what version 0.1 wrote.

        :raises TypeError: or a ValueError, if these are none.
        """
        if isinstance(values, Mapping):
            found: Confusion = made(cls, {name: tuple(column) for name, column in values.items()})
            if not len(found.true) == len(found.predicted) == len(found.rows):
                raise ValueError("the columns of the confusion must be of one length")
            if max((*found.true, *found.predicted), default=-1) >= labels:
                raise ValueError(f"the confusion must tell of the {labels:,} labels")
            return found
        if len(values) != labels or any(len(row) != labels for row in values):
            raise ValueError(f"the confusion must have a row and a column for each of the {labels:,} labels")
        cells = [(t, p, n) for t, row in enumerate(values) for p, n in enumerate(row) if n != 0]
        return cls.from_json(
            dict(zip(("true", "predicted", "rows"), zip(*cells, strict=True), strict=False)), labels
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """A row whose label is not the first one of a model."""

    split: str  # the rows that it is one of: "test", "valid"
    line: int  # in the file, from 1
    name: str
    label: str  # that it has in the file
    given: str  # the model's first one
    confidence: float  # probability of `given`, in 0..1
    of_label: float  # probability of `label`, in 0..1


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """The rows whose names have something in common, and how well a model does on them."""

    kind: SliceKind
    value: str  # what they have in common
    rows: int
    right: int  # of these rows
    of_all: float  # accuracy on the rows of all slices, in 0..1

    @property
    def title(self) -> str:
        """What they have in common, without a heading that says of what kind it is."""
        return self.value if self.kind in ("length", "words") else f"{self.kind} {self.value}"

    @property
    def accuracy(self) -> float:
        """In 0..1."""
        return self.right / self.rows

    @property
    def interval(self) -> Interval:
        """The 95 % interval of the accuracy."""
        return wilson(self.accuracy, self.rows)

    @property
    def is_weak(self) -> bool:
        """Whether the interval lies below the accuracy on all rows."""
        return self.interval.high < self.of_all

    def to_json(self) -> dict[str, Any]:
        within = [self.interval.low, self.interval.high]
        told = {"accuracy": self.accuracy, "interval_95": within, "weak": self.is_weak}
        return {**fields_of(self), **told}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistakes:
    """All mistakes of a model on some of its held-out rows, and how its labels are confused there.

    :param labels: of the model; the confusion tells of them by their places here.
    :param rows: the most confident mistake first.
    :param confusion: of all rows of these splits, the right answers on its diagonal.
    :param slices: of the test rows, if they are among them; the weakest first.
    """

    labels: tuple[str, ...]
    rows: tuple[Mistake, ...]
    confusion: Confusion
    slices: tuple[Slice, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Metrics:
    """Metrics of a model on rows that it was not trained on. Shares are in 0..1."""

    split: str  # which rows: "test", "validation", or the name of a file
    rows: int
    loss: float  # mean negative log-likelihood, nats
    accuracy: float
    macro_f1: float  # unweighted mean of the F1 of all labels that occur or are predicted
    top_3: float  # share of rows whose label is among the first three
    top_5: float
    ece: float  # expected calibration error, 15 bins of equal width
    per_label: tuple[LabelScore, ...]  # in the order of the model's labels
    confusion: Confusion
    reliability: tuple[ReliabilityBin, ...] = ()  # the bins of the ECE that hold rows
    coverages: tuple[Coverage, ...] = ()  # empty: no prediction sets were fitted
    selections: tuple[Selection, ...] = ()  # empty: no table of risks was fitted
    # The ECE expected of a perfectly calibrated model on so many rows; None: not measured.
    ece_by_chance: float | None = None  # mean
    ece_by_chance_95: float | None = None  # not above this in 95 of 100 cases
    calibrated_on: int | None = None  # calibration rows of prediction sets and risks; None: not known
    left_out: int = 0  # rows under labels that the model was not trained on: not among `rows`
    operating_point: str = "accuracy"  # the model-selection metric, or "macro-f1"
    # All figures above count each row once. None: each row is one person, or it is not known how many it stands for.
    by_person: ByPerson | None = None
    edited: EditedRows | None = None  # None: the data were not edited
    held_out: str = "names"  # or "rows": people, whose names may be among the training rows

    def _repr_html_(self) -> str:
        """The main figures, as a notebook shows them."""
        from namecls.html_tables import html_table

        figures = {"accuracy": self.accuracy, "macro-F1": self.macro_f1, "top-3": self.top_3, "ECE": self.ece}
        rows = [*((name, f"{value:.1%}") for name, value in figures.items()), ("loss", f"{self.loss:.3f}")]
        return html_table(("", f"{self.rows:,} rows"), rows, self.split)

    def __repr__(self) -> str:
        return (
            f"<Metrics of {safe(self.split, 60)}: accuracy {self.accuracy:.4f}, macro-F1 {self.macro_f1:.4f}, "
            f"{self.rows:,} rows>"
        )

    def to_json(self) -> dict[str, Any]:
        values = fields_of(self)
        for name in ("per_label", "reliability", "coverages", "selections"):
            values[name] = list(map(fields_of, values[name]))
        people = fields_of(self.by_person) if self.by_person is not None else None
        edited = fields_of(self.edited) if self.edited is not None else None
        return {**values, "confusion": fields_of(self.confusion), "by_person": people, "edited": edited}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Metrics:
        """The inverse of `to_json`.

        :raises TypeError: or a ValueError or KeyError, if these are no metrics.
        """
        rest = dict(values)
        rest["per_label"] = tuple(made(LabelScore, score) for score in rest["per_label"])
        rest["confusion"] = Confusion.from_json(rest["confusion"], len(rest["per_label"]))
        rest["reliability"] = tuple(made(ReliabilityBin, each) for each in rest.get("reliability", ()))
        rest["coverages"] = tuple(made(Coverage, each) for each in rest.get("coverages", ()))
        rest["selections"] = tuple(made(Selection, each) for each in rest.get("selections", ()))
        people = rest.get("by_person")
        rest["by_person"] = made(ByPerson, people) if people is not None else None
        edited = rest.get("edited")
        rest["edited"] = made(EditedRows, edited) if edited is not None else None
        metrics: Metrics = made(cls, rest)
        return metrics
