"""The choice among the searches in the save directory."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from rich.text import Text
from textual.binding import BindingType
from textual.content import Content
from textual.message import Message
from textual.screen import Screen
from textual.widgets import DataTable, Static

from namecls.files.locks import Holder
from namecls.search.study import Study
from namecls.text import safe
from tui import keys
from tui.drawing.palette import palette_of
from tui.engine.threads import spawn
from tui.screens.table import TableModal
from tui.widgets.trials import shown_share
from tui.workbench import bench_of


@dataclass(eq=False)
class StudiesFound(Message):
    """The searches in the save directory, the latest first, with the process that is at work on each."""

    studies: tuple[tuple[Study, Holder | None], ...]


def look_for_studies(screen: Screen[Any]) -> None:
    """Have a screen told of the searches in the save directory."""
    bench = bench_of(screen)
    engine, save_dir = bench.engine, bench.save_dir

    def look() -> None:
        screen.post_message(StudiesFound(tuple(engine.list_studies(save_dir))))

    spawn("studies", look, screen.app.post_message)


class StudiesScreen(TableModal[Path | None]):
    """A table of searches; answers with the directory of the chosen one."""

    PLACE = "studies"
    TITLES = ("search", "state", "best", "trials", "for", "data", "made")
    NUMBERS = frozenset({"best", "trials"})
    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("studies")

    def __init__(self) -> None:
        super().__init__()
        self._studies: tuple[tuple[Study, Holder | None], ...] = ()

    def about(self) -> str:
        return "searches"

    def on_mount(self) -> None:
        look_for_studies(self)

    def on_studies_found(self, message: StudiesFound) -> None:
        self._studies = message.studies
        for study, holder in self._studies:
            self.table.add_row(*self._cells(study, holder))
        self.table.focus()
        word = self.query_one("#word", Static)
        word.update(Content("" if self._studies else "No searches here yet: esc, then F5 starts one."))
        self.refresh_bindings()

    def _cells(self, study: Study, holder: Holder | None) -> list[Text]:
        palette = palette_of(self.app)
        best = study.best
        state, tint = ("done", palette.good) if study.winner is not None else ("interrupted", palette.warning)
        if holder is not None:
            state, tint = "running", palette.accent
        return [
            Text(safe(study.name, 34), style=palette.text),
            Text(state, style=tint),
            Text(shown_share(best.figure if best is not None else None), style=palette.text, justify="right"),
            Text(str(len(study.trials)), style=palette.muted, justify="right"),
            Text(study.objective, style=palette.muted),
            Text(safe(str(study.data.file), 24), style=palette.muted),
            Text(safe(study.created[:16].replace("T", " ")), style=palette.muted),
        ]

    def on_data_table_row_selected(self, _event: DataTable.RowSelected) -> None:
        self.action_choose()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        return bool(self._studies) if action == "choose" else True

    def action_choose(self) -> None:
        at = self.table.cursor_row
        if 0 <= at < len(self._studies):
            self.dismiss(self._studies[at][0].directory)
