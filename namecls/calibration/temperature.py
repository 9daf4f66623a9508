"""Post-hoc calibration: temperature scaling, prediction sets with a stated coverage, thresholds for a stated risk.

All are fitted on the calibration rows, after the training and before the test. These are the validation rows, which
have also chosen the epoch and the temperature; the theory of prediction sets and risks does not allow for that, and the
test shows what is kept.

The temperature divides the logits: one scalar that makes the confidence of the network match its accuracy without
changing any ranking (Guo et al., On Calibration of Modern Neural Networks, ICML 2017,
https://arxiv.org/abs/1706.04599).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from namecls.calibration.abstention import GRID, RiskTable
from namecls.calibration.calibrated import Calibration
from namecls.calibration.conformal import fit_sets

_ROWS = 8192  # rows that are looked at together
_MANY_ROWS = 20_000  # enough to weigh members by
_MOST_STEPS, _MOST_HALVINGS, _LEAST_GAIN = 20, 10, 1e-6  # of Newton's method


def calibrate(logits: Tensor, target: Tensor) -> Calibration:
    """Fit temperature, prediction sets and risk table on calibration rows, which the network was not trained on.

    :param logits: *Shape:* (rows, labels)
    :param target: true label ids. *Shape:* (rows,)
    """
    temperature = fit_temperature(logits, target)
    probabilities = (logits / temperature).softmax(1)
    return Calibration(temperature, fit_sets(probabilities, target), count_risks(probabilities, target))


def count_risks(probabilities: Tensor, target: Tensor) -> RiskTable:
    """Count the rows that each threshold of `abstention.GRID` answers, and those of them that are wrong.

    :param probabilities: *Shape:* (rows, labels)
    :param target: true label ids. *Shape:* (rows,)
    """
    first, label = probabilities.max(1)
    thresholds = torch.tensor(GRID, dtype=torch.double)

    def answered(confidence: Tensor) -> tuple[int, ...]:
        below = torch.searchsorted(confidence.double().sort().values, thresholds)
        return tuple((len(confidence) - below).tolist())

    return RiskTable(GRID, answered(first), answered(first[label != target]))


def fit_scales(answers: Sequence[Tensor], target: Tensor) -> Tensor:
    """Fit a scale for the logits of each ensemble member, before the mean of their log-probabilities is taken.

    A logarithmic opinion pool (Heskes, Selecting Weighting Factors in Logarithmic Opinion Pools, NIPS 1997): a member
    that is better is to count for more. The negative log-likelihood of the pool is convex in the scales; its least is
    found by Newton's method, and no scale is below 0. That takes many rows: with fewer than `_MANY_ROWS` it would be
    chance that weighs the members, and each is scaled for itself, by its inverse temperature.

    :param answers: of rows that the members were not trained on. *Shape:* each (rows, labels)
    :param target: true label ids. *Shape:* (rows,)
    :return: *Shape:* (members,)
    """
    if len(target) < _MANY_ROWS:
        return torch.tensor([1 / fit_temperature(logits, target) for logits in answers])
    scales = torch.ones(len(answers))
    loss, slope, curve = _pooled(answers, target, scales)
    for _ in range(_MOST_STEPS):
        free = ((scales > 0) | (slope < 0)).nonzero()[:, 0]  # the others would fall below 0
        inner = curve[free][:, free]
        inner.diagonal().mul_(1 + 1e-5)
        step = torch.zeros_like(scales)
        step[free] = torch.linalg.solve(inner, slope[free])
        before = loss
        for halving in range(_MOST_HALVINGS):
            there = (scales - step / 2**halving).clamp(min=0)
            loss, slope, curve = _pooled(answers, target, there)
            if loss < before:
                break
        else:
            return scales
        scales = there
        if before - loss < _LEAST_GAIN:
            break
    return scales


def _pooled(answers: Sequence[Tensor], target: Tensor, scales: Tensor) -> tuple[float, Tensor, Tensor]:
    """Mean negative log-likelihood of the pool, and its gradient and Hessian with respect to the scales."""
    members, rows = len(answers), len(target)
    loss, slope, curve = 0.0, torch.zeros(members), torch.zeros(members, members)
    for start in range(0, rows, _ROWS):
        some = slice(start, start + _ROWS)
        # Of each name the mean of a member's logits says nothing: without it there are fewer digits to lose.
        logits = torch.stack([each[some] - each[some].mean(1, keepdim=True) for each in answers]) / members
        together = (logits * scales[:, None, None]).sum(0)
        loss += float(F.cross_entropy(together, target[some], reduction="sum"))
        shares = together.softmax(1)
        expected = (logits * shares).sum(2)  # (members, rows)
        true = logits.gather(2, target[some].expand(members, -1)[..., None])[..., 0]
        slope += (expected - true).sum(1)
        curve += torch.einsum("mrl,nrl->mn", logits * shares, logits) - expected @ expected.t()
    return loss / rows, slope / rows, curve / rows


def fit_temperature(logits: Tensor, target: Tensor) -> float:
    """Fit the temperature of least negative log-likelihood, by golden-section search over its logarithm."""
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
