"""Compare: a form before, networks in numbers and curves while it runs and afterwards."""

from __future__ import annotations

from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Vertical

from namecls.language import N_, _
from tui import keys
from tui.jobs.comparisons import Comparisons
from tui.screens.comparisons import ComparisonsFound, ComparisonsScreen, look_for_comparisons
from tui.screens.outside import OutsideScreen
from tui.widgets.compared_view import ComparedCurves, ComparisonLine, DifferenceList, NetworkTable
from tui.widgets.comparing_form import ComparingForm, ComparisonOutlook
from tui.widgets.retold import Told


class CompareScreen(OutsideScreen):
    """The screen of the one comparison that is shown."""

    PLACE = "compare"
    TAB = "tune"
    STATE = "comparing"
    LEFT = N_("{name} was interrupted. F8 lists all comparisons and resumes one.")
    CSS_PATH = "compare.tcss"
    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("compare")

    def body(self) -> ComposeResult:
        yield Told(id="offer")
        with Container(id="before"):
            yield ComparingForm(id="form")
            yield ComparisonOutlook(id="outlook")
        with Vertical(id="live"):
            yield ComparisonLine(id="line")
            yield NetworkTable(id="networks-compared")
            with Container(id="curves"):
                yield ComparedCurves("validation")
                yield ComparedCurves("reach")
            yield DifferenceList(id="differences")

    @property
    def job(self) -> Comparisons:
        return self.bench.comparisons

    def begin(self, wanted: Any) -> None:
        if (table := self.bench.dataset.ready) is not None:
            self.job.start(wanted, table)

    def look(self) -> None:
        look_for_comparisons(self)

    def told(self) -> tuple[str, str] | None:
        experiment = self.bench.comparing.experiment
        if experiment is None:
            return None
        return experiment.name, _("{what} on {data}").format(
            what=_(", ").join(experiment.networks), data=experiment.data.file
        )

    def on_comparisons_found(self, message: ComparisonsFound) -> None:
        self.tell_left((each.name, holder, each.result is not None) for each, holder in message.found)

    def draw(self) -> None:
        comparing = self.bench.comparing
        experiment = comparing.experiment
        count = len(experiment.networks) if experiment is not None else 3
        self.set_class(experiment is None or experiment.result is None, "-open")
        self.query_one(NetworkTable).styles.height = count + 1
        for part in (
            self.query_one(ComparisonLine),
            self.query_one(NetworkTable),
            *self.query(ComparedCurves),
            self.query_one(DifferenceList),
        ):
            part.show(comparing)

    def moved_in(self) -> DifferenceList:
        return self.query_one(DifferenceList)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "turn":
            return self.bench.comparing.phase != "idle" and self.has_class("-narrow")
        return super().check_action(action, parameters)

    def action_turn(self) -> None:
        self.toggle_class("-reach")

    def action_choose_comparison(self) -> None:
        self.app.push_screen(ComparisonsScreen(), self.open_chosen)

    async def action_tune(self) -> None:
        await self.bench.action_go("tune")
