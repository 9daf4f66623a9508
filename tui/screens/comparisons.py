"""The choice among the comparisons in the save directory."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from textual.binding import BindingType
from textual.message import Message
from textual.screen import Screen

from namecls.files.locks import Holder
from namecls.language import N_, _
from namecls.search.experiment import Experiment
from namecls.text import safe
from tui import keys
from tui.engine.threads import spawn
from tui.screens.choosing import ChoosingScreen, made
from tui.widgets.columns import Cell, Column
from tui.workbench import bench_of


@dataclass(eq=False)
class ComparisonsFound(Message):
    """The comparisons in the save directory, newest first, each with its holder."""

    found: tuple[tuple[Experiment, Holder | None], ...]


def look_for_comparisons(screen: Screen[Any]) -> None:
    """Have a screen told of the comparisons in the save directory."""
    bench = bench_of(screen)
    engine, save_dir = bench.engine, bench.save_dir

    def look() -> None:
        screen.post_message(ComparisonsFound(tuple(engine.list_comparisons(save_dir))))

    spawn("comparisons", look, screen.app.post_message)


class ComparisonsScreen(ChoosingScreen[Path | None]):
    """A list of comparisons; answers with the directory of the chosen one."""

    PLACE = "comparisons"
    TITLE_OF_LIST = N_("comparisons")
    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("comparisons")
    COLUMNS = (
        Column(N_("comparison"), least=16),
        Column(N_("state")),
        Column(N_("runs"), right=True),
        Column(N_("networks"), least=12),
        Column(N_("data"), least=10),
        Column(N_("made")),
        Column("", least=5),
    )

    def __init__(self) -> None:
        super().__init__()
        self._found: tuple[tuple[Experiment, Holder | None], ...] = ()

    def on_mount(self) -> None:
        look_for_comparisons(self)

    def on_comparisons_found(self, message: ComparisonsFound) -> None:
        self._found = message.found
        self.fill(lambda: [_cells(each, holder) for each, holder in self._found])

    def tell(self) -> None:
        self.say("" if self._found else _("No comparisons here yet: esc, then F5 starts one."))
        self.refresh_bindings()

    def choose(self) -> None:
        self.action_choose()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        return bool(self._found) if action == "choose" else True

    def action_choose(self) -> None:
        if self._found:
            self.dismiss(self._found[self.list.cursor][0].directory)


def _cells(experiment: Experiment, holder: Holder | None) -> tuple[Cell, ...]:
    state = Cell(_("done"), "good") if experiment.result is not None else Cell(_("interrupted"), "warning")
    day, time = made(safe(experiment.created, 40))
    runs = len(experiment.networks) * len(experiment.seeds)
    return (
        Cell(safe(experiment.name, 100)),
        Cell(_("running"), "accent") if holder is not None else state,
        Cell(f"{len(experiment.measured)}/{runs}"),
        Cell(safe(_(", ").join(experiment.networks), 60), "muted"),
        Cell(safe(str(experiment.data.file), 60), "muted"),
        Cell(day, "muted"),
        Cell(time, "muted"),
    )
