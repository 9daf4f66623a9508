"""The app: its screens, its themes, the values that screens watch, and the threads beside it."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from rich.text import Text
from textual import on
from textual.binding import BindingType
from textual.reactive import var
from textual.screen import Screen

from namecls import garbage
from namecls.calibration.population import DATA
from namecls.language import _, set_language
from tui import keys
from tui.announcing import announce_comparison, announce_run, announce_search
from tui.commands import Finder
from tui.engine import messages
from tui.engine.editing import EditState
from tui.engine.explaining import Explanations
from tui.engine.library import Library
from tui.engine.predicting import PredictionLoop
from tui.engine.threads import Post, fetch, spawn
from tui.engine.wanted import Engine
from tui.jobs.comparisons import Comparisons
from tui.jobs.discarding import Discarding
from tui.jobs.mending import Mending
from tui.jobs.searches import Searches
from tui.jobs.trainings import Trainings
from tui.memory import Remembered, lasting
from tui.screens.base import SMALLEST
from tui.screens.copying import copy_here
from tui.screens.predict import PredictScreen
from tui.sheet import Sheet
from tui.spoken import Spoken
from tui.state import (
    FOUND_OUT,
    ComparingState,
    DatasetState,
    ModelState,
    TrainingState,
    TuningState,
)
from tui.terminal.crash import last_words
from tui.terminal.plain import Guard, Plain
from tui.workbench import Workbench

if TYPE_CHECKING:
    from namecls.data.layout import Columns
    from tui.engine.unfinished import Unfinished
    from tui.engine.values import Question


def _later(module: str, name: str) -> Callable[[], Screen[Any]]:
    """A screen that is only imported when it is gone to."""

    def make() -> Screen[Any]:
        screen: Screen[Any] = getattr(importlib.import_module(f"tui.screens.{module}"), name)()
        return screen

    return make


_MOST_TOLD = 5  # problems that the app says when it opens


class NameclsApp(Spoken):
    """A terminal workbench for classifying names.

    :param data: the file of names to open; None: the embedded dataset.
    :param model: the directory of the model to open Predict with; None: the shipped one.
    :param prior: a file with the shares of the population to ask about first; None: the model's own population.
    :param edits: where the edits of that file of names are kept; None: beside it.
    :param save_dir: where runs are written and looked for.
    :param start: the screen to open with.
    :param engine: what does the work; tests pass one of their own.
    :param ascii_only: draw with ASCII alone, for terminals and locales without Unicode.
    :param low_bandwidth: draw a running training less often, for slow lines.
    :param told: what went wrong before there was an app: it says so when it is there.
    :param quiet: neither ring nor notify, whatever is remembered.
    :param memory: the file in which is remembered what was chosen; None: nothing is.
    :param language: the language that was asked for; None: that which was chosen in the app, if one was.
    """

    TITLE = "namecls"
    CSS_PATH = "app.tcss"
    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("app")
    COMMANDS = {Finder}  # noqa: RUF012  # as Textual declares them
    MODES: ClassVar[dict[str, str | Callable[[], Screen[Any]]]] = {
        "predict": PredictScreen,
        "inspect": _later("inspect", "InspectScreen"),
        "mistakes": _later("mistakes", "MistakesScreen"),
        "train": _later("train", "TrainScreen"),
        "runs": _later("runs", "RunsScreen"),
        "dataset": _later("dataset", "DatasetScreen"),
        "tune": _later("tune", "TuneScreen"),
        "compare": _later("compare", "CompareScreen"),
    }

    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012  # as Textual declares them
        (0, "-tiny"),
        (SMALLEST[0], "-narrow"),
        (100, "-wide"),
        (160, "-vast"),
    ]
    VERTICAL_BREAKPOINTS = [  # noqa: RUF012
        (0, "-flat"),
        (SMALLEST[1], "-short"),
        (32, "-tall"),
    ]

    dataset: var[DatasetState] = var(DatasetState(), init=False)
    model: var[ModelState] = var(ModelState(), init=False)
    population: var[str] = var(
        DATA, init=False
    )  # that Predict and Inspect ask about, by its name or its file
    subject: var[str] = var("", init=False)  # the name in the input, of Predict and of Inspect
    training: var[TrainingState] = var(TrainingState, init=False)
    tuning: var[TuningState] = var(TuningState, init=False)
    comparing: var[ComparingState] = var(ComparingState, init=False)
    unfinished: var[tuple[Unfinished, ...]] = var((), init=False)
    edits: var[EditState] = var(EditState(), init=False)  # of the open file

    def __init__(
        self,
        *,
        data: Path | None = None,
        model: Path | None = None,
        prior: Path | None = None,
        edits: Path | None = None,
        save_dir: Path = Path("save_model"),
        start: str = "predict",
        engine: Engine | None = None,
        ascii_only: bool = False,
        low_bandwidth: bool = False,
        memory: Path | None = None,
        quiet: bool = False,
        told: Sequence[str] = (),
        language: str | None = None,
    ) -> None:
        self.DEFAULT_MODE = start  # type: ignore[misc]  # no empty screen is made before the first one
        super().__init__()
        self.engine = engine or Library()
        self.save_dir = save_dir
        self.trainings = Trainings(self.engine, save_dir, self)
        self.searches = Searches(self.engine, save_dir, self)
        self.comparisons = Comparisons(self.engine, save_dir, self)
        self.mending = Mending(edits, save_dir, self)
        self.remembered = Remembered(memory)
        earlier = self.remembered.now
        if spoken := language or earlier.language:
            set_language(spoken)
        self.show_cursor(earlier.cursor)
        if earlier.theme in self.available_themes:
            self.set_reactive(NameclsApp.theme, earlier.theme)
        self.discarding = Discarding()
        self.stylesheet = Sheet(variables=self.theme_variables, tell=self._sheet_failed)
        self.ascii_only = ascii_only
        self.low_bandwidth, self.quiet = low_bandwidth, quiet
        self._told = tuple(told)
        self.animation_level = "none"
        self._data, self._columns = self.remembered.data_for(data, edits)
        self._first_model = self.remembered.model_for(model)
        stated = prior.absolute() if prior is not None else None
        self.set_reactive(NameclsApp.population, str(stated or DATA))
        self._explanations = Explanations()
        self._predictions = PredictionLoop(self.engine, self.post_message, self._explanations.use, stated)
        self.ask_all = self._predictions.ask_all
        self._prediction_thread: threading.Thread | None = None
        self._answering: ModelState | None = None  # the last that was loaded
        self._filters.append(Guard())
        if ascii_only:
            self._filters.append(Plain())

    # -- life --

    def on_mount(self) -> None:
        self.call_after_refresh(self._warm_up)

    def _warm_up(self) -> None:
        """Load the model after the first frame."""
        self._prediction_thread = spawn("predict", self._predictions.run, self.post_message)
        for loop in self._explanations.loops:
            spawn("explain", loop.run, self.post_message, behind=True)
        self.use_model(self._first_model)
        self.trainings.begin()
        for problem in filter(None, (self.remembered.problem, *self._told[:_MOST_TOLD])):
            self.say(problem, problem=True)

    def end_threads(self, patience: float) -> bool:
        """End the threads, a training with a checkpoint; return whether they ended within `patience` seconds."""
        self.remembered.save()
        self._predictions.close()
        self._explanations.close()
        self.mending.close()
        self.discarding.end()
        ended = self.trainings.end(patience)
        if self._prediction_thread is not None:
            self._prediction_thread.join(min(patience, 0.1))
            ended = ended and not self._prediction_thread.is_alive()
        return ended

    def on_crashed(self, message: messages.Crashed) -> None:
        if isinstance(message.error, Exception):
            raise message.error
        # A panic of the table library is no Exception, and Textual takes anything else for the wish to quit.
        raise RuntimeError(f"{type(message.error).__name__}: {message.error}") from message.error

    def _fatal_error(self) -> None:
        """Exit after a bug: a short message, and the traceback in a file.

        Textual has no public place for this; its own version prints pages of source with local values.
        """
        if not self._exit_renderables:  # one bug is enough
            self._exit_renderables.append(Text(last_words(self._exception or RuntimeError("unknown"))))
        self._close_messages_no_wait()

    def watch_theme(self, theme: str) -> None:
        self.remembered.keep(theme=theme)

    def action_switch_notifications(self) -> None:
        self.remembered.keep(notify=(notify := not self.remembered.now.notify))
        self.say(
            _("A finished training rings, and notifies.")
            if notify
            else _("A finished training is told here alone.")
        )

    def action_switch_cursor(self) -> None:
        self.remembered.keep(cursor=not self.shows_cursor)
        self.show_cursor(not self.shows_cursor)

    # -- going about --

    async def action_go(self, mode: str) -> None:
        from tui.screens.help import HelpScreen
        from tui.screens.interrupted import InterruptedScreen
        from tui.screens.jump import JumpScreen
        from tui.screens.modal import Commands

        if isinstance(self.screen, HelpScreen | InterruptedScreen | JumpScreen | Commands):
            self.screen.dismiss(None)
        await self.switch_mode(mode)

    def action_keys_here(self) -> None:
        from tui.screens.help import HelpScreen

        if isinstance(self.screen, HelpScreen):
            self.screen.dismiss()
        else:
            here = getattr(self.screen, "PLACE", "app")
            self.push_screen(HelpScreen(here, *getattr(self.screen, "MORE_PLACES", ())))

    def action_command_palette(self) -> None:
        from tui.screens.modal import Commands

        if not isinstance(self.screen, Commands):
            self.push_screen(Commands())

    def action_leave(self) -> None:
        if not self.training.is_ours:
            self.exit()
        else:
            from tui.screens.leave import leave

            leave(self)

    async def action_quit(self) -> None:
        self.action_leave()

    def action_help_quit(self) -> None:
        quits = next(key for key in keys.PLACES["app"] if key.action == "app.leave")
        self.say(_("{key} quits.").format(key=quits.face))

    action_copy_here = copy_here

    def action_jump(self) -> None:
        from tui.screens.jump import jump

        jump(self)

    def action_picture(self) -> None:
        """Write what the screen shows to a file, as soon as the palette no longer lies over it."""
        from tui.screens.saving import save_text

        self.call_after_refresh(lambda: save_text(self, "namecls", ".svg", self.export_screenshot()))

    # -- the data --

    def need_dataset(self) -> None:
        """Read the file that the app was started with, if no file was asked for yet."""
        if self.dataset.status == "none":
            self.open_dataset(self._data, self._columns)

    def open_dataset(self, path: Path | None, columns: Columns = FOUND_OUT) -> None:
        """Read a file of names in a thread; `dataset` changes at once, and again when it is read."""
        self.dataset = replace(self.dataset, status="reading", path=path, columns=columns, problem="")
        fetch(
            "dataset",
            lambda: messages.DatasetReady(path, columns, self.engine.load_dataset(path, columns)),
            lambda problem: messages.DatasetFailed(path, columns, problem),
            self.post_message,
        )

    def show_name(self, name: str) -> None:
        """Search Dataset, which shows, for a name."""
        from tui.screens.dataset import DatasetScreen

        if isinstance(self.screen, DatasetScreen):
            self.screen.show_name(name)

    def on_dataset_ready(self, message: messages.DatasetReady) -> None:
        if (message.path, message.columns) == (self.dataset.path, self.dataset.columns):
            self.dataset = DatasetState("ready", message.path, message.columns, message.table)
            self.remembered.keep(data=lasting(message.path), columns=message.columns)
            self.mending.open(message.path)

    def on_edits_read(self, message: messages.EditsRead) -> None:
        self.mending.read(message, self.dataset.path)

    def on_dataset_failed(self, message: messages.DatasetFailed) -> None:
        if (message.path, message.columns) == (self.dataset.path, self.dataset.columns):
            self.dataset = replace(self.dataset, status="failed", problem=message.problem)
            if self.remembered.forget(message.path):
                self.say(
                    _("The file of the last start can't be read: the embedded names. {problem}").format(
                        problem=message.problem
                    ),
                    problem=True,
                )
                self.open_dataset(None)

    # -- the model of Predict --

    def use_model(self, path: Path | None) -> None:
        """Load another model for Predict; None is the shipped one."""
        self.model = replace(self.model, status="loading", path=path, problem="")
        self._predictions.use(path)

    def action_choose_model(self) -> None:
        from tui.screens.models import choose_model

        choose_model(self)

    def ask(self, text: str, k: int, coverage: float, post: Post, prior: str = DATA) -> None:
        """Request the first `k` labels of a text and a prediction set with this coverage, under a population.

        Only the latest question is sure of an answer: a `Predicted` to `post`.
        """
        self._predictions.ask(text, k, coverage, post, prior)

    def explain(self, asked: Question, post: Post) -> None:
        """Request views of a name: an `Explained` to `post` for each, unless something else is asked meanwhile."""
        self._explanations.ask(asked, post)

    def on_model_ready(self, message: messages.ModelReady) -> None:
        garbage.begin()
        if message.path == self.model.path:
            self.remembered.keep(model=lasting(message.path))
            self.model = ModelState(
                "ready",
                message.path,
                message.info,
                message.labels,
                priors=message.priors,
                no_prior=message.no_prior,
            )
            self._answering = self.model

    def on_model_failed(self, message: messages.ModelFailed) -> None:
        garbage.begin()
        if message.path == self.model.path:
            self.model = replace(self.model, status="failed", problem=message.problem)
            if self.remembered.forget(message.path):
                self.say(
                    _("The model of the last start can't be loaded: back to the shipped one."), problem=True
                )
                self.use_model(None)
            elif self._answering is not None:  # the one before it goes on answering
                self.model = self._answering

    # -- trainings, searches and comparisons --

    @on(messages.OfJob)
    def _hear(self, message: messages.OfJob) -> None:
        self.trainings.hear(message)
        self.searches.hear(message)
        self.comparisons.hear(message)

    def on_story_read(self, message: messages.StoryRead) -> None:
        self.trainings.story_read(message)

    def on_unfinished_found(self, message: messages.UnfinishedFound) -> None:
        self.trainings.unfinished_found(message)
        if message.offer:
            from tui.screens.interrupted import offer

            offer(self, message.problem)

    def watch_training(self, before: TrainingState, now: TrainingState) -> None:
        """Announce a finished training unless Train is showing it."""
        finished = now.story.finished
        ended = before.busy and not now.busy and not now.replay
        if ended and finished is not None:
            announce_run(self, finished.run, finished.test.accuracy, "train")
        if now.busy and not before.busy:
            self.remembered.save()

    def watch_tuning(self, before: TuningState, now: TuningState) -> None:
        announce_search(self, before, now)

    def watch_comparing(self, before: ComparingState, now: ComparingState) -> None:
        announce_comparison(self, before, now)

    def on_run_made(self, message: messages.RunMade) -> None:
        if message.info.directory != self.training.directory:
            announce_run(self, message.info.name, message.info.accuracy)
        self.trainings.look_for_unfinished(offer=False)

    def on_run_deleted(self, message: messages.RunDeleted) -> None:
        self.say(
            message.problem or _("{name} is deleted.").format(name=message.name),
            problem=bool(message.problem),
        )
        self.trainings.look_for_unfinished(offer=False)


if TYPE_CHECKING:
    _as_screens_see_it: type[Workbench] = NameclsApp
