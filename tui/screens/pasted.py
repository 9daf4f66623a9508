"""Several names that were pasted into Predict at once, each with its answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType

from namecls.language import N_, _, ngettext
from namecls.text import safe
from tui import keys
from tui.drawing.cells import percent
from tui.engine.messages import ListPredicted
from tui.engine.written import RECORD, as_csv, record_of
from tui.screens.choosing import ChoosingScreen
from tui.screens.copying import copy_text
from tui.screens.saving import save_text
from tui.widgets.columns import Cell, Column
from tui.workbench import bench_of

if TYPE_CHECKING:
    from namecls.answers import Prediction

_SHOWN = 60  # characters of a name


class PastedScreen(ChoosingScreen[str]):
    """A list of names with their answers; answers with the name of the chosen line."""

    PLACE = "pasted"
    TITLE_OF_LIST = N_("names pasted")
    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("pasted")
    COLUMNS = (
        Column(N_("name"), least=12),
        Column(N_("label"), least=10),
        Column("", right=True),
        Column(N_("next"), least=8),
    )

    def __init__(self, names: Sequence[str], coverage: float) -> None:
        super().__init__()
        self._names = names
        self._coverage = coverage
        self._answers: tuple[Prediction, ...] = ()

    def on_mount(self) -> None:
        bench = bench_of(self)
        self.fill(
            lambda: [(Cell(safe(name, _SHOWN)), Cell("..."), Cell(""), Cell("")) for name in self._names]
        )
        self.say(_("{n:,} names; the answers come with the model").format(n=len(self._names)))
        bench.ask_all(self._names, self._coverage, self.post_message, bench.population)

    def on_list_predicted(self, message: ListPredicted) -> None:
        self._answers = message.predictions
        self.fill(lambda: [_cells(each) for each in self._answers], self.list.cursor)

    def tell(self) -> None:
        if self._answers:
            answered = sum(bool(each.ranked) for each in self._answers)
            self.say(_("{n:,} names, {answered:,} answered").format(n=len(self._names), answered=answered))
        self.refresh_bindings()

    def choose(self) -> None:
        self.action_choose()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        return bool(self._answers) if action == "save" else True

    def action_choose(self) -> None:
        self.dismiss(self._names[self.list.cursor])

    def action_copy(self) -> None:
        name, label, share = self._row(self.list.cursor)
        copy_text(self, f"{name}: {label} {share}".rstrip(), "namecls-names")

    def action_save(self) -> None:
        rows = [RECORD, *map(record_of, self._answers)]
        save_text(self, "namecls-names", ".tsv", as_csv(rows, "\t"), _names(len(self._answers)))

    def _row(self, place: int) -> tuple[str, str, str]:
        if not self._answers:
            return self._names[place], "", ""
        name, label, share, status = record_of(self._answers[place])
        return name, label or status, percent(float(share)).strip() if share else ""


def _names(count: int) -> str:
    return ngettext("{n:,} name", "{n:,} names", count).format(n=count)


def _cells(each: Prediction) -> tuple[Cell, ...]:
    name = Cell(safe(each.name, _SHOWN))
    if not each.ranked:
        return name, Cell(_(each.status), "warning"), Cell(""), Cell("")
    first, others = each.ranked[0], each.ranked[1:3]
    following = _(", ").join(
        f"{safe(other.label, 24)} {percent(other.probability).strip()}" for other in others
    )
    return (
        name,
        Cell(safe(first.label, 40), bold=True),
        Cell(percent(first.probability)),
        Cell(following, "muted"),
    )
