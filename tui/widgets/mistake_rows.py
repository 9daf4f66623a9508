"""The rows that a model gets wrong."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from rich.text import Text

from namecls.language import N_, _
from tui.drawing.cells import cut, percent
from tui.drawing.edited import RowKey, label_now, name_now, side_of, suggested
from tui.drawing.palette import Palette
from tui.engine.editing import EditState
from tui.widgets.columns import Column, fitted, line_of
from tui.widgets.lists import CursorList

if TYPE_CHECKING:
    from namecls.results import Mistake

_COLUMNS = (
    Column(N_("name"), least=10),
    Column(N_("label"), least=12),
    Column(N_("taken for"), least=10),
    Column(N_("with"), right=True),
    Column(N_("split"), least=5),
)
_WANTED = (26, 18, 18, 7, 5)


class MistakeRows(CursorList):
    """A line for each mistake; only those that show are drawn."""

    HEAD = 1

    def __init__(self) -> None:
        super().__init__(id="rows")
        self._rows: Sequence[Mistake] = ()
        self._word = ""
        self._drops: Collection[RowKey] | None = None
        self._edits = EditState()
        self._marks: Collection[RowKey] = ()

    def decorate(self, edits: EditState, marks: Collection[RowKey], is_open: bool) -> None:
        """Show what became of the rows, and which are marked.

        :param is_open: whether the edits are of the file that these rows are of.
        """
        self._edits, self._marks = edits if is_open else EditState(), marks
        self.redraw()

    def show(self, rows: Sequence[Mistake], word: str = "", drops: Collection[RowKey] | None = None) -> None:
        """Show these.

        :param word: what stands there if there are none.
        :param drops: of suspects: those that are rather to be dropped; None: these are mistakes of a model.
        """
        self._rows, self._word, self._drops = rows, word, drops
        self.set_count(len(rows))

    @property
    def current(self) -> Mistake | None:
        """The one under the cursor."""
        return self._rows[self.cursor] if self._rows else None

    def head(self, width: int, palette: Palette) -> list[Text]:
        titles = [_(column.title) for column in _COLUMNS]
        if self._drops is not None:
            titles[2], titles[4] = _("suggested"), ""
        return [Text("  ").append_text(self._line_of(titles, [palette.muted] * len(titles), width - 2))]

    def item(self, place: int, width: int, palette: Palette) -> Text:
        row = self._rows[place]
        key = RowKey(row.line, row.name, row.label)
        name, label = name_now(self._edits.now(key), key), label_now(self._edits.now(key), key)
        given = self._edits.label_now(row.given)
        wanted = suggested(given, drops=key in (self._drops or ()))
        cells = [name, label or row.label, wanted, percent(row.confidence).strip(), side_of(row.split)]
        styles = [
            palette.text,
            palette.label(row.label),
            palette.label(given),
            palette.text,
            palette.muted,
        ]
        if label:
            styles[1] = palette.warning
        mark = "*" if key in self._marks else " "
        return Text(mark, style=palette.accent).append_text(self._line_of(cells, styles, width - 1))

    def empty(self, width: int, palette: Palette) -> list[Text]:
        return [Text(cut(self._word, width, self.ascii_only), style=palette.muted)]

    def _line_of(self, cells: Sequence[str], styles: Sequence[str], width: int) -> Text:
        return line_of(_COLUMNS, fitted(_COLUMNS, _WANTED, width), cells, styles, self.ascii_only)
