"""Prediction sets with a stated coverage: split conformal prediction.

Each label of a row has a score, the lower the better it fits. A threshold is the quantile of the true labels' scores on
the calibration rows; on exchangeable rows the set of all labels with a score up to it contains the true label as often
as the coverage says, up to 1 / (rows + 1), whatever the network.
A set is the first few labels of the ranking, and at least the first. The scores:

- ``aps``: the probability of all labels that rank before it (adaptive prediction sets: Romano, Sesia and Candès,
  Classification with Valid and Adaptive Coverage, NeurIPS 2020, https://arxiv.org/abs/2006.02544). Their random
  number is left out, so that the same name has the same set every time. Since the first label has the score 0 for
  every name, the coverage is not below the accuracy: that is the one case in which it is above what is stated.
- ``raps``: the same, with a penalty for each place in the ranking after the fifth, which cuts long sets
  (Angelopoulos, Bates, Malik and Jordan, Uncertainty Sets for Image Classifiers using Conformal Prediction,
  ICLR 2021, https://arxiv.org/abs/2009.14193; their fixed values).
- ``lac``: 1 less its probability. No sets of the same coverage are smaller in the mean, but names that the network
  is unsure of have their label in it more seldom than stated, the others more often (Sadinle, Lei and Wasserman,
  Least Ambiguous Set-Valued Classifiers with Bounded Error Levels, JASA 2019, https://arxiv.org/abs/1609.00451).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from namecls.arrays import Array, namespace
from namecls.errors import ConfigError, ModelFileError, shown
from namecls.guarantees import METHODS
from namecls.language import _

if TYPE_CHECKING:
    from torch import Tensor

#: The coverages for which thresholds are kept. Others get that of the next higher one.
GRID = tuple(i / 100 for i in range(50, 100))

#: What ``raps`` adds to the score for each place after so many.
PENALTY, FREE_PLACES = 0.01, 5

_SLACK = (
    1e-6  # a name has the same set alone and among others, which changes the last bits of its probabilities
)
_MOST_COVERAGES = 1_000
_PIECE = 8192  # rows at a time
_HIGHEST_SCORE = 1 + PENALTY * 200_000  # of any label


@dataclass(frozen=True, slots=True)
class ConformalSets:
    """Conformal thresholds, from which prediction sets are made.

    :param coverages: rising, in 0..1.
    :param thresholds: for some of `METHODS`, the highest score of a label in the prediction set, for each coverage.
    :raises ModelFileError: if these are not such numbers.
    """

    coverages: tuple[float, ...]
    thresholds: Mapping[str, tuple[float, ...]]

    def __post_init__(self) -> None:
        if not 1 <= len(self.coverages) <= _MOST_COVERAGES or not _rises((0.0, *self.coverages, 1.0)):
            raise ModelFileError(
                _("coverages must rise between 0 and 1, were: {coverages}").format(
                    coverages=shown(self.coverages)
                )
            )
        if not self.thresholds or not set(self.thresholds) <= set(METHODS):
            raise ModelFileError(
                _("sets must be of the kinds {methods}, were: {thresholds}").format(
                    methods=_(", ").join(METHODS), thresholds=shown(list(self.thresholds))
                )
            )
        for method, thresholds in self.thresholds.items():
            most = _HIGHEST_SCORE if method == "raps" else 1.0
            if (
                len(thresholds) != len(self.coverages)
                or not all(0 <= t <= most for t in thresholds)
                or any(a > b for a, b in pairwise(thresholds))
            ):
                raise ModelFileError(
                    _(
                        "thresholds of {method} must be {coverages} numbers that rise within 0 to "
                        "{most:g}, were: {thresholds}"
                    ).format(
                        method=method, coverages=len(self.coverages), most=most, thresholds=shown(thresholds)
                    )
                )

    def require(self, method: str) -> None:
        """:raises ConfigError: if there are no sets of this kind."""
        if method not in self.thresholds:
            raise ConfigError(
                _(
                    "the model holds no sets of the kind {method}, only: {thresholds}; to calibrate it "
                    "anew: namecls runs calibrate"
                ).format(method=method, thresholds=_(", ").join(self.thresholds))
            )

    def sizes(self, ranked: Array, coverage: float, method: str = METHODS[0]) -> Array:
        """Size of each row's prediction set, whose labels are the most probable ones. *Shape:* (rows,), at least 1.

        :param ranked: the probabilities of each row, falling. *Shape:* (rows, labels)
        :raises ConfigError: if there are no sets of this kind.
        """
        self.require(method)
        place = next((i for i, c in enumerate(self.coverages) if c >= coverage - 1e-9), None)
        threshold = math.inf if place is None else self.thresholds[method][place]
        if threshold >= highest_score(method, ranked.shape[1]):
            return namespace(ranked).full((len(ranked),), ranked.shape[1])
        return (scores(ranked, method) <= threshold + _SLACK).sum(1).clip(min=1)

    def to_json(self) -> dict[str, Any]:
        return {
            "coverages": list(self.coverages),
            **{method: list(thresholds) for method, thresholds in self.thresholds.items()},
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> ConformalSets:
        """:raises ModelFileError: if these are no such thresholds."""
        columns = {"coverages": values["coverages"], **values}
        if unknown := sorted(set(columns) - {"coverages", *METHODS}):
            known = _(", ").join(METHODS)
            raise ModelFileError(
                _("sets: expected coverages and {known}, found {unknown} as well").format(
                    known=known, unknown=shown(unknown[0])
                )
            )
        for name, column in columns.items():
            if not isinstance(column, list) or any(type(number) not in (int, float) for number in column):
                raise ModelFileError(
                    _("{name} must be a list of numbers, was: {column}").format(
                        name=name, column=shown(column)
                    )
                )
        coverages = tuple(map(float, columns.pop("coverages")))
        return cls(coverages, {name: tuple(map(float, column)) for name, column in columns.items()})


def fit_sets(probabilities: Tensor, target: Tensor, label_weights: Tensor | None = None) -> ConformalSets:
    """Fit the thresholds of all methods on calibration rows, which the network was not trained on.

    :param probabilities: *Shape:* (rows, labels)
    :param target: true label ids. *Shape:* (rows,)
    :param label_weights: for how many of the people asked about a row of each label stands; None: one. A name to come
        counts for as many as it could (weighted conformal prediction: Podkopaev and Ramdas, Distribution-free
        Uncertainty Quantification for Classification under Label Shift, UAI 2021,
        https://arxiv.org/abs/2103.03323). *Shape:* (labels,)
    """
    of_true: dict[str, list[Tensor]] = {method: [] for method in METHODS}
    for ranked, place in ranked_pieces(probabilities, target):
        for method, pieces in of_true.items():
            pieces.append(scores(ranked, method).gather(1, place[:, None])[:, 0])
    thresholds = {}
    for method, pieces in of_true.items():
        true, order = namespace(probabilities).concatenate(pieces).sort()
        most = highest_score(method, probabilities.shape[1])
        if label_weights is None:
            found = [quantile(true, c, most) for c in GRID]
        else:
            found = weighted_quantiles(true, label_weights[target][order], float(label_weights.max()), most)
        thresholds[method] = tuple(_rounded_up(min(max(each, 0.0), most)) for each in found)
    return ConformalSets(GRID, thresholds)


def ranked_pieces(probabilities: Tensor, target: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    """The probabilities of some rows at a time, falling, and the places of the true labels among them.

    Several times the memory of all rows would be taken by all at once.

    *Shape:* (rows, labels) and (rows,) -> (some, labels) and (some,) each time
    """
    for start in range(0, max(len(target), 1), _PIECE):
        some, true = probabilities[start : start + _PIECE], target[start : start + _PIECE]
        yield some.sort(dim=1, descending=True, stable=True).values, places(some, true)


def scores(ranked: Array, method: str) -> Array:
    """Nonconformity score of the label at each place of the ranking; rows rise. *Shape:* (rows, labels)

    :param ranked: the probabilities of each row, falling. *Shape:* (rows, labels)
    """
    if method == "lac":
        return 1 - ranked
    before = ranked.cumsum(1) - ranked
    if method == "raps":
        before += PENALTY * (namespace(ranked).arange(1, ranked.shape[1] + 1) - FREE_PLACES).clip(min=0)
    return before


def highest_score(method: str, labels: int) -> float:
    """The score that no label exceeds."""
    return 1.0 + (PENALTY * max(labels - FREE_PLACES, 0) if method == "raps" else 0.0)


def places(probabilities: Tensor, target: Tensor) -> Tensor:
    """Rank of the true label in each row, from 0; of equal probabilities the lower id is first.

    *Shape:* (rows,)
    """
    true = probabilities.gather(1, target[:, None])
    ids = namespace(probabilities).arange(probabilities.shape[1])
    before: Tensor = (probabilities > true) | ((probabilities == true) & (ids < target[:, None]))
    return before.sum(1)


def quantile(rising: Tensor, coverage: float, most: float) -> float:
    """The score that ``ceil((rows + 1) * coverage)`` of the rows do not exceed; `most` if there are too few rows."""
    rank = math.ceil((len(rising) + 1) * coverage - 1e-9)
    return most if rank > len(rising) else float(rising[rank - 1])


def weighted_quantiles(rising: Tensor, weights: Tensor, to_come: float, most: float) -> list[float]:
    """For each coverage of `GRID` the score that rows of so much weight do not exceed; `most` if they are too few.

    :param weights: of the rows. *Shape:* (rows,)
    :param to_come: the most that a name to come may weigh: its own score may be any.
    """
    share = weights.double().cumsum(0) / (weights.double().sum() + to_come)
    library = namespace(share)
    ranks = library.searchsorted(share, library.asarray(GRID, dtype=library.float64) - 1e-9).tolist()
    return [most if rank >= len(rising) else float(rising[rank]) for rank in ranks]


def _rounded_up(score: float) -> float:
    """Six decimals, as the file has them, and not below the score: sets may only grow by it."""
    return math.ceil(score * 1e6) / 1e6


def _rises(numbers: tuple[float, ...]) -> bool:
    return all(a < b for a, b in pairwise(numbers))
