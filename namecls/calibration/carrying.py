"""What counts of other labels tell is learned from training names, and weighed beside a network: see `carried`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor
from torch.nn import functional as F

from namecls.calibration.carried import GAINS, CarriedCounts
from namecls.calibration.counts import NameCounts
from namecls.calibration.temperature import fit_temperature

_DECAY = 3.0  # times the sum of the squared weights, beside the summed loss
_STEPS = 200
_MOST_ROWS = 50_000  # enough to learn it from


def learn_carried(
    counts: NameCounts, labels: tuple[str, ...], names: Sequence[str], target: Tensor, count: int
) -> CarriedCounts | None:
    """Learn from training names what counts of other labels tell of their own.

    :param target: label ids of the names. *Shape:* (names,)
    :param count: how many labels there are.
    :return: None if none of the names is counted.
    """
    found: Tensor = counts.of_names(names)
    seen = (found.sum(1) > 0).nonzero()[:, 0]
    if not len(seen):
        return None
    seen = seen[:: -(-len(seen) // _MOST_ROWS)]
    shares = torch.bincount(target, minlength=count).double().clamp(min=0.5)
    blank = CarriedCounts(counts, labels, torch.zeros(len(labels), count), torch.zeros(count))
    weights, offsets = _regress(blank.lifts(found[seen]).double(), target[seen], count)
    offsets -= (shares / shares.sum()).log()
    return replace(blank, evidence=weights.float(), offsets=offsets.float())


def with_gain(carried: CarriedCounts, network: Tensor, added: Tensor, target: Tensor) -> CarriedCounts:
    """Fit how much it counts beside the network: the gain of least log-loss, each at its best temperature.

    :param network: logits of calibration rows. *Shape:* (rows, labels)
    :param added: `unweighed` of their names. *Shape:* (rows, labels)
    :param target: *Shape:* (rows,)
    """

    def loss(gain: float) -> float:
        logits = network + gain * added
        return float(F.cross_entropy(logits / fit_temperature(logits, target), target))

    return replace(carried, gain=min(GAINS, key=loss) if bool(added.any()) else 0.0)


def _regress(lifts: Tensor, target: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Multinomial logistic regression with weight decay; the intercepts have none.

    Steps against a bound on the curvature that is the same everywhere, so that each takes no more than a product of
    matrices and none overshoots (Böhning, Multinomial logistic regression algorithm, 1992), with Nesterov's momentum.

    :param lifts: *Shape:* (rows, features)
    :return: weights and intercepts. *Shape:* (features, labels), (labels,)
    """
    inputs = torch.cat([lifts, lifts.new_ones(len(lifts), 1)], 1)
    decay = torch.full((inputs.shape[1],), _DECAY, dtype=inputs.dtype)
    decay[-1] = 1e-3
    bound = torch.cholesky_inverse(torch.linalg.cholesky(inputs.T @ inputs / 2 + decay.diag()))
    wanted = F.one_hot(target, count).to(inputs)
    weights = ahead = inputs.new_zeros(inputs.shape[1], count)
    for step in range(_STEPS):
        slope = inputs.T @ ((inputs @ ahead).softmax(1) - wanted) + decay[:, None] * ahead
        before, weights = weights, ahead - bound @ slope
        ahead = weights + step / (step + 3) * (weights - before)
    return weights[:-1], weights[-1]
