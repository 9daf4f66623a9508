"""The curves of a training, from its history: to lay those of several runs over each other."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from namecls.events import EpochEnd, Event, Progress, Started

#: What a curve may show: the training loss report by report, the others after each epoch.
Figure = Literal["valid_loss", "valid_accuracy", "valid_macro_f1", "train_loss"]
FIGURES: tuple[Figure, ...] = ("valid_loss", "valid_accuracy", "valid_macro_f1", "train_loss")
#: By what a curve may run: steps, epochs, or seconds of training.
Axis = Literal["step", "epoch", "seconds"]
AXES: tuple[Axis, ...] = ("step", "epoch", "seconds")

_MOST = 2048  # points of a curve; of more, neighbours are taken together


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """Values of a training in their order, and where each stands on each axis; all of one length."""

    step: tuple[float, ...] = ()
    epoch: tuple[float, ...] = ()
    seconds: tuple[float, ...] = ()
    values: tuple[float, ...] = ()

    def points(self, axis: Axis) -> tuple[tuple[float, float], ...]:
        """Its points in the order of `axis`."""
        return tuple(zip(self._places(axis), self.values, strict=True))

    def at(self, axis: Axis, x: float) -> float | None:
        """The last value that was known at `x`; None: there was none yet, or the next one would have come by then."""
        places = self._places(axis)
        last = bisect_right(places, x)
        if not last or (x > places[-1] and x >= 2 * places[-1] - places[max(len(places) - 2, 0)]):
            return None
        return self.values[last - 1]

    def end(self, axis: Axis) -> float:
        """Where it ends; 0: it has no points."""
        return max(self._places(axis), default=0.0)

    def smoothed(self, weight: float) -> Curve:
        """Its exponential moving average, of which the values before have `weight`, in 0..1 (exclusive).

        It begins with the first value, not with 0: divided by the sum of the weights so far. What is no number stays so
        and counts for nothing.
        """
        mean, total, values = 0.0, 0.0, []
        for value in self.values:
            if math.isfinite(value):
                mean, total = weight * mean + (1 - weight) * value, weight * total + (1 - weight)
                values.append(mean / total)
            else:
                values.append(math.nan)
        return replace(self, values=tuple(values))

    def _places(self, axis: Axis) -> tuple[float, ...]:
        places: tuple[float, ...] = getattr(self, axis)
        return places


def curves_of(events: Iterable[Event]) -> Mapping[Figure, Curve]:
    """The curves of a training from its events; of one that was started over, the last."""
    epochs: list[EpochEnd] = []
    reports: list[_Report] = []
    a_report, in_last, per_epoch = 1, 0, 0.0
    for event in events:
        if isinstance(event, Started):
            epochs, reports, a_report, in_last = [], [], 1, 0
            per_epoch = event.steps / event.epochs
        elif isinstance(event, EpochEnd):
            epochs.append(event)
        elif isinstance(event, Progress):
            point = _Report(event.step, event.elapsed, event.loss, 1)
            if reports and in_last < a_report:
                reports[-1], in_last = reports[-1].joined(point), in_last + 1
                continue
            if len(reports) == _MOST:
                pairs = zip(reports[::2], reports[1::2], strict=True)
                reports, a_report = [one.joined(other) for one, other in pairs], 2 * a_report
            reports.append(point)
            in_last = 1
    after = {
        "step": tuple(float(epoch.step) for epoch in epochs),
        "epoch": tuple(float(epoch.epoch) for epoch in epochs),
        "seconds": tuple(epoch.elapsed for epoch in epochs),
    }
    curves: dict[Figure, Curve] = {
        figure: Curve(values=tuple(getattr(epoch, figure) for epoch in epochs), **after)
        for figure in FIGURES
        if figure != "train_loss"
    }
    curves["train_loss"] = Curve(
        step=tuple(float(each.step) for each in reports),
        epoch=tuple(each.step / per_epoch if per_epoch else 0.0 for each in reports),
        seconds=tuple(each.seconds for each in reports),
        values=tuple(each.loss for each in reports),
    )
    return curves


@dataclass(frozen=True, slots=True)
class _Report:
    """Reports of a training taken together: where the last one stands, and their mean loss."""

    step: int
    seconds: float
    loss: float
    count: int

    def joined(self, later: _Report) -> _Report:
        count = self.count + later.count
        mean = (self.loss * self.count + later.loss * later.count) / count
        return _Report(later.step, later.seconds, mean, count)
