"""Label shift: the posterior in a population that differs from that of the training in the shares of its labels alone.

A probability p(label | name) holds for a population: for that of the training rows of a network, in which each
label has its share. If the names of a label are the same in another population, Bayes' rule gives the posterior there
(Saerens, Latinne and Decaestecker, Adjusting the Outputs of a Classifier to New a Priori Probabilities, Neural
Computation 14, 2002, https://doi.org/10.1162/089976602753284446):

    p'(label | name) proportional to p(label | name) * new share / old share
"""

from __future__ import annotations

import torch
from torch import Tensor

from namecls.calibration.population import Population


def odds(new: Population, old: Population) -> Tensor | None:
    """By what a posterior under `old` is multiplied for one under `new`, before it is normalized; None: by nothing.

    *Shape:* (labels,), float64; the largest is 1.
    """
    ratio = torch.tensor(new.shares, dtype=torch.float64) / torch.tensor(old.shares, dtype=torch.float64)
    ratio = ratio / ratio.max()
    return None if bool((ratio > 1 - 1e-12).all()) else ratio


def restated(probabilities: Tensor, ratio: Tensor | None) -> Tensor:
    """The posterior under another population. *Shape:* (names, labels)

    :param ratio: from `odds`. *Shape:* (labels,)
    """
    if ratio is None:
        return probabilities
    weighed = probabilities.double() * ratio
    return (weighed / weighed.sum(1, keepdim=True).clamp(min=1e-300)).to(probabilities.dtype)


def label_weights(population: Population, target: Tensor) -> Tensor:
    """For how many people a row of each label stands; infinity for a label without rows. *Shape:* (labels,)

    :param target: the labels of rows. *Shape:* (rows,)
    """
    shares = torch.tensor(population.shares, dtype=torch.double)
    rows = torch.bincount(target, minlength=len(shares)).double()
    return shares * len(target) / rows
