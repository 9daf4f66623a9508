from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from namecls.cli.app import run
from namecls.data.table import load_dataset
from namecls.runs.run import Run
from namecls.training.loop import train
from tests import programs
from tests.library import SMALL, small_file


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
    """That of a terminal, without what chooses colours."""
    kept = programs.environment({"TERM": "xterm-256color", **more})
    return {
        name: value for name, value in kept.items() if name in more or name not in ("NO_COLOR", "FORCE_COLOR")
    }


def start(*arguments: object, **options: Any) -> subprocess.Popen[bytes]:
    """The command line as a running process, with pipes."""
    return programs.start(["-m", "namecls", *map(str, arguments)], **{"env": environment(), **options})
