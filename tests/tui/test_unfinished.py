from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from namecls.files.locks import Holder, held
from namecls.runs.listing import list_runs
from namecls.runs.run import DIVERGED, WEIGHTS, Run
from namecls.training.loop import train
from tests.library import SMALL, small_table
from tests.tui.fakes import progress, unfinished
from tui.engine.unfinished import Unfinished, ago, find_unfinished


def begun(directory: Path, name: str, steps: int) -> Run:
    """A run that was left after its beginning, and some reports."""
    run = Run.create(directory, SMALL, name)
    events = train(SMALL, small_table(), run)
    next(events)
    events.close()
    for step in range(1, steps + 1):
        run.append(progress(step, SMALL.epochs))
    return run


def test_what_was_left_is_found_with_its_place_the_latest_first(tmp_path: Path, trained_run: Path) -> None:
    old, late = begun(tmp_path, "old", 150), begun(tmp_path, "late", 0)
    os.utime(old.directory / "history.jsonl", (1000, 1000))
    os.utime(late.directory / "history.jsonl", (2000, 2000))
    (tmp_path / "done").symlink_to(trained_run)
    found = find_unfinished(tmp_path)
    assert [(each.info.name, each.when) for each in found] == [("late", 2000), ("old", 1000)]
    assert found[0].sentence(2000) == "late was interrupted before its first report, just now."
    assert found[1].sentence(1000 + 7200) == "old was interrupted in epoch 2 of 3 (50 %), 2 hours ago."


def test_of_many_no_more_histories_are_read_than_are_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun(tmp_path, "run-00", 150)
    for number in range(1, 12):
        shutil.copytree(tmp_path / "run-00", tmp_path / f"run-{number:02}")
        os.utime(tmp_path / f"run-{number:02}" / "history.jsonl", (2000 - number, 2000 - number))
    read = []
    real = Run.last_report
    monkeypatch.setattr(Run, "last_report", lambda run: read.append(run.name) or real(run))
    found = find_unfinished(tmp_path)
    assert len(found) == 12
    assert [each.info.name for each in found][:3] == ["run-00", "run-01", "run-02"]
    assert read == [each.info.name for each in found[: len(read)]]
    assert 0 < len(read) < 12
    assert {each.place for each in found[: len(read)]} == {"in epoch 2 of 3 (50 %)"}


def test_one_that_is_at_work_says_who_does_it(tmp_path: Path) -> None:
    run = begun(tmp_path, "mine", 10)
    with held(run.directory):
        (found,) = find_unfinished(tmp_path)
    assert found.is_running
    assert found.sentence(0).startswith(f"mine is being trained by process {os.getpid()} on ")
    assert not find_unfinished(tmp_path)[0].is_running


def test_the_trials_of_a_search_are_not_offered(tmp_path: Path) -> None:
    run = begun(tmp_path, "study-001", 10)
    replace(run.record(), study="study").write(run.directory)
    assert find_unfinished(tmp_path) == []
    with held(run.directory):
        assert find_unfinished(tmp_path) == []


def test_one_whose_loss_was_no_number_is_only_offered_if_there_is_something_to_keep(tmp_path: Path) -> None:
    run = begun(tmp_path, "mine", 10)
    (run.directory / DIVERGED).write_text('{"problem": "the loss is no longer a number"}')
    assert find_unfinished(tmp_path) == []
    (info,) = list_runs(tmp_path)
    assert (info.status, info.problem) == ("diverged", "the loss is no longer a number")
    (run.directory / DIVERGED).write_text("nonsense")
    assert find_unfinished(tmp_path) == []
    (run.directory / WEIGHTS).touch()
    (found,) = find_unfinished(tmp_path)
    assert (
        found.sentence(found.when) == "mine diverged in epoch 1 of 3 (3 %), just now, and can't be resumed."
    )


def test_without_a_directory_nothing_is_found(tmp_path: Path) -> None:
    assert find_unfinished(tmp_path / "nowhere") == []


def test_what_dead_processes_left_half_written_is_cleared_and_nothing_else(tmp_path: Path) -> None:
    run, busy = begun(tmp_path, "left", 3), begun(tmp_path, "busy", 3)
    (run.directory / "resume").mkdir(exist_ok=True)
    leftovers = [run.directory / ".tmp-1", run.directory / "resume" / ".tmp-2"]
    others = [busy.directory / ".tmp-3", tmp_path / "else" / ".tmp-4"]
    (tmp_path / "else").mkdir()
    for path in (*leftovers, *others):
        path.write_text("half", encoding="utf-8")
    with held(busy.directory):
        find_unfinished(tmp_path)
    assert not any(path.exists() for path in leftovers)
    assert all(path.exists() for path in others)
    assert sorted(p.name for p in run.directory.iterdir()) == [
        "config.json",
        "history.jsonl",
        "model.json",
        "places.json",
        "resume",
        "train.toml",
    ]


@pytest.mark.parametrize(
    "line",
    [
        b'{"event": "progress", "epoch": 1e999, "step": 1, "steps": 0}',
        b'{"event": "progress", "epoch": ' + b"9" * 5000 + b', "step": 1, "steps": 2}',
        b'{"event": "progress", "epoch": -4, "step": 9, "steps": 2}',
        b'{"event": "progress"',
        b'{"event": "epoch", "epoch": null}',
        b"\xff\x00",
        b"[" * 60_000,
    ],
)  # fmt: skip
def test_a_history_of_nonsense_is_no_reason_to_fail(tmp_path: Path, line: bytes) -> None:
    run = begun(tmp_path, "odd", 0)
    with (run.directory / "history.jsonl").open("ab") as file:
        file.write(line + b"\n")
    (found,) = find_unfinished(tmp_path)
    assert 0 <= found.epoch <= SMALL.epochs
    assert 0 <= found.share <= 1
    assert len(found.sentence(found.when)) < 200


def test_a_history_that_is_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    run = begun(tmp_path, "pipe", 0)
    (run.directory / "history.jsonl").unlink()
    os.mkfifo(run.directory / "history.jsonl")
    (found,) = find_unfinished(tmp_path)
    assert found.place == "before its first report"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(-5, "just now"), (59, "just now"), (60, "1 minute ago"), (7199, "1 hour ago"), (200_000, "2 days ago")],
)
def test_how_long_ago_is_said_as_people_do(seconds: float, said: str) -> None:
    assert ago(seconds) == said


def test_a_running_one_names_process_machine_and_time() -> None:
    running: Unfinished = unfinished("x", status="running", holder=Holder(7, "lab", "2026-11-23T10:00:00"))
    assert running.sentence(0) == "x is being trained by process 7 on lab, since 2026-11-23 10:00:00."
