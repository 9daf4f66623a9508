"""The app: its screens, its themes, the values that screens watch, and the threads beside it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from rich.text import Text
from textual.app import App, SystemCommand
from textual.binding import BindingType
from textual.reactive import var
from textual.screen import Screen

from namecls.text import safe
from tui import keys, messages
from tui.crash import write_log
from tui.palette import DARK, LIGHT, THEMES
from tui.plain import Plain
from tui.screens.base import SMALLEST, Place
from tui.screens.predict import PredictScreen
from tui.state import DatasetState, ModelState, TrainingState
from tui.story import Story
from tui.work import Engine, Library, PlanLoop, PredictionLoop, TrainingJob, read_dataset, read_story, spawn

if TYPE_CHECKING:
    from namecls.config import TrainConfig
    from namecls.data import NameTable


def _train() -> Screen[None]:
    from tui.screens.train import TrainScreen

    return TrainScreen()


def _dataset() -> Screen[None]:
    from tui.screens.dataset import DatasetScreen

    return DatasetScreen()


class Workbench(App[None]):
    """A terminal workbench for classifying names.

    :param data: the file of names to open; None: the embedded dataset.
    :param model: the directory of the model to open Predict with; None: the shipped one.
    :param save_dir: where runs are written and looked for.
    :param start: the screen to open with.
    :param engine: what does the work; tests pass one of their own.
    :param ascii_only: draw with ASCII alone, for terminals and locales without Unicode.
    """

    TITLE = "namecls"
    CSS_PATH = "app.tcss"
    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("app")
    MODES: ClassVar[dict[str, str | Callable[[], Screen[Any]]]] = {
        "predict": PredictScreen,
        "train": _train,
        "dataset": _dataset,
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
    training: var[TrainingState] = var(TrainingState, init=False)

    def __init__(
        self,
        *,
        data: Path | None = None,
        model: Path | None = None,
        save_dir: Path = Path("save_model"),
        start: str = "predict",
        engine: Engine | None = None,
        ascii_only: bool = False,
    ) -> None:
        super().__init__()
        self.save_dir = save_dir
        self.engine: Engine = engine or Library()
        self.ascii_only = ascii_only
        self.animation_level = "none"
        self._data = data
        self._first_model = model
        self._start = start
        self._predictions = PredictionLoop(self.engine, self.post_message)
        self._plans = PlanLoop(self.engine, self.post_message)
        self._helpers: list[threading.Thread] = []
        self._job: TrainingJob | None = None
        self._job_thread: threading.Thread | None = None
        self._leaving = False
        if ascii_only:
            self._filters.append(Plain())
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = DARK.name

    # -- life --

    def on_mount(self) -> None:
        self.switch_mode(self._start)
        self.call_after_refresh(self._warm_up)

    def _warm_up(self) -> None:
        """Load the model, once there is something to look at."""
        self._helpers = [
            spawn("predict", self._predictions.run, self.post_message),
            spawn("plan", self._plans.run, self.post_message),
        ]
        self.use_model(self._first_model)

    def end_threads(self, patience: float) -> bool:
        """Have the threads end, a training with a checkpoint; whether they did, within `patience` seconds."""
        self._predictions.close()
        self._plans.close()
        if self._job is not None:
            self._job.stop(test=False)
        if self._job_thread is not None:
            self._job_thread.join(patience)
        for thread in self._helpers:
            thread.join(0.1 if patience else 0.0)
        threads = [*self._helpers, *([self._job_thread] if self._job_thread else [])]
        return not any(thread.is_alive() for thread in threads)

    def on_crashed(self, message: messages.Crashed) -> None:
        raise message.error

    def _fatal_error(self) -> None:
        """Leave after a bug: with a short word, and the traceback in a file.

        Textual has no public place for this; its own version prints pages of source with local values.
        """
        error = self._exception or RuntimeError("unknown")
        log = write_log(error)
        text = f"namecls-tui: {type(error).__name__}: {safe(str(error), 300)}"
        where = f"The traceback is in {log}" if log else "The traceback could not be written to a file."
        self._exit_renderables.append(Text(f"{text}\nThis is a bug. {safe(str(where))}"))
        self._close_messages_no_wait()

    # -- going about --

    async def action_go(self, mode: str) -> None:
        from tui.screens.help import HelpScreen

        if isinstance(self.screen, HelpScreen):
            self.screen.dismiss()
        await self.switch_mode(mode)

    def action_keys_here(self) -> None:
        from tui.screens.help import HelpScreen

        if isinstance(self.screen, HelpScreen):
            self.screen.dismiss()
        else:
            here = getattr(self.screen, "PLACE", "app")
            self.push_screen(HelpScreen(here, *getattr(self.screen, "MORE_PLACES", ())))

    def action_change_light(self) -> None:
        self.theme = LIGHT.name if self.current_theme.dark else DARK.name

    def action_leave(self) -> None:
        if not self.training.busy:
            self.exit()
            return
        from tui.screens.leave import LeaveScreen

        if not isinstance(self.screen, LeaveScreen):
            self.push_screen(LeaveScreen(), self._left)

    def _left(self, choice: str | None) -> None:
        if choice == "leave":
            self.exit()
        elif choice == "keep":
            self._leaving = True
            self.stop_training()
            if not self.training.busy:
                self.exit()

    async def action_quit(self) -> None:
        self.action_leave()

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        for entry in keys.APP:
            if entry.action != "app.command_palette":
                title, _, rest = entry.help.partition(":")
                yield SystemCommand(title, rest.strip() or f"{entry.face}", self._doing(entry.action))
        if isinstance(screen, Place):
            for entry in keys.PLACES[screen.PLACE]:
                if entry.help and screen.check_action(entry.action.partition("(")[0], ()):
                    yield SystemCommand(entry.help, f"{entry.face}", self._doing(f"screen.{entry.action}"))
        yield SystemCommand("Theme", "Choose among all themes", self.action_change_theme)
        yield SystemCommand("Model", "Choose the model that answers in Predict", self.choose_model)

    def _doing(self, action: str) -> Callable[[], None]:
        def do() -> None:
            self.call_later(self.run_action, action)

        return do

    def say(self, text: str, *, problem: bool = False) -> None:
        """A short notice that goes away by itself. Any text may be in it."""
        self.notify(safe(text, 400), severity="error" if problem else "information", markup=False)

    # -- the data --

    def need_dataset(self) -> None:
        """Read the file that the app was started with, if no file was asked for yet."""
        if self.dataset.status == "none":
            self.open_dataset(self._data)

    def open_dataset(self, path: Path | None) -> None:
        """Read a file of names in a thread; `dataset` changes at once, and again when it is read."""
        self.dataset = replace(self.dataset, status="reading", path=path, problem="")
        spawn("dataset", lambda: read_dataset(self.engine, path, self.post_message), self.post_message)

    def on_dataset_ready(self, message: messages.DatasetReady) -> None:
        if message.path == self.dataset.path:
            self.dataset = DatasetState("ready", message.path, message.table)

    def on_dataset_failed(self, message: messages.DatasetFailed) -> None:
        if message.path == self.dataset.path:
            self.dataset = replace(self.dataset, status="failed", problem=message.problem)

    # -- the model of Predict --

    def use_model(self, path: Path | None) -> None:
        """Let another model answer in Predict; None is the shipped one."""
        self.model = replace(self.model, status="loading", path=path, problem="")
        self._predictions.use(path)

    def choose_model(self) -> None:
        """Let the user choose among the runs and the shipped model."""
        from tui.screens.models import ModelsScreen

        def chosen(path: Path | None) -> None:
            if path is not None:
                self.use_model(path)

        self.push_screen(ModelsScreen(self.model.info), chosen)

    def ask(self, text: str, k: int) -> None:
        """Ask the model for the first `k` labels of a text. Only the latest question is sure of an answer."""
        self._predictions.ask(text, k)

    def on_model_ready(self, message: messages.ModelReady) -> None:
        if message.path == self.model.path:
            self.model = ModelState("ready", message.path, message.info, message.labels)

    def on_model_failed(self, message: messages.ModelFailed) -> None:
        if message.path == self.model.path:
            self.model = replace(self.model, status="failed", problem=message.problem)

    def on_predicted(self, message: messages.Predicted) -> None:
        if message.path != self.model.path:
            return
        for screen in self.screen_stack:
            if isinstance(screen, PredictScreen):
                screen.show_prediction(message.prediction)

    # -- the training --

    def ask_plan(self, config: TrainConfig, table: NameTable) -> None:
        """Work out what a training would be; the Train screen is told."""
        self._plans.ask(config, table)

    def on_planned(self, message: messages.Planned) -> None:
        from tui.screens.train import TrainScreen

        for screen in self.screen_stack:
            if isinstance(screen, TrainScreen):
                screen.show_plan(message)

    def start_training(self, config: TrainConfig) -> None:
        """Start a training on the file that is open; nothing happens while another one is at work."""
        table = self.dataset.table
        if self.training.busy or table is None:
            return
        self._plans.forget()
        self._job = TrainingJob(
            self.engine, config, table, self.save_dir, self.post_message, before=self._plans.busy
        )
        self.training = TrainingState("starting", config)
        self._job_thread = spawn("training", self._job.run, self.post_message)

    def pause_training(self) -> None:
        """Pause, or go on."""
        if self._job is None:
            return
        if self.training.phase == "running":
            self._job.pause()
            self.training = replace(self.training, phase="paused")
        elif self.training.phase == "paused":
            self._job.resume()
            self.training = replace(self.training, phase="running")

    def stop_training(self) -> None:
        """Stop and keep what is trained."""
        if self._job is not None and self.training.phase in ("starting", "running", "paused"):
            self._job.stop()
            self.training = replace(self.training, phase="stopping")

    def forget_training(self) -> None:
        """Clear the way for another one."""
        if not self.training.busy:
            self.training = TrainingState()

    def open_story(self, directory: Path) -> None:
        """Show the story of an old run where that of a training stands."""
        spawn("story", lambda: read_story(self.engine, directory, self.post_message), self.post_message)

    def on_story_read(self, message: messages.StoryRead) -> None:
        if message.problem:
            self.say(message.problem, problem=True)
        elif not self.training.busy:
            story = Story()
            for event in message.events:
                story.tell(event)
            self.training = TrainingState("done", story=story, replay=True)

    def on_training_told(self, message: messages.TrainingTold) -> None:
        for event in message.events:
            self.training.story.tell(event)
        phase = "running" if self.training.phase == "starting" else self.training.phase
        self.training = replace(self.training, phase=phase, beat=self.training.beat + 1)

    def on_training_ended(self, message: messages.TrainingEnded) -> None:
        self.training = replace(
            self.training, phase="failed" if message.problem else "done", problem=message.problem
        )
        if self._leaving:
            self.exit()
