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
from dataclasses import dataclass

from namecls.arrays import Array, add_at, namespace
from namecls.calibration.counts import NameCounts
from namecls.errors import ModelFileError
from namecls.language import _

#: What a file holds beside the columns of the counts.
KINDS = {"evidence": {"F32"}, "offsets": {"F32"}, "gain": {"F32"}}

#: Gains that are tried.
GAINS = tuple(step / 10 for step in range(16))

_PRIOR = 0.1  # bearers that the shares of all names count for
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
    evidence: Array
    offsets: Array
    gain: float = 0.0

    def __repr__(self) -> str:
        return (
            f"<CarriedCounts of {len(self.counts):,} names, {len(self.labels):,} labels, gain {self.gain:g}>"
        )

    def logits(self, names: Sequence[str]) -> Array:
        """What is added to the logits of the network; 0 for names that are not counted. *Shape:* (names, labels)"""
        return self.gain * self.unweighed(names)

    def unweighed(self, names: Sequence[str]) -> Array:
        """The same for a gain of 1."""
        return self.of_counts(self.counts.of_names(names))

    def of_counts(self, found: Array) -> Array:
        """The same for names with these counts. *Shape:* (names, labels of the other model) -> (names, labels)"""
        logits = self.lifts(found) @ self.evidence + self.offsets
        return namespace(found).where(found.sum(1, keepdims=True) > 0, logits, 0.0)

    def lifts(self, found: Array) -> Array:
        """How many times more bearers than names have in general, in logarithms.

        *Shape:* (names, labels of the other model) both
        """
        library, counts = namespace(found), self.counts
        everywhere = library.ones(len(self.labels), dtype=library.float32)
        add_at(everywhere, counts.labels, counts.counts * counts.priors[counts.labels])
        everywhere /= everywhere.sum()
        total = found.sum(1, keepdims=True)
        weighed = found * counts.priors
        here = weighed / weighed.sum(1, keepdims=True).clip(min=1e-30)
        return library.log((total * here + _PRIOR * everywhere) / ((total + _PRIOR) * everywhere))

    def to_tensors(self) -> dict[str, Array]:
        """Arrays for a safetensors file."""
        library = namespace(self.evidence)
        gain = library.asarray([self.gain], dtype=library.float32)
        beside = {"evidence": self.evidence, "offsets": self.offsets, "gain": gain}
        return {**self.counts.to_tensors(), **beside}

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, Array], labels: tuple[str, ...], count: int) -> CarriedCounts:
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
            and all(bool((abs(each) <= _MOST_NUMBER).all()) for each in (evidence, offsets))
            and 0 <= float(gain[0]) <= max(GAINS) + 1e-6
        )
        if not fits:
            raise ModelFileError(_("what counts tell does not fit the labels"))
        return cls(counts, labels, evidence, offsets, float(gain[0]))
