"""What two runs differ in, on the same test rows: figures that a screen can draw, without torch."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from namecls.search.compared import Difference


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedRun:
    """One of the two runs.

    :param data: the name of its file.
    :param edits: how many edits were applied to that.
    :param test_rows: all that it was tested on.
    """

    run: str
    title: str
    data: str
    edits: int
    test_rows: int
    accuracy: float  # this and all below on the rows of both
    macro_f1: float
    top_3: float
    loss: float
    ece: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedLabel:
    """A label with its F1 by each of the two runs."""

    label: str
    rows: int
    first: float
    second: float


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherAnswer:
    """A test name that the runs answer differently.

    :param right: ``first``, ``second`` or ``neither``.
    """

    line: int  # in the data of the first
    name: str
    label: str
    first: str
    second: str
    right: str


@dataclass(frozen=True, slots=True, kw_only=True)
class McNemar:
    """McNemar's exact test: whether as many rows are right by one run alone as by the other alone.

    :param p: two-sided: how likely a difference as large is if both are right equally often.
    """

    first_alone: int
    second_alone: int
    p: float

    @classmethod
    def of(cls, first_alone: int, second_alone: int) -> McNemar:
        """The binomial test of the two numbers, at one half.

        After McNemar, Note on the sampling error of the difference between correlated proportions, 1947.
        """
        total, fewer = first_alone + second_alone, min(first_alone, second_alone)
        ways = (
            math.lgamma(total + 1) - math.lgamma(k + 1) - math.lgamma(total - k + 1) - total * math.log(2)
            for k in range(fewer + 1)
        )
        return cls(
            first_alone=first_alone, second_alone=second_alone, p=min(1.0, 2 * math.fsum(map(math.exp, ways)))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedRuns:
    """Two runs on the test rows that they share: those with the same name under the same label.

    :param rows: that they share.
    :param differences: of accuracy and macro-F1, the second less the first, with 95 % intervals (paired bootstrap).
    :param settings: what differs between them: by name, what it is in the first and in the second.
    :param others: the names that they answer differently.
    """

    first: PairedRun
    second: PairedRun
    rows: int
    differences: tuple[Difference, ...]
    mcnemar: McNemar
    labels: tuple[PairedLabel, ...]
    settings: Mapping[str, tuple[Any, Any]]
    others: tuple[OtherAnswer, ...] = dataclasses.field(repr=False)

    def to_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self)
