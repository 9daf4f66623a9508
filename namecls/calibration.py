"""Probabilities that mean what they say, and sets of labels with a stated coverage.

Both are fitted on the validation rows, after the training and before the test.

A temperature divides the logits: one number that makes the confidence of the network match its accuracy without
changing any ranking (Guo et al., On Calibration of Modern Neural Networks, ICML 2017,
https://arxiv.org/abs/1706.04599).

A prediction set holds the true label with a stated probability, whatever the network is like (split conformal
prediction; adaptive sets after Romano, Sesia and Candès, Classification with Valid and Adaptive Coverage, NeurIPS
2020, https://arxiv.org/abs/2006.02544). The score of a label is the probability of all labels before it in the
ranking; a set takes the labels whose score is at most the threshold. The first label has the score 0, so that no
set is empty.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from namecls.errors import ModelFileError

#: The coverages for which thresholds are kept.
COVERAGES = (0.5, 0.8, 0.9, 0.95, 0.99)
#: The coverage of the sets that are shown.
COVERAGE = 0.9

_LEAST_TEMPERATURE, _MOST_TEMPERATURE = 1e-3, 1e3


@dataclass(frozen=True, slots=True)
class Calibration:
    """What turns logits into honest probabilities and sets.

    :param temperature: logits are divided by it; above 1 makes the network less sure of itself.
    :param thresholds: for each of `COVERAGES` the highest score that a label of the set may have, in 0..1;
        empty if nothing was fitted.
    :raises ModelFileError: if a value is not one that it can have.
    """

    temperature: float = 1.0
    thresholds: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if not _LEAST_TEMPERATURE <= self.temperature <= _MOST_TEMPERATURE:
            raise ModelFileError(
                f"temperature must be from {_LEAST_TEMPERATURE:g} to {_MOST_TEMPERATURE:g}, was: {self.temperature!r}"
            )
        if len(self.thresholds) not in (0, len(COVERAGES)) or not all(0 <= t <= 1 for t in self.thresholds):
            raise ModelFileError(
                f"thresholds must be {len(COVERAGES)} numbers from 0 to 1, were: {self.thresholds!r}"
            )

    def probabilities(self, logits: Tensor) -> Tensor:
        """*Shape:* (rows, labels) -> (rows, labels), rows sum to 1."""
        return (logits / self.temperature).softmax(1)

    def set_sizes(self, probabilities: Tensor, coverage: float = COVERAGE) -> Tensor:
        """How many labels, from the most probable on, make the set of each row. *Shape:* (rows,), at least 1.

        :param coverage: one of `COVERAGES`.
        """
        if not self.thresholds:
            return torch.full((len(probabilities),), probabilities.shape[1])
        return self.ranked_set_sizes(probabilities.sort(dim=1, descending=True).values, coverage)

    def ranked_set_sizes(self, ranked: Tensor, coverage: float = COVERAGE) -> Tensor:
        """`set_sizes` where something was fitted and the probabilities of each row are in falling order."""
        threshold = self.thresholds[COVERAGES.index(coverage)]
        return ((ranked.cumsum(1) - ranked) <= threshold + 1e-6).sum(1)

    def to_json(self) -> dict[str, Any]:
        return {
            "temperature": self.temperature,
            "coverages": list(COVERAGES),
            "thresholds": list(self.thresholds),
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Calibration:
        """:raises ModelFileError: if it was made for other coverages, or does not hold what it should."""
        try:
            if tuple(values["coverages"]) != COVERAGES:
                raise ModelFileError(f"coverages must be {COVERAGES}, were: {values['coverages']!r}")
            numbers = [values["temperature"], *values["thresholds"]]
            if any(type(number) not in (int, float) for number in numbers):
                raise TypeError("found something that is no number")
            return cls(float(numbers[0]), tuple(map(float, numbers[1:])))
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise ModelFileError(f"calibration: expected a temperature and thresholds: {error!r}") from error


def calibrate(logits: Tensor, target: Tensor) -> Calibration:
    """The calibration that fits rows which the network was not trained on.

    :param logits: *Shape:* (rows, labels)
    :param target: true label ids. *Shape:* (rows,)
    """
    temperature = fit_temperature(logits, target)
    scores = label_scores((logits / temperature).softmax(1), target)
    return Calibration(temperature, tuple(conformal_quantile(scores, c) for c in COVERAGES))


def fit_temperature(logits: Tensor, target: Tensor) -> float:
    """The temperature with the least negative log-likelihood, found by golden-section search over its logarithm."""
    low, high = math.log(0.05), math.log(20.0)
    golden = (math.sqrt(5) - 1) / 2

    def loss(log_temperature: float) -> float:
        return float(F.cross_entropy(logits / math.exp(log_temperature), target))

    left, right = high - golden * (high - low), low + golden * (high - low)
    at_left, at_right = loss(left), loss(right)
    while high - low > 1e-4:
        if at_left <= at_right:
            high, right, at_right = right, left, at_left
            left = high - golden * (high - low)
            at_left = loss(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + golden * (high - low)
            at_right = loss(right)
    return math.exp((low + high) / 2)


def label_scores(probabilities: Tensor, target: Tensor) -> Tensor:
    """For each row, the probability of all labels that rank before the true one. *Shape:* (rows,)"""
    true = probabilities.gather(1, target[:, None])
    return (probabilities * (probabilities > true)).sum(1)


def conformal_quantile(scores: Tensor, coverage: float) -> float:
    """The score that ``ceil((rows + 1) * coverage)`` of the rows do not exceed; 1 if there are too few rows."""
    rank = math.ceil((len(scores) + 1) * coverage)
    if rank > len(scores):
        return 1.0
    return min(max(float(scores.sort().values[rank - 1]), 0.0), 1.0)
