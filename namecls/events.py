"""Events of a training, metrics, and predictions.

Frozen plain values without torch, so that a screen can draw them and a log can keep them. Every number in an
event is absolute, never a difference to the event before: any `Progress` may be dropped. `to_json` gives the
line of ``history.jsonl``; `event_from_json` reads it back, so that an old run is drawn like a live one.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from namecls.errors import RunError, shown
from namecls.text import json_text, safe


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

    @classmethod
    def from_json(cls, values: Any, labels: int) -> Confusion:
        """The columns, or the whole matrix, which is what version 0.1 wrote.

        :raises TypeError: or a ValueError, if these are none.
        """
        if isinstance(values, Mapping):
            found: Confusion = _made(cls, {name: tuple(column) for name, column in values.items()})
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
    held_out: str = "names"  # or "rows": people, whose names may be among the training rows

    def __repr__(self) -> str:
        return (
            f"<Metrics of {safe(self.split, 60)}: accuracy {self.accuracy:.4f}, macro-F1 {self.macro_f1:.4f}, "
            f"{self.rows:,} rows>"
        )

    def to_json(self) -> dict[str, Any]:
        values = _fields(self)
        for name in ("per_label", "reliability", "coverages", "selections"):
            values[name] = list(map(_fields, values[name]))
        people = _fields(self.by_person) if self.by_person is not None else None
        return {**values, "confusion": _fields(self.confusion), "by_person": people}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Metrics:
        """The inverse of `to_json`.

        :raises TypeError: or a ValueError or KeyError, if these are no metrics.
        """
        rest = dict(values)
        rest["per_label"] = tuple(_made(LabelScore, score) for score in rest["per_label"])
        rest["confusion"] = Confusion.from_json(rest["confusion"], len(rest["per_label"]))
        rest["reliability"] = tuple(_made(ReliabilityBin, each) for each in rest.get("reliability", ()))
        rest["coverages"] = tuple(_made(Coverage, each) for each in rest.get("coverages", ()))
        rest["selections"] = tuple(_made(Selection, each) for each in rest.get("selections", ()))
        people = rest.get("by_person")
        rest["by_person"] = _made(ByPerson, people) if people is not None else None
        metrics: Metrics = _made(cls, rest)
        return metrics


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """The first event: what will be trained on what."""

    run: str  # name of the run
    directory: str
    title: str  # of the network: "gru-128"
    data: str  # name of the data file
    train_rows: int
    validation_rows: int
    test_rows: int
    labels: tuple[str, ...] = field(repr=False)
    characters: int  # known ones
    parameters: int
    epochs: int
    steps: int  # of all epochs together
    device: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Where a training stands: about every `report_every` names."""

    epoch: int  # from 1
    step: int  # from 1, over all epochs
    steps: int
    names: int  # seen since the start, over all epochs
    loss: float  # mean over the names since the last report
    accuracy: float  # on the training batches since the last report
    learning_rate: float
    names_per_second: float
    elapsed: float  # seconds of training, pauses left out
    remaining: float  # seconds, estimated, without early stopping


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochEnd:
    """An epoch is over, its validation done and its checkpoint written."""

    epoch: int
    step: int
    train_loss: float
    train_accuracy: float
    valid_loss: float
    valid_accuracy: float
    valid_macro_f1: float
    seconds: float  # of this epoch with its validation
    elapsed: float
    best: bool  # the best so far: this one is kept as the model


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedName:
    """The ranking of a name by a network in training: the most probable labels, not calibrated."""

    name: str
    labels: tuple[str, ...]
    probabilities: tuple[float, ...]  # one for each of `labels`


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """The watched names, ranked after an epoch; it follows its `EpochEnd`. Only where names are watched."""

    epoch: int
    step: int
    names: tuple[WatchedName, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gradients:
    """Gradient norms of one step, before clipping. Only while somebody asks for them.

    :param layers: weights and biases that are taken together, from the input to the output.
    :param norms: of the gradient of the loss with respect to each of them.
    :param letters: of the gradient of a name's loss with respect to the state of the recurrent part after each letter
        (of an LSTM hidden and cell state), the last letter first, in the mean over some names; empty: there is no such
        part.
    :param reverse: the same of its reverse direction, the first letter first, which it reads last.
    """

    epoch: int
    step: int
    layers: tuple[str, ...]
    norms: tuple[float, ...]
    letters: tuple[float, ...] = ()
    reverse: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Refitting:
    """The training is over and tested; its recipe is trained again on all rows. It stands in no history."""

    epoch: int  # from 1
    epochs: int  # as many as were best
    step: int
    steps: int
    rows: int
    elapsed: float  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Stalled:
    """The disk is full. Training waits; asking for the next event tries again. Nothing is lost."""

    problem: str  # what could not be written, and what is safe


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """The last event: the model is written, and tested for the first and only time."""

    run: str
    directory: str
    reason: (
        str  # "completed", "stopped early" (no improvement for `patience` epochs), "stopped" (by the user)
    )
    best_epoch: int
    epochs: int  # trained, the last one perhaps in part
    seconds: float
    validation: Metrics
    test: Metrics


Event = Started | Progress | EpochEnd | Watched | Gradients | Refitting | Stalled | Finished

#: A loss beyond it is as good as none, and a plot of it could not have an axis.
LARGEST = 1e12
_LARGEST_SUM = 1e24  # of the weights of rows

#: Names that are watched while a network trains, the characters of one, and the labels that are told of it.
MOST_WATCHED, LONGEST_WATCHED, MOST_RANKED = 20, 200, 5
_MOST_NORMS = 1000

KINDS: dict[str, type[Event]] = {
    "started": Started,
    "progress": Progress,
    "epoch": EpochEnd,
    "watched": Watched,
    "gradients": Gradients,
    "refit": Refitting,
    "stalled": Stalled,
    "finished": Finished,
}
_NAMES = {kind: name for name, kind in KINDS.items()}


def event_to_json(event: Event) -> dict[str, Any]:
    """A JSON object with the event's kind under ``event``."""
    values = _fields(event)
    for name, value in values.items():
        if isinstance(value, Metrics):
            values[name] = value.to_json()
    if isinstance(event, Watched):
        values["names"] = list(map(_fields, event.names))
    return {"event": _NAMES[type(event)], **values}


def shortened(finished: Finished, fits: Callable[[str], bool]) -> Finished:
    """The end of a training in a line that fits: of very many labels without the confusion, or the scores of each."""
    parts: tuple[dict[str, Any], ...] = ({}, {"confusion": Confusion()}, {"per_label": ()})
    for part in parts:
        validation, test = (dataclasses.replace(m, **part) for m in (finished.validation, finished.test))
        finished = dataclasses.replace(finished, validation=validation, test=test)
        if fits(json_text(event_to_json(finished))):
            break
    return finished


def event_from_json(values: Mapping[str, Any]) -> Event:
    """The inverse of `event_to_json`.

    :raises RunError: if it is no event.
    """
    if not isinstance(values, Mapping):
        raise RunError(f"expected an event, found {shown(values)}")
    rest = dict(values)
    kind = KINDS.get(str(rest.pop("event", None)))
    if kind is None:
        raise RunError(f"expected an event of {', '.join(KINDS)}, found {shown(values.get('event'))}")
    try:
        if kind is Started:
            rest["labels"] = tuple(rest["labels"])
        if kind is Finished:
            rest["validation"] = Metrics.from_json(rest["validation"])
            rest["test"] = Metrics.from_json(rest["test"])
        if kind is Watched:
            rest["names"] = tuple(_watched_name(each) for each in _few(rest["names"], MOST_WATCHED))
        if kind is Gradients:
            for name in ("layers", "norms", "letters", "reverse"):
                rest[name] = tuple(_few(rest[name], _MOST_NORMS))
        event: Event = _made(kind, rest)
        if isinstance(event, Gradients) and len(event.layers) != len(event.norms):
            raise ValueError("each layer has a norm")
        if isinstance(event, Started) and not (event.epochs and event.steps):
            raise ValueError("a training has an epoch and a step at least")
    except (TypeError, KeyError, ValueError) as error:
        raise RunError(
            f"an event of kind {values.get('event')!r} does not have the fields it should: {error}"
        ) from None
    return event


def _few(values: Any, most: int) -> list[Any]:
    """A list from a file, if it is one of at most so many."""
    if not isinstance(values, list) or len(values) > most:
        raise TypeError(f"expected a list of at most {most:,}, found {shown(values)}")
    return values


def _watched_name(values: Any) -> WatchedName:
    rest = dict(values)
    rest |= {name: tuple(_few(rest[name], MOST_RANKED)) for name in ("labels", "probabilities")}
    made: WatchedName = _made(WatchedName, rest)
    if len(made.labels) != len(made.probabilities) or len(made.name) > LONGEST_WATCHED:
        raise ValueError(
            f"a watched name has at most {LONGEST_WATCHED:,} characters, and a probability for each label"
        )
    return made


def _fields(made: Any) -> dict[str, Any]:
    """The values of a dataclass that holds no other; `asdict` copies them one by one, and there may be a million."""
    return {entry.name: getattr(made, entry.name) for entry in dataclasses.fields(made)}


def _made(kind: type[Any], values: Mapping[str, Any]) -> Any:
    """A dataclass of values from a file, each seen to be of the type that its field has.

    :raises TypeError: if one is not, or is missing or too many.
    """
    for entry in dataclasses.fields(kind):
        fits = _CHECKS.get(entry.name) or _FITS.get(str(entry.type))
        if fits is not None and entry.name in values and not fits(values[entry.name]):
            raise TypeError(
                f"{entry.name} must be of the type {entry.type}, within bounds, was: {shown(values[entry.name])}"
            )
    return kind(**values)


def _is_count(value: object) -> bool:
    return type(value) is int and 0 <= value < 2**53


def _is_number(value: object) -> bool:
    # Neither NaN nor infinite nor larger.
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= LARGEST


def _is_sum(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= _LARGEST_SUM


def _is_share(value: object) -> bool:
    return _is_number(value) and 0 <= value <= 1 + 1e-6  # type: ignore[operator]


def _are_norms(values: Any) -> bool:
    return all(_is_number(value) and value >= 0 for value in values)


_SHARES = {
    *("accuracy", "macro_f1", "top_3", "top_5", "ece", "precision", "recall", "f1"),
    *("train_accuracy", "valid_accuracy", "valid_macro_f1"),
    *("confidence", "stated", "found", "answered", "wrong"),
}
_CHECKS: Mapping[str, Callable[[Any], bool]] = {
    **dict.fromkeys(_SHARES, _is_share),
    **dict.fromkeys(("norms", "letters", "reverse"), _are_norms),
    "people": _is_sum,
    "probabilities": lambda values: all(map(_is_share, values)),
}
_FITS: Mapping[str, Callable[[Any], bool]] = {
    "str": lambda value: isinstance(value, str),
    "bool": lambda value: isinstance(value, bool),
    "int": _is_count,
    "float": _is_number,
    "float | None": lambda value: value is None or _is_share(value),  # all of these are shares
    "tuple[str, ...]": lambda value: all(isinstance(v, str) for v in value),
    "int | None": lambda value: value is None or _is_count(value),
    "tuple[int, ...]": lambda value: all(map(_is_count, value)),
}
