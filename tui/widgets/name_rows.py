"""The rows of a table of names, one page of them at a time."""

from __future__ import annotations

from collections.abc import Collection, Hashable
from itertools import accumulate
from typing import ClassVar

from rich.cells import cell_len
from rich.text import Text
from textual import events
from textual.message import Message

from namecls.data.browse import Query, Row, Sort
from namecls.language import _
from namecls.text import safe
from tui.drawing.cells import cut, to_right
from tui.drawing.edited import RowKey, label_now, name_now, side_of
from tui.drawing.palette import Palette, palette_of
from tui.drawing.wording import wrapped
from tui.engine.editing import EditState
from tui.widgets.apart import CutApart
from tui.widgets.lists import CursorList

_WEIGHT = 7  # cells of a weight


def _short(weight: float) -> str:
    """A weight in at most `_WEIGHT` cells: ``1,703``, ``0.125``, ``1.2e+09``."""
    told = f"{weight:,.0f}" if weight == int(weight) else f"{weight:,.3g}"
    return told if len(told) <= _WEIGHT else f"{weight:.1e}"


class NameRows(CursorList):
    """Name, label, weight if there are any, split and other labels of each row; where there is room, its line as well.

    It holds the rows around those that show; `wanted` says which ones it lacks, before they are needed.
    """

    class HeadClicked(Message):
        """A title of a column was clicked, by which the rows are to be sorted."""

        def __init__(self, sort: Sort) -> None:
            super().__init__()
            self.sort = sort

    HEAD: ClassVar[int] = 1
    FOOT: ClassVar[int] = 1

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.answers: Query | None = None  # what the rows are the answer to
        self._rows: tuple[Row, ...] = ()
        self._start = 0
        self._label_width = self._label_room = 10  # without edits, and with them
        self._cut_label = CutApart()
        self._weight_width = 0  # 0: the table has no weights
        self._word = ""
        self._edits = EditState()
        self._marks: Collection[RowKey] = ()

    def decorate(self, edits: EditState, marks: Collection[RowKey]) -> None:
        """Show what became of the rows, and which are marked."""
        self._edits, self._marks = edits, marks
        self._label_room = self._label_width
        if edits.count:  # a label that an edit gave has a word before it
            self._label_room += cell_len(_("now {label}").format(label=""))
        self.redraw()

    @property
    def current(self) -> Row | None:
        """The row under the cursor, if it is here."""
        return self._row(self.cursor)

    @property
    def wanted(self) -> tuple[int, int] | None:
        """The rows that should be fetched; None as long as those of the page before and after are here."""
        start, stop = self.showing
        first, last = max(start - self.room, 0), min(stop + self.room, self.count)
        if first >= self._start and last <= self._start + len(self._rows):
            return None
        return self.around

    @property
    def around(self) -> tuple[int, int]:
        """The rows that show, with two pages before and after."""
        start, stop = self.showing
        return max(start - 2 * self.room, 0), max(stop, start + self.room) + 2 * self.room

    def set_labels(self, labels: tuple[str, ...], *, weighted: bool = False) -> None:
        """All labels of the table: they decide the width of their column.

        :param weighted: whether the rows have weights.
        """
        self._weight_width = _WEIGHT if weighted else 0
        self._cut_label = CutApart(labels)
        self._label_width = min(max((cell_len(safe(label, 40)) for label in labels), default=10), 20)
        self.decorate(self._edits, self._marks)

    def say(self, word: str) -> None:
        """What stands there if there are no rows."""
        if word != self._word:
            self._word = word
            self.redraw()

    def say_nothing_of(self, query: Query) -> None:
        """What stands there if nothing answers a query."""
        if not query.label:
            self.say(_("No name contains {search!r}.").format(search=query.search))
        elif not query.search:
            self.say(_("No row is labelled {label} any more.").format(label=query.label))
        else:
            told = _("No name contains {search!r} among the names labelled {label}.")
            self.say(told.format(search=query.search, label=query.label))

    def show(self, query: Query, total: int, start: int, rows: tuple[Row, ...], cursor: int = 0) -> None:
        """Some of the `total` rows that answer a query, from place `start`. For another query than before the
        cursor goes to place `cursor`; else it stays on its row, or on the next that is still there."""
        if query == self.answers:
            cursor = self._followed(start, rows)
            self._top = max(self._top + cursor - self.cursor, 0)
            if (rows, start, total, cursor) == (self._rows, self._start, self.count, self.cursor):
                return
        self._rows, self._start = rows, start
        self.answers = query
        self.set_count(total, cursor)

    def _followed(self, start: int, rows: tuple[Row, ...]) -> int:
        """Where the cursor goes among other rows."""
        places = {row.line: place for place, row in enumerate(rows, start)}
        below = self._rows[max(self.cursor - self._start, 0) :] if self.cursor >= self._start else ()
        return next((places[row.line] for row in below if row.line in places), self.cursor)

    def clear(self) -> None:
        """No rows, until others come."""
        self._rows, self._start, self.answers = (), 0, None
        self.set_count(0)

    def head(self, width: int, palette: Palette) -> list[Text]:
        titles = (_("name"), _("label"), _("weight"), _("split"), _("also"), _("line"))
        line = self._columns(titles, width - 2, {})
        line.stylize(palette.muted)
        return [Text("  ").append_text(line)]

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None or offset.y >= self.HEAD:
            return  # Textual calls the handler of the list as well
        event.stop()
        line = self.head(self.size.width, palette_of(self.app))[0].plain
        ends = accumulate(map(cell_len, line))
        at = next((place for place, end in enumerate(ends, start=1) if offset.x < end), len(line))
        word = line[:at].split(" ")[-1] + line[at:].split(" ")[0]
        sorts: dict[str, Sort] = {
            _("line"): "file",
            _("name"): "name",
            _("label"): "label",
            _("weight"): "weight",
        }
        if (sort := sorts.get(word)) is not None:
            self.post_message(self.HeadClicked(sort))

    def key(self, place: int) -> Hashable:
        row = self._row(place)
        if row is None:
            return None
        key = RowKey(row.line, row.name, row.label)
        return (row, self._label_room, self._weight_width, self._edits.now(key), key in self._marks)

    def item(self, place: int, width: int, palette: Palette) -> Text:
        row = self._row(place)
        if row is None:
            return Text("…", style=palette.faint)
        styles = {
            "name": palette.text,
            "label": palette.label(row.label),
            "weight": palette.text,
            "split": palette.muted if row.split == "train" else palette.text,
            "also": palette.muted,
            "line": palette.faint,
        }
        key = RowKey(row.line, row.name, row.label)
        now = self._edits.now(key)
        changed = label_now(now, key)
        if changed:
            styles["label"] = palette.warning
        name, label = name_now(now, key), changed or row.label
        weight = "" if row.weight is None else _short(row.weight)
        cells = (name, label, weight, side_of(row.split), _(", ").join(row.also), f"{row.line:,}")
        mark = Text("*" if key in self._marks else " ", style=palette.accent, no_wrap=True)
        return mark.append_text(self._columns(cells, width - 1, styles))

    def _columns(
        self, cells: tuple[str, str, str, str, str, str], width: int, styles: dict[str, str]
    ) -> Text:
        name, label, weight, split, also, line = cells
        numbers = 12 if width >= 72 else 0
        weights = self._weight_width and self._weight_width + 2
        rest = max(width - numbers - self._label_room - weights - 11, 8)
        name_width = min(max(rest * 3 // 5, min(rest, 14)), 40)
        text = Text(no_wrap=True)
        if numbers:
            text.append(f"{to_right(line, 10)}  ", style=styles.get("line", ""))
        text.append(cut(name, name_width, self.ascii_only), style=styles.get("name", ""))
        text.append("  ")
        text.append(self._cut_label(label, self._label_room, self.ascii_only), style=styles.get("label", ""))
        if weights:
            text.append(f"  {to_right(weight, self._weight_width)}", style=styles.get("weight", ""))
        text.append("  ")
        text.append(cut(split, 5), style=styles.get("split", ""))
        text.append("  ")
        text.append(cut(also, max(rest - name_width, 0), self.ascii_only), style=styles.get("also", ""))
        return text

    def empty(self, width: int, palette: Palette) -> list[Text]:
        told = wrapped(Text(safe(_(self._word)), style=palette.muted), width - 2)
        return [Text(" ", no_wrap=True).append_text(line) for line in told]

    def foot(self, width: int, palette: Palette) -> list[Text]:  # noqa: ARG002
        if not self.count:
            return [Text()]
        start, stop = self.showing
        dash = "-" if self.ascii_only else "–"
        words = _("{rows} of {count:,}").format(rows=f"{start + 1:,}{dash}{stop:,}", count=self.count)
        return [Text(f" {words}", style=palette.muted, no_wrap=True)]

    def _row(self, place: int) -> Row | None:
        at = place - self._start
        return self._rows[at] if 0 <= at < len(self._rows) else None
