"""Compare: a form before, networks in numbers and curves while it runs and afterwards."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Vertical
from textual.content import Content
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Static

from namecls.text import safe
from tui import keys
from tui.forms.reading import in_the_app
from tui.screens.base import Place
from tui.screens.comparisons import ComparisonsFound, ComparisonsScreen, look_for_comparisons
from tui.state import ComparingState, DatasetState
from tui.widgets.compared_view import ComparedCurves, ComparisonLine, DifferenceList, NetworkTable
from tui.widgets.comparing_form import ComparingForm, ComparisonOutlook
from tui.widgets.lists import Moves

#: Seconds between two drawings of a running comparison over a slow line.
DRAW_SELDOM = 2.0
_MOVES = ("move", "move_page", "move_first", "move_last")


class CompareScreen(Moves, Place):
    """The screen of the one comparison that is shown."""

    PLACE = "compare"
    TAB = "tune"
    MORE_PLACES = ("form", "choice")
    CSS_PATH = "compare.tcss"
    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("compare")

    def __init__(self) -> None:
        super().__init__()
        self._due: Timer | None = None
        self._shown_phase = ""

    def body(self) -> ComposeResult:
        yield Static(id="offer")
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

    def on_mount(self) -> None:
        self.watch(self.app, "dataset", self.show_dataset)
        self.watch(self.app, "comparing", self.show_comparing)
        self.bench.need_dataset()
        look_for_comparisons(self)

    def on_screen_resume(self) -> None:
        super().on_screen_resume()
        self._draw()

    def focus_first(self) -> Widget | None:
        if self.bench.comparing.phase == "idle":
            return self.query_one(ComparingForm).focus_first()
        return self.query_one(DifferenceList)

    def context(self) -> str:
        experiment = self.bench.comparing.experiment
        if experiment is not None:
            what = f"{', '.join(experiment.networks)} on {experiment.data.file}"
            return what if self.has_class("-narrow") else f"{experiment.name} · {what}"
        table = self.bench.dataset.ready
        return f"{table.title} · {len(table):,} rows" if table is not None else ""

    # -- before --

    def show_dataset(self, dataset: DatasetState) -> None:
        name = str(dataset.path) if dataset.path is not None else ""
        form = self.query_one(ComparingForm)
        form.show_data(name, in_the_app(dataset.problem) if dataset.status == "failed" else "")
        self._show_outlook()
        self.refresh_header()

    def on_short_form_changed(self, _event: ComparingForm.Changed) -> None:
        self._show_outlook()

    def on_short_form_data_asked(self, event: ComparingForm.DataAsked) -> None:
        path = None if event.path == Path() else event.path
        if path != self.bench.dataset.path or self.bench.dataset.status == "failed":
            self.bench.open_dataset(path)

    def _show_outlook(self) -> None:
        wanted = self.query_one(ComparingForm).wanted
        self.query_one(ComparisonOutlook).show(self.bench.dataset, wanted, self.bench.save_dir)
        self.refresh_bindings()

    def on_comparisons_found(self, message: ComparisonsFound) -> None:
        """Say above the form that a comparison runs, or was interrupted."""
        running = next((each for each, holder in message.found if holder is not None), None)
        left = next((each for each, holder in message.found if holder is None and each.result is None), None)
        text = ""
        if running is not None:
            text = f" {running.name} is running in a background process. F8 shows it."
        elif left is not None:
            text = f" {left.name} was interrupted. F8 lists all comparisons and resumes one."
        self.set_class(bool(text), "-offer")
        self.query_one("#offer", Static).update(Content.styled(safe(text, 300), "$warning"))

    # -- while it runs --

    def show_comparing(self, comparing: ComparingState) -> None:
        """Draw what changed; over a slow line not more often than it bears."""
        live = comparing.phase != "idle"
        self.set_class(live, "-live")
        self.set_class(not live, "-before")
        if comparing.phase != self._shown_phase:
            if self._shown_phase in ("", "idle") and live:
                self.query_one(DifferenceList).focus()
            self._shown_phase = comparing.phase
            self.refresh_header()
            self._draw()
        if not live or not self.is_current:
            return
        if not self.bench.low_bandwidth:
            self._draw()
        elif self._due is None:
            self._due = self.set_timer(DRAW_SELDOM, self._draw)

    def _draw(self) -> None:
        if self._due is not None:
            self._due.stop()
            self._due = None
        comparing = self.bench.comparing
        if self.is_current and comparing.phase != "idle":
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
            self.refresh_bindings()

    # -- keys --

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        comparing = self.bench.comparing
        if action in ("start", "open_file"):
            ready = self.bench.dataset.ready is not None and self.query_one(ComparingForm).wanted is not None
            return comparing.phase == "idle" and (ready or action == "open_file")
        if action in (*_MOVES, "new"):
            return comparing.phase != "idle"
        if action == "turn":
            return comparing.phase != "idle" and self.has_class("-narrow")
        if action in ("pause", "unpause"):
            return comparing.phase == ("running" if action == "pause" else "paused")
        if action == "stop":
            return comparing.phase in ("starting", "running", "paused")
        if action == "resume":
            return comparing.can_go_on
        return True

    def action_start(self) -> None:
        wanted, table = self.query_one(ComparingForm).wanted, self.bench.dataset.ready
        if wanted is not None and table is not None:
            self.bench.comparisons.start(wanted, table)

    def action_turn(self) -> None:
        self.toggle_class("-reach")

    def action_pause(self) -> None:
        self.bench.comparisons.pause()

    action_unpause = action_pause

    def action_stop(self) -> None:
        self.bench.comparisons.stop()

    def action_resume(self) -> None:
        if (directory := self.bench.comparing.directory) is not None:
            self.bench.comparisons.take_up(directory)

    def action_new(self) -> None:
        self.bench.comparisons.forget()
        look_for_comparisons(self)
        self.query_one(ComparingForm).focus_first().focus()

    def action_choose_comparison(self) -> None:
        def chosen(directory: Path | None) -> None:
            if directory is not None:
                self.bench.comparisons.open(directory)

        self.app.push_screen(ComparisonsScreen(), chosen)

    async def action_tune(self) -> None:
        await self.bench.action_go("tune")

    def moved_in(self) -> DifferenceList:
        return self.query_one(DifferenceList)
