"""Trainings in their threads: one that this process does, and one that another does and this one looks at."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

from namecls.errors import NameclsError, RunError
from namecls.events import EpochEnd, Event, Finished, Progress
from namecls.files.background import LOG, last_words
from namecls.files.control import Wish, ask, asked, forget
from namecls.files.locks import Holder, check_free, holder_of
from namecls.runs.follow import LOOKS, Tail
from namecls.runs.run import Run
from tui.messages import (
    TrainingBegan,
    TrainingDetached,
    TrainingEnded,
    TrainingHeld,
    TrainingRefused,
    TrainingTold,
    TrainingTurned,
)

if TYPE_CHECKING:
    from namecls.config import TrainConfig
    from namecls.data.split import Splits
    from namecls.data.table import NameTable
    from tui.engine.work import Engine, Post

#: Seconds between two messages about a running training.
TELL_EVERY = 0.25
#: Seconds between two looks at what another process wants of a training.
LOOK_EVERY = 0.2
_MUCH = 4 * 2**20  # bytes of a history

#: How a training is to end before its time.
End = Literal["test", "leave", "detach"]


class Job(Protocol):
    """A training that can be looked at and told what to do. None of these waits for anything."""

    def pause(self) -> None: ...
    def resume(self) -> None: ...
    def stop(self) -> None:
        """Stop it; what is trained is tested and kept."""

    def close(self) -> None:
        """Have the thread end: a training of this process with a checkpoint, one of another goes on."""

    def run(self) -> None:
        """The thread's life."""


class TrainingJob:
    """A training of this process. To pause is not to ask for the next event; to stop is to close the generator.

    Other processes may tell it to pause, go on or stop, through `namecls.files.control`.

    :param before: held while something goes on that the training has to wait for.
    :param open_run: makes the run, or opens it again; with its settings and its data.
    :param how: train from the beginning, go on, or only test what was trained and keep it.
    """

    def __init__(
        self,
        engine: Engine,
        post: Post,
        before: threading.Lock,
        open_run: Callable[[], tuple[Run, TrainConfig, NameTable | Splits]],
        how: Literal["train", "resume", "finish"] = "train",
    ) -> None:
        self._engine = engine
        self._post = post
        self._before = before
        self._open = open_run
        self._how = how
        self._go = threading.Event()
        self._go.set()
        self._end: End | None = "test" if how == "finish" else None
        self._tail: Tail | None = None  # of what was told before it went on
        self._waiting: list[Event] = []
        self._told = 0.0
        self._looked = 0.0

    def pause(self) -> None:
        self._go.clear()

    def resume(self) -> None:
        self._go.set()

    def stop(self) -> None:
        self._end_by("test")

    def detach(self) -> None:
        """Let a process in the background go on with it."""
        self._end_by("detach")

    def close(self) -> None:
        self._end_by("leave")

    def _end_by(self, end: End) -> None:
        if self._end is None or end == "leave":
            self._end = end
        self._go.set()

    def run(self) -> None:
        """The thread's life. Its last word is `TrainingEnded` or `TrainingDetached`, whatever happens."""
        last: TrainingEnded | TrainingDetached = TrainingEnded(self)
        try:
            with self._before:
                run, config, data = self._open()
            self._post(TrainingBegan(self, run.directory, config))
            detached = self._work(run, config, data)
            last = TrainingDetached(self, run.directory, detached) if detached else last
        except NameclsError as error:
            last = TrainingEnded(self, str(error))
        finally:
            self._flush()
            self._post(last)

    def _work(self, run: Run, config: TrainConfig, data: NameTable | Splits) -> Holder | None:
        """Train; the process that goes on with it, if one does."""
        check_free(run.directory)
        forget(run.directory)  # what was wanted of an earlier process
        try:
            if self._how != "train":
                self._tell_past(run)
            if self._how == "finish":
                self._tell(self._engine.finish(run, data))
                return None
            while True:
                finished = self._train(run, config, data)
                if self._end == "test" and not finished:
                    self._tell(self._engine.finish(run, data))
                if self._end != "detach" or finished:
                    return None
                if holder := self._hand_over(run):
                    return holder
        finally:
            forget(run.directory)

    def _train(self, run: Run, config: TrainConfig, data: NameTable | Splits) -> bool:
        """Train until it is over, or wanted to be; whether it came to its end."""
        finished = learned = False
        events = self._engine.train(config, data, run, resume=self._how == "resume")
        with closing(_closable(events)) as stream:
            for event in stream:
                self._tell_next(event)
                finished = isinstance(event, Finished)
                learned = learned or isinstance(event, Progress | EpochEnd)
                self._heed(run)
                # Before the first step there is nothing to keep and nothing to test.
                if self._end is not None and (learned or self._end != "test"):
                    break
        return finished

    def _hand_over(self, run: Run) -> Holder | None:
        """Start a process that goes on; None if there is none: then it goes on here."""
        self._flush()
        try:
            return self._engine.start_background(run)
        except RunError as error:
            self._post(TrainingRefused(self, str(error)))
        if self._end == "detach":
            self._end = None
        self._how = "resume"
        self._tail = None
        self._post(TrainingTurned(self, "running"))
        return None

    # -- what is wanted of it --

    def _heed(self, run: Run) -> None:
        now = time.monotonic()
        if now - self._looked >= LOOK_EVERY:
            self._looked = now
            self._obey(asked(run.directory))
        if not self._go.is_set() and self._end is None:
            self._rest(run)

    def _obey(self, wish: Wish) -> None:
        if wish == "pause":
            self._go.clear()
        elif wish in ("stop", "leave") and self._end is None:
            self._end = "test" if wish == "stop" else "leave"
            self._post(TrainingTurned(self, "stopping"))

    def _rest(self, run: Run) -> None:
        """Wait until it may go on, by the user's or another process's word."""
        self._flush()
        if asked(run.directory) == "go":  # else another process has said something, which must not be lost
            with contextlib.suppress(RunError):  # a full disk: others are not told, it rests all the same
                ask(run.directory, "pause")
        written = asked(run.directory) == "pause"
        self._post(TrainingTurned(self, "paused"))
        while not self._go.wait(LOOK_EVERY):
            wish = asked(run.directory)
            self._obey(wish)
            written = written or wish == "pause"
            if self._end is not None or (written and wish == "go"):
                break
        self._go.set()
        if self._end is None:
            forget(run.directory)
            self._post(TrainingTurned(self, "running"))

    # -- what it tells --

    def _tell_past(self, run: Run) -> None:
        """Tell what was told before. If it is much, it waits for the first step: that may cut it back."""
        self._tail = Tail(run)
        if self._how == "finish" or run.history_size() < _MUCH:
            self._pour(self._tail)

    def _pour(self, tail: Tail) -> Event | None:
        """Tell all that is new in a history; the last of it."""
        last = None
        while self._end != "leave" and (events := tail.read()):
            self._post(TrainingTold(self, tuple(events)))
            last = events[-1]
        return last

    def _tell_next(self, event: Event) -> None:
        """Tell an event; the first one together with what stands before it, which may have been cut back."""
        tail, self._tail = self._tail, None
        if tail is None or self._pour(tail) != event:
            self._tell(event)

    def _tell(self, event: Event) -> None:
        self._waiting.append(event)
        now = time.monotonic()
        if not isinstance(event, Progress) or now - self._told >= TELL_EVERY:
            self._told = now
            self._flush()

    def _flush(self) -> None:
        if self._waiting:
            self._post(TrainingTold(self, tuple(self._waiting)))
            self._waiting = []


