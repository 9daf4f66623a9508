"""Screens to choose one item of a list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content

from namecls.language import _, again
from tui.screens.copying import copy_here
from tui.screens.modal import Answer, Modal
from tui.widgets.columns import Cell, Column, ColumnList
from tui.widgets.keybar import KeyBar
from tui.widgets.lists import CursorList, Moves
from tui.widgets.retold import Told

Rows = Sequence[Sequence[Cell]]

_AROUND = 7  # lines of the box that are not of the list


class ChoosingScreen(Moves, Modal[Answer]):
    """A list with a word on what is under its cursor. Answers once."""

    PLACE: ClassVar[str]
    TITLE_OF_LIST: ClassVar[str] = ""
    COLUMNS: ClassVar[Sequence[Column]]
    CSS_PATH = "choosing.tcss"

    _rows: Callable[[], Rows] | None = None  # None: it is still looking

    def compose(self) -> ComposeResult:
        with Vertical(id="box", classes="panel"):
            yield ColumnList(self.COLUMNS, id="list")
            yield Told(lambda: _("Looking ..."), id="word")
            yield KeyBar(self.PLACE)

    def entitle(self) -> None:
        self.query_one("#box").border_title = _(self.TITLE_OF_LIST)

    def retell(self) -> None:
        super().retell()
        if self._rows is not None:
            self.list.show(self._rows(), self.list.cursor)
            self.tell()

    @property
    def list(self) -> ColumnList:
        return self.query_one(ColumnList)

    @property
    def word(self) -> Told:
        return self.query_one("#word", Told)

    def on_resize(self, event: events.Resize) -> None:
        for each in self.query(ColumnList):  # none yet, the first time
            each.styles.max_height = max(event.size.height - _AROUND, 2)

    def fill(self, rows: Callable[[], Rows], cursor: int = 0) -> None:
        """Show the rows that this makes, now and in another language, and say what is under the cursor."""
        self._rows = rows
        self.list.styles.max_height = max(self.size.height - _AROUND, 2)
        self.list.show(rows(), cursor)
        self.list.focus()
        self.tell()

    def tell(self) -> None:
        """Say what is under the cursor."""
        self.refresh_bindings()

    def choose(self) -> None:
        """Answer with what is under the cursor."""
        raise NotImplementedError

    def say(self, text: str, style: str = "$muted") -> None:
        self.word.tell(lambda: Content.styled(again(text), style))

    def on_cursor_list_moved(self, _event: CursorList.Moved) -> None:
        self.query_one("#box").border_subtitle = self.list.beyond
        if self._rows is not None:
            self.tell()

    def on_cursor_list_chosen(self, _event: CursorList.Chosen) -> None:
        self.choose()

    def moved_in(self) -> ColumnList:
        return self.list

    def action_copy(self) -> None:
        copy_here(self.app)

    def action_back(self) -> None:
        self.dismiss(None)


def made(created: str) -> tuple[str, str]:
    """The day and the time of an ISO 8601 time."""
    return created[:10], created[11:16]
