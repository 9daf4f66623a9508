"""Fit and measure name counts on people: leave-one-out over the bearers of held-out names.

A person who is met tomorrow bears a name that others bear already, or not. To see how good answers are for such a
person, each bearer of a held-out name is left out of the counts in turn and predicted: the network was not trained on
the name, and the counts are those of the others (leave-one-out, which takes no second counting).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from namecls.calibration.calibrated import Calibration
from namecls.calibration.conformal import fit_sets
from namecls.calibration.counted import Counted
from namecls.calibration.counts import POWERS, STRENGTHS, NameCounts
from namecls.calibration.temperature import count_risks
from namecls.guarantees import MOST_PEOPLE

_LEAST = 1e-9  # of a probability whose logarithm is taken
_BINS = 15
_AS_GOOD = 1.01  # times the least log-loss is as good


@dataclass(frozen=True, slots=True, eq=False)
class HeldOut:
    """People who bear names that the network was not trained on, a row for each name and label.

    :param probabilities: of the network. *Shape:* (rows, labels)
    :param target: *Shape:* (rows,)
    :param weights: how many people each row stands for. *Shape:* (rows,)
    :param among: whether these people are among those who were counted, so that each has to be left out.
    :param unlisted: of labels whose bearers are known from lists alone: how many people more the row stands for, who
        bear a name like this one that is on no list; 0 for all other labels. *Shape:* (rows,)
    """

    probabilities: Tensor
    target: Tensor
    weights: Tensor
    names: Sequence[str]
    among: bool = True
    unlisted: Tensor | None = None

    def left_out(self, counts: NameCounts) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Leave each person out of the counts.

        Whoever bears a name that is on no list is left out with all bearers of the label, as a list has all or none.

        :return: `probabilities`, `target`, `weights`, and the counts of the others. *Shape:* (people, ...)
        """
        found = counts.of_names(self.names)
        left = without_one(found, self.target) if self.among else found
        if self.unlisted is None:
            return self.probabilities, self.target, self.weights, left
        more = self.unlisted > 0
        bare = found[more]
        bare[torch.arange(len(bare)), self.target[more]] = 0
        return (
            torch.cat([self.probabilities, self.probabilities[more]]),
            torch.cat([self.target, self.target[more]]),
            torch.cat([self.weights, self.unlisted[more]]),
            torch.cat([left, bare]),
        )


def fit_counted(counts: NameCounts, held: HeldOut, listed: Tensor | None = None) -> Counted:
    """Fit the strengths of the network, and prediction sets and risks of the blend, on held-out names.

    Of the strengths whose log-loss is at most a hundredth above the least, those of least expected calibration error.

    :param counts: with the rows of these names among them.
    :param listed: the labels whose bearers are known from lists alone, which have a strength of their own, at least
        that of the others. *Shape:* (labels,)
    """
    probabilities, target, weights, found = held.left_out(counts)
    seen = found.sum(1) > 0
    if not len(people_of(weights[seen])):
        return Counted(counts, Calibration())
    probabilities, target, weights, found = (t[seen] for t in (probabilities, target, weights, found))

    def best(candidates: Iterable[tuple[Tensor, float]], rows: Tensor) -> NameCounts:
        held = [each[rows] for each in (probabilities, target, weights, found)]
        tried = [counts.with_strengths(*each) for each in candidates]
        errors = [_errors(each.blend(held[0], held[3]), held[1], held[2]) for each in tried]
        most = _AS_GOOD * min(loss for loss, _ in errors)
        _, _, place = min((ece, loss, place) for place, (loss, ece) in enumerate(errors) if loss <= most)
        return tried[place]

    labels, everyone = len(counts.priors), torch.ones(len(target), dtype=torch.bool)
    some = listed if listed is not None else torch.zeros(labels, dtype=torch.bool)
    others = ~some[target] if bool((~some[target]).any()) else everyone
    counts = best(((torch.full((labels,), s), power) for s in STRENGTHS for power in POWERS), others)
    if bool(some.any()):
        strength = float(counts.strengths[0])
        of_listed = (torch.where(some, s, strength) for s in STRENGTHS if s >= strength)
        counts = best(((each, counts.power) for each in of_listed), everyone)
    people = people_of(weights)
    blended, target = counts.blend(probabilities, found)[people], target[people]
    return Counted(counts, Calibration(1.0, fit_sets(blended, target), count_risks(blended, target)))


def answers_for_people(counts: NameCounts, held: HeldOut) -> tuple[Tensor, Tensor]:
    """Predict each of the people, left out of the counts.

    :return: the logarithms of the probabilities, and the true labels. *Shape:* (people, labels), (people,)
    """
    probabilities, target, weights, found = held.left_out(counts)
    people = people_of(weights)
    return counts.blend(probabilities, found).clamp(min=_LEAST).log()[people], target[people]


def without_one(counts: Tensor, target: Tensor) -> Tensor:
    """The counts of rows, each without one bearer of its own label. *Shape:* (rows, labels)"""
    left = counts.clone()
    rows = torch.arange(len(target))
    left[rows, target] = (left[rows, target] - 1).clamp(min=0)
    return left


def people_of(weights: Tensor, most: int = MOST_PEOPLE) -> Tensor:
    """Rows, each as often as people bear it; evenly fewer of all where there are too many. *Shape:* (people,)"""
    upto = weights.double().cumsum(0) * min(1.0, most / max(float(weights.sum()), 1.0))
    whole = (upto + 1e-9).floor().long()
    return torch.repeat_interleave(whole.diff(prepend=whole.new_zeros(1)))


def _errors(probabilities: Tensor, target: Tensor, weights: Tensor) -> tuple[float, float]:
    """Log-loss and expected calibration error of rows that stand for so many people each."""
    shares = weights.double() / weights.double().sum()
    confidence, first = probabilities.double().max(1)
    true = probabilities[torch.arange(len(target)), target].clamp(min=_LEAST).double()
    gaps = torch.zeros(_BINS, dtype=torch.float64)
    gaps.index_add_(
        0,
        (confidence * _BINS).long().clamp(max=_BINS - 1),
        shares * ((first == target).double() - confidence),
    )
    return float(-(shares * true.log()).sum()), float(gaps.abs().sum())
