"""Answers by region: which region a name is of, from the probabilities of its labels."""

from __future__ import annotations

import numpy as np

from namecls.arrays import Array, largest, like, namespace
from namecls.data.regions import ENOUGH, Regions


class RegionSums:
    """Sums the probabilities of labels by region."""

    def __init__(self, regions: Regions) -> None:
        self.regions = regions
        self.region, self.larger = (np.array(each) for each in (regions.region, regions.larger))
        members = np.zeros((len(regions.region), 2 * len(regions.names)), dtype=np.float32)
        labels = np.arange(len(regions.region))
        members[labels, self.region] = 1
        members[labels, len(regions.names) + self.larger] = 1
        self._members = members

    def answer(self, probabilities: Array) -> tuple[Array, Array]:
        """The most probable region, if that is `ENOUGH`, else the most probable larger one.

        :param probabilities: *Shape:* (names, labels)
        :return: regions, and their probabilities. *Shape:* each (names,)
        """
        sums = (probabilities @ like(self._members, probabilities)).clip(max=1)
        count, library = len(self.regions.names), namespace(sums)
        (first, region), (more, larger) = (largest(part) for part in (sums[:, :count], sums[:, count:]))
        is_enough = first >= ENOUGH
        return library.where(is_enough, region, larger), library.where(is_enough, first, more)

    def hold(self, region: Array, labels: Array) -> Array:
        """Whether labels lie in regions. *Shape:* (names,)"""
        ours, others = (like(each, labels)[labels] for each in (self.region, self.larger))
        return (ours == region) | (others == region)


def answered_by_region(sizes: Array, first: Array) -> Array:
    """The names that are answered by region, too. *Shape:* (names,)

    :param sizes: labels in their prediction sets; 0: without one, for which it is asked how sure the first label is.
    :param first: probability of their first labels.
    """
    return (sizes > 1) | ((sizes == 0) & (first < ENOUGH))
