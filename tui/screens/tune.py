"""Tune: a form before, the table of trials while it runs and afterwards."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Vertical

from namecls.language import N_, _
from namecls.runs.run import WEIGHTS
from namecls.search.study import Trial
from tui import keys
from tui.jobs.searches import Searches
from tui.screens.outside import OutsideScreen
from tui.screens.studies import StudiesFound, StudiesScreen, look_for_studies
from tui.widgets.lists import CursorList
from tui.widgets.retold import Told
from tui.widgets.trials import SearchLine, TrialDetails, TrialList
from tui.widgets.tuning_form import SearchOutlook, TuningForm


class TuneScreen(OutsideScreen):
    """The screen of the one hyperparameter search that is shown."""

    PLACE = "tune"
    STATE = "tuning"
    LEFT = N_("{name} was interrupted. F8 lists all searches and resumes one.")
    CSS_PATH = "tune.tcss"
    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("tune")

    def body(self) -> ComposeResult:
        yield Told(id="offer")
        with Container(id="before"):
            yield TuningForm(id="form")
            yield SearchOutlook(id="outlook")
        with Vertical(id="live"):
            yield SearchLine(id="line")
            yield TrialList(id="trials")
            yield TrialDetails(id="details")

    @property
    def job(self) -> Searches:
        return self.bench.searches

    def begin(self, wanted: Any) -> None:
        if (table := self.bench.dataset.ready) is not None:
            self.job.start(wanted, table)

    def look(self) -> None:
        look_for_studies(self)

    def told(self) -> tuple[str, str] | None:
        study = self.bench.tuning.study
        return (
            (study.name, _("{what} on {data}").format(what=_(study.objective), data=study.data.file))
            if study is not None
            else None
        )

    def on_studies_found(self, message: StudiesFound) -> None:
        self.tell_left((study.name, holder, study.winner is not None) for study, holder in message.studies)

    def draw(self) -> None:
        tuning, trials = self.bench.tuning, self.query_one(TrialList)
        self.query_one(SearchLine).show(tuning)
        trials.show(tuning.study, busy=tuning.busy)
        self.query_one(TrialDetails).show(tuning.study, trials.current)

    def moved_in(self) -> TrialList:
        return self.query_one(TrialList)

    def on_cursor_list_moved(self, _event: CursorList.Moved) -> None:
        self.query_one(TrialDetails).show(self.bench.tuning.study, self.query_one(TrialList).current)
        self.refresh_bindings()

    async def on_cursor_list_chosen(self, _event: CursorList.Chosen) -> None:
        await self.run_action("use_model")

    # -- keys --

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "use_model":
            return self._model is not None
        if action == "curves":
            chosen = self.moved_in().current if self.bench.tuning.phase != "idle" else None
            return chosen is not None and not self.bench.training.is_ours
        return super().check_action(action, parameters)

    @property
    def _model(self) -> Path | None:
        """The directory of the trial under the cursor, if it has weights."""
        study, trial = self.bench.tuning.study, self.query_one(TrialList).current
        if study is None or trial is None or not trial.best_epoch:
            return None
        directory = study.save_dir / trial.run
        return directory if (directory / WEIGHTS).is_file() else None

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

    async def action_compare(self) -> None:
        await self.bench.action_go("compare")

    def action_choose_study(self) -> None:
        self.app.push_screen(StudiesScreen(), self.open_chosen)
