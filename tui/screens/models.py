"""The choice among models: the one that comes with namecls, and the user's runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import App
from textual.binding import BindingType

from namecls.language import N_, _, again
from namecls.text import safe
from tui import keys
from tui.drawing.cells import percent
from tui.engine.listing import RunsFollower
from tui.engine.messages import RunsListed
from tui.screens.choosing import ChoosingScreen, made
from tui.widgets.columns import Cell, Column
from tui.workbench import bench_of

if TYPE_CHECKING:
    from namecls.runs.listing import RunInfo


class ModelsScreen(ChoosingScreen["RunInfo | None"]):
    """A list of models to predict with; answers with the chosen one.

    :param current: the model in use.
    """

    PLACE = "models"
    TITLE_OF_LIST = N_("models")
    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("models")
    COLUMNS = (
        Column(N_("model"), least=32),
        Column(N_("network"), least=10),
        Column(N_("test"), right=True),
        Column(N_("macro-F1"), right=True),
        Column(N_("data"), least=10),
        Column(N_("made")),
        Column("", least=5),
    )

    def __init__(self, current: RunInfo | None) -> None:
        super().__init__()
        self._current = current
        self._runs: list[RunInfo] = []
        self._problem = ""

    def on_mount(self) -> None:
        bench = bench_of(self)
        self._follower = RunsFollower(bench.engine, bench.save_dir, self.post_message, self.app.post_message)
        self._follower.again()

    def on_unmount(self) -> None:
        self._follower.close()

    def on_runs_listed(self, message: RunsListed) -> None:
        pointed = self._pointed or self._current
        self._runs, self._problem = message.runs, message.problem
        places = [
            at
            for at, info in enumerate(self._runs)
            if pointed is not None and info.directory == pointed.directory
        ]
        self.fill(lambda: [self._cells(info) for info in self._runs], places[0] if places else 0)

    def _cells(self, info: RunInfo) -> tuple[Cell, ...]:
        style = "faint" if info.status == "damaged" else "text"
        here = self._current is not None and info.directory == self._current.directory
        result = Cell(_share(info.accuracy), style)
        if info.status != "finished":
            result = Cell(_(info.status), {"damaged": "bad", "running": "accent"}.get(info.status, "warning"))
        day, time = made(safe(info.created, 40))
        return (
            Cell(safe(info.name, 100), "accent" if here else style, bold=here),
            Cell(safe(info.title, 60) + (" · " + _("refit on all rows") if info.refit else ""), style),
            result,
            Cell(_share(info.macro_f1), style),
            Cell(safe(info.data, 60), "muted"),
            Cell(day, "muted"),
            Cell(time, "muted"),
        )

    def choose(self) -> None:
        self.action_choose()

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
            self.say(_("No models here yet: F2 trains one."))
        elif info.status == "damaged":
            self.say(
                _("It can't be used: {problem}").format(problem=safe(again(info.problem), 300)), "$error"
            )
        elif info.problem and info.status != "diverged":
            self.say(safe(again(info.problem), 300), "$warning")
        else:
            what = _("{network} on {data}, {labels:,} labels, {fate}.").format(
                network=safe(info.title, 60), data=safe(info.data, 60), labels=info.labels, fate=_fate(info)
            )
            self.say(f"{what} {safe(str(info.directory), 200)}")
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        return action != "choose" or (self._pointed is not None and self._pointed.usable)

    def action_choose(self) -> None:
        if self._pointed is not None and self._pointed.usable:
            self.dismiss(self._pointed)


def _share(value: float | None) -> str:
    return percent(value) if value is not None else "–"


def _fate(info: RunInfo) -> str:
    """State of a training, in words."""
    if info.status == "running":
        return _("being trained by {holder}").format(holder=safe(str(info.holder), 100))
    if info.status == "unfinished":
        return _("interrupted; it can be resumed")
    if info.status == "diverged":
        best = _("its best epoch can be tested and saved") if info.usable else _("it has no weights to save")
        return _("can't be resumed: {problem}; {best}").format(
            problem=safe(again(info.problem), 200), best=best
        )
    if info.status == "trial":
        return _("a trial of {study}, not tested; F12, then F8, shows its search").format(
            study=safe(info.study, 60)
        )
    return _("tested on {rows:,} names").format(rows=info.rows) if info.rows else _("not tested")


def choose_model(app: App[None]) -> None:
    """Let the user choose the model of Predict."""
    bench = bench_of(app)

    def chosen(info: RunInfo | None) -> None:
        if info is not None:
            bench.use_model(info.directory)

    app.push_screen(ModelsScreen(bench.model.info), chosen)
