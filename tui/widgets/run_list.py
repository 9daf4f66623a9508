"""The list of all runs, in columns, under titles that sort."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from rich.text import Text
from textual import events
from textual.message import Message

from namecls.language import N_, _
from namecls.text import safe
from tui.drawing.palette import Palette
from tui.drawing.run_columns import COLUMNS, MADE
from tui.drawing.wording import wrapped
from tui.widgets.columns import Column, fitted, line_of
from tui.widgets.lists import CursorList

if TYPE_CHECKING:
    from namecls.runs.listing import RunInfo

_ALWAYS = 5  # columns that show also where there is nothing in them
_SIGNS = 3  # cells: the number of a mark, B of the baseline, a blank
_STATES = {"damaged": "bad", "running": "accent", "finished": "muted"}


class RunList(CursorList):
    """Runs, as many as there are; only those that show are drawn."""

    HEAD: ClassVar[int] = 1

    class TitleClicked(Message):
        """The runs are to be sorted by a column."""

        def __init__(self, column: int) -> None:
            super().__init__()
            self.column = column

    def __init__(self) -> None:
        super().__init__(id="runs")
        self._runs: Sequence[RunInfo] = ()
        self._signs: Mapping[Path, str] = {}
        self._sort, self._down = MADE, True
        self._word = N_("Looking ...")
        self._columns = [Column(each.title, each.least, each.right) for each in COLUMNS]
        self._wanted = [each.room for each in COLUMNS]

    def fit(self, runs: Sequence[RunInfo], *, anew: bool = True) -> None:
        """Make the columns as wide as these runs want them; one of which nothing is known takes no room.

        :param anew: these are all runs; or else some, and no column gets narrower.
        """
        for at, column in enumerate(COLUMNS):
            longest = max(
                (cell_len(column.text(info)) for info in runs if column.value(info) is not None), default=0
            )
            title = cell_len(_(column.title)) + 1  # with the sign of the order
            if column.right:
                fits = max(column.room, title)
                self._columns[at] = Column(column.title, max(column.least, title), right=True)
            else:
                fits = min(max(longest, title), column.room)
            wanted = fits if longest or at < _ALWAYS else 0
            self._wanted[at] = wanted if anew else max(wanted, self._wanted[at])

    def retell(self) -> None:
        super().retell()
        self.fit(self._runs)

    def show(self, runs: Sequence[RunInfo], cursor: int, sort: int, down: bool, word: str) -> None:
        """Show these, in their order.

        :param sort: the column that they are sorted by.
        :param word: what stands there if there are none.
        """
        self._runs, self._sort, self._down, self._word = runs, sort, down, word
        if self._top:  # the run under the cursor stays in its line
            self._top = max(self._top + cursor - self.cursor, 0)
        self.set_count(len(runs), cursor)

    def sign(self, signs: Mapping[Path, str]) -> None:
        """Which are marked, by number, and which is the baseline."""
        if signs != self._signs:
            self._signs = signs
            self.redraw()

    @property
    def current(self) -> RunInfo | None:
        """The run under the cursor."""
        return self._runs[self.cursor] if self.cursor < len(self._runs) else None

    def head(self, width: int, palette: Palette) -> list[Text]:
        up, down = ("^", "v") if self.ascii_only else ("▲", "▼")
        titles = [
            f"{_(column.title)}{down if self._down else up}" if at == self._sort else _(column.title)
            for at, column in enumerate(COLUMNS)
        ]
        line = Text(" " * (1 + _SIGNS), no_wrap=True)
        return [line.append_text(self._columned(titles, [palette.muted] * len(titles), width - 1))]

    def item(self, place: int, width: int, palette: Palette) -> Text:
        info = self._runs[place]
        state = getattr(palette, _STATES.get(info.status, "warning"))
        styles = [palette.text, state, *[palette.text] * 3, *[palette.muted] * (len(COLUMNS) - _ALWAYS)]
        sign = self._signs.get(info.directory, "")
        line = Text(f"{sign:<{_SIGNS}}", style=palette.accent, no_wrap=True)
        return line.append_text(self._columned([column.text(info) for column in COLUMNS], styles, width))

    def key(self, place: int) -> Hashable:
        info = self._runs[place]
        return info, self._signs.get(info.directory, ""), *self._wanted

    def empty(self, width: int, palette: Palette) -> list[Text]:
        return wrapped(Text(f" {safe(_(self._word), 300)}", style=palette.muted), width)

    def _widths(self, width: int) -> list[int]:
        return fitted(self._columns, self._wanted, width - _SIGNS)

    def _columned(self, texts: Sequence[str], styles: Sequence[str], width: int) -> Text:
        return line_of(self._columns, self._widths(width), texts, styles, self.ascii_only)

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None or offset.y >= self.HEAD:
            return  # Textual calls the handler of the list as well
        event.stop()
        end = 1 + _SIGNS
        for at, room in enumerate(self._widths(self.size.width - 1)):
            end += room + 2 * (room > 0)
            if room and offset.x < end:
                self.post_message(self.TitleClicked(at))
                return
