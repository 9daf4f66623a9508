"""Follow trainings and searches of other processes by their files. Ending one of these threads does not end those."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from namecls.errors import NameclsError, RunError
from namecls.events import Finished
from namecls.files.background import TO_RESUME
from namecls.files.control import LOOKED_FOR, look_into
from namecls.language import _
from namecls.runs.follow import LOOKS, Follower, Look, Tail
from namecls.runs.run import Run
from tui.engine.live import LiveComparison, LiveStudy
from tui.jobs.messages import (
    ComparisonEnded,
    ComparisonTold,
    StudyEnded,
    StudyTold,
    TrainingBegan,
    TrainingEnded,
    TrainingHeld,
    TrainingRefused,
    TrainingTold,
    TrainingTurned,
)

if TYPE_CHECKING:
    from tui.engine.threads import Post


class _Followed:
    """A thread that follows another process. Its last message is that of `_ended`, unless it was closed.

    :param patience: polls without a holder before it counts as left.
    """

    def __init__(self, post: Post, patience: int) -> None:
        self._post = post
        self._follower = Follower(patience)
        self.want = self._follower.want
        self.close = self._follower.close

    def run(self) -> None:
        """Body of the thread."""
        problem = ""
        try:
            problem = self._follow()
        except NameclsError as error:
            problem = str(error)
        finally:
            if not self._follower.closed:
                self._post(self._ended(problem))

    def _ended(self, problem: str) -> TrainingEnded | StudyEnded | ComparisonEnded:
        raise NotImplementedError

    def _follow(self) -> str:
        """Post what comes; return why it ended without a result, if it did."""
        raise NotImplementedError


class AttachedJob(_Followed):
    """A training of another process.

    :param is_trial: whether it is a trial of a search, which is over without a test.
    """

    def __init__(self, directory: Path, post: Post, *, is_trial: bool = False) -> None:
        super().__init__(post, LOOKS)
        self.is_looked_into = False
        self._said = -LOOKED_FOR  # when it was last told
        self._directory = directory
        self._is_trial = is_trial
        self._phase: Literal["running", "paused", "stopping"] = "running"

    def _ended(self, problem: str) -> TrainingEnded:
        return TrainingEnded(self, problem, bool(Run(self._directory).diverged))

    def _follow(self) -> str:
        run = Run.open(self._directory)
        self._post(TrainingBegan(self, self._directory, run.config()))
        tail, shown = Tail(run), None
        for look in self._follower.looks(self._directory):
            if look.holder is not None and look.holder != shown:
                self._post(TrainingHeld(self, look.holder))
                shown = look.holder
            if self._tell_news(tail):
                return ""
            self._tell_phase(look)
            self._look_into()
        if self._is_trial:
            return ""
        if why := run.diverged:
            return why
        words = self._follower.last_words()
        told = (
            _("{process}, left it unfinished: {words}; it can be resumed")
            if words
            else _("{process}, left it unfinished; it can be resumed")
        )
        return told.format(process=shown or _("its process"), words=words)

    def _tell_news(self, tail: Tail) -> bool:
        """Post new events; return whether the last one was `Finished`."""
        over = False
        while not self._follower.closed and (events := tail.read()):
            self._post(TrainingTold(self, tuple(events)))
            over = isinstance(events[-1], Finished)
        return over

    def _look_into(self) -> None:
        """Tell the other process that somebody looks at its gradients, as long as somebody does."""
        now = time.monotonic()
        if self.is_looked_into and now - self._said >= LOOKED_FOR / 3:
            self._said = now
            with contextlib.suppress(RunError):  # a full disk: then they are not measured
                look_into(self._directory)

    def _tell_phase(self, look: Look) -> None:
        phase: Literal["running", "paused", "stopping"] = (
            "running" if look.wish == "go" else "paused" if look.wish == "pause" else "stopping"
        )
        if look.refused:
            self._post(TrainingRefused(self, look.refused))
        if look.refused or phase != self._phase:
            self._phase = phase
            self._post(TrainingTurned(self, phase))


class StudyJob(_Followed):
    """A search of another process.

    :param open_study: the directory of the study; starts a process for it first, if one is wanted.
    """

    def __init__(self, post: Post, open_study: Callable[[], Path]) -> None:
        super().__init__(post, 1)
        self._open = open_study

    def _ended(self, problem: str) -> StudyEnded:
        return StudyEnded(self, problem)

    def _follow(self) -> str:
        live = LiveStudy(self._open())
        for look in self._follower.looks(live.directory):
            if look.refused:
                raise RunError(look.refused)
            study = live.look()
            if self._follower.wanted is None:  # else the state would be older than the request
                self._post(StudyTold(self, study, live.progress, look.holder, look.wish))
        is_open = live.study.winner is None or live.study.in_work is not None
        words = self._follower.last_words() if is_open else ""
        return "" if words.startswith(TO_RESUME) else words


class ComparisonJob(_Followed):
    """A comparison of another process.

    :param open_comparison: its directory; starts a process for it first, if one is wanted.
    """

    def __init__(self, post: Post, open_comparison: Callable[[], Path]) -> None:
        super().__init__(post, 1)
        self._open = open_comparison

    def _ended(self, problem: str) -> ComparisonEnded:
        return ComparisonEnded(self, problem)

    def _follow(self) -> str:
        live = LiveComparison(self._open())
        for look in self._follower.looks(live.directory):
            if look.refused:
                raise RunError(look.refused)
            experiment = live.look()
            if self._follower.wanted is None:  # else the state would be older than the request
                self._post(ComparisonTold(self, experiment, live.live, look.holder, look.wish))
        words = self._follower.last_words() if live.experiment.result is None else ""
        return "" if words.startswith(TO_RESUME) else words
