"""Fit and measure name counts on people: leave-one-out over the bearers of held-out names.

A person who is met tomorrow bears a name that others bear already, or not. To see how good answers are for such a
person, each bearer of a held-out name is left out of the counts in turn and predicted: the network was not trained on
the name, and the counts are those of the others (leave-one-out, which takes no second counting).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from namecls.calibration.conformal import fit_sets
from namecls.calibration.counts import STRENGTHS, NameCounts
from namecls.calibration.population import Population, powered
from namecls.calibration.temperature import Calibration, count_risks
from namecls.guarantees import MOST_PEOPLE

#: The population that is asked about: the share of a label goes with this power of its bearers. 1: as they were
#: counted; 0: all labels alike.
LABEL_PRIOR = 0.5
_BEARERS = "bearers"
_LEAST = 1e-9  # of a probability whose logarithm is taken


@dataclass(frozen=True, slots=True, eq=False)
class Counted:
    """Counts, and the prediction sets and risks for the names in them.

    :param label_prior: with which power of its bearers the share of a label goes in the population that is asked about.
    """

    counts: NameCounts
    calibration: Calibration
    label_prior: float = LABEL_PRIOR

    @property
    def name(self) -> str:
        """What the population is called."""
        return powered(_BEARERS, self.label_prior)

    @property
    def population(self) -> Population:
        """The population that the answers for counted names are of.

        A bearer weighs a power of the bearers of his label, less 1: by that these are known again.
        """
        power = self.label_prior
        if power == 1:
            counts = self.counts
            sizes = torch.ones(len(counts.priors), dtype=torch.float64)
            sizes.index_add_(0, counts.labels, counts.counts.double())
        else:
            sizes = self.counts.priors.double() ** (1 / (power - 1))
        return Population.of_powers(_BEARERS, sizes.tolist(), power)


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

    :param counts: with the rows of these names among them.
    :param listed: the labels whose bearers are known from lists alone, which have a strength of their own, at least
        that of the others. *Shape:* (labels,)
    """
    probabilities, target, weights, found = held.left_out(counts)
    seen = found.sum(1) > 0
    if not len(people_of(weights[seen])):
        return Counted(counts, Calibration())
    probabilities, target, weights, found = (t[seen] for t in (probabilities, target, weights, found))

    def loss(strengths: Tensor) -> float:
        return _loss(counts.with_strengths(strengths).blend(probabilities, found), target, weights)

    some = torch.zeros(len(counts.priors), dtype=torch.bool) if listed is None else listed
    candidates = [
        torch.where(some, of_listed, strength)
        for strength in STRENGTHS
        for of_listed in (STRENGTHS if bool(some.any()) else (strength,))
        if of_listed >= strength
    ]
    counts = counts.with_strengths(min(candidates, key=loss))
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


def _loss(probabilities: Tensor, target: Tensor, weights: Tensor) -> float:
    true = probabilities[torch.arange(len(target)), target].clamp(min=_LEAST).double()
    return float(-(weights * true.log()).sum() / weights.sum())
