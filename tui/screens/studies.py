"""The choice among the searches in the save directory."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from textual.binding import BindingType
from textual.message import Message
from textual.screen import Screen

from namecls.files.locks import Holder
from namecls.language import N_, _
from namecls.search.study import Study
from namecls.text import safe
from tui import keys
from tui.drawing.trial_words import shown_share
from tui.engine.threads import spawn
from tui.screens.choosing import ChoosingScreen, made
from tui.widgets.columns import Cell, Column
from tui.workbench import bench_of


@dataclass(eq=False)
class StudiesFound(Message):
    """The searches in the save directory, newest first, each with its holder."""

    studies: tuple[tuple[Study, Holder | None], ...]


def look_for_studies(screen: Screen[Any]) -> None:
    """Have a screen told of the searches in the save directory."""
    bench = bench_of(screen)
    engine, save_dir = bench.engine, bench.save_dir

    def look() -> None:
        screen.post_message(StudiesFound(tuple(engine.list_studies(save_dir))))

    spawn("studies", look, screen.app.post_message)


class StudiesScreen(ChoosingScreen[Path | None]):
    """A list of searches; answers with the directory of the chosen one."""

    PLACE = "studies"
    TITLE_OF_LIST = N_("searches")
    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("studies")
    COLUMNS = (
        Column(N_("search"), least=20),
        Column(N_("state")),
        Column(N_("best"), right=True),
        Column(N_("trials"), right=True),
        Column(N_("for")),
        Column(N_("data"), least=10),
        Column(N_("made")),
        Column("", least=5),
    )

    def __init__(self) -> None:
        super().__init__()
        self._studies: tuple[tuple[Study, Holder | None], ...] = ()

    def on_mount(self) -> None:
        look_for_studies(self)

    def on_studies_found(self, message: StudiesFound) -> None:
        self._studies = message.studies
        self.fill(lambda: [_cells(study, holder) for study, holder in self._studies])

    def tell(self) -> None:
        self.say("" if self._studies else _("No searches here yet: esc, then F5 starts one."))
        self.refresh_bindings()

    def choose(self) -> None:
        self.action_choose()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        return bool(self._studies) if action == "choose" else True

    def action_choose(self) -> None:
        if self._studies:
            self.dismiss(self._studies[self.list.cursor][0].directory)


def _cells(study: Study, holder: Holder | None) -> tuple[Cell, ...]:
    best = study.best
    state = Cell(_("done"), "good") if study.winner is not None else Cell(_("interrupted"), "warning")
    day, time = made(safe(study.created, 40))
    return (
        Cell(safe(study.name, 100)),
        Cell(_("running"), "accent") if holder is not None else state,
        Cell(shown_share(best.figure if best is not None else None)),
        Cell(str(len(study.trials)), "muted"),
        Cell(study.objective, "muted"),
        Cell(safe(str(study.data.file), 60), "muted"),
        Cell(day, "muted"),
        Cell(time, "muted"),
    )
