"""What a search for wrong labels tells, without torch, so that a screen can draw it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, Literal, get_args

from namecls.data.inspection import LabelCount

Order = Literal["self-confidence", "margin"]
ORDERS: tuple[Order, ...] = get_args(Order)

#: With this probability of another label a row is relabelled, not dropped: to drop it is wrong four times of five.
SURE = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class FoldBegan:
    """A fold is left out, and a network is trained on the others."""

    fold: int  # from 1
    folds: int
    rows: int  # left out


@dataclass(frozen=True, slots=True, kw_only=True)
class FoldEnded:
    """The rows of a fold are answered.

    :param accuracy: the share of them that the network would label as the file does.
    :param seconds: of the training, pauses left out.
    """

    fold: int
    folds: int
    accuracy: float
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """A row that is probably labelled wrongly.

    :param lines: where it stands; exact duplicates are one.
    :param suggested: the label that the model would give.
    :param probability: of that.
    :param self_confidence: of the label that it has.
    :param margin: the logarithm of the second less that of the first.
    :param drop: whether the model is not confident of any label, so that the row may be no name at all: neither as
        confident learning has it, nor with a probability of `SURE`.
    :param others: under which other labels the same name stands in the file.
    """

    rank: int  # from 1
    lines: tuple[int, ...]
    name: str
    label: str
    suggested: str
    probability: float
    self_confidence: float
    margin: float
    drop: bool
    others: tuple[LabelCount, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspected:
    """The last event: the suspects, the most suspicious first.

    :param rows: that were judged: exact duplicates once.
    :param not_judged: rows whose label stands under no other name, so that no network could know it.
    :param estimated: how many labels are estimated to be wrong.
    :param accuracy: of all folds together.
    :param model: SHA-256 of the weights of all folds.
    """

    order: Order
    folds: int
    rows: int
    not_judged: int
    estimated: int
    accuracy: float
    model: str
    seconds: float
    suspects: tuple[Suspect, ...] = dataclasses.field(repr=False)

    def to_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self)


SuspectsEvent = FoldBegan | FoldEnded | Suspected
