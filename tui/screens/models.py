"""The choice among models: the one that comes with namecls, and the user's runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.binding import BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import DataTable, Static

from namecls.text import safe
from tui import keys
from tui.drawing.palette import palette_of
from tui.engine.threads import fetch
from tui.screens.table import TableModal
from tui.widgets.bars import percent
from tui.workbench import bench_of

if TYPE_CHECKING:
    from namecls.runs.listing import RunInfo


@dataclass(eq=False)
class RunsListed(Message):
    """What is in the save directory, or why that can't be told."""

    runs: list[RunInfo]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A run, and whether its training is to go on."""

    info: RunInfo
    resume: bool = False


class ModelsScreen(TableModal[Chosen | None]):
    """A table of models; answers with the chosen one.

    :param current: the model in use.
    :param runs: whether it is about runs, and what became of them, not about models to predict with.
    """

    PLACE = "models"
    TITLES = ("model", "network", "test", "macro-F1", "data", "made")
    NUMBERS = frozenset({"test", "macro-F1"})
    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("models")

    def __init__(self, current: RunInfo | None, *, runs: bool = False) -> None:
        super().__init__()
        self._of_runs = runs
        self._current = current
        self._runs: list[RunInfo] = []
        self._problem = ""

    def about(self) -> str:
        return "old runs" if self._of_runs else "models"

    def on_mount(self) -> None:
        bench = bench_of(self)
        engine, save_dir = bench.engine, bench.save_dir

        fetch(
            "runs",
            lambda: RunsListed(engine.list_runs(save_dir)),
            lambda problem: RunsListed([], problem),
            self.post_message,
            self.app.post_message,
        )

    def on_runs_listed(self, message: RunsListed) -> None:
        self._runs, self._problem = message.runs, message.problem
        table = self.table
        for info in self._runs:
            table.add_row(*self._cells(info))
        current = self._current
        if current is not None:
            places = [i for i, info in enumerate(self._runs) if info.directory == current.directory]
            if places:
                table.move_cursor(row=places[0])
        table.focus()
        self._tell()

    def _cells(self, info: RunInfo) -> list[Text]:
        palette = palette_of(self.app)
        damaged = info.status == "damaged"
        style = palette.faint if damaged else palette.text
        here = self._current is not None and info.directory == self._current.directory
        name = Text(safe(info.name, 34), style=f"bold {palette.accent}" if here else style)

        def share(value: float | None) -> Text:
            shown = percent(value) if value is not None else "–"
            return Text(shown, style=style, justify="right")

        def result() -> Text:
            if info.status == "finished":
                return share(info.accuracy)
            tint = {"damaged": palette.bad, "running": palette.accent}.get(info.status, palette.warning)
            return Text(info.status, style=tint, justify="right")

        return [
            name,
            Text(safe(info.title, 18), style=style),
            result(),
            share(info.macro_f1),
            Text(safe(info.data, 24), style=palette.muted),
            Text(safe(info.created[:16].replace("T", " ")), style=palette.muted),
        ]

    def on_data_table_row_highlighted(self, _event: DataTable.RowHighlighted) -> None:
        self._tell()

    def on_data_table_row_selected(self, _event: DataTable.RowSelected) -> None:
        self._answer("show" if self._of_runs else "choose")

    @property
    def _pointed(self) -> RunInfo | None:
        if not self._runs:
            return None
        at = self.table.cursor_row
        return self._runs[at] if 0 <= at < len(self._runs) else None

    def _tell(self) -> None:
        word = self.query_one("#word", Static)
        info = self._pointed
        if self._problem:
            word.update(Content.styled(safe(self._problem, 300), "$error"))
        elif info is None:
            word.update(Content("No models here yet: F2 trains one."))
        elif info.status == "damaged":
            word.update(Content.styled(f"It can't be used: {safe(info.problem, 300)}", "$error"))
        elif info.problem:
            word.update(Content.styled(safe(info.problem, 300), "$warning"))
        else:
            word.update(Content(f"{info.labels:,} labels, {_fate(info)}. {safe(str(info.directory), 200)}"))
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        info = self._pointed
        if action == "choose":
            return not self._of_runs and info is not None and info.usable
        if action == "show":
            return self._of_runs and info is not None and info.status != "damaged"
        if action == "resume":
            return self._of_runs and info is not None and info.status in ("unfinished", "trial")
        return True

    def action_choose(self) -> None:
        self._answer("choose")

    def action_show(self) -> None:
        self._answer("show")

    def action_resume(self) -> None:
        self._answer("resume")

    def _answer(self, action: str) -> None:
        info = self._pointed
        if info is not None and self.check_action(action, ()):
            self.dismiss(Chosen(info, resume=action == "resume"))


def _fate(info: RunInfo) -> str:
    """What became of a training."""
    if info.status == "running":
        return f"being trained by {safe(str(info.holder), 100)}"
    if info.status == "unfinished":
        return "interrupted; its training can go on"
    if info.status == "trial":
        return f"a trial of {safe(info.study, 60)}, not tested; its training can go on"
    return f"tested on {info.rows:,} names" if info.rows else "not tested"
