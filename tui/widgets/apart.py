"""Labels cut to the room of their column, so that those that differ still look different."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from rich.cells import cell_len, set_cell_size

from namecls.text import safe
from tui.drawing.cells import cut

_HEAD = 0.4  # of the room, for the beginning of a label that is cut in its middle
_NARROW = 5  # cells; where there are fewer, an ellipsis would take the place of a letter


class CutApart:
    """The labels of a table, each in exactly `width` cells.

    A label is cut at its end, unless another one would look the same: then where they begin to differ is shown. In
    a few cells that is one letter: ``Sla`` and ``Sle``.
    """

    def __init__(self, labels: Iterable[str] = ()) -> None:
        self._labels = tuple(labels)
        self._shown: dict[str, str] = {}
        self._shown_for: tuple[int, bool] | None = None

    def __call__(self, label: str, width: int, ascii_only: bool = False) -> str:
        """A label, which need not be one of those that were given."""
        if self._shown_for != (width, ascii_only):
            self._shown_for = width, ascii_only
            self._shown = _apart(self._labels, width, ascii_only)
        return self._shown.get(label) or _cut(label, width, ascii_only)


def _apart(labels: Sequence[str], width: int, ascii_only: bool) -> dict[str, str]:
    """The labels that can't be cut at their end, with how they are shown."""
    alike: dict[str, list[str]] = defaultdict(list)
    for label in dict.fromkeys(labels):
        alike[_cut(label, width, ascii_only)].append(label)
    shown: dict[str, str] = {}
    for group in alike.values():
        _part(group, width, ascii_only, shown)
    return shown


def _cut(label: str, width: int, ascii_only: bool) -> str:
    """A label cut at its end, in exactly `width` cells."""
    return set_cell_size(safe(label), width) if width < _NARROW else cut(label, width, ascii_only)


def _part(group: Sequence[str], width: int, ascii_only: bool, shown: dict[str, str]) -> None:
    """Show what of each of these labels is its own; of those that still look the same, what comes later."""
    texts = {label: safe(label) for label in group}
    common = _common(list(texts.values()))
    if len(group) < 2 or common >= max(map(len, texts.values())):
        return
    alike: dict[str, list[str]] = defaultdict(list)
    for label, text in texts.items():
        shown[label] = _from(text, common, width, ascii_only)
        alike[shown[label]].append(label)
    if len(alike) > 1:
        for part in alike.values():
            _part(part, width, ascii_only, shown)


def _common(texts: Sequence[str]) -> int:
    """How many characters all of these texts begin with."""
    first, last = min(texts), max(texts)
    return next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))


def _from(text: str, place: int, width: int, ascii_only: bool) -> str:
    """A text in exactly `width` cells: its beginning, and what there is room for from a place on, or all of its end."""
    if cell_len(text) <= width:
        return set_cell_size(text, width)
    if width < _NARROW:
        letter = text[place : place + 1]
        return set_cell_size(set_cell_size(text, width - cell_len(letter)) + letter, width)
    ellipsis = "~" if ascii_only else "…"
    head = set_cell_size(text, int(width * _HEAD)).rstrip()
    room = width - cell_len(head) - 1
    start = place
    while start > len(head) and cell_len(text[start - 1 :]) <= room:
        start -= 1
    return head + ellipsis + cut(text[start:], room, ascii_only)
