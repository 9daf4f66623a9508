"""What worker threads tell the app. Each message wraps values of the library; none refers to a widget."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from textual.message import Message

if TYPE_CHECKING:
    from namecls.config import ModelConfig, TrainConfig
    from namecls.data.table import NameTable
    from namecls.events import Event, Metrics, Prediction, Progress
    from namecls.files.control import Wish
    from namecls.files.locks import Holder
    from namecls.runs.run import RunInfo
    from namecls.search.study import Study
    from namecls.training.loop import Plan
    from tui.drawing.story import Story
    from tui.engine.unfinished import Unfinished


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


class MetricsRead(Message):
    """What a model did on its test rows, or why that can't be told."""

    def __init__(self, directory: Path, metrics: Metrics | None, problem: str) -> None:
        super().__init__()
        self.directory = directory
        self.metrics = metrics
        self.problem = problem


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


class OriginsFound(Message):
    """The models that a training may start from: as `TrainConfig.init_from` has them, with their names."""

    def __init__(self, titles: Mapping[str, str]) -> None:
        super().__init__()
        self.titles = titles


class NetworkRead(Message):
    """The network of a model that a training may start from, or why it can't be read."""

    def __init__(self, init_from: str, network: ModelConfig | None, problem: str = "") -> None:
        super().__init__()
        self.init_from = init_from
        self.network = network
        self.problem = problem


class OfTraining(Message):
    """A word of a training's thread. `job` tells whose it is: that of one that is no longer looked at is dropped."""

    def __init__(self, job: object) -> None:
        super().__init__()
        self.job = job


class TrainingBegan(OfTraining):
    """The training has its run."""

    def __init__(self, job: object, directory: Path, config: TrainConfig) -> None:
        super().__init__(job)
        self.directory = directory
        self.config = config


class TrainingTold(OfTraining):
    """What a training told since the last time: a few times a second, whatever its pace.

    Nothing is left out, since the plots want every point; the worker keeps the messages few.
    """

    def __init__(self, job: object, events: tuple[Event, ...]) -> None:
        super().__init__(job)
        self.events = events


class TrainingTurned(OfTraining):
    """The training is in another phase than before, perhaps because another process wanted it so."""

    def __init__(self, job: object, phase: Literal["running", "paused", "stopping"]) -> None:
        super().__init__(job)
        self.phase = phase


class TrainingHeld(OfTraining):
    """Another process is at work on the training that is looked at."""

    def __init__(self, job: object, holder: Holder) -> None:
        super().__init__(job)
        self.holder = holder


class TrainingDetached(OfTraining):
    """A process in the background has taken the training over."""

    def __init__(self, job: object, directory: Path, holder: Holder) -> None:
        super().__init__(job)
        self.directory = directory
        self.holder = holder


class TrainingRefused(OfTraining):
    """What was wanted of a training could not be done; it goes on."""

    def __init__(self, job: object, problem: str) -> None:
        super().__init__(job)
        self.problem = problem


class TrainingEnded(OfTraining):
    """The training's thread is through. `problem` says what went wrong, if something did."""

    def __init__(self, job: object, problem: str = "") -> None:
        super().__init__(job)
        self.problem = problem


class StoryRead(Message):
    """The history of an old run, or why it can't be read."""

    def __init__(self, directory: Path, story: Story | None, problem: str = "") -> None:
        super().__init__()
        self.directory = directory
        self.story = story
        self.problem = problem


class UnfinishedFound(Message):
    """The trainings in the save directory that are not over.

    :param offer: whether the user is to be asked about them.
    """

    def __init__(self, found: tuple[Unfinished, ...], offer: bool, problem: str = "") -> None:
        super().__init__()
        self.found = found
        self.offer = offer
        self.problem = problem


class RunDeleted(Message):
    """A run is gone, or `problem` says why not."""

    def __init__(self, name: str, problem: str = "") -> None:
        super().__init__()
        self.name = name
        self.problem = problem


class OfStudy(Message):
    """A word of the thread that looks at a search. `job` tells whose it is."""

    def __init__(self, job: object) -> None:
        super().__init__()
        self.job = job


class StudyTold(OfStudy):
    """How a search stands: a few times a second at most.

    :param study: with what is known of the trial in work.
    :param wish: what is wanted of the process that does it.
    """

    def __init__(
        self, job: object, study: Study, progress: Progress | None, holder: Holder | None, wish: Wish
    ) -> None:
        super().__init__(job)
        self.study = study
        self.progress = progress
        self.holder = holder
        self.wish = wish

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, StudyTold) and message.job is self.job


class StudyEnded(OfStudy):
    """No process is at work on the search any more. `problem` says what went wrong, if something did."""

    def __init__(self, job: object, problem: str = "") -> None:
        super().__init__(job)
        self.problem = problem


class StudiesFound(Message):
    """The searches in the save directory, the latest first, with the process that is at work on each."""

    def __init__(self, studies: tuple[tuple[Study, Holder | None], ...]) -> None:
        super().__init__()
        self.studies = studies


class Crashed(Message):
    """A worker met an error that is a bug."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error
