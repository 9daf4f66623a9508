"""The labels of a table with their rows as bars: a picture of the data, and a filter."""

from __future__ import annotations

from collections.abc import Hashable, Mapping

from rich.cells import cell_len
from rich.text import Text

from namecls.data.inspection import LabelRows
from namecls.language import _
from namecls.text import safe
from tui.drawing.cells import bar
from tui.drawing.palette import Palette
from tui.widgets.apart import CutApart
from tui.widgets.lists import CursorList

_BAR, _NAME = 4, 14  # cells of a bar, and of a label that is not to be cut for one


class LabelList(CursorList):
    """First all labels together, then each, the largest of the table first.

    The order stays while a search changes the counts, so that nothing jumps. Rows are counted as edits have them;
    beside their number stands how many more these are than in the file: ``1,203 (+12)``.
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes="panel")
        self.labels: tuple[LabelRows, ...] = ()
        self._dropped = 0
        self._changes = 0  # cells that the widest change needs; 0: edits change no number
        self._total = 0
        self._most = 0
        self._different: Mapping[str, int] = {}
        self._names = 0  # cells that the widest label needs
        self._cut = CutApart()

    def entitle(self) -> None:
        labels = _("labels")
        there = sum(not found.gone for found in self.labels)
        self.border_title = f"{labels} · {there:,}" if self.labels else labels
        if self._changes:
            self.border_subtitle = _("dropped not counted") if self._dropped else _("with edits")
        else:
            self.border_subtitle = _("rows, different") if self._different else ""

    @property
    def _all(self) -> LabelRows:
        return LabelRows(_("all"), self._total, -self._dropped)

    @property
    def current(self) -> str | None:
        """The label under the cursor; None: all."""
        return self.labels[self.cursor - 1].label if 0 < self.cursor <= len(self.labels) else None

    def show(
        self,
        labels: tuple[LabelRows, ...],
        chosen: str | None,
        dropped: int = 0,
        different: Mapping[str, int] | None = None,
    ) -> None:
        """These counts, with the cursor on a label.

        :param dropped: rows that are not counted.
        :param different: what `tell_different` is told.
        """
        before, self.labels, self._dropped = self.labels, labels, dropped
        self._total = sum(found.rows for found in labels)
        self._changes = max((len(_change(found)) for found in (*labels, self._all)), default=0)
        self._most = max((found.rows for found in labels), default=0)
        if tuple(found.label for found in labels) != tuple(found.label for found in before):
            self._cut = CutApart(found.label for found in labels)
            self._names = min(max((cell_len(safe(found.label, 20)) for found in labels), default=0), 20)
        self._different = self._repeated(different or {})
        self.entitle()
        places = [i for i, found in enumerate(labels, start=1) if found.label == chosen]
        self.set_count(len(labels) + 1 if labels else 0, places[0] if places else 0)

    def tell_different(self, different: Mapping[str, int]) -> None:
        """Beside the rows of each label, how many are different, if that is not the same; none: not known."""
        self._different = self._repeated(different)
        self.entitle()
        self.redraw()

    def _repeated(self, different: Mapping[str, int]) -> Mapping[str, int]:
        """The numbers of different rows, which are counted without edits, if these and others are to be told."""
        repeats = any(different.get(found.label, found.rows) < found.rows for found in self.labels)
        return different if repeats and not self._changes else {}

    def key(self, place: int) -> Hashable:
        if place == 0:
            return None
        found = self.labels[place - 1]
        different = self._different.get(found.label) if self._different else -1
        return found, different, len(f"{self._total:,}"), self._changes, self._names, self._most, self._cut

    def item(self, place: int, width: int, palette: Palette) -> Text:
        numbers = max(len(f"{self._total:,}"), 5)
        room = width - (2 if self._different else 1) * (numbers + 1) - (self._changes and self._changes + 1)
        names = min(self._names, max(room - _BAR, min(_NAME, room)))
        found = self._all if place == 0 else self.labels[place - 1]
        line = Text(
            self._cut(found.label, names, self.ascii_only),
            style=palette.text if found.rows else palette.faint,
        )
        line.append(f"{found.rows:,}".rjust(numbers + 1), style=palette.muted)
        if self._changes:
            line.append(f" {_change(found):<{self._changes}}", style=palette.faint)
        if self._different:
            different = self._different.get(found.label, 0) if place else sum(self._different.values())
            line.append(f"{different:,}".rjust(numbers + 1), style=palette.faint)
        room = min(width - line.cell_len - 1, 40)
        if place and self._most and room > 1:
            # A label with a single row still has a bar that can be seen.
            share = max(found.rows / self._most, 0.125 / room) if found.rows else 0.0
            line.append(" " + bar(share, room, self.ascii_only), style=palette.label(found.label))
        return line


def _change(found: LabelRows) -> str:
    """How many more rows there are than in the file: ``(+12)``; empty: as many."""
    return f"({found.change:+,})" if found.change else ""