class AttachedJob:
    """A training of another process, by what it writes. To end this is not to end that."""

    def __init__(self, directory: Path, post: Post) -> None:
        self._directory = directory
        self._post = post
        self._wake = threading.Event()
        self._wish: Wish | None = None
        self._closed = False
        self._phase: Literal["running", "paused", "stopping"] = "running"
        self._over = False

    def pause(self) -> None:
        self._want("pause")

    def resume(self) -> None:
        self._want("go")

    def stop(self) -> None:
        self._want("stop")

    def close(self) -> None:
        self._closed = True
        self._wake.set()

    def _want(self, wish: Wish) -> None:
        self._wish = wish
        self._wake.set()

    def run(self) -> None:
        """The thread's life. Its last word is `TrainingEnded`, unless it was closed."""
        problem = ""
        try:
            problem = self._follow()
        except NameclsError as error:
            problem = str(error)
        finally:
            if not self._closed:
                self._post(TrainingEnded(self, problem))

    def _follow(self) -> str:
        """Tell what comes; why it ended without a result, if it did."""
        run = Run.open(self._directory)
        self._post(TrainingBegan(self, self._directory, run.config()))
        tail, shown = Tail(run), None
        said, left = self._log_size(), 0
        while not self._closed:
            self._pass_on()
            holder = holder_of(self._directory)  # asked first: what it wrote last is then read
            if holder is not None and holder != shown:
                self._post(TrainingHeld(self, holder))
                shown = holder
            self._tell_news(tail)
            if self._over:
                return ""
            self._tell_phase()
            left = 0 if holder else left + 1
            if left >= LOOKS:
                words = f": {last_words(self._directory)}" if self._log_size() > said else ""
                return f"{shown or 'its process'}, left it unfinished{words}; it can go on"
            self._wake.wait(TELL_EVERY)
            self._wake.clear()
        return ""

    def _tell_news(self, tail: Tail) -> None:
        while not self._closed and (events := tail.read()):
            self._post(TrainingTold(self, tuple(events)))
            self._over = isinstance(events[-1], Finished)

    def _tell_phase(self) -> None:
        wish = asked(self._directory)
        phase: Literal["running", "paused", "stopping"] = (
            "running" if wish == "go" else "paused" if wish == "pause" else "stopping"
        )
        if phase != self._phase:
            self._phase = phase
            self._post(TrainingTurned(self, phase))

    def _pass_on(self) -> None:
        """Tell the other process what is wanted of it."""
        wish, self._wish = self._wish, None
        if wish is None:
            return
        try:
            ask(self._directory, wish)
        except RunError as error:
            self._post(TrainingRefused(self, str(error)))
            self._post(TrainingTurned(self, self._phase))

    def _log_size(self) -> int:
        try:
            return (self._directory / LOG).stat().st_size
        except OSError:
            return 0


def _closable(events: Iterator[Event]) -> Generator[Event, None, None]:
    """The same events as a generator, which can be closed, and closes what it was made from."""
    yield from events
