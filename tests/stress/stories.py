"""Small trainings that are disturbed, and what has to be the same in the end."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from safetensors import safe_open

from namecls.config import TrainConfig
from namecls.events import Event
from namecls.files.storage import TEMPORARY_PREFIX
from namecls.runs.checkpoint import RESUME as STATE
from namecls.runs.history import HISTORY
from namecls.runs.loading import load_model
from namecls.runs.manifest import MANIFEST
from namecls.runs.record import CONFIG
from namecls.runs.run import CHECKPOINTS, METRICS, MODEL, WEIGHTS, Run
from namecls.training import epochs
from namecls.training import loop as training
from tests.library import SMALL, small_table

#: Two epochs of four steps with dropout, momentum and patience: all that a continuation has to remember.
CONFIG_OF_STORY = dataclasses.replace(SMALL, epochs=2, batch_size=32)

_TIMES = ("seconds", "elapsed", "remaining", "names_per_second", "run", "directory")
_TIMES_OF_STATE = ("elapsed", "epoch_began")


@contextlib.contextmanager
def quick() -> Iterator[None]:
    """A checkpoint after every step, and no wait before what did not fit on the disk is tried again."""
    before = epochs.CHECKPOINT_EVERY, epochs._RETRY_AFTER
    epochs.CHECKPOINT_EVERY, epochs._RETRY_AFTER = -1.0, 0.0
    try:
        yield
    finally:
        epochs.CHECKPOINT_EVERY, epochs._RETRY_AFTER = before


class Story:
    """Something that is done to a run, in a way that can be begun anew if it was broken off.

    :param prepared: a directory to begin with, or None for a new run.
    """

    def __init__(self, name: str, prepared: Path | None = None, *, finishes: bool = False) -> None:
        self.name = name
        self._prepared = prepared
        self._finishes = finishes
        self.waits = not finishes  # for room on a full disk; to finish is done at once, or not at all

    def begin(self, parent: Path) -> Run:
        """The run as it is before."""
        run = Run(parent / "run")
        if self._prepared is None:
            run.directory.mkdir(parents=True)
            (run.directory / CHECKPOINTS).mkdir()
        else:
            shutil.copytree(self._prepared, run.directory)
        return run

    def go_on(self, run: Run) -> Iterator[Event]:
        """Do it, from the start or from where it was left."""
        if (run.directory / MANIFEST).exists():
            return
        if self._finishes:
            yield training.finish(run, small_table())
        else:
            yield from training.train(CONFIG_OF_STORY, small_table(), run, resume=True)


def keeping(directory: Path, config: TrainConfig, name: str) -> Run:
    """A new run that keeps its checkpoints, so that the last one can be compared, too, when it is finished."""
    run = Run.create(directory, config, name)
    (run.directory / CHECKPOINTS).mkdir()
    return run


def stories(directory: Path) -> list[Story]:
    """A training from its start, one that goes on after a death, and the testing of one that was stopped."""
    resume, finish = directory / "broken", directory / "stopped"
    return [Story("train"), Story("resume", resume), Story("finish", finish, finishes=True)]


def prepare_stories(directory: Path) -> None:
    """Make the directories that the stories begin with."""
    broken, stopped = directory / "broken", directory / "stopped"
    run = keeping(directory, CONFIG_OF_STORY, "stopped")
    with quick(), contextlib.closing(training.train(CONFIG_OF_STORY, small_table(), run)) as events:
        for _ in islice(events, 7):
            pass
    shutil.copytree(stopped, broken)
    with (broken / HISTORY).open(
        "a", encoding="utf-8"
    ) as file:  # as a death in the middle of a line leaves it
        file.write('{"event": "progress", "epoch": 2, "st')
    (broken / f"{TEMPORARY_PREFIX}dead").write_bytes(b"half")
    (broken / STATE).with_name(f"{TEMPORARY_PREFIX}dead").write_bytes(b"half")


def ending(run: Run) -> dict[str, Any]:
    """All that a finished run consists of, without times."""
    run.verify(CONFIG, HISTORY, METRICS, MODEL, WEIGHTS)
    state: dict[str, Any] = {}
    with safe_open(run.directory / STATE, framework="pt") as file:
        for name in file.keys():  # noqa: SIM118 - no mapping
            state[name] = file.get_tensor(name).numpy().tobytes()
        counters = json.loads(file.metadata()["state"])
    for name in _TIMES_OF_STATE:
        del counters["position"][name]
    del counters["history"]  # its length in bytes depends on the times in it
    record = run.record().to_json()
    del record["created"]
    return {
        "record": record,
        "weights": (run.directory / WEIGHTS).read_bytes(),
        "description": (run.directory / MODEL).read_bytes(),
        "metrics": (run.directory / METRICS).read_bytes(),
        "state": state,
        "counters": counters,
        "history": history_without_times(run),
    }


def history_without_times(run: Run) -> list[dict[str, Any]]:
    """The history as it was written."""
    lines = (run.directory / HISTORY).read_text(encoding="utf-8").splitlines()
    return [{key: value for key, value in json.loads(line).items() if key not in _TIMES} for line in lines]


def damage(run: Run, told_of_epoch: bool) -> str:
    """What is wrong with a run that was broken off, or nothing."""
    try:
        list(run.history())
    except Exception as error:
        return f"the history can't be read: {error!r}"
    if told_of_epoch or (run.directory / WEIGHTS).exists():
        try:
            load_model(run.directory)
        except Exception as error:
            return f"the model can't be loaded: {error!r}"
    return ""


def leftovers(run: Run) -> list[str]:
    """Temporary files, a lock, a word to a process that is gone."""
    names = [path.name for path in run.directory.rglob("*")]
    return [name for name in names if name.startswith(TEMPORARY_PREFIX) or name in ("lock.json", "control")]


@contextlib.contextmanager
def place() -> Iterator[Path]:
    """A directory in memory if there is one: what is flushed there does not wait for a real disk."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as directory:
        yield Path(directory)
