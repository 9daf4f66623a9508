"""The app's trainings: start, resume, attach, pause, stop, detach, and the unfinished ones."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

from namecls.language import _
from tui.engine.editing import NO_EDITS, EditState, edited
from tui.engine.messages import OfJob, RunDeleted, RunMade, StoryRead, UnfinishedFound
from tui.engine.planning import PlanLoop
from tui.engine.threads import HAVE_PRIORITIES, fetch, leave_a_core, spawn
from tui.engine.wanted import Engine
from tui.jobs.desk import Desk
from tui.state import Phase, TrainingState

if TYPE_CHECKING:
    from namecls.config import TrainConfig
    from namecls.data.table import NameTable
    from namecls.files.control import Wish
    from namecls.files.locks import Holder
    from namecls.runs.listing import RunInfo
    from namecls.runs.run import Run
    from tui.jobs.messages import TrainingDetached, TrainingTold


class Job(Protocol):
    """A training that is shown and controlled. No call blocks."""

    is_looked_into: bool

    def want(self, wish: Wish) -> None: ...
    def close(self) -> None:
        """End the thread: a training of this process with a checkpoint; one of another process continues."""

    def run(self) -> None:
        """Body of the thread."""


class Trainings:
    """At most one training at a time, done here or by another process.

    :param engine: what does the work.
    :param save_dir: where runs are written and looked for.
    :param desk: the app; `training` and `unfinished` are set here and nowhere else.
    """

    def __init__(self, engine: Engine, save_dir: Path, desk: Desk) -> None:
        self.plans = PlanLoop(engine)
        self._engine = engine
        self._save_dir = save_dir
        self._desk = desk
        self._post = desk.post_message
        self._job: Job | None = None
        self._job_thread: threading.Thread | None = None
        self._plan_thread: threading.Thread | None = None
        self.leaving = False  # whether the app quits as soon as the training has ended or is handed over
        self._is_looked_into = False
        self._awaited: set[Path] = set()  # trainings of other processes

    def begin(self) -> None:
        """Start the planning thread, and look for unfinished trainings."""
        self._plan_thread = spawn("plan", self.plans.run, self._post)
        self.look_for_unfinished(offer=True)

    def end(self, patience: float) -> bool:
        """End the threads, a training with a checkpoint; return whether they ended within `patience` seconds."""
        self.plans.close()
        if self._job is not None:
            self._job.close()
        for thread, seconds in ((self._job_thread, patience), (self._plan_thread, min(patience, 0.1))):
            if thread is not None:
                thread.join(seconds)
                if thread.is_alive():
                    return False
        return True

    # -- to begin, and to look at --

    def start(
        self,
        config: TrainConfig,
        table: NameTable,
        watched: Sequence[str] = (),
        edits: EditState = NO_EDITS,
    ) -> None:
        """Start a training, unless one is running.

        :param watched: names to rank after every epoch.
        :param edits: of the table, which it is trained on with these.
        """
        if self._desk.training.busy:
            return
        if not HAVE_PRIORITIES:  # else the screen goes first
            config = leave_a_core(config)
        from tui.jobs.training import TrainingJob

        engine, save_dir = self._engine, self._save_dir

        def begin() -> tuple[Run, TrainConfig, NameTable]:
            data = edited(table, edits)  # before there is a run: it may be that nothing is left
            return engine.create_run(save_dir, config, watched), config, data

        job = TrainingJob(engine, self._post, self.plans.busy, begin)
        self._begin(job, TrainingState("starting", config))

    def take_up(self, directory: Path, how: Literal["resume", "finish"] = "resume") -> None:
        """Resume an interrupted training, or only test its best epoch and save the model."""
        if self._desk.training.is_ours:
            self._desk.say(_("A training is running; wait for it, or stop it first."), problem=True)
            return
        from tui.jobs.training import TrainingJob

        engine = self._engine
        job = TrainingJob(engine, self._post, self.plans.busy, lambda: engine.reopen_run(directory), how)
        phase: Phase = "stopping" if how == "finish" else "starting"
        self._begin(job, TrainingState(phase, directory=directory))

    def attach(self, directory: Path, holder: Holder | None, study: str = "") -> None:
        """Attach to a training of another process.

        :param study: the search that it is a trial of.
        """
        from tui.jobs.elsewhere import AttachedJob

        if not self._desk.training.is_ours:
            job = AttachedJob(directory, self._post, is_trial=study != "")
            self._begin(job, TrainingState("starting", directory=directory, holder=holder, study=study))

    def _begin(self, job: Job, state: TrainingState) -> None:
        self.plans.forget()
        self._let_go()
        desk = self._desk
        desk.unfinished = tuple(each for each in desk.unfinished if each.info.directory != state.directory)
        desk.training = state
        self._job = job
        job.is_looked_into = self._is_looked_into
        self._job_thread = spawn("training", job.run, self._post, behind=True)

    def _let_go(self) -> None:
        if self._job is not None:
            self._job.close()
            self._job = None

    def open(self, info: RunInfo) -> None:
        """Show a run in Train: its history, or live."""
        if info.holder is not None:
            self.attach(info.directory, info.holder, info.study)
        else:
            self.open_history(info.directory, info.study, diverged=info.status == "diverged")

    def open_history(self, directory: Path, study: str = "", *, diverged: bool = False) -> None:
        """Show the history of a run in Train.

        :param study: the search that it is a trial of.
        :param diverged: whether it can't be resumed, only tested.
        """
        from tui.drawing.story import Story

        engine = self._engine
        fetch(
            "story",
            lambda: StoryRead(directory, Story.of(engine.open_history(directory)), "", study, diverged),
            lambda problem: StoryRead(directory, None, problem),
            self._post,
        )

    def story_read(self, message: StoryRead) -> None:
        if message.story is None:
            self._desk.say(message.problem, problem=True)
        elif not self._desk.training.is_ours:
            self._let_go()
            self._desk.training = TrainingState(
                "done",
                story=message.story,
                replay=True,
                directory=message.directory,
                study=message.study,
                diverged=message.diverged,
            )

    # -- while it goes on --

    def pause(self) -> None:
        """Pause or resume."""
        if self._job is not None and (phase := self._desk.training.phase) in ("running", "paused"):
            pause = phase == "running"
            self._job.want("pause" if pause else "go")
            self._turn("paused" if pause else "running")

    def stop(self) -> None:
        """Stop; the best epoch is tested and the model saved."""
        if self._job is not None and self._desk.training.phase in ("starting", "running", "paused"):
            self._job.want("stop")
            self._turn("stopping")

    def look_into(self, wanted: bool) -> None:
        """Have gradient norms measured, as long as somebody looks at them."""
        self._is_looked_into = wanted
        if self._job is not None:
            self._job.is_looked_into = wanted

    def detach(self) -> None:
        """Hand the training over to a background process, and attach to it."""
        from tui.jobs.training import TrainingJob

        job = self._job
        if isinstance(job, TrainingJob) and self._desk.training.phase in ("starting", "running", "paused"):
            job.detach()
            self._turn("stopping", handing_over=True)

    def forget(self) -> None:
        """Go back to the form. A training of another process continues, no longer shown."""
        if not self._desk.training.is_ours:
            self._let_go()
            self._desk.training = TrainingState()
            self.look_for_unfinished(offer=False)

    def leave_when_done(self, *, detach: bool) -> None:
        """Quit as soon as the training is tested and saved, or handed over."""
        self.leaving = True
        if detach:
            self.detach()
        else:
            self.stop()
        if not self._desk.training.is_ours:
            self._desk.exit()

    def _turn(self, phase: Phase, **values: bool) -> None:
        self._desk.training = replace(self._desk.training, phase=phase, **values)  # type: ignore[arg-type]

    # -- what it tells --

    def hear(self, message: OfJob) -> None:
        """Handle a message of the training's thread."""
        from tui.jobs import messages as told

        if message.job is not self._job:
            return
        training = self._desk.training
        match message:
            case told.TrainingBegan():
                self._desk.training = replace(training, directory=message.directory, config=message.config)
            case told.TrainingTold():
                self._hear_news(message)
            case told.TrainingTurned() if training.busy:
                self._turn(message.phase, handing_over=False)
            case told.TrainingHeld():
                self._desk.training = replace(training, holder=message.holder)
            case told.TrainingRefused():
                self.leaving = False
                self._desk.say(message.problem, problem=True)
            case told.TrainingDetached():
                self._hear_of_detaching(message)
            case told.TrainingEnded():
                phase: Phase = "failed" if message.problem else "done"
                self._desk.training = replace(
                    training,
                    phase=phase,
                    problem=message.problem,
                    diverged=message.diverged,
                    holder=None,
                    waiting="",
                    handing_over=False,
                )
                if self.leaving:
                    self._desk.exit()

    def _hear_news(self, message: TrainingTold) -> None:
        from namecls.events import Finished, Stalled

        training, last = self._desk.training, message.events[-1]
        for event in message.events:
            training.story.tell(event)
        phase: Phase = "running" if training.phase == "starting" else training.phase
        if isinstance(last, Finished):  # all is written; the thread may take a moment to end
            phase = "done"
        waiting = last.problem if isinstance(last, Stalled) else ""
        self._desk.training = replace(training, phase=phase, beat=training.beat + 1, waiting=waiting)

    def _hear_of_detaching(self, message: TrainingDetached) -> None:
        desk = self._desk
        if self.leaving:
            desk.training = replace(desk.training, holder=message.holder)
            desk.exit()
            return
        story = desk.training.story
        self._job = None
        self._turn("done", handing_over=False)
        self.attach(message.directory, message.holder)
        desk.training = replace(desk.training, story=story)
        desk.say(
            _("Process {pid} continues the training in the background; quitting does not stop it.").format(
                pid=message.holder.pid
            )
        )

    # -- those that were left --

    def look_for_unfinished(self, *, offer: bool) -> None:
        """Look for unfinished trainings in a thread; post `UnfinishedFound`.

        :param offer: ask the user about the latest of them.
        """
        engine, save_dir = self._engine, self._save_dir
        fetch(
            "unfinished",
            lambda: UnfinishedFound(tuple(engine.find_unfinished(save_dir)), offer),
            lambda problem: UnfinishedFound((), offer, problem),
            self._post,
        )

    def unfinished_found(self, message: UnfinishedFound) -> None:
        self._desk.unfinished = tuple(
            each for each in message.found if not _is_this_process(each.info.holder)
        )
        for each in self._desk.unfinished:
            if each.is_running and each.info.directory not in self._awaited:
                self._awaited.add(each.info.directory)
                spawn("await", partial(self._await, each.info.directory), self._post)

    def _await(self, directory: Path) -> None:
        """Wait until no process holds a training; post `RunMade` if it finished."""
        from namecls.runs.follow import Follower

        for _look in Follower().looks(directory):
            pass
        self._awaited.discard(directory)
        info = self._engine.describe_run(directory)
        if info.status == "finished":
            self._post(RunMade(info))

    def delete(self, name: str) -> None:
        """Delete a run; post `RunDeleted`."""
        engine, save_dir = self._engine, self._save_dir

        def delete() -> RunDeleted:
            engine.delete_run(save_dir, name)
            return RunDeleted(name)

        fetch("delete", delete, lambda problem: RunDeleted(name, problem), self._post)


def _is_this_process(holder: Holder | None) -> bool:
    return holder is not None and holder.is_here and holder.pid == os.getpid()
