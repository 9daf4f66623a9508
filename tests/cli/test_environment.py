"""What the environment says instead of options, and what `--verbose` adds."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from namecls.command_line import train_command
from namecls.config import PRESETS
from tests.cli.conftest import Cli

DEFAULT = PRESETS["default"].config


def test_the_model_of_the_environment_answers_unless_another_is_given(
    cli: Cli, run_directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NAMECLS_MODEL", str(run_directory))
    labels = len(json.loads(cli("predict", "-k", "all", "Kim").out)["ranked"])
    assert labels == 3
    monkeypatch.setenv("NAMECLS_MODEL", "nowhere")
    outcome = cli("predict", "Kim")
    assert outcome.code == 1
    assert "NAMECLS_MODEL" in outcome.err
    assert cli("predict", "Kim", "--model", run_directory).code == 0


def test_commands_that_are_given_no_run_take_the_model_of_the_environment(
    cli: Cli, run_directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands = (("plot", "--kind", "labels"), ("runs", "mistakes"), ("export", "--onnx", "x.onnx"))
    monkeypatch.setenv("NAMECLS_MODEL", "nowhere")
    for words in commands:
        outcome = cli(*words)
        assert (outcome.code, "NAMECLS_MODEL asks for it" in outcome.err) == (1, True)
    monkeypatch.setenv("NAMECLS_MODEL", str(run_directory))
    assert cli("plot", "--kind", "labels").out.startswith("label\trows\tsmall\n")
    assert json.loads(cli("runs", "mistakes", "--json").out)["labels"] == ["Armenian", "Georgian", "Polish"]


def test_runs_of_the_save_directory_of_the_environment_are_found_by_name(
    cli: Cli, run_directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NAMECLS_SAVE_DIR", str(run_directory.parent))
    assert run_directory.name in cli("runs", "list", "--json").out
    assert cli("predict", "Kim", "--model", run_directory.name).code == 0


def test_a_model_to_start_from_is_found_by_name_in_the_save_directory_of_the_training(
    cli: Cli, names_file: Path, run_directory: Path, tmp_path: Path
) -> None:
    there = tmp_path / "there"
    shutil.copytree(run_directory, there / "mine")
    words = ("train", "--data", names_file, "--init-from", "mine", "--epochs", "1", "--name", "next")
    assert cli(*words, "--save-dir", there).code == 0
    assert json.loads((there / "next" / "config.json").read_text())["train"]["init_from"] == "mine"
    assert "expected the directory of a run, found none" in cli(*words).err


def test_a_model_whose_config_is_damaged_is_no_unfinished_one(
    cli: Cli, run_directory: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(run_directory, copy)
    (copy / "config.json").write_text('{"x')
    outcome = cli("predict", "Tomski", "--model", copy)
    assert "copy: is damaged, not tested: " in outcome.err
    assert f"namecls runs verify {copy}" in outcome.err
    assert "runs finish" not in outcome.err


def test_a_save_directory_that_is_a_file_is_told(
    cli: Cli, names_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = f"namecls: {names_file}: is no directory; runs lie in one"
    assert cli("runs", "list", "--save-dir", names_file).err == f"{told}\n"
    monkeypatch.setenv("NAMECLS_SAVE_DIR", str(names_file))
    outcome = cli("runs", "list", "--json")
    assert (outcome.code, outcome.out) == (1, "")
    assert outcome.err == f"{told} (NAMECLS_SAVE_DIR asks for it)\n"


def test_a_training_reads_the_data_of_the_environment_and_a_resumed_one_does_not(
    cli: Cli, names_file: Path, run_directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NAMECLS_DATA", str(tmp_path / "missing.tsv"))
    outcome = cli("train", "--epochs", "1")
    assert (outcome.code, outcome.err) == (
        1,
        f"namecls: {tmp_path}/missing.tsv: there is no such file (NAMECLS_DATA asks for it)\n",
    )
    assert "NAMECLS_DATA" not in cli("train", "--data", tmp_path / "missing.tsv").err
    cut = tmp_path / "cut"
    shutil.copytree(run_directory, cut)
    (cut / "MANIFEST.json").unlink()
    resumed = cli("train", "--resume", cut)
    assert "missing.tsv" not in resumed.err
    assert names_file.exists()


def test_a_printed_command_means_the_same_in_this_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert train_command(DEFAULT, None, Path("save_model")) == "namecls train"
    monkeypatch.setenv("NAMECLS_DATA", "mine.tsv")
    monkeypatch.setenv("NAMECLS_SAVE_DIR", "elsewhere")
    assert (
        train_command(DEFAULT, None, Path("save_model"))
        == "NAMECLS_DATA= namecls train --save-dir save_model"
    )
    assert train_command(DEFAULT, None, Path("elsewhere")) == "NAMECLS_DATA= namecls train"


def test_verbose_tells_what_runs_and_where_an_error_comes_from(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NAMECLS_SOMETHING", "\x1b[31m")
    outcome = cli("predict", "Kim", "--model", "nowhere", "--verbose")
    assert outcome.code == 1
    assert "torch " in outcome.err
    assert "Traceback" in outcome.err
    assert "\x1b" not in outcome.err
    assert "Traceback" not in cli("predict", "Kim", "--model", "nowhere").err


def test_the_short_option_tells_the_version(cli: Cli) -> None:
    assert cli("-V").out == cli("--version").out
