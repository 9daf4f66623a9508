"""What the engine is asked, and answers with: values that no user interface is needed for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from namecls.data.layout import Columns
    from namecls.data.table import NameTable
    from namecls.results import Mistakes


class ShownView(Protocol):
    """A view of an answer: a frozen value of `namecls.explanation`."""

    def to_json(self) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be explained.

    :param views: in their order.
    :param label: the first one of the ranking, which may be another one than the network alone would give.
    :param other: the label that it is compared with; empty: none.
    :param randomised: also for the network with randomised weights.
    :param edits: how many edits the smallest change may have.
    :param epoch: the epoch after which belief and walk are those of the network; 0: as it is.
    :param check: another table, on which units are checked.
    """

    name: str
    views: tuple[str, ...]
    label: str = ""
    other: str = ""
    randomised: bool = False
    edits: int = 1
    epoch: int = 0
    check: NameTable | None = None


@dataclass(frozen=True, slots=True)
class Examined:
    """The mistakes of a model, and the file that they are rows of; None: the embedded dataset."""

    mistakes: Mistakes
    data: Path | None
    columns: Columns
    weights: str = ""  # SHA-256 of the model's weights
