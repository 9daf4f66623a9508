"""Tune: a form before, the table of trials while it runs and afterwards."""

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

from namecls.runs.run import WEIGHTS
from namecls.search.study import Trial
from namecls.text import safe
from tui import keys
from tui.forms.reading import in_the_app
from tui.screens.base import Place
from tui.screens.studies import StudiesFound, StudiesScreen, look_for_studies
from tui.state import DatasetState, TuningState
from tui.widgets.lists import CursorList, Moves
from tui.widgets.trials import SearchLine, TrialDetails, TrialList
from tui.widgets.tuning_form import SearchOutlook, TuningForm

#: Seconds between two drawings over a slow line.
DRAW_SELDOM = 2.0


class TuneScreen(Moves, Place):
    """The screen of the one hyperparameter search that is shown."""

    PLACE = "tune"
    MORE_PLACES = ("form", "choice")
    CSS_PATH = "tune.tcss"
    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("tune")

    def __init__(self) -> None:
        super().__init__()
        self._due: Timer | None = None
        self._shown_phase = ""

    def body(self) -> ComposeResult:
        yield Static(id="offer")
        with Container(id="before"):
            yield TuningForm(id="form")
            yield SearchOutlook(id="outlook")
        with Vertical(id="live"):
            yield SearchLine(id="line")
            yield TrialList(id="trials")
            yield TrialDetails(id="details")

    def on_mount(self) -> None:
        self.watch(self.app, "dataset", self.show_dataset)
        self.watch(self.app, "tuning", self.show_tuning)
        self.bench.need_dataset()
        look_for_studies(self)

    def on_screen_resume(self) -> None:
        super().on_screen_resume()
        self._draw()

    def focus_first(self) -> Widget | None:
        if self.bench.tuning.phase == "idle":
            return self.query_one(TuningForm).focus_first()
        return self.query_one(TrialList)

    def context(self) -> str:
        study = self.bench.tuning.study
        if study is not None:
            what = f"{study.objective} on {study.data.file}"
            return what if self.has_class("-narrow") else f"{study.name} · {what}"
        table = self.bench.dataset.ready
        return f"{table.title} · {len(table):,} rows" if table is not None else ""

    # -- before --

    def show_dataset(self, dataset: DatasetState) -> None:
        name = str(dataset.path) if dataset.path is not None else ""
        form = self.query_one(TuningForm)
        form.show_data(name, in_the_app(dataset.problem) if dataset.status == "failed" else "")
        self._show_outlook()
        self.refresh_header()

    def on_short_form_changed(self, _event: TuningForm.Changed) -> None:
        self._show_outlook()

    def on_short_form_data_asked(self, event: TuningForm.DataAsked) -> None:
        path = None if event.path == Path() else event.path
        if path != self.bench.dataset.path or self.bench.dataset.status == "failed":
            self.bench.open_dataset(path)

    def _show_outlook(self) -> None:
        wanted = self.query_one(TuningForm).wanted
        self.query_one(SearchOutlook).show(self.bench.dataset, wanted, self.bench.save_dir)
        self.refresh_bindings()

    def on_studies_found(self, message: StudiesFound) -> None:
        """Say above the form that a search runs, or was interrupted."""
        studies = message.studies
        running = next((study for study, holder in studies if holder is not None), None)
        left = next((study for study, holder in studies if holder is None and study.winner is None), None)
        text = ""
        if running is not None:
            text = f" {running.name} is running in a background process. F8 shows it."
        elif left is not None:
            text = f" {left.name} was interrupted. F8 lists all searches and resumes one."
        self.set_class(bool(text), "-offer")
        self.query_one("#offer", Static).update(Content.styled(safe(text, 300), "$warning"))

    # -- while it runs --

    def show_tuning(self, tuning: TuningState) -> None:
        """Draw what changed; over a slow line not more often than it bears."""
        live = tuning.phase != "idle"
        self.set_class(live, "-live")
        self.set_class(not live, "-before")
        if tuning.phase != self._shown_phase:
            if self._shown_phase in ("", "idle") and live:
                self.query_one(TrialList).focus()
            self._shown_phase = tuning.phase
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
        tuning = self.bench.tuning
        if self.is_current and tuning.phase != "idle":
            self.query_one(SearchLine).show(tuning)
            trials = self.query_one(TrialList)
            trials.show(tuning.study, busy=tuning.busy)
            self.query_one(TrialDetails).show(tuning.study, trials.current)
            self.refresh_bindings()

    def on_cursor_list_moved(self, _event: CursorList.Moved) -> None:
        self.query_one(TrialDetails).show(self.bench.tuning.study, self.query_one(TrialList).current)
        self.refresh_bindings()

    async def on_cursor_list_chosen(self, _event: CursorList.Chosen) -> None:
        await self.run_action("use_model")

    # -- keys --

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        tuning = self.bench.tuning
        if action in ("start", "open_file"):
            ready = self.bench.dataset.ready is not None and self.query_one(TuningForm).wanted is not None
            return tuning.phase == "idle" and (ready or action == "open_file")
        if action in ("move", "move_page", "move_first", "move_last"):
            return tuning.phase != "idle"
        if action == "use_model":
            return self._model is not None
        if action == "curves":
            chosen = self.query_one(TrialList).current if tuning.phase != "idle" else None
            return chosen is not None and not self.bench.training.is_ours
        if action in ("pause", "unpause"):
            return tuning.phase == ("running" if action == "pause" else "paused")
        if action == "stop":
            return tuning.phase in ("starting", "running", "paused")
        if action == "resume":
            return tuning.can_go_on
        if action == "new":
            return tuning.phase != "idle"
        return True

    @property
    def _model(self) -> Path | None:
        """The directory of the trial under the cursor, if it has weights."""
        study, trial = self.bench.tuning.study, self.query_one(TrialList).current
        if study is None or trial is None or not trial.best_epoch:
            return None
        directory = study.save_dir / trial.run
        return directory if (directory / WEIGHTS).is_file() else None

    def action_start(self) -> None:
        wanted, table = self.query_one(TuningForm).wanted, self.bench.dataset.ready
        if wanted is not None and table is not None:
            self.bench.searches.start(wanted, table)

    async def action_use_model(self) -> None:
        if (directory := self._model) is not None:
            self.bench.use_model(directory)
            await self.bench.action_go("predict")

    async def action_curves(self) -> None:
        if (trial := self.query_one(TrialList).current) is not None:
            self._open_trial(trial)
            await self.bench.action_go("train")

    def _open_trial(self, trial: Trial) -> None:
        """Show the curves of a trial where those of a training stand."""
        tuning, trainings = self.bench.tuning, self.bench.trainings
        if tuning.study is None:
            return
        directory = tuning.study.save_dir / trial.run
        if trial.is_over:
            trainings.open_history(directory, tuning.study.name)
        else:
            trainings.attach(directory, tuning.holder, tuning.study.name)

    def action_pause(self) -> None:
        self.bench.searches.pause()

    action_unpause = action_pause

    def action_stop(self) -> None:
        self.bench.searches.stop()

    def action_resume(self) -> None:
        if (directory := self.bench.tuning.directory) is not None:
            self.bench.searches.take_up(directory)

    def action_new(self) -> None:
        self.bench.searches.forget()
        look_for_studies(self)
        self.query_one(TuningForm).focus_first().focus()

    async def action_compare(self) -> None:
        await self.bench.action_go("compare")

    def action_choose_study(self) -> None:
        def chosen(directory: Path | None) -> None:
            if directory is not None:
                self.bench.searches.open(directory)

        self.app.push_screen(StudiesScreen(), chosen)

    def moved_in(self) -> TrialList:
        return self.query_one(TrialList)
