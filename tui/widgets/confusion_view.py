"""The confusion matrix, with a cursor."""

from __future__ import annotations

from rich.text import Text
from textual import events
from textual.geometry import Offset
from textual.message import Message

from namecls.language import _
from namecls.results import Confusion
from namecls.text import safe
from tui.drawing.cells import cut
from tui.drawing.palette import Palette
from tui.widgets.apart import CutApart
from tui.widgets.drawn import Drawn

_CELL = 4  # cells of the screen for one of the matrix
_NAME = 12
_TOLD = 2  # lines below the matrix
_STRONG = 0.7  # how far the ground of a cell goes towards its colour
_MUCH = 0.3  # the share of a label's rows from which on a mistake has the strongest colour


class ConfusionView(Drawn, can_focus=True):
    """Labels by labels: of the rows of each label on the left the share in percent that was given each label above."""

    class Moved(Message):
        """Another cell is under the cursor."""

    class Opened(Message):
        """The cell under the cursor was clicked."""

    def __init__(self) -> None:
        super().__init__(id="matrix")
        self._labels: tuple[str, ...] = ()
        self._title = CutApart()
        self._rows: dict[tuple[int, int], int] = {}
        self._support: list[int] = []
        self._at = (0, 0)  # true, given
        self._first = (0, 0)

    def show(self, confusion: Confusion, labels: tuple[str, ...]) -> None:
        """Show another matrix, the cursor on the commonest mistake."""
        order = confusion.similar_order(len(labels))
        place = {label: at for at, label in enumerate(order)}
        self._labels = tuple(labels[label] for label in order)
        self._title = CutApart(self._labels)
        self._support = [0] * len(labels)
        self._rows = {}
        for true, given, rows in zip(confusion.true, confusion.predicted, confusion.rows, strict=True):
            self._rows[place[true], place[given]] = rows
            self._support[place[true]] += rows
        wrong = {cell: rows for cell, rows in self._rows.items() if cell[0] != cell[1]}
        self._at = max(wrong, key=lambda cell: (wrong[cell], cell), default=(0, 0))
        self._follow()
        self.redraw()

    @property
    def cell(self) -> tuple[str, str] | None:
        """The true and the given label under the cursor."""
        return (self._labels[self._at[0]], self._labels[self._at[1]]) if self._labels else None

    def move(self, down: int, right: int) -> None:
        """Move the cursor by so many cells."""
        last = max(len(self._labels) - 1, 0)
        self._at = (min(max(self._at[0] + down, 0), last), min(max(self._at[1] + right, 0), last))
        self._follow()
        self.redraw()
        self.post_message(self.Moved())

    @property
    def room(self) -> tuple[int, int]:
        """How many rows and columns of the matrix fit."""
        return max(self.size.height - 1 - _TOLD, 1), max((self.size.width - _NAME - 1) // _CELL, 1)

    @property
    def caret(self) -> Offset:
        down, right = (at - first for at, first in zip(self._at, self._first, strict=True))
        return Offset(_NAME + (right + 1) * _CELL, down + 1)

    def _follow(self) -> None:
        count = len(self._labels)
        top, left = (
            min(max(first, at - room + 1), at, max(count - room, 0))
            for first, at, room in zip(self._first, self._at, self.room, strict=True)
        )
        self._first = (top, left)

    def told(self) -> str:
        """The cell under the cursor, in words."""
        if not self._labels:
            return ""
        true, given = self._at
        rows, support = self._rows.get(self._at, 0), self._support[true]
        if true == given:
            told = _("{label}: {rows:,} of {support:,} rows answered right")
        else:
            told = _("{label}: {rows:,} of {support:,} rows taken for {given}")
        label, taken_for = (safe(self._labels[at], 40) for at in (true, given))
        told = told.format(label=label, rows=rows, support=support, given=taken_for)
        return f"{told} ({100 * rows / support:.0f} %)" if support else told

    def draw(self, width: int, height: int, palette: Palette) -> list[Text]:
        self._follow()
        (top, left), (down, right) = self._first, self.room
        rows = range(top, min(top + down, len(self._labels)))
        columns = range(left, min(left + right, len(self._labels)))
        lines = self._lines(rows, columns, palette)
        lines += [Text()] * (height - _TOLD - len(lines))
        told = Text(self.told(), style=palette.text, no_wrap=True, overflow="ellipsis")
        told.truncate(width, overflow="ellipsis")
        return [*lines[: height - _TOLD], Text(), told]

    def whole(self, palette: Palette) -> list[Text]:
        """All of it, for a file."""
        every = range(len(self._labels))
        return self._lines(every, every, palette)

    def _lines(self, rows: range, columns: range, palette: Palette) -> list[Text]:
        head = Text(" " * (_NAME + 1), no_wrap=True)
        for given in columns:
            here = f"bold reverse {palette.accent}" if given == self._at[1] else palette.muted
            head.append(" ").append(self._title(self._labels[given], _CELL - 1, self.ascii_only), style=here)
        lines = [head]
        for true in rows:
            line = Text(no_wrap=True)
            style = f"bold {palette.accent}" if true == self._at[0] else palette.text
            line.append(cut(self._labels[true], _NAME, self.ascii_only) + " ", style=style)
            for given in columns:
                line.append(*self._cell(true, given, palette))
            lines.append(line)
        return lines

    def _cell(self, true: int, given: int, palette: Palette) -> tuple[str, str]:
        rows, support = self._rows.get((true, given), 0), self._support[true]
        share = rows / support if support else 0.0
        percent = f"{100 * share:.0f}"
        text = (percent if percent != "0" else "." if not rows else "<1").rjust(_CELL)
        if (true, given) == self._at:
            return text, f"bold reverse {palette.accent if self.has_focus else palette.muted}"
        if not rows:
            return text, palette.faint
        hue, much = (palette.primary, 1.0) if true == given else (palette.bad, _MUCH)
        return text, palette.cell(hue, _STRONG * min(share / much, 1.0))

    def watch_has_focus(self, has_focus: bool) -> None:
        super().watch_has_focus(has_focus)
        self.redraw()

    def on_resize(self) -> None:
        self._follow()
        self.redraw()

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None or not self._labels:
            return
        true, given = self._first[0] + offset.y - 1, self._first[1] + (offset.x - _NAME - 1) // _CELL
        if offset.y < 1 or offset.x <= _NAME or max(true, given) >= len(self._labels):
            return
        again = (true, given) == self._at
        self.move(true - self._at[0], given - self._at[1])
        if again:
            self.post_message(self.Opened())

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.move(3, 0)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.move(-3, 0)
