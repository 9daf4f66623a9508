"""Selective classification: a threshold on the confidence, below which a name gets no answer, for a stated risk.

The risk is the error rate among the answers that are given, the confidence the probability of the first label (Geifman
and El-Yaniv, Selective Classification for Deep Neural Networks, NeurIPS 2017, https://arxiv.org/abs/1705.08500). A
threshold at which so many calibration rows happened to be right promises nothing of other rows: chosen so, half of the
thresholds would break their promise. So it is tested. At one threshold, the wrong ones among the answered rows are
binomial, and the exact test of Clopper and Pearson (1934) tells how probable so few of them are if the risk were higher
than stated. Many thresholds are tested in a fixed sequence, from the strictest down, each at the full level, up to the
first that is not passed: the last one that is passed keeps the risk with the probability `CONFIDENCE` over the draw of
the calibration rows (Angelopoulos, Bates, Candès, Jordan and Lei, Learn then Test, 2021,
https://arxiv.org/abs/2110.01052).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

from namecls.errors import ModelFileError, shown
from namecls.language import _

#: The confidence level at which the stated risk is kept.
CONFIDENCE = 0.95
#: The probabilities that are tried as thresholds. Chosen before any row is seen: else the counts would not be binomial.
GRID = (0.9999, 0.9995, 0.999, 0.998, 0.995, *(i / 100 for i in range(99, -1, -1)))
#: The first threshold to be tested answers at least this share of the rows: by fewer, one bad row could end it all.
LEAST_ANSWERED = 0.05

_MOST_ROWS = 10**7
_MOST_THRESHOLDS = 1_000


@dataclass(frozen=True, slots=True)
class RiskTable:
    """Counts of answered and wrong calibration rows at each threshold.

    :param thresholds: probabilities of the first label, falling to 0.
    :param answered: the rows that have at least this probability.
    :param wrong: those of them whose first label is not theirs.
    :raises ModelFileError: if these are no such counts.
    """

    thresholds: tuple[float, ...]
    answered: tuple[int, ...]
    wrong: tuple[int, ...]

    def __post_init__(self) -> None:
        if not 1 <= len(self.thresholds) == len(self.answered) == len(self.wrong) <= _MOST_THRESHOLDS:
            raise ModelFileError(
                _(
                    "the table of risks must have three columns of 1 to {most_thresholds:,} numbers, "
                    "found {thresholds:,}, {answered:,} and {wrong:,}"
                ).format(
                    most_thresholds=_MOST_THRESHOLDS,
                    thresholds=len(self.thresholds),
                    answered=len(self.answered),
                    wrong=len(self.wrong),
                )
            )
        falling = all(a > b for a, b in pairwise(self.thresholds))
        if not falling or self.thresholds[0] > 1 or self.thresholds[-1] != 0:
            raise ModelFileError(
                _(
                    "the thresholds of the table of risks must fall from at most 1 to 0, were: {thresholds}"
                ).format(thresholds=shown(self.thresholds))
            )
        steps = (*pairwise((0, *self.answered)), *pairwise((0, *self.wrong)))
        if any(a > b for a, b in steps) or self.answered[-1] > _MOST_ROWS:
            raise ModelFileError(
                _("the counts of the table of risks must grow from 0 to {most_rows:,}").format(
                    most_rows=_MOST_ROWS
                )
            )
        if any(bad > all_ for bad, all_ in zip(self.wrong, self.answered, strict=True)):
            raise ModelFileError(_("the table of risks must not count more wrong rows than there are"))

    def threshold(self, risk: float) -> float | None:
        """The lowest threshold that keeps a risk, in 0..1.

        None: there is none, no name may be answered.

        :param risk: in 0..1, both excluded.
        """
        return _threshold(self, risk)

    def share_answered(self, threshold: float | None) -> float:
        """Coverage of a threshold of this table: the share of calibration rows that it answers."""
        if threshold is None or not self.answered[-1]:
            return 0.0
        return self.answered[self.thresholds.index(threshold)] / self.answered[-1]

    def to_json(self) -> dict[str, Any]:
        return {
            "thresholds": list(self.thresholds),
            "answered": list(self.answered),
            "wrong": list(self.wrong),
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> RiskTable:
        """:raises ModelFileError: if it is no such table."""
        columns = [values["thresholds"], values["answered"], values["wrong"]]
        kinds = ((int, float), (int,), (int,))
        for column, kind in zip(columns, kinds, strict=True):
            if not isinstance(column, list) or any(type(number) not in kind for number in column):
                raise ModelFileError(
                    _("a column of the table of risks must be numbers, was: {column}").format(
                        column=shown(column)
                    )
                )
        thresholds, answered, wrong = map(tuple, columns)
        return cls(thresholds, answered, wrong)


@lru_cache(maxsize=64)
def _threshold(table: RiskTable, risk: float) -> float | None:
    level = 1 - CONFIDENCE
    # With fewer rows not even none that is wrong would tell that the risk is kept.
    enough = max(
        math.ceil(math.log(level) / math.log1p(-risk)), math.ceil(LEAST_ANSWERED * table.answered[-1])
    )
    passed = None
    for threshold, answered, wrong in zip(table.thresholds, table.answered, table.wrong, strict=True):
        if answered < enough:
            continue
        if chance_of_so_few(wrong, answered, risk) > level:
            break
        passed = threshold
    return passed


def chance_of_so_few(wrong: int, rows: int, risk: float) -> float:
    """P-value of the binomial test: at most `wrong` of `rows` are wrong, if each is with the probability `risk`.

    :return: in 0..1; 1 where it is about a half or more, which is as good as certain here.
    """
    if wrong >= rows * risk:
        return 1.0
    term = math.exp(
        math.lgamma(rows + 1)
        - math.lgamma(wrong + 1)
        - math.lgamma(rows - wrong + 1)
        + wrong * math.log(risk)
        + (rows - wrong) * math.log1p(-risk)
    )
    total = term
    for count in range(wrong, 0, -1):  # below the mean each term is smaller than the one before
        term *= count * (1 - risk) / ((rows - count + 1) * risk)
        total += term
        if term <= total * 1e-15:
            break
    return min(total, 1.0)
