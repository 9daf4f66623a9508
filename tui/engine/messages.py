"""Messages from worker threads to the app and its screens: values of the library, never widgets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from namecls.answers import Prediction
    from namecls.config import ModelConfig, TrainConfig
    from namecls.data.layout import Columns
    from namecls.data.table import NameTable
    from namecls.results import Confusion
    from namecls.runs.listing import RunInfo
    from namecls.training.loop import Plan
    from tui.drawing.story import Story
    from tui.engine.editing import EditBook
    from tui.engine.unfinished import Unfinished
    from tui.engine.values import Examined, Question, ShownView


@dataclass(eq=False)
class ModelReady(Message):
    """A model is loaded and in use.

    :param priors: the other populations that it can answer for.
    :param no_prior: why it can't answer for one of them; empty: it can.
    """

    path: Path | None
    info: RunInfo
    labels: tuple[str, ...]
    priors: tuple[str, ...] = ()
    no_prior: str = ""


@dataclass(eq=False)
class ModelFailed(Message):
    """A model could not be loaded."""

    path: Path | None
    problem: str


@dataclass(eq=False)
class Predicted(Message):
    """The answer to a text, by the model at `path`. A newer answer makes it worthless."""

    path: Path | None
    prediction: Prediction

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, Predicted)


@dataclass(eq=False)
class ListPredicted(Message):
    """The answers to a list of texts, in their order."""

    predictions: tuple[Prediction, ...]


@dataclass(eq=False)
class Explained(Message):
    """A view of a name by the model at `path`, or why there is none. Worthless if anything else is asked by now."""

    path: Path | None
    asked: Question
    view: str
    value: ShownView | None
    problem: str = ""


@dataclass(eq=False)
class DatasetReady(Message):
    """A file of names is read."""

    path: Path | None
    columns: Columns
    table: NameTable


@dataclass(eq=False)
class DatasetFailed(Message):
    """A file of names could not be read."""

    path: Path | None
    columns: Columns
    problem: str


@dataclass(eq=False)
class Planned(Message):
    """The plan of a training with these settings, or why there can be none."""

    config: TrainConfig
    plan: Plan | None
    problem: str


@dataclass(eq=False)
class UnfinishedFound(Message):
    """The unfinished trainings in the save directory.

    :param offer: whether the user is to be asked about them.
    """

    found: tuple[Unfinished, ...]
    offer: bool
    problem: str = ""


@dataclass(eq=False)
class StoryRead(Message):
    """The history of an old run, or why it can't be read."""

    directory: Path
    story: Story | None
    problem: str = ""
    study: str = ""  # the search that it is a trial of
    diverged: bool = False  # it can't be resumed, only tested


@dataclass(eq=False)
class RunsListed(Message):
    """The runs of the save directory, or why they can't be told.

    :param turn: of those who ask more than once: for which time these are.
    :param whole: whether these are all.
    """

    runs: list[RunInfo]
    problem: str = ""
    turn: int = 0
    whole: bool = True


@dataclass(eq=False)
class RunMade(Message):
    """A background training that was not shown finished."""

    info: RunInfo


@dataclass(eq=False)
class RunDeleted(Message):
    """A run is gone, or `problem` says why not."""

    name: str
    problem: str = ""


@dataclass(eq=False)
class OfJob(Message):
    """Message of a training's or search's thread. `job` is the sender; messages of other jobs are dropped."""

    job: object


@dataclass(eq=False)
class Crashed(Message):
    """A worker met an error that is a bug."""

    error: BaseException


@dataclass(eq=False)
class ModelExamined(Message):
    """What a model gets wrong, or why that can't be told; then perhaps what was written of its labels."""

    directory: Path
    found: Examined | None
    problem: str = ""
    written: tuple[tuple[str, ...], Confusion] | None = None


@dataclass(eq=False)
class EditsRead(Message):
    """The edits of a file that was opened, or why they can't be."""

    data: Path | None
    book: EditBook | None
    problem: str = ""


@dataclass(eq=False)
class OriginsFound(Message):
    """The models that a training may start from: as `TrainConfig.init_from` has them, with their names."""

    titles: Mapping[str, str]


@dataclass(eq=False)
class NetworkRead(Message):
    """The network of a model that a training may start from, or why it can't be read."""

    init_from: str
    network: ModelConfig | None
    problem: str = ""
