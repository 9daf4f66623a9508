"""Messages from the threads of trainings and searches to the app."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from textual.message import Message

from tui.engine.messages import OfJob

if TYPE_CHECKING:
    from namecls.config import TrainConfig
    from namecls.events import Event, Progress
    from namecls.files.control import Wish
    from namecls.files.locks import Holder
    from namecls.search.experiment import Experiment
    from namecls.search.study import Study
    from tui.state import LiveRun


@dataclass(eq=False)
class TrainingBegan(OfJob):
    """The training has its run."""

    directory: Path
    config: TrainConfig


@dataclass(eq=False)
class TrainingTold(OfJob):
    """New events of a training: a few times a second, whatever its pace.

    Nothing is left out, since the plots want every point; the worker keeps the messages few.
    """

    events: tuple[Event, ...]


@dataclass(eq=False)
class TrainingTurned(OfJob):
    """The training is in another phase than before, perhaps because another process wanted it so."""

    phase: Literal["running", "paused", "stopping"]


@dataclass(eq=False)
class TrainingHeld(OfJob):
    """Another process holds the training that is shown."""

    holder: Holder


@dataclass(eq=False)
class TrainingDetached(OfJob):
    """A process in the background has taken the training over."""

    directory: Path
    holder: Holder


@dataclass(eq=False)
class TrainingRefused(OfJob):
    """A request to a training failed; it continues."""

    problem: str


@dataclass(eq=False)
class TrainingEnded(OfJob):
    """The training's thread ended; `problem` says what went wrong, if something did."""

    problem: str = ""
    diverged: bool = False  # it can't be resumed, only tested


@dataclass(eq=False)
class StudyTold(OfJob):
    """State of a search: a few times a second at most.

    :param study: with the events of the running trial.
    :param wish: what is wanted of the process that does it.
    """

    study: Study
    progress: Progress | None
    holder: Holder | None
    wish: Wish

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, StudyTold) and message.job is self.job


@dataclass(eq=False)
class StudyEnded(OfJob):
    """No process holds the search any more; `problem` says what went wrong, if something did."""

    problem: str = ""


@dataclass(eq=False)
class ComparisonTold(OfJob):
    """State of a comparison: a few times a second at most.

    :param live: the run in work.
    :param wish: what is wanted of the process that does it.
    """

    experiment: Experiment
    live: LiveRun | None
    holder: Holder | None
    wish: Wish

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, ComparisonTold) and message.job is self.job


@dataclass(eq=False)
class ComparisonEnded(OfJob):
    """No process holds the comparison any more; `problem` says what went wrong, if something did."""

    problem: str = ""
