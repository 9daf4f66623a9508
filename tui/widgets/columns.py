"""A list in columns that fit the room there is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.text import Text

from namecls.language import _
from tui.drawing.cells import cut, to_right
from tui.drawing.palette import Palette
from tui.widgets.lists import CursorList

_GAP = 2  # cells between two columns


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a list.

    :param title: marked for the catalogues, and translated where it shows.
    :param least: cells that it is worth showing in; 0: it is never cut, and never left out.
    :param right: whether it ends at its right, as numbers do.
    """

    title: str
    least: int = 0
    right: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in a column. The text is safe for the screen.

    :param style: the name of a colour of `Palette`.
    """

    text: str
    style: str = "text"
    bold: bool = False


def fitted(columns: Sequence[Column], wanted: Sequence[int], room: int) -> list[int]:
    """How many cells each column gets; 0: it is left out.

    Where there is no room for all as they want it, the widest of those that may be cut is cut, and where that does
    not help, the last of them is left out.
    """
    widths = list(wanted)

    def total() -> int:
        return sum(widths) + _GAP * (sum(width > 0 for width in widths) - 1)

    while total() > room:
        wide = [at for at, column in enumerate(columns) if 0 < column.least < widths[at]]
        if wide:
            at = max(wide, key=lambda at: widths[at] - columns[at].least)
            widths[at] = max(columns[at].least, widths[at] - (total() - room))
            continue
        loose = [at for at, column in enumerate(columns) if column.least and widths[at] > 0]
        if not loose:
            break
        widths[loose[-1]] = 0
        widths = [wanted[at] if width else 0 for at, width in enumerate(widths)]
    return widths


def line_of(
    columns: Sequence[Column],
    widths: Sequence[int],
    texts: Sequence[str],
    styles: Sequence[str],
    ascii_only: bool = False,
) -> Text:
    """Texts from anywhere in their columns, each cut to its room.

    :param widths: of each column, as `fitted` gives them.
    """
    line = Text(no_wrap=True)
    for column, text, style, room in zip(columns, texts, styles, widths, strict=True):
        if room:
            shown = cut(text, room, ascii_only)
            gap = " " * _GAP if line else ""
            line.append(gap + (to_right(shown.rstrip(), room) if column.right else shown), style)
    return line


class ColumnList(CursorList):
    """Rows under titles, as many as there are, and only those that show are drawn."""

    HEAD = 1

    def __init__(self, columns: Sequence[Column], *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._columns = columns
        self._rows: Sequence[Sequence[Cell]] = ()
        self._widest = [0] * len(columns)

    def show(self, rows: Sequence[Sequence[Cell]], cursor: int = 0) -> None:
        """Show other rows, each with a cell for each column."""
        self._rows = rows
        self._widest = [
            max((cell_len(row[at].text) for row in rows), default=0) for at in range(len(self._columns))
        ]
        self.styles.height = len(rows) + self.HEAD
        self.set_count(len(rows), cursor)

    def head(self, width: int, palette: Palette) -> list[Text]:
        titles = [Cell(_(column.title), "muted") for column in self._columns]
        return [Text(" ", no_wrap=True).append_text(self._line_of(titles, width - 1, palette))]

    @property
    def beyond(self) -> str:
        """How many rows there are above and below those that show."""
        start, stop = self.showing
        up, down = ("^", "v") if self.ascii_only else ("↑", "↓")
        return " ".join(f"{sign}{n:,}" for sign, n in ((up, start), (down, self.count - stop)) if n)

    def item(self, place: int, width: int, palette: Palette) -> Text:
        return self._line_of(self._rows[place], width, palette)

    def _line_of(self, cells: Sequence[Cell], width: int, palette: Palette) -> Text:
        styles = [
            f"bold {getattr(palette, cell.style)}" if cell.bold else getattr(palette, cell.style)
            for cell in cells
        ]
        texts = [cell.text for cell in cells]
        wanted = [
            max(cell_len(_(column.title)), widest)
            for column, widest in zip(self._columns, self._widest, strict=True)
        ]
        return line_of(self._columns, fitted(self._columns, wanted, width), texts, styles, self.ascii_only)
