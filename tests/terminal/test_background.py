"""Trainings that outlive their terminal, their process, or are shared by two programs."""

from __future__ import annotations

import dataclasses
import os
import re
import signal
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from namecls.events import Event, Progress, Started
from namecls.files.locks import holder_of
from namecls.runs.listing import RunInfo, list_runs
from namecls.runs.run import CHECKPOINTS, Run
from tests.terminal.conftest import Place
from tests.terminal.harness import Terminal, terminal
from tests.terminal.test_app import options, start_training

pytestmark = pytest.mark.slow


def only_run(save_dir: Path) -> RunInfo:
    (info,) = list_runs(save_dir)
    return info


def keep_checkpoint(save_dir: Path) -> None:
    """Have the last checkpoint of the only run stay when it is finished, to be compared."""
    (only_run(save_dir).directory / CHECKPOINTS).mkdir()


def step_of(text: str) -> int:
    """The step that the screen tells, 0 if it tells none."""
    found = re.search(r"step +([\d,]+) of", text)
    return int(found.group(1).replace(",", "")) if found else 0


def goes_on(opened: Terminal) -> None:
    """Wait until a training has come further than it is."""
    before = step_of(opened.wait(lambda text: step_of(text) > 0))
    opened.wait(lambda text: step_of(text) > before)


def content(event: Event) -> tuple[type, dict[str, Any]]:
    """An event without what differs from one time to the next."""
    values = dataclasses.asdict(event)
    for name in ("run", "directory", "elapsed", "remaining", "names_per_second", "seconds"):
        values.pop(name, None)
    return type(event), values


def assert_as_if_never_interrupted(run: Run, data: Path, directory: Path) -> None:
    """Train the same at one go up to the same event, and compare all that there is to the last bit."""
    from safetensors.torch import load_file

    from namecls.data.table import load_dataset
    from namecls.training.loop import train

    *history, _ = run.history()
    twin = Run.create(directory, run.config(), "twin")
    with closing(train(run.config(), load_dataset(data), twin)) as events:
        for _, event in zip(history, events, strict=False):  # noqa: B007
            pass
    assert content(event) == content(history[-1])
    assert [content(event) for event in history] == [content(event) for event in twin.history()]
    assert (run.directory / "model.safetensors").read_bytes() == (
        twin.directory / "model.safetensors"
    ).read_bytes()
    mine, theirs = (load_file(each.directory / "resume" / "state.safetensors") for each in (run, twin))
    assert mine.keys() == theirs.keys()
    assert all(mine[name].equal(theirs[name]) for name in mine)


@pytest.mark.parametrize("how", ["the terminal goes away", "SIGKILL"])
def test_what_was_interrupted_is_offered_and_comes_out_the_same(
    place: Place, tmp_path: Path, how: str
) -> None:
    save_dir = tmp_path / "runs"
    with terminal(*options(place, "--screen", "train", save_dir=save_dir)) as opened:
        start_training(opened, 5000)
        goes_on(opened)
        if how == "SIGKILL":
            opened.send(signal.SIGKILL)
            status = -signal.SIGKILL
        else:
            os.close(opened.slave)
            os.close(opened.master)
            status = 128 + signal.SIGHUP
        assert opened.process.wait(60) == status
    assert only_run(save_dir).status == "unfinished"
    with terminal(*options(place, save_dir=save_dir)) as opened:
        opened.wait("was interrupted in epoch", "r  Resume from the last checkpoint")
        opened.press("r")
        goes_on(opened)
        keep_checkpoint(save_dir)
        opened.press("s")
        opened.wait("saved as")
        opened.press("ctrl+q")
        assert opened.end() == 0
        assert opened.restored
    info = only_run(save_dir)
    assert info.status == "finished"
    run = Run.open(info.directory)
    assert sum(isinstance(event, Started) for event in run.history()) == 1
    steps = [event.step for event in run.history() if isinstance(event, Progress)]
    assert steps == sorted(set(steps))
    assert_as_if_never_interrupted(run, place.data, tmp_path)


@contextmanager
def no_process_left(save_dir: Path) -> Iterator[None]:
    """However a test ends, the processes that it started in the background do too."""
    try:
        yield
    finally:
        for info in list_runs(save_dir):
            holder = holder_of(info.directory)
            if holder is not None and holder.pid != os.getpid():
                os.kill(holder.pid, signal.SIGKILL)


def test_a_training_goes_to_the_background_and_is_attached_to_later(place: Place, tmp_path: Path) -> None:
    with no_process_left(tmp_path):
        with terminal(*options(place, "--screen", "train", save_dir=tmp_path)) as opened:
            start_training(opened, 5000)
            opened.press("d")
            opened.wait("n new training", lambda text: "process " in text.splitlines()[2])
            goes_on(opened)
            opened.press("ctrl+q")
            assert opened.end() == 0
            assert opened.restored
        running = only_run(tmp_path)
        assert running.status == "running"
        assert running.holder is not None
        assert running.holder.pid != opened.process.pid
        with terminal(*options(place, save_dir=tmp_path)) as opened:
            opened.wait(f"is being trained by process {running.holder.pid}", "a  Attach")
            opened.press("a")
            goes_on(opened)
            opened.press(" ")
            opened.wait(" paused · ")
            opened.press("ctrl+q")
            assert opened.end() == 0
        with terminal(*options(place, save_dir=tmp_path)) as opened:
            opened.wait("a  Attach")
            opened.press("a")
            opened.wait(" paused · ")
            opened.press(" ")
            goes_on(opened)
            keep_checkpoint(tmp_path)
            opened.press("s")
            opened.wait("saved as")
            opened.press("ctrl+q")
            assert opened.end() == 0
        run = Run.open(only_run(tmp_path).directory)
        assert only_run(tmp_path).status == "finished"
        assert_as_if_never_interrupted(run, place.data, tmp_path / "twins")


def test_two_programs_share_one_training_and_the_second_takes_over_from_a_dead_first(
    place: Place, tmp_path: Path
) -> None:
    with terminal(*options(place, "--screen", "train", save_dir=tmp_path)) as first:
        start_training(first, 5000)
        with terminal(*options(place, save_dir=tmp_path)) as second:
            second.wait(f"is being trained by process {first.process.pid}", "a  Attach")
            second.press("a")
            goes_on(second)
            second.press(" ")
            first.wait(" paused · ")
            first.press(" ")
            second.wait(f" process {first.process.pid} · ")
            first.send(signal.SIGKILL)
            first.process.wait(60)
            second.wait("left it unfinished", "r resume")
            second.press("r")
            goes_on(second)
            holder = only_run(tmp_path).holder
            assert holder is not None
            assert holder.pid == second.process.pid
            second.press("ctrl+q")
            second.wait("a training is running")
            second.press("l")
            assert second.end() == 0
            assert "the next start offers to resume it" in second.text
    assert only_run(tmp_path).status == "unfinished"
