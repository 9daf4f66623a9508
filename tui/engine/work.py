"""What runs in threads beside the user interface: the only place of the app that reaches torch and files.

Nothing here touches a widget. Threads tell what they have by posting messages.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from textual.message import Message

from namecls.errors import NameclsError
from namecls.guarantees import COVERAGE
from tui.messages import (
    Crashed,
    DatasetFailed,
    DatasetReady,
    MetricsRead,
    ModelFailed,
    ModelReady,
    Planned,
    Predicted,
    RunDeleted,
    StoryRead,
    StudiesFound,
    UnfinishedFound,
)

if TYPE_CHECKING:
    from namecls.config import ModelConfig, TrainConfig
    from namecls.data.split import Splits
    from namecls.data.table import NameTable
    from namecls.events import Event, Finished, Metrics, Prediction
    from namecls.files.locks import Holder
    from namecls.runs.run import Run, RunInfo
    from namecls.search.study import Study
    from namecls.training.loop import Plan
    from tui.engine.unfinished import Unfinished
    from tui.jobs.tuning import Wanted

Post = Callable[[Message], object]


class Answers(Protocol):
    """What the app wants of a predictor."""

    @property
    def labels(self) -> tuple[str, ...]: ...
    @property
    def info(self) -> RunInfo: ...
    def predict(
        self, names: Sequence[str], k: int = 3, *, coverage: float = COVERAGE
    ) -> list[Prediction]: ...


class Engine(Protocol):
    """What the app wants of the library. Tests give it one without torch."""

    def load_predictor(self, path: Path | None) -> Answers: ...
    def load_dataset(self, path: Path | None) -> NameTable: ...
    def list_runs(self, save_dir: Path) -> list[RunInfo]: ...
    def read_metrics(self, directory: Path) -> Metrics | None: ...
    def read_network(self, init_from: str) -> ModelConfig: ...
    def find_unfinished(self, save_dir: Path) -> list[Unfinished]: ...
    def open_history(self, directory: Path) -> Iterator[Event]: ...
    def plan(self, config: TrainConfig, table: NameTable, *, measure: bool) -> Plan: ...
    def create_run(self, save_dir: Path, config: TrainConfig) -> Run: ...
    def reopen_run(self, directory: Path) -> tuple[Run, TrainConfig, Splits]: ...
    def train(
        self, config: TrainConfig, data: NameTable | Splits, run: Run, *, resume: bool
    ) -> Iterator[Event]: ...
    def finish(self, run: Run, data: NameTable | Splits) -> Finished: ...
    def start_background(self, run: Run) -> Holder: ...
    def delete_run(self, save_dir: Path, name: str) -> None: ...
    def list_studies(self, save_dir: Path) -> list[tuple[Study, Holder | None]]: ...
    def create_study(self, save_dir: Path, wanted: Wanted, table: NameTable) -> Path: ...
    def start_search(self, directory: Path) -> Holder: ...


class Library:
    """The engine that is `namecls` itself; each call imports what it needs."""

    def load_predictor(self, path: Path | None) -> Answers:
        import torch

        from namecls.inference.prediction import Predictor

        # For one name a second thread is no help, and where the cores are busy each of many small steps waits for it.
        if torch.get_num_threads() > 1:
            torch.set_num_threads(1)
        return Predictor.load(path)

    def load_dataset(self, path: Path | None) -> NameTable:
        from namecls.data.table import load_dataset

        return load_dataset(path)

    def list_runs(self, save_dir: Path) -> list[RunInfo]:
        """The shipped model first, then the runs of `save_dir`, newest first."""
        from namecls.paths import packaged_model
        from namecls.runs.run import describe_run, list_runs

        shipped = packaged_model()
        runs = [info for info in list_runs(save_dir) if info.directory.resolve() != shipped.resolve()]
        return [describe_run(shipped), *runs] if shipped.exists() else runs

    def read_metrics(self, directory: Path) -> Metrics | None:
        """What a run did on its test rows; None if it was not tested."""
        from namecls.runs.run import Run

        return Run.open(directory).metrics()

    def read_network(self, init_from: str) -> ModelConfig:
        """The network of a model that a training may start from."""
        from namecls.runs.origin import read_network

        return read_network(init_from)

    def find_unfinished(self, save_dir: Path) -> list[Unfinished]:
        from tui.engine.unfinished import find_unfinished

        return find_unfinished(save_dir)

    def open_history(self, directory: Path) -> Iterator[Event]:
        """The events of a run, read in pieces: they may be many."""
        from namecls.runs.follow import Tail
        from namecls.runs.run import Run

        for events in iter(Tail(Run.open(directory)).read, []):
            yield from events

    def plan(self, config: TrainConfig, table: NameTable, *, measure: bool) -> Plan:
        from namecls.training.loop import plan

        return plan(config, table, measure=measure)

    def create_run(self, save_dir: Path, config: TrainConfig) -> Run:
        from namecls.runs.run import Run

        return Run.create(save_dir, config)

    def reopen_run(self, directory: Path) -> tuple[Run, TrainConfig, Splits]:
        """A run with its settings and its data, read again from where they lay."""
        from namecls.runs.run import Run
        from namecls.training.protocol import recorded_splits

        run = Run.open(directory)
        return run, run.config(), recorded_splits(run)

    def train(
        self, config: TrainConfig, data: NameTable | Splits, run: Run, *, resume: bool
    ) -> Iterator[Event]:
        from namecls.training.loop import train
        from namecls.training.memory import keep_pages

        keep_pages()
        return train(config, data, run, resume=resume)

    def finish(self, run: Run, data: NameTable | Splits) -> Finished:
        from namecls.training.loop import finish

        return finish(run, data)

    def start_background(self, run: Run) -> Holder:
        from namecls.files.background import start

        return start(run.directory)

    def delete_run(self, save_dir: Path, name: str) -> None:
        from namecls.runs.run import delete_run

        delete_run(save_dir, name)

    def list_studies(self, save_dir: Path) -> list[tuple[Study, Holder | None]]:
        from namecls.files.locks import holder_of
        from namecls.search.study import list_studies

        return [(study, holder_of(study.directory)) for study in list_studies(save_dir)]

    def create_study(self, save_dir: Path, wanted: Wanted, table: NameTable) -> Path:
        """A study without trials."""
        from namecls.search.study import Study
        from namecls.training.protocol import file_record, prepare

        prepare(wanted.base, table)
        study = Study.create(
            save_dir,
            wanted.base,
            wanted.space,
            objective=wanted.objective,
            budget=wanted.budget,
            data=file_record(table),
        )
        return study.directory

    def start_search(self, directory: Path) -> Holder:
        from namecls.files.background import start

        return start(directory, "tune")


#: Whether a thread can have a priority of its own.
HAVE_PRIORITIES = sys.platform == "linux"
_BEHIND = 5  # steps of niceness


def spawn(name: str, work: Callable[[], None], post: Post, *, behind: bool = False) -> threading.Thread:
    """Start a thread. An error that it did not expect is posted as `Crashed`.

    :param behind: it, and what threads it starts, let the screen go first, where the system knows how.

    Daemon threads, not Textual's workers: those are joined when the app leaves, and one that is importing
    torch would hold the terminal for a second and a half.
    """

    def guarded() -> None:
        if behind and HAVE_PRIORITIES:
            with contextlib.suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _BEHIND)
        try:
            work()
        except Exception as error:
            post(Crashed(error))

    thread = threading.Thread(target=guarded, name=name, daemon=True)
    thread.start()
    return thread


def read_dataset(engine: Engine, path: Path | None, post: Post) -> None:
    """Read a file of names and post what became of it."""
    try:
        post(DatasetReady(path, engine.load_dataset(path)))
    except NameclsError as error:
        post(DatasetFailed(path, str(error)))


def read_story(engine: Engine, directory: Path, post: Post) -> None:
    """Read the history of a run and post it."""
    from tui.drawing.story import Story

    try:
        post(StoryRead(directory, Story.of(engine.open_history(directory))))
    except NameclsError as error:
        post(StoryRead(directory, None, str(error)))


def read_metrics(engine: Engine, directory: Path, post: Post) -> None:
    """Read the test of a run and post it."""
    try:
        metrics = engine.read_metrics(directory)
        post(MetricsRead(directory, metrics, "" if metrics else "this model was not tested"))
    except NameclsError as error:
        post(MetricsRead(directory, None, str(error)))


def look_for_unfinished(engine: Engine, save_dir: Path, post: Post, *, offer: bool) -> None:
    """Look for trainings that are not over and post them."""
    try:
        post(UnfinishedFound(tuple(engine.find_unfinished(save_dir)), offer))
    except NameclsError as error:
        post(UnfinishedFound((), offer, str(error)))


def look_for_studies(engine: Engine, save_dir: Path, post: Post) -> None:
    """Look for searches and post them."""
    post(StudiesFound(tuple(engine.list_studies(save_dir))))


def delete_run(engine: Engine, save_dir: Path, name: str, post: Post) -> None:
    """Delete a run and post what became of it."""
    try:
        engine.delete_run(save_dir, name)
        post(RunDeleted(name))
    except NameclsError as error:
        post(RunDeleted(name, str(error)))


class PredictionLoop:
    """The thread that owns the model of Predict: it loads models and answers texts, always the latest one.

    There is no queue. A text that comes while another is being answered replaces the one that waits.
    """

    def __init__(self, engine: Engine, post: Post) -> None:
        self._engine = engine
        self._post = post
        self._wake = threading.Condition()
        self._question: tuple[str, int, float] | None = None
        self._wanted: tuple[Path | None] | None = None
        self._closed = False

    def use(self, path: Path | None) -> None:
        """Load another model; None is the shipped one."""
        with self._wake:
            self._wanted = (path,)
            self._wake.notify()

    def ask(self, text: str, k: int, coverage: float = COVERAGE) -> None:
        """Ask for the first `k` labels of a text, and for a set with this coverage."""
        with self._wake:
            self._question = (text, k, coverage)
            self._wake.notify()

    def close(self) -> None:
        """Let the thread end after what it is doing."""
        with self._wake:
            self._closed = True
            self._wake.notify()

    def run(self) -> None:
        """The thread's life."""
        answers: Answers | None = None
        path: Path | None = None
        while True:
            with self._wake:
                while not (self._closed or self._wanted or (self._question and answers is not None)):
                    self._wake.wait()
                if self._closed:
                    return
                wanted, self._wanted = self._wanted, None
                question = None
                if wanted is None:
                    question, self._question = self._question, None
            if wanted is not None:
                loaded = self._load(wanted[0])
                if loaded is not None:
                    answers, path = loaded, wanted[0]
            elif question is not None and answers is not None:
                text, k, coverage = question
                self._post(Predicted(path, answers.predict([text], k=k, coverage=coverage)[0]))

    def _load(self, path: Path | None) -> Answers | None:
        try:
            answers = self._engine.load_predictor(path)
            answers.predict(["warm up"], k=1)
        except NameclsError as error:
            self._post(ModelFailed(path, str(error)))
            return None
        self._post(ModelReady(path, answers.info, answers.labels))
        return answers


