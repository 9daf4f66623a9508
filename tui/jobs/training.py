"""A training in a thread of this process."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Literal

from namecls.errors import Diverged, NameclsError, RunError
from namecls.events import EpochEnd, Event, Finished, Progress, Refitting
from namecls.files.control import LOOK_EVERY, Heard, Wish, ask, asked
from namecls.files.locks import Holder, check_free, forget_heir, name_heir
from namecls.runs.follow import Tail
from namecls.runs.run import Run
from tui.jobs.messages import (
    TrainingBegan,
    TrainingDetached,
    TrainingEnded,
    TrainingRefused,
    TrainingTold,
    TrainingTurned,
)

if TYPE_CHECKING:
    from namecls.config import TrainConfig
    from namecls.data.split import Splits
    from namecls.data.table import NameTable
    from tui.engine.threads import Post
    from tui.engine.wanted import Engine

#: Seconds between two messages about a running training.
TELL_EVERY = 0.25
_MUCH = 4 * 2**20  # bytes of a history

#: How a training is to end before its time.
End = Literal["test", "leave", "detach"]


class TrainingJob:
    """A training in a thread. To pause is not to ask for the next event; to stop is to close the generator.

    Other processes may tell it to pause, resume or stop, through `namecls.files.control`.

    :param before: a lock that the training takes once before it begins.
    :param open_run: makes the run, or opens it again; with its settings and its data.
    :param how: train from the beginning, resume, or only test the best epoch and save the model.
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
        self._tail: Tail | None = None  # of the events before it was resumed
        self.is_looked_into = False  # whether somebody looks at its gradients, which are measured only then
        self._waiting: list[Event] = []
        self._told = 0.0

    def want(self, wish: Wish) -> None:
        """Pause, resume, or stop and test, in the words of `namecls.files.control`."""
        if wish == "go":
            self._go.set()
        elif wish == "pause":
            self._go.clear()
        else:
            self._end_by("test" if wish == "stop" else "leave")

    def detach(self) -> None:
        """Hand it over to a background process."""
        self._end_by("detach")

    def close(self) -> None:
        """End it with a checkpoint, to be resumed later."""
        self._end_by("leave")

    def _end_by(self, end: End) -> None:
        if self._end is None or end == "leave":
            self._end = end
        self._go.set()

    def run(self) -> None:
        """Body of the thread. Its last message is `TrainingEnded` or `TrainingDetached`, whatever happens."""
        last: TrainingEnded | TrainingDetached = TrainingEnded(self)
        try:
            with self._before:
                run, config, data = self._open()
            self._post(TrainingBegan(self, run.directory, config))
            detached = self._work(run, config, data)
            last = TrainingDetached(self, run.directory, detached) if detached else last
        except NameclsError as error:
            last = TrainingEnded(self, str(error), isinstance(error, Diverged))
        finally:
            self._flush()
            self._post(last)

    def _work(self, run: Run, config: TrainConfig, data: NameTable | Splits) -> Holder | None:
        """Train; return the background process that continues, if one does."""
        check_free(run.directory)
        heard = Heard(run.directory)
        heard.forget()  # what was wanted of an earlier process
        try:
            if self._how != "train":
                self._tell_past(run)
            if self._how == "finish":
                self._tell(self._engine.finish(run, data))
                return None
            while True:
                finished = self._train(run, config, data, heard)
                if self._end == "test" and not finished:
                    self._tell(self._engine.finish(run, data))
                if self._end != "detach" or finished:
                    return None
                if holder := self._hand_over(run):
                    return holder
        finally:
            heard.forget()
            forget_heir(run.directory)

    def _train(self, run: Run, config: TrainConfig, data: NameTable | Splits, heard: Heard) -> bool:
        """Train until it is finished or stopped; return whether it finished."""
        finished = learned = False
        events = self._engine.train(
            *(config, data, run),
            resume=self._how == "resume",
            gradients=lambda: self.is_looked_into or heard.is_looked_into,
        )
        with closing(_closable(events)) as stream:
            for event in stream:
                self._tell_next(event)
                finished = isinstance(event, Finished)
                learned = learned or isinstance(event, Progress | EpochEnd)
                self._heed(run, heard)
                # Before the first step there is nothing to keep and nothing to test.
                if self._end is not None and (learned or self._end != "test"):
                    if (
                        self._end != "leave"
                    ):  # who goes on is told before it is let go, or others might delete it
                        name_heir(run.directory, os.getpid())
                    break
        return finished

    def _hand_over(self, run: Run) -> Holder | None:
        """Start a background process that continues; None if that fails: then it continues here."""
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

    def _heed(self, run: Run, heard: Heard) -> None:
        self._obey(heard.wish)
        if not self._go.is_set() and self._end is None:
            self._rest(run, heard)

    def _obey(self, wish: Wish) -> None:
        if wish == "pause":
            self._go.clear()
        elif wish in ("stop", "leave") and self._end is None:
            self._end = "test" if wish == "stop" else "leave"
            self._post(TrainingTurned(self, "stopping"))

    def _rest(self, run: Run, heard: Heard) -> None:
        """Wait until it is resumed, by the user or another process."""
        self._flush()
        if asked(run.directory) == "go":  # else another process has made a request, which must not be lost
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
            heard.forget()
            self._post(TrainingTurned(self, "running"))

    # -- what it tells --

    def _tell_past(self, run: Run) -> None:
        """Post the events of before. If there are many, wait for the first step: that may cut them back."""
        self._tail = Tail(run)
        if self._how == "finish" or run.history_size() < _MUCH:
            self._pour(self._tail)

    def _pour(self, tail: Tail) -> Event | None:
        """Post all new events of a history; return the last one."""
        last = None
        while self._end != "leave" and (events := tail.read()):
            self._post(TrainingTold(self, tuple(events)))
            last = events[-1]
        return last

    def _tell_next(self, event: Event) -> None:
        """Post an event; the first one together with those before it, which may have been cut back."""
        tail, self._tail = self._tail, None
        if tail is None or self._pour(tail) != event:
            self._tell(event)

    def _tell(self, event: Event) -> None:
        self._waiting.append(event)
        now = time.monotonic()
        if not isinstance(event, Progress | Refitting) or now - self._told >= TELL_EVERY:
            self._told = now
            self._flush()

    def _flush(self) -> None:
        if self._waiting:
            self._post(TrainingTold(self, tuple(self._waiting)))
            self._waiting = []


def _closable(events: Iterator[Event]) -> Generator[Event, None, None]:
    """The same events as a generator, which can be closed, and closes what it was made from."""
    yield from events
