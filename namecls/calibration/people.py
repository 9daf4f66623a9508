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

#: The population that is asked about: the share of a label goes with this power of its bearers. 1: as they were
#: counted; 0: all labels alike.
LABEL_PRIOR = 0.5
#: The most people that sets and risks are fitted on, and that figures are told of.
MOST_PEOPLE = 100_000
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


def fit_counted(
    counts: NameCounts,
    probabilities: Tensor,
    target: Tensor,
    weights: Tensor,
    names: Sequence[str],
    *,
    among: bool = True,
) -> Counted:
    """Fit the strength of the network, and prediction sets and risks of the blend, on held-out names.

    :param counts: with the rows of these names among them, or of other people alone.
    :param probabilities: of the network, which was not trained on these names. *Shape:* (rows, labels)
    :param target: *Shape:* (rows,)
    :param weights: how many people each row stands for. *Shape:* (rows,)
    :param among: whether the people of these rows are among those who were counted, so that each has to be left out.
    """
    found = _found(counts, target, names, among)
    seen = found.sum(1) > 0
    if not len(people_of(weights[seen])):
        return Counted(counts, Calibration())
    probabilities, target, weights, found = (t[seen] for t in (probabilities, target, weights, found))
    losses = {
        s: _loss(counts.with_strength(s).blend(probabilities, found), target, weights) for s in STRENGTHS
    }
    counts = counts.with_strength(min(losses, key=losses.__getitem__))
    people = people_of(weights)
    blended, target = counts.blend(probabilities, found)[people], target[people]
    return Counted(counts, Calibration(1.0, fit_sets(blended, target), count_risks(blended, target)))


def answers_for_people(
    counts: NameCounts,
    probabilities: Tensor,
    target: Tensor,
    weights: Tensor,
    names: Sequence[str],
    *,
    among: bool = True,
) -> tuple[Tensor, Tensor]:
    """Predict each bearer of the rows' names, left out of the counts; for parameters see `fit_counted`.

    :return: the logarithms of the probabilities, and the true labels. *Shape:* (people, labels), (people,)
    """
    found = _found(counts, target, names, among)
    people = people_of(weights)
    return counts.blend(probabilities, found).clamp(min=_LEAST).log()[people], target[people]


def _found(counts: NameCounts, target: Tensor, names: Sequence[str], among: bool) -> Tensor:
    """The counts of other people. *Shape:* (rows, labels)"""
    found = counts.of_names(names)
    return without_one(found, target) if among else found


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
