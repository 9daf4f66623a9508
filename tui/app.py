"""The app: its screens, its themes, the values that screens watch, and the threads beside it."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from rich.text import Text
from textual import on
from textual.app import App, SystemCommand
from textual.binding import BindingType
from textual.reactive import Reactive, var
from textual.screen import Screen
from textual.theme import Theme, ThemeProvider

from namecls.calibration.population import DATA
from namecls.errors import RunError
from namecls.text import safe
from tui import keys
from tui.commands import Finder, commands_of
from tui.drawing.palette import DARK, LIGHT, THEMES, fitted
from tui.engine import messages
from tui.engine.editing import EditsRead, EditState
from tui.engine.explaining import Explanations
from tui.engine.library import Engine, Library
from tui.engine.predicting import PredictionLoop
from tui.engine.threads import Post, fetch, spawn
from tui.jobs.comparisons import Comparisons
from tui.jobs.mending import Mending
from tui.jobs.searches import Searches
from tui.jobs.trainings import Trainings
from tui.screens.base import SMALLEST
from tui.screens.predict import PredictScreen
from tui.sheet import Sheet
from tui.state import (
    FOUND_OUT,
    ComparingState,
    DatasetState,
    ModelState,
    TrainingState,
    TuningState,
)
from tui.terminal import garbage
from tui.terminal.crash import last_words, write_log
from tui.terminal.plain import Guard, Plain
from tui.workbench import Workbench

if TYPE_CHECKING:
    from namecls.data.layout import Columns
    from tui.engine.messages import Question
    from tui.engine.unfinished import Unfinished


def _later(module: str, name: str) -> Callable[[], Screen[Any]]:
    """A screen that is only imported when it is gone to."""

    def make() -> Screen[Any]:
        screen: Screen[Any] = getattr(importlib.import_module(f"tui.screens.{module}"), name)()
        return screen

    return make


class NameclsApp(App[None]):
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

    theme: Reactive[str] = Reactive(DARK.name)
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
    ) -> None:
        self.DEFAULT_MODE = start  # type: ignore[misc]  # no empty screen is made before the first one
        super().__init__()
        self.engine = engine or Library()
        self.save_dir = save_dir
        self.trainings = Trainings(self.engine, save_dir, self)
        self.searches = Searches(self.engine, save_dir, self)
        self.comparisons = Comparisons(self.engine, save_dir, self)
        self.mending = Mending(edits, save_dir, self)
        self.stylesheet = Sheet(variables=self.theme_variables, tell=self._sheet_failed)
        self.ascii_only = ascii_only
        self.low_bandwidth = low_bandwidth
        self.animation_level = "none"
        self._data = data
        self._first_model = model
        stated = prior.absolute() if prior is not None else None
        self.set_reactive(NameclsApp.population, str(stated or DATA))
        self._explanations = Explanations()
        self._predictions = PredictionLoop(self.engine, self.post_message, self._explanations.use, stated)
        self._prediction_thread: threading.Thread | None = None
        self._filters.append(Guard())
        if ascii_only:
            self._filters.append(Plain())

    @property
    def available_themes(self) -> dict[str, Theme]:
        """Textual's themes and ours, from the start, so that the style sheet is read with the right colours."""
        return {**super().available_themes, **{theme.name: theme for theme in THEMES}}

    def register_theme(self, theme: Theme) -> None:
        super().register_theme(fitted(theme))

    def _sheet_failed(self, error: Exception) -> None:
        self.call_later(self._do_without, self.theme, write_log(error))

    def _do_without(self, theme: str, log: Path | None) -> None:
        """Fall back to a theme of ours, after a style sheet could not be read with another one."""
        own = DARK.name if self.current_theme.dark else LIGHT.name
        told = f" What is wrong with it is in {log}." if log else ""
        if theme not in (DARK.name, LIGHT.name):
            self.say(f"The theme {theme} can't be shown: back to {own}.{told}", problem=True)
        elif self.theme == theme:
            self.say(f"A style sheet can't be read, so that some things look odd.{told}", problem=True)
        if self.theme == theme:
            self.theme = own

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

    def end_threads(self, patience: float) -> bool:
        """End the threads, a training with a checkpoint; return whether they ended within `patience` seconds."""
        self._predictions.close()
        self._explanations.close()
        self.mending.close()
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

    def say(self, text: str, *, problem: bool = False) -> None:
        """Show a short notification; any text may be in it."""
        self.notify(safe(text, 400), severity="error" if problem else "information", markup=False)

    # -- going about --

    async def action_go(self, mode: str) -> None:
        from tui.screens.help import HelpScreen
        from tui.screens.interrupted import InterruptedScreen
        from tui.screens.modal import Commands

        if isinstance(self.screen, HelpScreen | InterruptedScreen | Commands):
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

    def search_themes(self) -> None:
        from tui.screens.modal import Commands

        self.push_screen(Commands(providers=[ThemeProvider], placeholder="Search for themes…"))

    def action_change_light(self) -> None:
        self.theme = LIGHT.name if self.current_theme.dark else DARK.name

    def action_leave(self) -> None:
        if not self.training.is_ours:
            self.exit()
            return
        if self.training.handing_over and not self.trainings.leaving:
            self.trainings.leave_when_done(detach=True)
            self.say("Quitting as soon as a background process has taken the training over.")
            return
        from tui.screens.leave import LeaveScreen

        if not isinstance(self.screen, LeaveScreen):
            self.push_screen(LeaveScreen(), self._left)

    def _left(self, choice: str | None) -> None:
        if choice == "leave":
            self.exit()
        elif choice is not None:
            self.trainings.leave_when_done(detach=choice == "detach")

    async def action_quit(self) -> None:
        self.action_leave()

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        for command in commands_of(screen):
            yield SystemCommand(command.title, command.told, self._doing(command.action))

    def _doing(self, action: str) -> Callable[[], None]:
        def do() -> None:
            self.call_later(self.run_action, action)

        return do

    def action_picture(self) -> None:
        """Write what the screen shows to a file, as soon as the palette no longer lies over it."""
        self.call_after_refresh(self._write_picture)

    def _write_picture(self) -> None:
        from tui.screens.saving import new_file, write_text

        path = new_file("namecls", ".svg")
        try:
            write_text(path, self.export_screenshot())
        except RunError as error:
            self.say(str(error), problem=True)
        else:
            self.say(f"Wrote {path}")

    # -- the data --

    def need_dataset(self) -> None:
        """Read the file that the app was started with, if no file was asked for yet."""
        if self.dataset.status == "none":
            self.open_dataset(self._data)

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
            self.mending.open(message.path)

    def on_edits_read(self, message: EditsRead) -> None:
        self.mending.read(message, self.dataset.path)

    def on_dataset_failed(self, message: messages.DatasetFailed) -> None:
        if (message.path, message.columns) == (self.dataset.path, self.dataset.columns):
            self.dataset = replace(self.dataset, status="failed", problem=message.problem)

    # -- the model of Predict --

    def use_model(self, path: Path | None) -> None:
        """Load another model for Predict; None is the shipped one."""
        self.model = replace(self.model, status="loading", path=path, problem="")
        self._predictions.use(path)

    def action_choose_model(self) -> None:
        self.choose_model()

    def choose_model(self) -> None:
        """Let the user choose among the runs and the shipped model."""
        from tui.screens.models import Chosen, ModelsScreen

        def chosen(choice: Chosen | None) -> None:
            if choice is not None:
                self.use_model(choice.info.directory)

        self.push_screen(ModelsScreen(self.model.info), chosen)

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
            self.model = ModelState(
                "ready",
                message.path,
                message.info,
                message.labels,
                priors=message.priors,
                no_prior=message.no_prior,
            )

    def on_model_failed(self, message: messages.ModelFailed) -> None:
        garbage.begin()
        if message.path == self.model.path:
            self.model = replace(self.model, status="failed", problem=message.problem)

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
        if ended and finished is not None and not self._shows_training:
            self._announce(finished.run, finished.test.accuracy)

    def on_run_made(self, message: messages.RunMade) -> None:
        if message.info.directory != self.training.directory:
            self._announce(message.info.name, message.info.accuracy)
        self.trainings.look_for_unfinished(offer=False)

    @property
    def _shows_training(self) -> bool:
        return getattr(self.screen, "PLACE", "") == "train"

    def _announce(self, run: str, accuracy: float | None) -> None:
        worth = f": test accuracy {100 * accuracy:.1f} %" if accuracy is not None else ""
        self.say(f"{run} is trained{worth}. F5 in Predict lists it.")

    def on_run_deleted(self, message: messages.RunDeleted) -> None:
        self.say(message.problem or f"{message.name} is deleted.", problem=bool(message.problem))
        self.trainings.look_for_unfinished(offer=False)


if TYPE_CHECKING:
    _as_screens_see_it: type[Workbench] = NameclsApp
