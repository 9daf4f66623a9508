"""The half of the app that has to do with trainings: the one it looks at, and those that were left."""

from __future__ import annotations

import os
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from textual import events
from textual.app import App
from textual.reactive import var
from textual.widgets import Input

from namecls.text import safe
from tui import messages
from tui.engine.work import (
    HAVE_PRIORITIES,
    Engine,
    PlanLoop,
    delete_run,
    look_for_unfinished,
    read_story,
    spawn,
)
from tui.screens.base import Place
from tui.state import DatasetState, Phase, TrainingState

if TYPE_CHECKING:
    from namecls.config import TrainConfig
    from namecls.files.locks import Holder
    from namecls.runs.run import RunInfo
    from tui.engine.unfinished import Unfinished
    from tui.jobs.training import Job
    from tui.screens.interrupted import InterruptedScreen


class Trainer(App[None]):
    """An app with a training: at most one at a time, done here or by another process.

    :param engine: what does the work.
    :param save_dir: where runs are written and looked for.
    """

    dataset: var[DatasetState] = var(DatasetState(), init=False)
    training: var[TrainingState] = var(TrainingState, init=False)
    unfinished: var[tuple[Unfinished, ...]] = var((), init=False)

    def __init__(self, engine: Engine, save_dir: Path) -> None:
        super().__init__()
        self.engine = engine
        self.save_dir = save_dir
        self._plans = PlanLoop(engine, self.post_message)
        self._job: Job | None = None
        self._job_thread: threading.Thread | None = None
        self._leaving = False

    def say(self, text: str, *, problem: bool = False) -> None:
        """A short notice that goes away by itself. Any text may be in it."""
        self.notify(safe(text, 400), severity="error" if problem else "information", markup=False)

    # -- to begin, and to look at --

    def start_training(self, config: TrainConfig) -> None:
        """Start a training on the file that is open; nothing happens while another one is at work."""
        from tui.jobs.training import TrainingJob

        table = self.dataset.table
        if self.training.busy or table is None:
            return
        self._plans.forget()
        if not HAVE_PRIORITIES:  # else the screen goes first
            config = leave_a_core(config)
        engine, save_dir = self.engine, self.save_dir
        job = TrainingJob(
            engine,
            self.post_message,
            self._plans.busy,
            lambda: (engine.create_run(save_dir, config), config, table),
        )
        self._begin(job, TrainingState("starting", config))

    def resume_training(self, directory: Path) -> None:
        """Go on with a training that was broken off."""
        self._take_up(directory, finish=False)

    def finish_training(self, directory: Path) -> None:
        """Test what was trained before it was broken off, and keep that."""
        self._take_up(directory, finish=True)

    def _take_up(self, directory: Path, *, finish: bool) -> None:
        from tui.jobs.training import TrainingJob

        if self.training.is_ours:
            self.say("A training runs; wait for it, or stop it first.", problem=True)
            return
        self._plans.forget()
        engine = self.engine
        job = TrainingJob(
            engine,
            self.post_message,
            self._plans.busy,
            lambda: engine.reopen_run(directory),
            "finish" if finish else "resume",
        )
        self._begin(job, TrainingState("stopping" if finish else "starting", directory=directory))

    def attach(self, directory: Path, holder: Holder | None) -> None:
        """Look at a training of another process."""
        from tui.jobs.training import AttachedJob

        if not self.training.is_ours:
            job = AttachedJob(directory, self.post_message)
            self._begin(job, TrainingState("starting", directory=directory, holder=holder))

    def _begin(self, job: Job, state: TrainingState) -> None:
        if self._job is not None:
            self._job.close()
        self.unfinished = tuple(each for each in self.unfinished if each.info.directory != state.directory)
        self._job = job
        self.training = state
        self._job_thread = spawn("training", job.run, self.post_message, behind=True)

    def open_run(self, info: RunInfo, *, resume: bool = False) -> None:
        """Show a run where that of a training stands: its past, or what goes on in it; or go on with it."""
        if resume:
            self.resume_training(info.directory)
        elif info.holder is not None:
            self.attach(info.directory, info.holder)
        else:
            self.open_history(info.directory)

    def open_history(self, directory: Path) -> None:
        """Show the past of a run where that of a training stands."""
        engine = self.engine
        spawn("story", lambda: read_story(engine, directory, self.post_message), self.post_message)

    # -- while it goes on --

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

    def detach_training(self) -> None:
        """Hand the training over to a process in the background, and look at that."""
        from tui.jobs.training import TrainingJob

        job = self._job
        if isinstance(job, TrainingJob) and self.training.phase in ("starting", "running", "paused"):
            job.detach()
            self.training = replace(self.training, phase="stopping", handing_over=True)

    def forget_training(self) -> None:
        """Clear the way for another one. What another process does is only no longer looked at."""
        if self.training.is_ours:
            return
        if self._job is not None:
            self._job.close()
            self._job = None
        self.training = TrainingState()
        self.look_for_unfinished(offer=False)

    def leave_when_done(self, *, detach: bool) -> None:
        """Leave the app as soon as the training is tested and kept, or handed over to the background."""
        self._leaving = True
        if detach:
            self.detach_training()
        else:
            self.stop_training()
        if not self.training.is_ours:
            self.exit()

    # -- what it tells --

    def on_training_began(self, message: messages.TrainingBegan) -> None:
        if message.job is self._job:
            self.training = replace(self.training, directory=message.directory, config=message.config)

    def on_training_told(self, message: messages.TrainingTold) -> None:
        from namecls.events import Finished, Stalled

        if message.job is not self._job:
            return
        for event in message.events:
            self.training.story.tell(event)
        last = message.events[-1]
        phase: Phase = "running" if self.training.phase == "starting" else self.training.phase
        if isinstance(last, Finished):  # all is written; the thread may take a moment to end
            phase = "done"
        self.training = replace(
            self.training,
            phase=phase,
            beat=self.training.beat + 1,
            waiting=last.problem if isinstance(last, Stalled) else "",
        )

    def on_training_turned(self, message: messages.TrainingTurned) -> None:
        if message.job is self._job and self.training.busy:
            self.training = replace(self.training, phase=message.phase, handing_over=False)

    def on_training_held(self, message: messages.TrainingHeld) -> None:
        if message.job is self._job:
            self.training = replace(self.training, holder=message.holder)

    def on_training_refused(self, message: messages.TrainingRefused) -> None:
        if message.job is self._job:
            self._leaving = False
            self.say(message.problem, problem=True)

    def on_training_detached(self, message: messages.TrainingDetached) -> None:
        if message.job is not self._job:
            return
        if self._leaving:
            self.training = replace(self.training, holder=message.holder)
            self.exit()
            return
        story = self.training.story
        self._job = None
        self.training = replace(self.training, phase="done", handing_over=False)
        self.attach(message.directory, message.holder)
        self.training = replace(self.training, story=story)
        self.say(f"Process {message.holder.pid} trains on in the background; leaving does not stop it.")

    def on_training_ended(self, message: messages.TrainingEnded) -> None:
        if message.job is not self._job:
            return
        self.training = replace(
            self.training,
            phase="failed" if message.problem else "done",
            problem=message.problem,
            holder=None,
            waiting="",
            handing_over=False,
        )
        if self._leaving:
            self.exit()
            return
        from tui.screens.leave import LeaveScreen

        asked = self.screen_stack[-1] if self.screen_stack else None
        if isinstance(asked, LeaveScreen):
            asked.dismiss(None)
            self.say("The training has ended, nothing is left to be asked: ctrl+q leaves.")

    def on_story_read(self, message: messages.StoryRead) -> None:
        if message.story is None:
            self.say(message.problem, problem=True)
        elif not self.training.is_ours:
            if self._job is not None:
                self._job.close()
                self._job = None
            self.training = TrainingState(
                "done", story=message.story, replay=True, directory=message.directory
            )

    # -- those that were left --

    def look_for_unfinished(self, *, offer: bool) -> None:
        """Look in a thread for trainings that are not over.

        :param offer: ask the user about the latest of them.
        """
        engine, save_dir = self.engine, self.save_dir
        spawn(
            "unfinished",
            lambda: look_for_unfinished(engine, save_dir, self.post_message, offer=offer),
            self.post_message,
        )

    def on_unfinished_found(self, message: messages.UnfinishedFound) -> None:
        self.unfinished = tuple(each for each in message.found if not _is_this_process(each.info.holder))
        if not message.offer:
            return
        if message.problem:
            self.say(message.problem, problem=True)
        if not self.unfinished or self.training.busy:
            return
        if self._is_in_use():
            self.say(f"{self.unfinished[0].sentence(time.time())} F2 and then F8 go on with it.")
            return
        from tui.screens.interrupted import InterruptedScreen

        screen = InterruptedScreen(self.unfinished)
        self.push_screen(screen, lambda choice: self._answered(screen, choice))

    def _is_in_use(self) -> bool:
        """Whether the user has begun to do something: then no question comes between."""
        typed = isinstance(self.focused, Input) and self.focused.value != ""
        return typed or not isinstance(self.screen, Place)

    def _answered(self, screen: InterruptedScreen, choice: str | None) -> None:
        """Do what was answered to the offer to go on."""
        found = screen.found
        directory = found.info.directory
        if choice == "resume":
            self.resume_training(directory)
        elif choice == "finish":
            self.finish_training(directory)
        elif choice == "attach":
            self.attach(directory, found.info.holder)
        elif choice == "delete":
            engine, save_dir, name = self.engine, self.save_dir, directory.name
            spawn("delete", lambda: delete_run(engine, save_dir, name, self.post_message), self.post_message)
        elif choice == "typing":
            self.say(f"{found.sentence(time.time())} F2 and then F8 go on with it.")
            if screen.typed and isinstance(self.focused, Input):
                self.focused.post_message(events.Paste(screen.typed))
        if choice in ("resume", "finish", "attach", "list"):
            self.call_later(self._show_training, list_runs=choice == "list")

    async def _show_training(self, *, list_runs: bool) -> None:
        await self.run_action("app.go('train')")
        if list_runs:
            await self.run_action("screen.choose_run")

    def on_run_deleted(self, message: messages.RunDeleted) -> None:
        if message.problem:
            self.say(message.problem, problem=True)
        else:
            self.say(f"{message.name} is deleted.")
        self.look_for_unfinished(offer=False)


def _is_this_process(holder: Holder | None) -> bool:
    return holder is not None and holder.is_here and holder.pid == os.getpid()


def leave_a_core(config: TrainConfig) -> TrainConfig:
    """The same settings with a core left for the screen, if nothing was said about that."""
    from namecls.config import core_count

    return config if config.threads else replace(config, threads=max(1, core_count() - 1))
