"""Label shift: the posterior in a population that differs from that of the training in the shares of its labels alone.

A probability p(label | name) holds for a population: for that of the training rows of a network, in which each
label has its share. If the names of a label are the same in another population, Bayes' rule gives the posterior there
(Saerens, Latinne and Decaestecker, Adjusting the Outputs of a Classifier to New a Priori Probabilities, Neural
Computation 14, 2002, https://doi.org/10.1162/089976602753284446):

    p'(label | name) proportional to p(label | name) * new share / old share
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from namecls.arrays import Array, double, like, namespace
from namecls.calibration.population import Population


def odds(new: Population, old: Population) -> NDArray[np.float64] | None:
    """By what a posterior under `old` is multiplied for one under `new`, before it is normalized; None: by nothing.

    *Shape:* (labels,), float64; the largest is 1.
    """
    ratio = np.array(new.shares, dtype=np.float64) / np.array(old.shares, dtype=np.float64)
    ratio = ratio / ratio.max()
    return None if bool((ratio > 1 - 1e-12).all()) else ratio


def restated(probabilities: Array, ratio: NDArray[np.float64] | None) -> Array:
    """The posterior under another population. *Shape:* (names, labels)

    :param ratio: from `odds`. *Shape:* (labels,)
    """
    if ratio is None:
        return probabilities
    weighed = double(probabilities) * like(ratio, probabilities)
    shares = weighed / weighed.sum(1, keepdims=True).clip(min=1e-300)
    return namespace(shares).asarray(shares, dtype=probabilities.dtype)


def label_weights(population: Population, target: Array) -> Array:
    """For how many people a row of each label stands; infinity for a label without rows. *Shape:* (labels,)

    :param target: the labels of rows. *Shape:* (rows,)
    """
    shares = like(np.array(population.shares), target)
    rows = double(namespace(target).bincount(target, minlength=len(shares)))
    return shares * len(target) / rows
