"""Answers by region: the probability that a name is of any label of a region, and how well that holds."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from namecls.calibration.metrics import calibration_error_by_chance, expected_calibration_error
from namecls.calibration.region_sums import RegionSums, answered_by_region
from namecls.data.regions import Regions


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
    ours, others = (torch.from_numpy(each) for each in (sums.region, sums.larger))
    return RegionMetrics(
        rows=len(share),
        stated=_mean(share),
        found=_mean(right),
        ece=error,
        ece_by_chance=mean,
        ece_by_chance_95=high,
        mistakes=len(true),
        within=_mean(ours[guess] == ours[true]),
        within_larger=_mean(others[guess] == others[true]),
    )


def _mean(values: Tensor) -> float:
    return float(values.double().mean()) if len(values) else 0.0
