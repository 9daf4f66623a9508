"""The one piece of work of its kind that a process of its own does, and the app shows: start, resume, pause, stop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, Protocol

from tui.engine.threads import spawn
from tui.engine.wanted import Engine
from tui.jobs.desk import Desk
from tui.state import Phase


class OutsideJob(Protocol):
    """A thread that follows the process."""

    def want(self, wish: Any) -> None: ...
    def close(self) -> None: ...
    def run(self) -> None: ...


class Outside:
    """Searches, or comparisons. Quitting the app does not end them.

    A subclass names the value of the desk that is its state, with `directory` and `phase`; it is set here alone.

    :param engine: what does the work.
    :param save_dir: where it is written.
    :param desk: the app.
    """

    STATE: ClassVar[str]  # of the desk
    TITLE: ClassVar[str]  # of the thread

    def __init__(self, engine: Engine, save_dir: Path, desk: Desk) -> None:
        self._engine = engine
        self._save_dir = save_dir
        self._desk = desk
        self._job: OutsideJob | None = None

    def follow(self, open_it: Callable[[], Path]) -> OutsideJob:
        """The thread that follows it.

        :param open_it: gives its directory; first starts a process for it, if one is wanted.
        """
        raise NotImplementedError

    def begin(self, directory: Path) -> None:
        """Start a process that begins or resumes it."""
        raise NotImplementedError

    @property
    def _state(self) -> Any:
        return getattr(self._desk, self.STATE)

    def _set(self, state: Any) -> None:
        setattr(self._desk, self.STATE, state)

    def take_up(self, directory: Path) -> None:
        """Resume one that was interrupted."""

        def start() -> Path:
            self.begin(directory)
            return directory

        before = self._state if self._state.directory == directory else type(self._state)()
        self._look_at(start, replace(before, phase="starting", directory=directory, problem=""))

    def open(self, directory: Path) -> None:
        """Show one, finished or running."""
        self._look_at(lambda: directory, type(self._state)("starting", directory=directory))

    def pause(self) -> None:
        """Pause or resume it."""
        if self._job is not None and self._state.phase in ("running", "paused"):
            pause = self._state.phase == "running"
            self._job.want("pause" if pause else "go")
            self._turn("paused" if pause else "running")

    def stop(self) -> None:
        """Stop it."""
        if self._job is not None and self._state.phase in ("starting", "running", "paused"):
            self._job.want("stop")
            self._turn("stopping")

    def forget(self) -> None:
        """Go back to the form. What is running continues, no longer shown."""
        self._let_go()
        self._set(type(self._state)())

    def _look_at(self, open_it: Callable[[], Path], state: Any) -> None:
        self._let_go()
        self._job = self.follow(open_it)
        self._set(state)
        spawn(self.TITLE, self._job.run, self._desk.post_message)

    def _let_go(self) -> None:
        if self._job is not None:
            self._job.close()
            self._job = None

    def _turn(self, phase: Phase) -> None:
        self._set(replace(self._state, phase=phase))

    def _ended(self, problem: str, **values: object) -> None:
        """No process holds it any more."""
        self._job = None
        self._set(replace(self._state, phase="failed" if problem else "done", problem=problem, **values))
