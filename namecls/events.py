"""Events of a training.

Frozen plain values without torch, so that a screen can draw them and a log can keep them. Every number in an
event is absolute, never a difference to the event before: any `Progress` may be dropped. `event_to_json` gives the
line of ``history.jsonl``; `event_from_json` reads it back, so that an old run is drawn like a live one.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from namecls.errors import RunError, shown
from namecls.language import _
from namecls.plain_values import fields_of, made
from namecls.results import Confusion, Metrics
from namecls.text import json_text


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
    values = fields_of(event)
    for name, value in values.items():
        if isinstance(value, Metrics):
            values[name] = value.to_json()
    if isinstance(event, Watched):
        values["names"] = list(map(fields_of, event.names))
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
        raise RunError(_("expected an event, found {values}").format(values=shown(values)))
    rest = dict(values)
    kind = KINDS.get(str(rest.pop("event", None)))
    if kind is None:
        raise RunError(
            _("expected an event of {kinds}, found {found}").format(
                kinds=_(", ").join(KINDS), found=shown(values.get("event"))
            )
        )
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
        event: Event = made(kind, rest)
        if isinstance(event, Gradients) and len(event.layers) != len(event.norms):
            raise ValueError(_("each layer has a norm"))
        if isinstance(event, Started) and not (event.epochs and event.steps):
            raise ValueError(_("a training has an epoch and a step at least"))
    except (TypeError, KeyError, ValueError) as error:
        raise RunError(
            _("an event of kind {kind!r} does not have the fields it should: {error}").format(
                kind=values.get("event"), error=error
            )
        ) from None
    return event


def _few(values: Any, most: int) -> list[Any]:
    """A list from a file, if it is one of at most so many."""
    if not isinstance(values, list) or len(values) > most:
        raise TypeError(
            _("expected a list of at most {most:,}, found {values}").format(most=most, values=shown(values))
        )
    return values


def _watched_name(values: Any) -> WatchedName:
    rest = dict(values)
    rest |= {name: tuple(_few(rest[name], MOST_RANKED)) for name in ("labels", "probabilities")}
    found: WatchedName = made(WatchedName, rest)
    if len(found.labels) != len(found.probabilities) or len(found.name) > LONGEST_WATCHED:
        raise ValueError(
            _(
                "a watched name has at most {longest_watched:,} characters, and a probability for each label"
            ).format(longest_watched=LONGEST_WATCHED)
        )
    return found
