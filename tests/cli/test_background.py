"""Training in a process of its own: it outlives its terminal, can be watched, steered and taken over."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from namecls.data.table import load_dataset
from namecls.errors import RunError
from namecls.events import Finished
from namecls.files.background import LOG, last_words
from namecls.files.control import ask
from namecls.files.locks import Holder, holder_of
from namecls.runs.follow import Tail, follow_history
from namecls.runs.history import HISTORY, size_without_end
from namecls.runs.listing import describe_run
from namecls.runs.manifest import MANIFEST
from namecls.runs.run import Run
from namecls.training.loop import train
from tests.cli.conftest import Cli, start
from tests.library import SMALL
from tests.stress.stories import ending, keeping
from tests.terminal.harness import Terminal

NETWORK = (
    "--preset",
    "fast",
    "--network",
    "gru",
    "--no-bidirectional",
    "--pooling",
    "last",
    "--hidden",
    8,
    "--embedding",
    4,
    "--threads",
    1,
    "--device",
    "cpu",
    "--patience",
    0,
)
GUARD = 120.0


def arguments(data: Path, directory: Path, epochs: int) -> tuple[object, ...]:
    return (
        "train",
        "--data",
        data,
        *NETWORK,
        "--epochs",
        epochs,
        "--save-dir",
        directory,
        "--name",
        "run",
        "--keep-checkpoints",
        "--detach",
    )


def until(ready: object, what: str) -> None:
    end = time.monotonic() + GUARD
    while not ready():  # type: ignore[operator]
        assert time.monotonic() < end, what
        time.sleep(0.02)


@contextmanager
def ended(holder: Holder | None) -> Iterator[Holder]:
    """A process in the background that is gone when the block is left."""
    assert holder is not None
    try:
        yield holder
    finally:
        with suppress(ProcessLookupError):
            os.kill(holder.pid, signal.SIGKILL)


def test_it_outlives_the_terminal_is_watched_paused_and_stopped(
    cli: Cli, names_file: Path, tmp_path: Path
) -> None:
    run = Run(tmp_path / "run")
    terminal = Terminal(
        [str(a) for a in arguments(names_file, tmp_path, 100_000)], program=["-m", "namecls"], columns=200
    )
    try:
        assert terminal.end() == 0, terminal.text
        assert "trains it in the background" in terminal.text
        assert "namecls runs watch" in terminal.text
    finally:
        terminal.close()  # with it goes the session that it was started from
    with ended(holder_of(run.directory)) as holder:
        assert os.getsid(holder.pid) == holder.pid
        assert describe_run(run.directory).status == "running"

        refused = cli("train", "--resume", run.directory)
        assert (refused.code, refused.err.count("\n")) == (1, 1)
        assert f"is being worked on by process {holder.pid} on {holder.host}, since " in refused.err
        kept = cli("runs", "delete", "run", "--save-dir", tmp_path, "--yes")
        assert (kept.code, kept.err.count("\n")) == (1, 1)
        assert f"process {holder.pid} " in kept.err
        assert cli("runs", "finish", run.directory).code == 1

        with start("runs", "watch", run.directory, "--json") as watching:
            assert watching.stdout is not None
            assert json.loads(watching.stdout.readline())["event"] == "started"
            assert json.loads(watching.stdout.readline())["event"] in ("progress", "epoch")

            ask(run.directory, "pause")
            until(lambda: "paused by another process" in last_words(run.directory), "it does not pause")
            size = run.history_size()
            assert holder_of(run.directory) == holder
            assert run.history_size() == size
            ask(run.directory, "go")
            until(lambda: run.history_size() > size, "it does not go on")

            stopped = cli("runs", "stop", run.directory)
            assert stopped.code == 0
            assert f"process {holder.pid} on {holder.host}" in stopped.err
            rest, errors = watching.communicate(timeout=GUARD)
        assert watching.returncode == 0, errors
        last = json.loads(rest.splitlines()[-1])
        assert (last["event"], last["reason"]) == ("finished", "stopped")
    assert (run.directory / MANIFEST).exists()
    nothing = cli("runs", "stop", run.directory)
    assert nothing.code == 1
    assert "there is nothing to stop" in nothing.err


def test_a_killed_one_is_told_of_and_taken_over_to_the_same_end(
    cli: Cli, names_file: Path, tmp_path: Path
) -> None:
    detached = cli(*arguments(names_file, tmp_path, 60), "--json")
    assert detached.code == 0, detached.err
    told = json.loads(detached.out)
    run = Run(tmp_path / "run")
    assert (told["event"], told["directory"]) == ("detached", str(run.directory))
    until(lambda: run.history_size() > 0, "it does not begin")
    with start("runs", "watch", run.directory) as watching:
        os.kill(told["pid"], signal.SIGKILL)
        _, errors = watching.communicate(timeout=GUARD)
    assert watching.returncode == 1
    assert b"no process works on it any more, and it is not finished" in errors
    assert f"namecls train --resume {run.directory}".encode() in errors
    assert describe_run(run.directory).status == "unfinished"
    again = cli("train", "--resume", run.directory, "--detach", "--json")
    assert again.code == 0, again.err
    assert [type(event) for event in follow_history(run)][-1] is Finished
    until(lambda: holder_of(run.directory) is None, "it does not end")
    whole = keeping(tmp_path, run.config(), "whole")
    list(train(run.config(), load_dataset(names_file), whole))
    assert ending(run) == ending(whole)
    tested = cli("evaluate", "--model", run.directory, "--json")  # the rows are found again
    assert tested.code == 0, tested.err


def test_one_that_cannot_begin_says_why(cli: Cli, names_file: Path, tmp_path: Path) -> None:
    data = tmp_path / "names.tsv"
    data.write_bytes(names_file.read_bytes())
    run = Run.create(tmp_path, SMALL, "run")
    events = train(SMALL, load_dataset(data), run)
    next(events)
    events.close()
    data.write_bytes(b"Kowalski\tPolish\nKaryan\tArmenian\n")
    outcome = cli("train", "--resume", run.directory, "--detach")
    assert outcome.code == 1
    assert "the process in the background ended at once: namecls: " in outcome.err
    assert "has changed since the run was trained on it" in outcome.err


def test_a_log_that_is_a_link_or_a_pipe_is_not_written_to(cli: Cli, names_file: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("mine\n")
    run = Run.create(tmp_path, SMALL, "run")
    events = train(SMALL, load_dataset(names_file), run)
    next(events)
    events.close()
    (run.directory / LOG).symlink_to(elsewhere)
    outcome = cli("train", "--resume", run.directory, "--detach")
    assert (outcome.code, outcome.err.count("\n")) == (1, 1)
    assert "no process could be started" in outcome.err
    assert elsewhere.read_text() == "mine\n"
    assert last_words(run.directory) == "it left no word"
    (run.directory / LOG).unlink()
    os.mkfifo(run.directory / LOG)
    assert last_words(run.directory) == "it left no word"


def test_what_lies_in_the_working_directory_is_not_run(
    cli: Cli, names_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "place"
    place.mkdir()
    for name in ("namecls", "json", "torch", "typer", "sitecustomize"):
        (place / f"{name}.py").write_text(f"open({str(tmp_path / 'was-run')!r}, 'w')\n")
    monkeypatch.chdir(place)
    detached = cli(*arguments(names_file, tmp_path, 1), "--json")
    assert detached.code == 0, detached.err
    run = Run(tmp_path / "run")
    assert [type(event) for event in follow_history(run)][-1] is Finished
    assert not (tmp_path / "was-run").exists()


def test_a_line_without_end_is_refused_before_memory_is_taken(tmp_path: Path) -> None:
    with (tmp_path / HISTORY).open("wb") as file:
        file.truncate(2**40)  # a file of nothing: it takes no room on the disk
    with pytest.raises(RunError, match="at most 67,108,864 bytes"):
        Tail(Run(tmp_path)).read()
    with pytest.raises(RunError, match="at most 67,108,864 bytes"):
        list(Run(tmp_path).history())
    with pytest.raises(RunError, match="at most 67,108,864 bytes"):
        size_without_end(tmp_path / HISTORY)


@pytest.mark.parametrize("kind", ["link", "pipe"])
def test_a_history_that_leads_elsewhere_is_not_written_to(
    names_file: Path, tmp_path: Path, kind: str
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text('{"event": "mine"}\n' * 100)
    run = Run.create(tmp_path, SMALL, "run")
    if kind == "link":
        (run.directory / HISTORY).symlink_to(elsewhere)
    else:
        os.mkfifo(run.directory / HISTORY)
    with pytest.raises(RunError, match=r"history\.jsonl"):
        list(train(SMALL, load_dataset(names_file), run))
    assert elsewhere.read_text() == '{"event": "mine"}\n' * 100


def test_a_history_that_is_cut_back_is_told_from_its_start(trained_run: Path, tmp_path: Path) -> None:
    lines = (trained_run / HISTORY).read_bytes().splitlines(keepends=True)
    run = Run(tmp_path)
    tail = Tail(run)
    assert tail.read() == []
    history = tmp_path / HISTORY
    history.write_bytes(b"".join(lines[:3]) + lines[3][:20])
    assert len(tail.read()) == 3
    assert tail.read() == []
    history.write_bytes(b"".join(lines[:4]))
    assert len(tail.read()) == 1
    history.write_bytes(b"")
    assert tail.read() == []
    assert tail.read() == []
    history.write_bytes(b"".join(lines[:2]))
    assert len(tail.read()) == 2
