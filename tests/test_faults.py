"""The disk goes wrong: nothing is lost, and the message says so."""

from __future__ import annotations

import errno
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from namecls.data.table import load_dataset
from namecls.errors import DiskFull, RunError
from namecls.events import EpochEnd, Stalled
from namecls.runs.loading import load_model
from namecls.runs.manifest import MANIFEST
from namecls.runs.run import RESUME, WEIGHTS, Run
from namecls.training.loop import train
from tests import programs
from tests.cli.conftest import environment, start
from tests.library import small_file, small_table
from tests.stress.disk import Disk
from tests.stress.faults import Trials, disturb_calls, few_of_each_kind, is_full, takes_half
from tests.stress.stories import (
    CONFIG_OF_STORY,
    ending,
    keeping,
    leftovers,
    place,
    prepare_stories,
    quick,
    stories,
)


@pytest.fixture(scope="module")
def prepared() -> Iterator[Path]:
    with place() as directory, quick():
        prepare_stories(directory)
        yield directory


@pytest.mark.slow
@pytest.mark.parametrize("number", range(3), ids=["train", "resume", "finish"])
def test_a_failure_at_a_call_of_any_kind_loses_nothing(prepared: Path, number: int) -> None:
    trials = Trials(stories(prepared)[number], prepared)
    disturb_calls(trials, full=False)
    assert trials.lost == []
    some = few_of_each_kind(trials.calls)
    assert {trials.calls[at - 1] for at in some} == set(trials.calls)
    assert {1, len(trials.calls)} <= some
    assert trials.counts["faults injected"] > len(some) > 20
    assert len(trials.calls) > 30
    assert trials.counts["told as an error"] > 10


@pytest.mark.parametrize("closes", [False, True], ids=["waited for", "left"])
def test_a_full_disk_is_waited_for_and_can_be_left(prepared: Path, tmp_path: Path, closes: bool) -> None:
    trials = Trials(stories(prepared)[0], tmp_path)
    for at in range(2, len(trials.calls), 23):
        trials.disturb(
            f"a full disk at {at}", is_full(at, 50 if closes else 5), waits=not closes, closes=closes
        )
    assert trials.lost == []
    assert trials.counts["waited for room"] == trials.counts["faults injected"]


def test_a_stalled_training_says_what_is_safe_and_goes_on_by_itself(tmp_path: Path) -> None:
    whole, run = (keeping(tmp_path, CONFIG_OF_STORY, name) for name in ("whole", "run"))
    list(train(CONFIG_OF_STORY, small_table(), whole))
    with quick(), Disk(run.directory, is_full(60, 3)).installed():
        events = list(train(CONFIG_OF_STORY, small_table(), run))
    stalled = [event for event in events if isinstance(event, Stalled)]
    assert len(stalled) == 3
    assert stalled[0].problem.startswith(str(run.directory))
    assert stalled[0].problem.endswith(
        "could not be written: No space left on device; what stood there before is safe; free some space"
    )
    assert list(run.history()) == [event for event in events if not isinstance(event, Stalled)]
    assert ending(run) == ending(whole)


def test_closing_a_stalled_training_tells_what_is_safe_and_leaves_the_old_checkpoint(tmp_path: Path) -> None:
    run = Run.create(tmp_path, CONFIG_OF_STORY, "run")
    checkpoint = run.directory / RESUME / "state.safetensors"
    full = False

    def before(call: int, name: str) -> bool:
        return is_full(0, 1)(call, name) if full else False

    with quick(), Disk(run.directory, before).installed():
        events = train(CONFIG_OF_STORY, small_table(), run)
        next(event for event in events if isinstance(event, EpochEnd))
        kept = checkpoint.read_bytes()
        full = True
        assert isinstance(next(events), Stalled)
        with pytest.raises(DiskFull, match="what stood there before is safe"):
            events.close()
    assert checkpoint.read_bytes() == kept
    assert load_model(run.directory).vocabulary.labels == tuple(small_table().labels)
    assert leftovers(run) == []


def test_a_last_line_that_cannot_be_taken_back_ends_the_training(tmp_path: Path) -> None:
    whole, run = (keeping(tmp_path, CONFIG_OF_STORY, name) for name in ("whole", "run"))
    list(train(CONFIG_OF_STORY, small_table(), whole))
    events = train(CONFIG_OF_STORY, small_table(), run)
    next(events)
    writes = 0

    def before(call: int, name: str) -> bool:  # half a line, no room for the rest, and no way back
        nonlocal writes
        del call
        writes += name == "write"
        if name == "ftruncate" or writes == 2:
            number = errno.ENOSPC if name == "write" else errno.EIO
            raise OSError(number, os.strerror(number))
        return name == "write"

    with (
        Disk(run.directory, before).installed(),
        pytest.raises(RunError, match="lines before it are safe") as told,
    ):
        list(events)
    assert not isinstance(told.value, DiskFull)  # to try again would write on behind half a line
    list(train(CONFIG_OF_STORY, small_table(), run, resume=True))
    assert ending(run) == ending(whole)


