"""Probabilities that mean what they say, sets with a stated coverage, answers with a stated risk.

All are fitted on the validation rows, after the training and before the test. Those rows have also chosen the epoch
and the temperature, which the theory of sets and risks does not allow for; the test shows what is kept.

A temperature divides the logits: one number that makes the confidence of the network match its accuracy without
changing any ranking (Guo et al., On Calibration of Modern Neural Networks, ICML 2017,
https://arxiv.org/abs/1706.04599).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from namecls.abstention import GRID, RiskTable
from namecls.conformal import ConformalSets, fit_sets
from namecls.errors import ConfigError, ModelFileError
from namecls.guarantees import Guarantees

_LEAST_TEMPERATURE, _MOST_TEMPERATURE = 1e-3, 1e3


@dataclass(frozen=True, slots=True)
class Calibration:
    """What turns logits into honest probabilities, sets and answers.

    :param temperature: logits are divided by it; above 1 makes the network less sure of itself.
    :param sets: None: nothing was fitted.
    :param risks: None: nothing was fitted.
    :raises ModelFileError: if a value is not one that it can have.
    """

    temperature: float = 1.0
    sets: ConformalSets | None = None
    risks: RiskTable | None = None

    def __post_init__(self) -> None:
        if not _LEAST_TEMPERATURE <= self.temperature <= _MOST_TEMPERATURE:
            raise ModelFileError(
                f"temperature must be from {_LEAST_TEMPERATURE:g} to {_MOST_TEMPERATURE:g}, was: {self.temperature!r}"
            )

    def probabilities(self, logits: Tensor) -> Tensor:
        """*Shape:* (rows, labels) -> (rows, labels), rows sum to 1."""
        return (logits / self.temperature).softmax(1)

    def threshold(self, risk: float) -> float | None:
        """The least probability of the first label with which a name is answered at this risk; None: no name is.

        :raises ConfigError: if the model holds no table of risks.
        """
        if self.risks is None:
            raise ConfigError(
                "the model holds no table of risks, since it was imported or made by an older version: "
                "ask without a risk, or calibrate it anew: namecls runs calibrate"
            )
        return self.risks.threshold(risk)

    def require(self, guarantees: Guarantees) -> None:
        """:raises ConfigError: if it can't give them. Without sets none are given; that is no error."""
        if self.sets is not None:
            self.sets.require(guarantees.sets)
        if guarantees.risk is not None:
            self.threshold(guarantees.risk)

    def to_json(self) -> dict[str, Any]:
        return {
            "temperature": self.temperature,
            "sets": self.sets.to_json() if self.sets is not None else None,
            "risks": self.risks.to_json() if self.risks is not None else None,
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Calibration:
        """:raises ModelFileError: if it does not hold what it should."""
        try:
            temperature = values["temperature"]
            if type(temperature) not in (int, float):
                raise TypeError("found something that is no number")
            sets, risks = _parts(values)
            return cls(
                float(temperature),
                ConformalSets.from_json(sets) if sets is not None else None,
                RiskTable.from_json(risks) if risks is not None else None,
            )
        except (KeyError, TypeError, ValueError, OverflowError, AttributeError) as error:
            raise ModelFileError(
                f"calibration: expected a temperature, sets and risks, or null for these: {error!r}"
            ) from error


def _parts(values: dict[str, Any]) -> tuple[Any, Any]:
    """Sets and risks as they stand in a file, also in one of version 0.1, which knew five coverages of ``aps``."""
    if "thresholds" not in values:
        return values["sets"], values["risks"]
    return (
        {"coverages": values["coverages"], "aps": values["thresholds"]} if values["thresholds"] else None
    ), None


def calibrate(logits: Tensor, target: Tensor) -> Calibration:
    """The calibration that fits rows which the network was not trained on.

    :param logits: *Shape:* (rows, labels)
    :param target: true label ids. *Shape:* (rows,)
    """
    temperature = fit_temperature(logits, target)
    probabilities = (logits / temperature).softmax(1)
    return Calibration(temperature, fit_sets(probabilities, target), count_risks(probabilities, target))


def count_risks(probabilities: Tensor, target: Tensor) -> RiskTable:
    """How many rows each threshold of `abstention.GRID` answers, and how many of them wrong.

    :param probabilities: *Shape:* (rows, labels)
    :param target: true label ids. *Shape:* (rows,)
    """
    first, label = probabilities.double().max(1)
    sure = first[:, None] >= torch.tensor(GRID, dtype=torch.double)
    wrong = sure & (label != target)[:, None]
    return RiskTable(GRID, tuple(sure.sum(0).tolist()), tuple(wrong.sum(0).tolist()))


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
