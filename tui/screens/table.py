"""A table over other screens, to choose a row from."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import DataTable, Static

from tui.screens.modal import Answer, Modal
from tui.widgets.keybar import KeyBar


class TableModal(Modal[Answer]):
    """A subclass names its columns, fills the table, and answers with a row of it."""

    CSS_PATH = "models.tcss"
    PLACE: ClassVar[str]
    TITLES: ClassVar[tuple[str, ...]]
    NUMBERS: ClassVar[frozenset[str]]  # the titles of columns that stand at the right

    def compose(self) -> ComposeResult:
        with Vertical(id="box", classes="panel") as box:
            box.border_title = self.about()
            yield DataTable[Text](id="runs", cursor_type="row", zebra_stripes=False)
            yield Static("Looking ...", id="word")
            yield KeyBar(self.PLACE)

    def about(self) -> str:
        """What the table is of."""
        raise NotImplementedError

    def on_mount(self) -> None:
        for title in self.TITLES:
            self.table.add_column(Text(title, justify="right" if title in self.NUMBERS else "left"))

    @property
    def table(self) -> DataTable[Text]:
        return self.query_one(DataTable)

    def action_down(self) -> None:
        self.table.action_cursor_down()

    def action_up(self) -> None:
        self.table.action_cursor_up()

    def action_back(self) -> None:
        self.dismiss(None)
