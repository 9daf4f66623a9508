"""CarriedCounts: what the counts of another model, whose labels may be others, tell of the labels of this one.

A network that starts from a model has its weights, not its counts, which are of other labels. What these tell of the
new ones is learned from the counted training names, by multinomial logistic regression on how many times more often
a name stands under each of the other labels than names do:

    x_m = log((n_m + s q_m) / ((n + s) q_m))        n_m: its bearers, n in all; q_m: the share of label m in general
    logits of a name: g (x W + b - log shares), 0 for a name that is not counted

They are added to the logits of the network: a product of experts. Both tell in part the same, so that g is mostly below
1; it is fitted on the calibration rows. A name that is not counted is answered by the network alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn import functional as F

from namecls.calibration.counts import NameCounts
from namecls.calibration.temperature import fit_temperature
from namecls.errors import ModelFileError

#: What a file holds beside the columns of the counts.
KINDS = {"evidence": {"F32"}, "offsets": {"F32"}, "gain": {"F32"}}

_PRIOR = 0.1  # bearers that the shares of all names count for
_DECAY = 3.0  # times the sum of the squared weights, beside the summed loss
_STEPS = 200
_MOST_ROWS = 50_000  # enough to learn it from
_GAINS = tuple(step / 10 for step in range(16))
_MOST_NUMBER = 1e4


@dataclass(frozen=True, slots=True, eq=False)
class CarriedCounts:
    """Counts of names under the labels of another model, and what they tell of those of this one.

    :param counts: of the other model.
    :param labels: of the other model.
    :param evidence: *Shape:* (labels of the other model, labels)
    :param offsets: *Shape:* (labels,)
    :param gain: how much all of it counts beside the network; 0: not at all, or not fitted yet.
    """

    counts: NameCounts
    labels: tuple[str, ...]
    evidence: Tensor
    offsets: Tensor
    gain: float = 0.0

    def __repr__(self) -> str:
        return (
            f"<CarriedCounts of {len(self.counts):,} names, {len(self.labels):,} labels, gain {self.gain:g}>"
        )

    @classmethod
    def learn(
        cls, counts: NameCounts, labels: tuple[str, ...], names: Sequence[str], target: Tensor, count: int
    ) -> CarriedCounts | None:
        """Learn from training names what counts of other labels tell of their own.

        :param target: label ids of the names. *Shape:* (names,)
        :param count: how many labels there are.
        :return: None if none of the names is counted.
        """
        found = counts.of_names(names)
        seen = (found.sum(1) > 0).nonzero()[:, 0]
        if not len(seen):
            return None
        seen = seen[:: -(-len(seen) // _MOST_ROWS)]
        shares = torch.bincount(target, minlength=count).double().clamp(min=0.5)
        blank = cls(counts, labels, torch.zeros(len(labels), count), torch.zeros(count))
        weights, offsets = _regress(blank._lifts(found[seen]).double(), target[seen], count)
        offsets -= (shares / shares.sum()).log()
        return replace(blank, evidence=weights.float(), offsets=offsets.float())

    def with_gain(self, network: Tensor, added: Tensor, target: Tensor) -> CarriedCounts:
        """Fit how much it counts beside the network: the gain of least log-loss, each at its best temperature.

        :param network: logits of calibration rows. *Shape:* (rows, labels)
        :param added: `unweighed` of their names. *Shape:* (rows, labels)
        :param target: *Shape:* (rows,)
        """

        def loss(gain: float) -> float:
            logits = network + gain * added
            return float(F.cross_entropy(logits / fit_temperature(logits, target), target))

        return replace(self, gain=min(_GAINS, key=loss) if bool(added.any()) else 0.0)

    def logits(self, names: Sequence[str]) -> Tensor:
        """What is added to the logits of the network; 0 for names that are not counted. *Shape:* (names, labels)"""
        return self.gain * self.unweighed(names)

    def unweighed(self, names: Sequence[str]) -> Tensor:
        """The same for a gain of 1."""
        return self.of_counts(self.counts.of_names(names))

    def of_counts(self, found: Tensor) -> Tensor:
        """The same for names with these counts. *Shape:* (names, labels of the other model) -> (names, labels)"""
        logits = self._lifts(found) @ self.evidence + self.offsets
        return torch.where(found.sum(1, keepdim=True) > 0, logits, 0.0)

    def _lifts(self, found: Tensor) -> Tensor:
        """*Shape:* (names, labels of the other model) both"""
        everywhere = torch.ones(len(self.labels)).index_add_(
            0, self.counts.labels, self.counts.counts * self.counts.priors[self.counts.labels]
        )
        everywhere /= everywhere.sum()
        total = found.sum(1, keepdim=True)
        weighed = found * self.counts.priors
        here = weighed / weighed.sum(1, keepdim=True).clamp(min=1e-30)
        return ((total * here + _PRIOR * everywhere) / ((total + _PRIOR) * everywhere)).log()

    def to_tensors(self) -> dict[str, Tensor]:
        """Tensors for a safetensors file."""
        beside = {"evidence": self.evidence, "offsets": self.offsets, "gain": torch.tensor([self.gain])}
        return {**self.counts.to_tensors(), **beside}

    @classmethod
    def from_tensors(
        cls, tensors: Mapping[str, Tensor], labels: tuple[str, ...], count: int
    ) -> CarriedCounts:
        """The inverse of `to_tensors`.

        :param count: how many labels the network has.
        :raises ModelFileError: if these are no such counts.
        """
        counts = NameCounts.from_tensors(tensors, len(labels))
        evidence, offsets, gain = (tensors[name] for name in KINDS)
        fits = (
            evidence.shape == (len(labels), count)
            and offsets.shape == (count,)
            and gain.shape == (1,)
            and all(bool((each.abs() <= _MOST_NUMBER).all()) for each in (evidence, offsets))
            and 0 <= float(gain) <= max(_GAINS) + 1e-6
        )
        if not fits:
            raise ModelFileError("what counts tell does not fit the labels")
        return cls(counts, labels, evidence, offsets, float(gain))


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
