"""Settings of a training in a file: read, refused, and written."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from namecls.config import PRESETS, SETTINGS, TrainConfig
from namecls.errors import ConfigError, RunError
from namecls.settings import Setting
from namecls.train_file import read_train_file, train_file

OPTIONS = {"data": Path, "keep_checkpoints": bool, "name_column": int, "watch": str}


def written(text: str | bytes) -> Path:
    path = Path("mine.toml")
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


@pytest.mark.parametrize("preset", PRESETS)
def test_what_is_written_is_read_again(preset: str) -> None:
    config = PRESETS[preset].config.changed(
        {"learning_rate": 1e-05, "split": "rows", "alphabet": 'a"\\\x7fé'}
    )
    told = read_train_file(written(train_file(config, {"watch": "a,b", "keep_checkpoints": True})), OPTIONS)
    assert PRESETS[preset].config.changed(told.settings) == config
    assert told.options == {"watch": "a,b", "keep_checkpoints": True}
    assert train_file(PRESETS["default"].config) == '# namecls train --config FILE\npreset = "default"\n'


def fits(setting: Setting, value: object) -> bool:
    try:
        setting.check(value)
    except ConfigError:
        return False
    return True


def other_value(setting: Setting) -> object:
    """A value that is not the usual one."""
    if setting.choices:
        return next(value for value in reversed(setting.choices) if value != setting.default)
    if setting.kind is bool:
        return not setting.default
    if setting.kind is str:
        return "cnn" if setting.name == "network" else "abc"
    if setting.name == "buckets":
        return 512
    usual = PRESETS["default"].config.value_of(setting.name)
    return next(value for value in (2, 3, 0.3) if value != usual and fits(setting, value))


@pytest.mark.parametrize("name", [name for name in SETTINGS if name not in ("normalization", "init_from")])
def test_every_setting_may_stand_in_a_file(name: str) -> None:
    value = "fast" if name == "preset" else other_value(SETTINGS[name])
    config = TrainConfig().changed({name: value})
    assert read_train_file(written(train_file(config)), {}).settings[name] == value


def test_names_of_options_and_of_settings_mean_the_same_and_paths_are_those_beside_the_file(
    tmp_path: Path,
) -> None:
    (tmp_path / "there").mkdir()
    path = tmp_path / "there" / "a.toml"
    path.write_text('lr = 1\nbatch-size = 8\nhidden_size = 9\ndata = "names.tsv"\nname-column = 2\n')
    told = read_train_file(path, OPTIONS)
    assert told.settings == {"learning_rate": 1.0, "batch_size": 8, "hidden_size": 9}
    assert type(told.settings["learning_rate"]) is float
    assert told.options == {"data": str(tmp_path / "there" / "names.tsv"), "name_column": "2"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("\nepoch = 3\n", "mine.toml, line 2: expected a setting, found 'epoch'; did you mean epochs?"),
        ("keep-checkpoint = true", "found 'keep-checkpoint'; did you mean keep-checkpoints?"),
        ("zzz = 3", "line 1: expected a setting, found 'zzz'; they are the options of: namecls train --help"),
        ("lr = 0.1\nepochs = 'ten'", "line 2: epochs must be a whole number from 1 to 100,000, was: 'ten'"),
        ("epochs = 1.5", "line 1: epochs must be a whole number from 1 to 100,000, was: 1.5"),
        ("bidirectional = 1", "line 1: bidirectional must be true or false, was: 1"),
        (
            "preset = 'best'",
            "line 1: preset must be one of tutorial, fast, default, strong, large, was: 'best'",
        ),
        ("keep-checkpoints = 'yes'", "line 1: keep-checkpoints must be true or false, was: 'yes'"),
        ("data = 3", "line 1: data must be a path, as text, was: 3"),
        ("name-column = true", "line 1: name-column must be a whole number or a text, was: True"),
        ("watch = ['a']", "line 1: watch must be a text, was: ['a']"),
        ("[epochs]\nx = 1", "line 1: epochs must be a whole number from 1 to 100,000, was: {'x': 1}"),
        ("lr = 1\nlearning_rate = 2", "line 2: 'learning_rate' was said already, by its other name"),
        ("epochs 3", "mine.toml: expected TOML, lines such as epochs = 10, found: "),
        ("a = " + "[" * 100_000, "expected TOML"),
        ("epochs = 1" + "0" * 5000, "expected TOML"),
        (b"lr = '\xff'", "mine.toml: expected UTF-8, found other bytes at 6"),
        ("#" * 2**21, "expected settings of at most 1,048,576 bytes, found more"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_it_refuses(text: str | bytes, says: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(says)):
        read_train_file(written(text), OPTIONS)


def test_a_pipe_and_a_missing_file_are_not_waited_for() -> None:
    os.mkfifo("pipe")
    with pytest.raises(RunError, match="expected a regular file, found a pipe"):
        read_train_file(Path("pipe"), {})
    with pytest.raises(RunError, match="could not be read: No such file"):
        read_train_file(Path("none.toml"), {})
