"""What a shell is told when it asks for the rest of a word."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from namecls.cli.app import run
from namecls.config import PRESETS
from tests.cli.conftest import Cli, command, environment

Complete = Callable[[str], list[str]]


@pytest.fixture
def complete(cli: Cli, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Complete:
    del cli

    def asked(line: str) -> list[str]:
        words = line.split(" ")
        monkeypatch.setenv("_NAMECLS_COMPLETE", "complete_bash")
        monkeypatch.setenv("COMP_WORDS", line)
        monkeypatch.setenv("COMP_CWORD", str(len(words) - 1))
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            run([])
        assert left.value.code == 0
        return capsys.readouterr().out.split()

    return asked


@pytest.fixture
def runs(run_directory: Path) -> Path:
    """A save directory with two runs, and what is none."""
    there = Path("save_model")
    for name in ("mine", "mild"):
        shutil.copytree(run_directory, there / name)
    (there / "mire").mkdir()
    (there / "mi\x1bx").mkdir()
    (there / "mi\x1bx" / "config.json").touch()
    return there


def test_commands_options_and_words_are_completed(complete: Complete) -> None:
    assert complete("namecls tr") == ["train"]
    assert {"predict", "train", "runs", "data"} <= set(complete("namecls "))
    assert complete("namecls runs mis") == ["mistakes"]
    assert complete("namecls train --pre") == ["--preset"]
    assert complete("namecls train --preset ") == list(PRESETS)
    assert complete("namecls train --optimizer ad") == ["adam", "adamw"]


def test_runs_and_labels_are_completed(
    complete: Complete, runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for asked in ("predict --model", "evaluate -m", "runs show", "runs delete", "export", "train --resume"):
        assert sorted(complete(f"namecls {asked} mi")) == ["mild", "mine"], asked
    assert sorted(complete("namecls train --init-from ")) == ["mild", "mine", "shipped"]
    assert complete("namecls train --name mi") == []
    assert complete(f"namecls runs show --save-dir {tmp_path} mi") == []
    assert complete("namecls runs mistakes mine --true ") == ["Armenian", "Georgian", "Polish"]
    assert complete("namecls explain --model mine --label Geo") == ["Georgian"]
    assert complete("namecls explain --label Japa") == ["Japanese"]
    assert complete("namecls explain --model nowhere --label Japa") == []
    monkeypatch.setenv("NAMECLS_MODEL", str(runs / "mine"))
    assert complete("namecls explain --label Geo") == ["Georgian"]
    assert complete("namecls explain --label Japa") == []


@pytest.mark.slow
@pytest.mark.parametrize("line", ["namecls ", "namecls train --preset ", "namecls explain --label P"])
def test_a_completion_does_not_wait_for_what_is_slow(line: str) -> None:
    program = (
        "import sys\nfrom namecls.cli import main\ntry:\n    main([])\nfinally:\n"
        "    slow = {'torch', 'polars', 'numpy', 'textual', 'namecls.cli.tune'}\n"
        "    print(*sorted(slow & set(sys.modules)), file=sys.stderr)"
    )
    told = {"_NAMECLS_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(line.count(" "))}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment(**told), capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr.strip()) == (0, "")
    assert done.stdout.strip()


@pytest.mark.slow
def test_the_script_for_bash_is_installed_and_works(tmp_path: Path) -> None:
    home = environment(
        HOME=str(tmp_path), SHELL="/bin/bash", _TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION="1"
    )
    done = subprocess.run(
        command("--install-completion", "bash"), env=home, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "source" in (tmp_path / ".bashrc").read_text()
