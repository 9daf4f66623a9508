"""What the views of the inside of a network give: frozen plain values without torch, so that a screen can draw them.

All of them tell of the network alone: what is counted beside it is not in them.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

Row = tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One tensor of the forward pass.

    :param code: what makes it, in PyTorch's words.
    :param shape: its true shape; of text, the number of characters.
    :param meaning: what it is, in a sentence.
    :param preview: what is in it, some lines.
    :param kind: how its values are drawn: "text" (none, or whole numbers), "grid" (zeros and ones), "heat" or "bars".
    :param rows: names of the rows: features, hidden units or labels.
    :param columns: names of the columns: the letters or pieces of the name; of bars a single one.
    :param values: the numbers themselves, ``values[row][column]``; empty: there are none to draw.
    :param span: between which numbers all values of its kind lie, gates between 0 and 1; None: they have no bounds.
    :param order: the rows from that which adds most to the logit of the first label to that which takes most away;
        empty: they do not add to it one by one.
    """

    title: str
    code: str
    shape: tuple[int, ...]
    meaning: str
    preview: str
    kind: str = "text"
    rows: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    values: tuple[Row, ...] = ()
    span: tuple[float, float] | None = None
    order: tuple[int, ...] = ()

    def to_json(self, *, values: bool = True) -> dict[str, Any]:
        """:param values: with rows, columns and the numbers, which are many."""
        told = asdict(self)
        for name in () if values else ("kind", "rows", "columns", "values", "span", "order"):
            del told[name]
        return told


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How much the answer hangs on each letter of a name.

    :param letters: as the network reads them, and `typed`, as they were typed.
    :param sizes: for each letter the norm of the gradient of the label's log-probability with respect to the vector by
        which the letter enters the network.
    :param parts: the parts of the network that take letters one by one, and are measured; n-grams are not among them.
    """

    name: str
    label: str
    letters: tuple[str, ...]
    typed: tuple[str, ...]
    sizes: Row
    parts: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """A training name near to another in the network's own representation.

    :param distance: Euclidean, 0 for what the network can't tell apart.
    :param speaks_for: whether it has the label that the network gives the name.
    """

    name: str
    label: str
    distance: float
    speaks_for: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours:
    """The nearest training names of a name, and how good such neighbours are as an explanation.

    :param label: what the network gives the name; `Neighbour.speaks_for` refers to it.
    :param indexed: training names that were searched.
    :param accuracy: of the most frequent label among the 10 nearest alone, on held-out names, in 0..1; None: no name is
        held out.
    :param model_accuracy: of the network on the same names.
    :param held_out: their number.
    """

    name: str
    label: str
    neighbours: tuple[Neighbour, ...]
    indexed: int
    accuracy: float | None
    model_accuracy: float | None
    held_out: int

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeparatingUnit:
    """A unit by which some names can be told from all others.

    :param number: of the unit among all, from 0, and its `title`.
    :param is_high: whether those names have high values of it, else low ones.
    :param searched: area under the ROC curve on the names that it was searched on, the best of many, and so too high.
    :param held_out: the same on held-out names; None: too few of them. 0.5 is chance, 1 tells all of them apart.
    :param checked: on the names of another file; None: there is none, or too few are in it.
    :param value: its value for the name that was asked about.
    """

    number: int
    title: str
    is_high: bool
    searched: float
    held_out: float | None
    checked: float | None
    value: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Units:
    """The units that separate the names of a label, or with an ending, best from all others.

    :param names: of them that were searched, held out and checked on, and `others`.
    :param moved: for each unit the names of the searched ones that move it most, if they were asked for.
    """

    label: str | None
    ending: str | None
    units: tuple[SeparatingUnit, ...]
    names: tuple[int, int, int]
    others: tuple[int, int, int]
    moved: tuple[UnitNames, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedName:
    """A name with its label, and the value that a unit has for it."""

    name: str
    label: str
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitNames:
    """The names that move a unit most: to its highest values, the highest first, and to its lowest."""

    number: int
    title: str
    highest: tuple[MovedName, ...]
    lowest: tuple[MovedName, ...]
    names: int  # that were looked at

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class OverTime:
    """The answer for a name after each epoch whose checkpoint was kept, by the network alone, not calibrated.

    :param labels: those that are most probable at the last of these epochs, the first of them first.
    :param probabilities: *Shape:* (labels, epochs)
    """

    name: str
    epochs: tuple[int, ...]
    labels: tuple[str, ...]
    probabilities: tuple[Row, ...]

    def to_json(self) -> dict[str, Any]:
        return asdict(self)