def test_short_writes_are_gone_on_with(tmp_path: Path) -> None:
    whole, run = (keeping(tmp_path, CONFIG_OF_STORY, name) for name in ("whole", "run"))
    list(train(CONFIG_OF_STORY, small_table(), whole))
    with Disk(run.directory, takes_half).installed():
        list(train(CONFIG_OF_STORY, small_table(), run))
    assert ending(run) == ending(whole)


ARGUMENTS = (
    "--preset",
    "fast",
    "--network",
    "gru",
    "--no-bidirectional",
    "--pooling",
    "last",
    "--hidden",
    16,
    "--embedding",
    8,
    "--threads",
    1,
    "--device",
    "cpu",
    "--json",
    "--keep-checkpoints",
)


def same_as_undisturbed(run: Run, data: Path, directory: Path) -> bool:
    whole = keeping(directory, run.config(), "whole")
    list(train(run.config(), load_dataset(data), whole))
    return ending(run) == ending(whole)


LIMITED = """
import resource, runpy
resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))
runpy.run_module("namecls", run_name="__main__", alter_sys=True)
"""


def test_a_limit_on_the_size_of_files_ends_it_with_a_checkpoint(tmp_path: Path) -> None:
    data = small_file(tmp_path)
    words = [
        *("train", *ARGUMENTS, "--data", data, "--save-dir", tmp_path, "--name", "run"),
        *("--epochs", 50, "--patience", 0, "--report-every", 1, "--batch-size", 32),
    ]
    process = programs.start(["-c", LIMITED, *map(str, words)], env=environment())
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 1, errors
    assert b"history.jsonl: could not be written: File too large; what stood there before is safe" in errors
    assert f"to resume from its last checkpoint: namecls train --resume {tmp_path / 'run'}".encode() in errors
    run = Run.open(tmp_path / "run")
    list(train(run.config(), load_dataset(data), run, resume=True))
    assert same_as_undisturbed(run, data, tmp_path)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, of a megabyte."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)]
    try:
        done = subprocess.run(mount, capture_output=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no mount here")
    if done.returncode:
        pytest.skip("this user may not mount a file system")
    try:
        yield disk
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


def fill(disk: Path) -> Path:
    """A file that takes all the room there is."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (65_536, 4_096, 1):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                continue
    return ballast


def test_a_disk_that_is_really_full_is_waited_for(small_disk: Path, tmp_path: Path) -> None:
    data = small_file(tmp_path)
    process = start(
        *("train", *ARGUMENTS, "--data", data, "--save-dir", small_disk / "runs", "--name", "run"),
        *("--epochs", 30, "--patience", 0, "--batch-size", 32),
        pipesize=programs.SMALL_PIPE,  # it can't have ended before the disk is full
    )
    assert process.stdout is not None
    ballast, stalled, events = None, 0, []
    for line in iter(process.stdout.readline, b""):
        event = json.loads(line)
        events.append(event["event"])
        if event["event"] == "epoch" and ballast is None:
            ballast = fill(small_disk)
        if event["event"] == "stalled":
            stalled += 1
            assert (
                "No space left on device; what stood there before is safe; free some space"
                in event["problem"]
            )
            assert ballast is not None
            ballast.unlink(missing_ok=True)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert stalled >= 1
    assert events[-1] == "finished"
    assert b"there is room again: the training continues" in errors
    run = Run.open(small_disk / "runs" / "run")
    assert (run.directory / MANIFEST).exists()
    assert (run.directory / WEIGHTS).exists()
    assert leftovers(run) == []
    assert same_as_undisturbed(run, data, tmp_path)


def test_no_room_even_to_begin_is_an_error_that_says_so(tmp_path: Path) -> None:
    run = Run.create(tmp_path, CONFIG_OF_STORY, "run")
    with (
        Disk(run.directory, is_full(1, 1)).installed(),
        pytest.raises(
            RunError, match=r"lock\.json: could not be written: No space left on device; nothing was changed"
        ),
    ):
        next(train(CONFIG_OF_STORY, small_table(), run))
    assert list(run.directory.iterdir()) == []
