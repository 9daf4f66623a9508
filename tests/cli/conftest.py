from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from namecls.cli.app import run
from namecls.data.table import load_dataset
from namecls.runs.run import Run
from namecls.training.loop import train
from tests.library import SMALL, small_file

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str


Cli = Callable[..., Outcome]


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Cli:
    """Runs a command line in this process, with nothing but `stdin` on its standard input."""

    def call(*arguments: object, stdin: bytes = b"") -> Outcome:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        capsys.readouterr()
        code = run([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Outcome(code, captured.out, captured.err)

    return call


@pytest.fixture(scope="session")
def names_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of 144 names under three labels."""
    return small_file(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="session")
def run_directory(tmp_path_factory: pytest.TempPathFactory, names_file: Path) -> Path:
    """A finished run on `names_file`."""
    made = Run.create(tmp_path_factory.mktemp("runs"), SMALL, "small")
    for _ in train(SMALL, load_dataset(names_file), made):
        pass
    return made.directory


def command(*arguments: object) -> list[str]:
    """The command line as a process of its own."""
    return [sys.executable, "-m", "namecls", *map(str, arguments)]


def environment(**more: str) -> dict[str, str]:
    kept = {
        key: value
        for key, value in os.environ.items()
        if key not in ("NO_COLOR", "FORCE_COLOR", "PYTHONPATH")
    }
    return {**kept, "PYTHONPATH": str(ROOT), "TERM": "xterm-256color", **more}


def _signals_as_in_a_terminal() -> None:
    """Undo what a test run in the background, or under nohup, hands down: signals that are ignored."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def start(*arguments: object, **options: object) -> subprocess.Popen[bytes]:
    """The command line as a running process, with pipes."""
    pipes = {
        "stdin": subprocess.PIPE,
        "stdout": subprocess.PIPE,
        "stderr": subprocess.PIPE,
        "env": environment(),
        "preexec_fn": _signals_as_in_a_terminal,
    }
    return subprocess.Popen(command(*arguments), **{**pipes, **options})  # type: ignore[call-overload]
