"""Confident learning: how many labels are wrong, and which, from probabilities of models that did not see the rows.

The confident joint counts the rows of each given label that are confidently of each label: those whose probability of
it is at least the mean of this probability over the rows given it. Pruned are as many rows of each pair of labels as
it estimates to be wrong, those with the largest margin first (prune by noise rate).

After Northcutt, Jiang and Chuang, Confident Learning: Estimating Uncertainty in Dataset Labels, JAIR 70, 2021.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ids = NDArray[np.int64]
    Flags = NDArray[np.bool_]

#: For how many other rows of a name the model may count.
_STRENGTHS = tuple(2.0 ** (power / 2) for power in range(-6, 14))
_LEAST = 1e-9  # probability, of which a logarithm is taken


def thresholds(probabilities: Floats, given: Ids) -> Floats:
    """The mean probability of each label over the rows given it; above 1 for one that has none. *Shape:* (labels,)

    :param probabilities: of each label by a model that did not see the row. *Shape:* (rows, labels)
    :param given: the labels of the file. *Shape:* (rows,)
    """
    labels = probabilities.shape[1]
    counts = np.bincount(given, minlength=labels)
    sums = np.bincount(given, probabilities[np.arange(len(given)), given], minlength=labels)
    return np.where(sums > 0, sums / np.maximum(counts, 1), 2.0)


def confident_labels(probabilities: Floats, given: Ids) -> Ids:
    """The label that each row is confidently of; -1: of none. *Shape:* (rows,)"""
    reached = np.where(probabilities >= thresholds(probabilities, given), probabilities, -1.0)
    best: Ids = reached.argmax(1)
    return np.where(reached.max(1) >= 0, best, -1)


def confident_joint(probabilities: Floats, given: Ids) -> Floats:
    """Estimated rows by given label and true label, those of each given label summing to its rows.

    *Shape:* (labels, labels)
    """
    labels = probabilities.shape[1]
    confident = confident_labels(probabilities, given)
    some = confident >= 0
    joint = np.bincount(given[some] * labels + confident[some], minlength=labels**2).reshape(labels, labels)
    counts, sums = np.bincount(given, minlength=labels), joint.sum(1)
    found: Floats = joint / np.maximum(sums, 1)[:, None] * counts[:, None]
    # A label no row of which is confidently of any: nothing speaks against them.
    found[np.diag_indices(labels)] += np.where(sums == 0, counts, 0)
    return found


def prune_by_noise_rate(probabilities: Floats, given: Ids) -> Flags:
    """Which rows are probably labelled wrongly. *Shape:* (rows,)"""
    joint = np.rint(confident_joint(probabilities, given)).astype(np.int64)
    order = given.argsort(kind="stable")
    starts = np.searchsorted(given[order], np.arange(len(joint) + 1))
    pruned = np.zeros(len(given), bool)
    for label in range(len(joint)):
        rows = order[starts[label] : starts[label + 1]]
        for other in np.flatnonzero(joint[label]):
            if other != label:
                margin = probabilities[rows, other] - probabilities[rows, label]
                pruned[rows[(-margin).argsort(kind="stable")[: joint[label, other]]]] = True
    return pruned


def self_confidence(probabilities: Floats, given: Ids) -> Floats:
    """The probability of each row's label. *Shape:* (rows,)"""
    found: Floats = probabilities[np.arange(len(given)), given]
    return found


def best_other(probabilities: Floats, given: Ids) -> Ids:
    """The most probable label of each row besides its own. *Shape:* (rows,)"""
    others = probabilities.copy()
    others[np.arange(len(given)), given] = -1.0
    found: Ids = others.argmax(1)
    return found


def margins(probabilities: Floats, given: Ids) -> Floats:
    """How much more probable each row's label is than the best of the others, in logarithms. *Shape:* (rows,)

    In logarithms, since among rows whose label has next to no probability the difference tells nothing but how
    probable the other is.
    """
    other = self_confidence(probabilities, best_other(probabilities, given))
    found: Floats = np.log(np.maximum(self_confidence(probabilities, given), _LEAST)) - np.log(
        np.maximum(other, _LEAST)
    )
    return found


def with_same_name(probabilities: Floats, given: Ids, names: Ids, counts: Floats) -> Floats:
    """Probabilities that also take in under which other labels the name stands in the file. *Shape:* (rows, labels)

    The posterior mean of a Dirichlet distribution whose mean is the model, given the other rows. For how many of these
    the model counts is what makes the labels of the file most likely, each given all others. That an exact pair comes
    again makes it no likelier, since whatever went wrong once may have been copied.

    :param names: the same number for rows of the same name, from 0. *Shape:* (rows,)
    :param counts: how often each row stands in the file. *Shape:* (rows,)
    """
    labels = probabilities.shape[1]
    has = np.flatnonzero(np.bincount(names, counts)[names] > 1)
    if not len(has):
        return probabilities
    # Of names that stand once there is nothing to take in, and a million rows by all labels would be too many.
    number = np.unique(names[has], return_inverse=True)[1]
    of_name = np.zeros((number.max() + 1, labels))
    np.add.at(of_name, (number, given[has]), counts[has])
    others, own = of_name[number], (np.arange(len(has)), given[has])

    def combined(strength: float) -> Floats:
        found: Floats = (strength * probabilities[has] + others) / (strength + others.sum(1))[:, None]
        return found

    def likelihood(strength: float) -> float:
        return float((counts[has] * np.log(np.maximum(combined(strength)[own], _LEAST))).sum())

    others[own] -= 1
    strength = max(_STRENGTHS, key=likelihood)
    others[own] = 0
    found = probabilities.copy()
    found[has] = combined(strength)
    return found
