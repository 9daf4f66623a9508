"""The choice among models: the one that comes with namecls, and the user's runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from textual.binding import BindingType
from textual.message import Message

from namecls.text import safe
from tui import keys
from tui.drawing.cells import percent
from tui.engine.threads import fetch
from tui.screens.choosing import ChoosingScreen, made
from tui.widgets.columns import Cell, Column
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
    """A run, and whether to resume or finish its training."""

    info: RunInfo
    how: Literal["", "resume", "finish"] = ""


class ModelsScreen(ChoosingScreen[Chosen | None]):
    """A list of models; answers with the chosen one.

    :param current: the model in use.
    :param runs: list runs and their states, not models to predict with.
    """

    PLACE = "models"
    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("models")
    COLUMNS = (
        Column("model", least=32),
        Column("network", least=10),
        Column("test", right=True),
        Column("macro-F1", right=True),
        Column("data", least=10),
        Column("made"),
        Column("", least=5),
    )

    def __init__(self, current: RunInfo | None, *, runs: bool = False) -> None:
        super().__init__()
        self._of_runs = runs
        self._current = current
        self._runs: list[RunInfo] = []
        self._problem = ""

    @property
    def title_of_list(self) -> str:
        return "runs" if self._of_runs else "models"

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
        current = self._current.directory if self._current is not None else None
        places = [at for at, info in enumerate(self._runs) if info.directory == current]
        self.fill([self._cells(info) for info in self._runs], places[0] if places else 0)

    def _cells(self, info: RunInfo) -> tuple[Cell, ...]:
        style = "faint" if info.status == "damaged" else "text"
        here = self._current is not None and info.directory == self._current.directory
        result = Cell(_share(info.accuracy), style)
        if info.status != "finished":
            result = Cell(info.status, {"damaged": "bad", "running": "accent"}.get(info.status, "warning"))
        day, time = made(safe(info.created, 40))
        return (
            Cell(safe(info.name, 100), "accent" if here else style, bold=here),
            Cell(safe(info.title, 60) + (" · refit on all rows" if info.refit else ""), style),
            result,
            Cell(_share(info.macro_f1), style),
            Cell(safe(info.data, 60), "muted"),
            Cell(day, "muted"),
            Cell(time, "muted"),
        )

    def choose(self) -> None:
        self._answer("show" if self._of_runs else "choose")

    @property
    def _pointed(self) -> RunInfo | None:
        if not self._runs:
            return None
        return self._runs[self.list.cursor]

    def tell(self) -> None:
        info = self._pointed
        if self._problem:
            self.say(safe(self._problem, 300), "$error")
        elif info is None:
            self.say("No models here yet: F2 trains one.")
        elif info.status == "damaged":
            self.say(f"It can't be used: {safe(info.problem, 300)}", "$error")
        elif info.problem and info.status != "diverged":
            self.say(safe(info.problem, 300), "$warning")
        else:
            what = f"{safe(info.title, 60)} on {safe(info.data, 60)}, {info.labels:,} labels, {_fate(info)}."
            self.say(f"{what} {safe(str(info.directory), 200)}")
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        info = self._pointed
        if action == "choose":
            return not self._of_runs and info is not None and info.usable
        if action == "show":
            return self._of_runs and info is not None and info.status != "damaged"
        if action == "resume":
            return self._of_runs and info is not None and info.status == "unfinished"
        if action == "finish":
            return self._of_runs and info is not None and info.status == "diverged" and info.usable
        return True

    def action_choose(self) -> None:
        self._answer("choose")

    def action_show(self) -> None:
        self._answer("show")

    def action_resume(self) -> None:
        self._answer("resume", "resume")

    def action_finish(self) -> None:
        self._answer("finish", "finish")

    def _answer(self, action: str, how: Literal["", "resume", "finish"] = "") -> None:
        info = self._pointed
        if info is not None and self.check_action(action, ()):
            self.dismiss(Chosen(info, how))


def _share(value: float | None) -> str:
    return percent(value) if value is not None else "–"


def _fate(info: RunInfo) -> str:
    """State of a training, in words."""
    if info.status == "running":
        return f"being trained by {safe(str(info.holder), 100)}"
    if info.status == "unfinished":
        return "interrupted; it can be resumed"
    if info.status == "diverged":
        best = "its best epoch can be tested and saved" if info.usable else "it has no weights to save"
        return f"can't be resumed: {safe(info.problem, 200)}; {best}"
    if info.status == "trial":
        return f"a trial of {safe(info.study, 60)}, not tested; F12, then F8, shows its search"
    return f"tested on {info.rows:,} names" if info.rows else "not tested"
