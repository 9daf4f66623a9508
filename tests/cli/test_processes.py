"""The command line as a process among others: pipes that close, full disks, signals, terminals."""

import json
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Cli, command, environment, start

TRAIN = [
    "train",
    "--epochs",
    100_000,
    "--patience",
    0,
    "--hidden",
    8,
    "--threads",
    1,
    "--json",
    "--name",
    "run",
]


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_a_stopped_training_leaves_a_checkpoint_to_go_on_from(
    cli: Cli, names_file: Path, tmp_path: Path, number: signal.Signals, code: int
) -> None:
    with start(*TRAIN, "--data", names_file, "--save-dir", tmp_path) as process:
        assert process.stdout is not None
        for line in iter(process.stdout.readline, b""):
            if json.loads(line)["event"] == "epoch":
                break
        process.send_signal(number)
        rest, errors = process.communicate(timeout=60)
    assert process.returncode == code, errors
    last = json.loads(rest.splitlines()[-1])
    assert (last["event"], last["directory"]) == ("interrupted", str(tmp_path / "run"))
    assert f"namecls train --resume {tmp_path / 'run'}".encode() in errors
    outcome = cli("runs", "finish", tmp_path / "run", "--json")
    assert outcome.code == 0, outcome.err
    finished = json.loads(outcome.out)
    assert (finished["event"], finished["reason"]) == ("finished", "stopped")
    assert finished["accuracy"] == finished["test"]["accuracy"]
    assert (tmp_path / "run" / "MANIFEST.json").is_file()


def test_a_reader_that_leaves_ends_it_quietly(run_directory: Path) -> None:
    with start("predict", "--model", run_directory) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(b"Karyan\n")
        process.stdin.flush()
        assert json.loads(process.stdout.readline())["name"] == "Karyan"  # answered while more may come
        process.stdout.close()
        process.stdin.write(b"Tomski\n" * 10_000)
        process.stdin.close()
        assert process.stderr is not None
        assert process.stderr.read() == b""
    assert process.returncode == 141


def test_what_python_does_not_buffer_is_written_whole_or_told_of(run_directory: Path, tmp_path: Path) -> None:
    names = tmp_path / "names.txt"
    names.write_text("Karyan\n" * 3_000)
    command = [
        sys.executable,
        "-m",
        "namecls",
        "predict",
        "--model",
        str(run_directory),
        "--input",
        str(names),
    ]
    with subprocess.Popen(
        command, env={**os.environ, "PYTHONUNBUFFERED": "1"}, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()
    assert process.returncode == 141


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_1_and_one_line() -> None:
    with open("/dev/full", "wb") as full:  # noqa: PTH123
        done = subprocess.run(
            command("--version"),
            stdout=full,
            stderr=subprocess.PIPE,
            env=environment(),
            timeout=60,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr == b"namecls: No space left on device; free some space and try again\n"


def in_a_terminal(*arguments: object, **variables: str) -> tuple[int, str]:
    """What a command line writes to a terminal of 80 columns, standard error with it."""
    master, slave = pty.openpty()
    streams = {"stdin": slave, "stdout": slave, "stderr": slave}
    with start(*arguments, env=environment(COLUMNS="80", **variables), **streams) as process:
        os.close(slave)
        written = b""
        while block := read_or_nothing(master):
            written += block
    os.close(master)
    return process.returncode, written.decode()


def read_or_nothing(master: int) -> bytes:
    try:
        return os.read(master, 65536)
    except OSError:  # the other side is closed
        return b""


def test_a_terminal_gets_bars_and_colours(run_directory: Path) -> None:
    code, written = in_a_terminal("predict", "Karyan", "--model", run_directory)
    assert code == 0
    assert "Armenian" in written
    assert "█" in written
    assert "\x1b[36m" in written
    assert "90 % prediction set: Armenian" in written


def test_no_color_is_honoured_and_training_shows_a_bar(names_file: Path, tmp_path: Path) -> None:
    arguments = [
        "train",
        "--data",
        names_file,
        "--epochs",
        2,
        "--hidden",
        8,
        "--threads",
        1,
        "--save-dir",
        tmp_path,
    ]
    code, written = in_a_terminal(*arguments, NO_COLOR="1")
    assert code == 0
    assert "━" in written
    assert "epoch  train loss" in written
    assert "\x1b[3" not in written


def test_without_names_a_terminal_gets_a_hint() -> None:
    code, written = in_a_terminal("predict")
    assert code == 2
    assert "names in a pipe" in written


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-"])
def test_streams_that_are_closed_do_no_harm(closed: str) -> None:
    shell = ["sh", "-c", f'exec "$@" {closed}', "sh", *command("runs", "list", "--save-dir", "/nonexistent")]
    done = subprocess.run(shell, capture_output=True, env=environment(), timeout=60, check=False)
    assert done.returncode == 0
    assert done.stdout == b""
    assert b"Traceback" not in done.stderr


def test_standard_output_by_its_path_is_not_replaced(run_directory: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    with target.open("wb") as stream:
        arguments = ("predict", "Karyan", "--model", run_directory, "--output", "/dev/stdout")
        assert start(*arguments, stdout=stream).communicate(timeout=60)[1] == b""
    assert json.loads(target.read_bytes())["name"] == "Karyan"
    assert list(tmp_path.iterdir()) == [target]
