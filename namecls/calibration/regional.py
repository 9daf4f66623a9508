"""Answers by region: the probability that a name is of any label of a region, and how well that holds."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from namecls.calibration.metrics import calibration_error_by_chance, expected_calibration_error
from namecls.data.regions import ENOUGH, Regions


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionMetrics:
    """Metrics of answers by region, and of mistakes. Shares are in 0..1.

    :param rows: on which a region is answered, since their prediction sets hold several labels.
    :param stated: mean probability of the regions answered.
    :param found: how often the true label lies in them.
    :param ece: expected calibration error of these answers.
    :param ece_by_chance: that of perfectly calibrated ones: its mean, and what it does not exceed in 95 of 100 cases.
    :param mistakes: rows whose first label is not theirs.
    :param within: the share of these whose first label lies in the region of the true one.
    :param within_larger: or in its larger region.
    """

    rows: int
    stated: float
    found: float
    ece: float
    ece_by_chance: float
    ece_by_chance_95: float
    mistakes: int
    within: float
    within_larger: float


class RegionSums:
    """Sums the probabilities of labels by region."""

    def __init__(self, regions: Regions) -> None:
        self.regions = regions
        self.region, self.larger = (torch.tensor(each) for each in (regions.region, regions.larger))
        members = torch.zeros(len(regions.region), 2 * len(regions.names))
        labels = torch.arange(len(regions.region))
        members[labels, self.region] = 1
        members[labels, len(regions.names) + self.larger] = 1
        self._members = members

    def answer(self, probabilities: Tensor) -> tuple[Tensor, Tensor]:
        """The most probable region, if that is `ENOUGH`, else the most probable larger one.

        :param probabilities: *Shape:* (names, labels)
        :return: regions, and their probabilities. *Shape:* each (names,)
        """
        sums = (probabilities @ self._members).clamp(max=1)
        count = len(self.regions.names)
        (first, region), (more, larger) = (part.max(1) for part in (sums[:, :count], sums[:, count:]))
        is_enough = first >= ENOUGH
        return torch.where(is_enough, region, larger), torch.where(is_enough, first, more)

    def hold(self, region: Tensor, labels: Tensor) -> Tensor:
        """Whether labels lie in regions. *Shape:* (names,)"""
        return (self.region[labels] == region) | (self.larger[labels] == region)


def answered_by_region(sizes: Tensor, first: Tensor) -> Tensor:
    """The names that are answered by region, too. *Shape:* (names,)

    :param sizes: labels in their prediction sets; 0: without one, for which it is asked how sure the first label is.
    :param first: probability of their first labels.
    """
    return (sizes > 1) | ((sizes == 0) & (first < ENOUGH))


def measure_regions(
    probabilities: Tensor, target: Tensor, sizes: Tensor, regions: Regions, some: Tensor
) -> RegionMetrics:
    """Measure answers by region.

    :param probabilities: *Shape:* (rows, labels)
    :param target: true label ids. *Shape:* (rows,)
    :param sizes: of the prediction sets, 0 without one. *Shape:* (rows,)
    :param some: rows that tell as much as all, for what chance does. *Shape:* (some,)
    """
    sums = RegionSums(regions)
    first, guess = probabilities.max(1)
    large = answered_by_region(sizes, first)
    region, share = sums.answer(probabilities[large])
    right = sums.hold(region, target[large])
    mean, high, error = 0.0, 0.0, 0.0
    if len(share):
        error = expected_calibration_error(share[:, None], (~right).long())
        drawn = sums.answer(probabilities[some[large[some]]])[1]
        mean, high = calibration_error_by_chance((drawn if len(drawn) else share)[:, None])
    wrong = guess != target
    guess, true = guess[wrong], target[wrong]
    return RegionMetrics(
        rows=len(share),
        stated=_mean(share),
        found=_mean(right),
        ece=error,
        ece_by_chance=mean,
        ece_by_chance_95=high,
        mistakes=len(true),
        within=_mean(sums.region[guess] == sums.region[true]),
        within_larger=_mean(sums.larger[guess] == sums.larger[true]),
    )


def _mean(values: Tensor) -> float:
    return float(values.double().mean()) if len(values) else 0.0
