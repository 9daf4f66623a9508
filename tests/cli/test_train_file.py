"""`namecls train --config` and `--save-config`."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from namecls.runs.run import Run
from tests.cli.conftest import Cli

SETTINGS = """
preset = "fast"
epochs = 1
ngram-size = 4
buckets = 256
threads = 1
device = "cpu"
min-count = 1
"""


@pytest.fixture
def files(names_file: Path, tmp_path: Path) -> Path:
    """A directory of settings and, beside these, data."""
    directory = tmp_path / "given"
    directory.mkdir()
    shutil.copy(names_file, directory / "names.tsv")
    (directory / "mine.toml").write_text(f'data = "names.tsv"\nwatch = "Kim"\n{SETTINGS}')
    return directory


def test_a_file_is_as_good_as_options_and_options_win(
    cli: Cli, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NAMECLS_DATA", "/nowhere.tsv")
    asked = ("train", "--config", files / "mine.toml", "--ngram-size", 5, "--name")
    said = cli(*asked, "a", "--save-config", files / "again.toml")
    assert said.code == 0, said.err
    config = Run.open("save_model/a").config()
    assert (config.preset, config.epochs, config.model.ngram_size, config.model.min_count) == (
        "fast",
        1,
        5,
        1,
    )
    assert (files / "again.toml").read_text() == (
        "# namecls train --config FILE\n"
        'preset = "fast"\nepochs = 1\ndevice = "cpu"\nthreads = 1\n'
        "ngram-size = 4\nbuckets = 256\nmin-count = 1\n"
        'data = "names.tsv"\nwatch = "Kim"\n'
    ).replace("ngram-size = 4", "ngram-size = 5")
    assert cli("train", "--config", files / "again.toml", "--name", "b").code == 0
    assert Run.open("save_model/b").config() == config
    again = cli("train", "--config", "save_model/a/train.toml", "--data", files / "names.tsv", "--name", "c")
    assert again.code == 0, again.err
    assert Run.open("save_model/c").config() == config
    assert (
        Path("save_model/a/model.safetensors").read_bytes()
        == Path("save_model/c/model.safetensors").read_bytes()
    )


def test_what_is_wrong_in_a_file_is_one_line_and_nothing_is_made(cli: Cli, files: Path) -> None:
    (files / "mine.toml").write_text("hiden = 3")
    said = cli("train", "--config", files / "mine.toml")
    assert (said.code, said.out) == (1, "")
    assert said.err == (
        f"namecls: {files / 'mine.toml'}, line 1: expected a setting, found 'hiden'; did you mean hidden?\n"
    )
    said = cli("train", "--config", files / "mine.toml", "--resume", "x")
    assert said.code == 1
    assert not Path("save_model").exists()


def test_the_file_can_be_printed(cli: Cli, files: Path) -> None:
    said = cli("train", "--config", files / "mine.toml", "--name", "a", "--save-config", "-")
    assert said.out.startswith("# namecls train --config FILE\npreset = ")
    assert f'data = "{files / "names.tsv"}"' in said.out
