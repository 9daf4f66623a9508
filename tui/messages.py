"""What worker threads tell the app. Each message wraps values of the library; none refers to a widget."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from namecls.config import TrainConfig
    from namecls.data import NameTable
    from namecls.events import Event, Prediction
    from namecls.runs import RunInfo
    from namecls.training import Plan


class ModelReady(Message):
    """A model is loaded and answers from now on."""

    def __init__(self, path: Path | None, info: RunInfo, labels: tuple[str, ...]) -> None:
        super().__init__()
        self.path = path
        self.info = info
        self.labels = labels


class ModelFailed(Message):
    """A model could not be loaded."""

    def __init__(self, path: Path | None, problem: str) -> None:
        super().__init__()
        self.path = path
        self.problem = problem


class Predicted(Message):
    """The answer to a text, by the model at `path`. A newer answer makes it worthless."""

    def __init__(self, path: Path | None, prediction: Prediction) -> None:
        super().__init__()
        self.path = path
        self.prediction = prediction

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, Predicted)


class DatasetReady(Message):
    """A file of names is read."""

    def __init__(self, path: Path | None, table: NameTable) -> None:
        super().__init__()
        self.path = path
        self.table = table


class DatasetFailed(Message):
    """A file of names could not be read."""

    def __init__(self, path: Path | None, problem: str) -> None:
        super().__init__()
        self.path = path
        self.problem = problem


class Planned(Message):
    """What a training with these settings would be, or why there can be none."""

    def __init__(self, config: TrainConfig, plan: Plan | None, problem: str) -> None:
        super().__init__()
        self.config = config
        self.plan = plan
        self.problem = problem


class TrainingTold(Message):
    """What a training told since the last time: a few times a second, whatever its pace.

    Nothing is left out, since the plots want every point; the worker keeps the messages few.
    """

    def __init__(self, events: tuple[Event, ...]) -> None:
        super().__init__()
        self.events = events


class TrainingEnded(Message):
    """The training's thread is through. `problem` says what went wrong, if something did."""

    def __init__(self, problem: str = "") -> None:
        super().__init__()
        self.problem = problem


class StoryRead(Message):
    """The history of an old run, or why it can't be read."""

    def __init__(self, events: tuple[Event, ...], problem: str = "") -> None:
        super().__init__()
        self.events = events
        self.problem = problem


class Crashed(Message):
    """A worker met an error that is a bug."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error