class PlanLoop:
    """The thread that works out what a training would be, always for the latest settings.

    `busy` is held while it does. A training takes it once before it begins: both draw random numbers, and a
    seed has to lead to the same weights every time.
    """

    def __init__(self, engine: Engine, post: Post) -> None:
        self.busy = threading.Lock()
        self._engine = engine
        self._post = post
        self._wake = threading.Condition()
        self._question: tuple[TrainConfig, NameTable] | None = None
        self._wanted = False  # the answer to the question that is being answered
        self._closed = False

    def ask(self, config: TrainConfig, table: NameTable) -> None:
        with self._wake:
            self._question = (config, table)
            self._wake.notify()

    def forget(self) -> None:
        """Take the question back, also one that is answered in part."""
        with self._wake:
            self._question = None
            self._wanted = False
            self._wake.notify()

    def close(self) -> None:
        with self._wake:
            self._closed = True
            self._wake.notify()

    def run(self) -> None:
        """The thread's life. The size of a training is told first, since its time takes a moment to find out."""
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._closed or self._question)
                if self._closed:
                    return
                question, self._question = self._question, None
                self._wanted = True
            if question is None:
                continue
            for measure in (False, True):
                with self.busy:
                    if self._wanted:
                        self._answer(*question, measure=measure)
                if self._wait_for_better():
                    break

    def _wait_for_better(self) -> bool:
        """Whether another question comes within a moment, or none is left: then measuring is not worth it."""
        with self._wake:
            return bool(
                self._wake.wait_for(lambda: self._closed or self._question or not self._wanted, timeout=0.5)
            )

    def _answer(self, config: TrainConfig, table: NameTable, *, measure: bool) -> None:
        try:
            self._post(Planned(config, self._engine.plan(config, table, measure=measure), ""))
        except NameclsError as error:
            self._post(Planned(config, None, str(error)))
