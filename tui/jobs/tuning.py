"""Searches: what the form says of one, and the thread that looks at one in another process."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from namecls.config import PRESETS, TrainConfig
from namecls.errors import ConfigError, NameclsError
from namecls.events import EpochEnd, Progress, Started
from namecls.files.background import LOG, TO_GO_ON, last_words
from namecls.files.control import Wish, ask, asked
from namecls.files.locks import holder_of
from namecls.runs.follow import Tail
from namecls.runs.run import Run
from namecls.search.space import SPACE, Dimension, Space, Value, space_of, without_fixed
from namecls.search.study import (
    OBJECTIVES,
    STUDY,
    Study,
    Trial,
    after_epoch,
    check_study,
    read_budget,
)
from namecls.settings import value_text
from tui.messages import StudyEnded, StudyTold

if TYPE_CHECKING:
    from namecls.events import Event
    from tui.engine.work import Post

#: Seconds between two looks at a search.
LOOK_EVERY = 0.5

#: The lines of the form above those of the settings, as it opens.
FIRST_TEXTS = {
    "preset": "default",
    "objective": OBJECTIVES[0],
    "budget": "10m",
    "seed": "0",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A search that is wanted."""

    base: TrainConfig
    space: Space
    objective: str
    budget: float  # seconds
    texts: Mapping[str, str]  # what the space is made of


def texts_of(preset: str) -> dict[str, str]:
    """What a search that starts from a preset tries of each setting, the preset's own value among it.

    None of a setting whose value can't be written among others: a network of several members has commas.
    """
    return {name: _with_value(text, PRESETS[preset].config.value_of(name)) for name, text in SPACE.items()}


def _with_value(text: str, value: Value) -> str:
    if ".." in text:
        return text
    values, own = text.split(","), value_text(value)
    if "," in own:
        return ""
    if own in values:
        return text
    if isinstance(value, str):
        return ",".join([own, *values])
    return ",".join(sorted([own, *values], key=float))


def read_form(texts: Mapping[str, str]) -> tuple[Wanted | None, dict[str, str]]:
    """The search that the texts mean, and what is wrong with which of them. There is one only if nothing is."""
    problems: dict[str, str] = {}
    budget, base = 0.0, PRESETS[texts["preset"]].config
    space: dict[str, Dimension] = {}
    try:
        budget = read_budget(texts["budget"])
    except ConfigError as error:
        problems["budget"] = str(error)
    try:
        base = replace(base, seed=int(texts["seed"]))
    except (ConfigError, ValueError) as error:
        problems["seed"] = str(error) if isinstance(error, ConfigError) else "seed must be a whole number"
    tried = {name: text for name in SPACE if (text := texts[name].strip())}
    for name, text in tried.items():
        try:
            space |= space_of({name: text}, base)
        except ConfigError as error:
            problems[name] = str(error)
    try:
        wanted, base = without_fixed(space, base)
        if not problems:
            check_study(wanted, texts["objective"], budget, None)
    except ConfigError as error:  # nothing to search, or values that don't go together
        problems[next(iter(SPACE))] = str(error)
    return (None if problems else Wanted(base, wanted, texts["objective"], budget, tried)), problems


class StudyJob:
    """A search of another process, by what it writes. To end this is not to end that.

    :param open_study: the directory of the study; starts a process for it first, if one is wanted.
    """

    def __init__(self, post: Post, open_study: Callable[[], Path]) -> None:
        self._post = post
        self._open = open_study
        self._wake = threading.Event()
        self._closed = False
        self._wish: Wish | None = None  # that is not passed on yet

    def ask(self, wish: Wish) -> None:
        """Have it pause, go on, or stop and test its best trial."""
        self._wish = wish
        self._wake.set()

    def close(self) -> None:
        self._closed = True
        self._wake.set()

    def run(self) -> None:
        """The thread's life. Its last word is `StudyEnded`, unless it was closed."""
        problem = ""
        try:
            problem = self._follow(self._open())
        except NameclsError as error:
            problem = str(error)
        finally:
            if not self._closed:
                self._post(StudyEnded(self, problem))

    def _follow(self, directory: Path) -> str:
        """Tell what comes; why it ended without a winner, if it did."""
        live, size, said = _Live(), -1, _size(directory / LOG)
        study = Study.open(directory)
        while not self._closed:
            if (wish := self._wish) is not None:
                ask(directory, wish)
                self._wish = None
            holder = holder_of(directory)  # asked first: what it wrote last is then read
            if (now := _size(directory / STUDY)) != size:
                study, size = Study.open(directory), now
            trial = study.in_work
            if trial is not None:
                study = study.with_trial(live.look(study, trial))
            if self._wish is None:  # or what is told would be older than what is wanted
                progress = live.progress if trial is not None else None
                self._post(StudyTold(self, study, progress, holder, asked(directory)))
            if holder is None:
                left = study.winner is None or trial is not None
                words = last_words(directory) if left and _size(directory / LOG) > said else ""
                return "" if words.startswith(TO_GO_ON) else words
            self._wake.wait(LOOK_EVERY)
            self._wake.clear()
        return ""


class _Live:
    """The trial in work, by the history of its run."""

    def __init__(self) -> None:
        self.progress: Progress | None = None
        self._trial: Trial | None = None
        self._tail: Tail | None = None

    def look(self, study: Study, trial: Trial) -> Trial:
        """The trial, with what was told of it since the last look."""
        if self._trial is None or self._trial.number != trial.number or self._tail is None:
            self._trial, self.progress = trial, None
            self._tail = Tail(Run(study.save_dir / trial.run))
        while events := self._tail.read():
            for event in events:
                self._trial = self._after(self._trial, event, study.objective)
        return self._trial

    def _after(self, trial: Trial, event: Event, objective: str) -> Trial:
        if isinstance(event, Started):  # told from the beginning again
            return replace(trial, figures=(), best_epoch=0, accuracy=None, macro_f1=None)
        if isinstance(event, EpochEnd):
            return after_epoch(trial, event, objective)
        if isinstance(event, Progress):
            self.progress = event
            return replace(trial, seconds=event.elapsed)
        return trial


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
