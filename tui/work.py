"""What runs in threads beside the user interface: the only place of the app that reaches torch and files.

Nothing here touches a widget. Threads tell what they have by posting messages.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from textual.message import Message

from namecls.errors import NameclsError
from tui.messages import (
    Crashed,
    DatasetFailed,
    DatasetReady,
    ModelFailed,
    ModelReady,
    Planned,
    Predicted,
    StoryRead,
    TrainingEnded,
    TrainingTold,
)

if TYPE_CHECKING:
    from namecls.config import TrainConfig
    from namecls.data import NameTable
    from namecls.events import Event, Finished, Prediction
    from namecls.runs import Run, RunInfo
    from namecls.training import Plan

Post = Callable[[Message], object]

#: Seconds between two messages about a running training.
TELL_EVERY = 0.25


class Answers(Protocol):
    """What the app wants of a predictor."""

    @property
    def labels(self) -> tuple[str, ...]: ...
    @property
    def info(self) -> RunInfo: ...
    def predict(self, names: Sequence[str], k: int = 3) -> list[Prediction]: ...


class Engine(Protocol):
    """What the app wants of the library. Tests give it one without torch."""

    def load_predictor(self, path: Path | None) -> Answers: ...
    def load_dataset(self, path: Path | None) -> NameTable: ...
    def list_runs(self, save_dir: Path) -> list[RunInfo]: ...
    def open_history(self, directory: Path) -> list[Event]: ...
    def plan(self, config: TrainConfig, table: NameTable, *, measure: bool) -> Plan: ...
    def create_run(self, save_dir: Path, config: TrainConfig) -> Run: ...
    def train(self, config: TrainConfig, table: NameTable, run: Run) -> Iterator[Event]: ...
    def finish(self, run: Run, table: NameTable) -> Finished: ...


class Library:
    """The engine that is `namecls` itself; each call imports what it needs."""

    def load_predictor(self, path: Path | None) -> Answers:
        from namecls.prediction import Predictor

        return Predictor.load(path)

    def load_dataset(self, path: Path | None) -> NameTable:
        from namecls.data import load_dataset

        return load_dataset(path)

    def list_runs(self, save_dir: Path) -> list[RunInfo]:
        """The shipped model first, then the runs of `save_dir`, newest first."""
        from namecls.paths import packaged_model
        from namecls.runs import describe_run, list_runs

        shipped = packaged_model()
        runs = [info for info in list_runs(save_dir) if info.directory.resolve() != shipped.resolve()]
        return [describe_run(shipped), *runs] if shipped.exists() else runs

    def open_history(self, directory: Path) -> list[Event]:
        from namecls.runs import Run

        return list(Run.open(directory).history())

    def plan(self, config: TrainConfig, table: NameTable, *, measure: bool) -> Plan:
        from namecls.training import plan

        return plan(config, table, measure=measure)

    def create_run(self, save_dir: Path, config: TrainConfig) -> Run:
        from namecls.runs import Run

        return Run.create(save_dir, config)

    def train(self, config: TrainConfig, table: NameTable, run: Run) -> Iterator[Event]:
        from namecls.training import train

        return train(config, table, run)

    def finish(self, run: Run, table: NameTable) -> Finished:
        from namecls.training import finish

        return finish(run, table)


def spawn(name: str, work: Callable[[], None], post: Post) -> threading.Thread:
    """Start a thread. An error that it did not expect is posted as `Crashed`.

    Daemon threads, not Textual's workers: those are joined when the app leaves, and one that is importing
    torch would hold the terminal for a second and a half.
    """

    def guarded() -> None:
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
    try:
        post(StoryRead(tuple(engine.open_history(directory))))
    except NameclsError as error:
        post(StoryRead((), str(error)))


class PredictionLoop:
    """The thread that owns the model of Predict: it loads models and answers texts, always the latest one.

    There is no queue. A text that comes while another is being answered replaces the one that waits.
    """

    def __init__(self, engine: Engine, post: Post) -> None:
        self._engine = engine
        self._post = post
        self._wake = threading.Condition()
        self._question: tuple[str, int] | None = None
        self._wanted: tuple[Path | None] | None = None
        self._closed = False

    def use(self, path: Path | None) -> None:
        """Load another model; None is the shipped one."""
        with self._wake:
            self._wanted = (path,)
            self._wake.notify()

    def ask(self, text: str, k: int) -> None:
        """Ask for the first `k` labels of a text."""
        with self._wake:
            self._question = (text, k)
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
                text, k = question
                self._post(Predicted(path, answers.predict([text], k=k)[0]))

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
        self._closed = False

    def ask(self, config: TrainConfig, table: NameTable) -> None:
        with self._wake:
            self._question = (config, table)
            self._wake.notify()

    def forget(self) -> None:
        """Take the question back."""
        with self._wake:
            self._question = None

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
            if question is None:
                continue
            for measure in (False, True):
                with self.busy:
                    self._answer(*question, measure=measure)
                if self._wait_for_better():
                    break

    def _wait_for_better(self) -> bool:
        """Whether another question comes within a moment: then measuring this one is not worth it."""
        with self._wake:
            return bool(self._wake.wait_for(lambda: self._closed or self._question, timeout=0.5))

    def _answer(self, config: TrainConfig, table: NameTable, *, measure: bool) -> None:
        try:
            self._post(Planned(config, self._engine.plan(config, table, measure=measure), ""))
        except NameclsError as error:
            self._post(Planned(config, None, str(error)))


class TrainingJob:
    """One training in its thread. To pause is not to ask for the next event; to stop is to close the generator.

    :param before: held while something goes on that the training has to wait for.
    """

    def __init__(
        self,
        engine: Engine,
        config: TrainConfig,
        table: NameTable,
        save_dir: Path,
        post: Post,
        before: threading.Lock,
    ) -> None:
        self._before = before
        self._engine = engine
        self._config = config
        self._table = table
        self._save_dir = save_dir
        self._post = post
        self._go = threading.Event()
        self._go.set()
        self._stopped = threading.Event()
        self._test = True
        self._waiting: list[Event] = []
        self._told = 0.0

    def pause(self) -> None:
        self._go.clear()

    def resume(self) -> None:
        self._go.set()

    def stop(self, *, test: bool = True) -> None:
        """Stop at the next event, keeping what is trained.

        :param test: also test it. Without, the run stays unfinished, which is quicker when the program has to go.
        """
        self._test = self._test and test
        self._stopped.set()
        self._go.set()

    def run(self) -> None:
        """The thread's life. Its last word is `TrainingEnded`, whatever happens."""
        problem = ""
        try:
            self._train()
        except NameclsError as error:
            problem = str(error)
        finally:
            self._flush()
            self._post(TrainingEnded(problem))

    def _train(self) -> None:
        from namecls.events import Finished, Started

        with self._before:
            run = self._engine.create_run(self._save_dir, self._config)
        events = self._engine.train(self._config, self._table, run)
        finished = False
        with closing(_closable(events)) as stream:
            for event in stream:
                self._tell(event)
                finished = isinstance(event, Finished)
                if not self._go.is_set():
                    self._flush()
                    self._go.wait()
                # Before the first step there is nothing to keep and nothing to test.
                if self._stopped.is_set() and not (self._test and isinstance(event, Started)):
                    break
        if self._test and not finished:
            self._tell(self._engine.finish(run, self._table))

    def _tell(self, event: Event) -> None:
        from namecls.events import Progress

        self._waiting.append(event)
        now = time.monotonic()
        if not isinstance(event, Progress) or now - self._told >= TELL_EVERY:
            self._told = now
            self._flush()

    def _flush(self) -> None:
        if self._waiting:
            self._post(TrainingTold(tuple(self._waiting)))
            self._waiting = []


def _closable(events: Iterator[Event]) -> Generator[Event, None, None]:
    """The same events as a generator, which can be closed, and closes what it was made from."""
    yield from events
