from __future__ import annotations

import dataclasses
import shlex
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.main import get_command

from namecls.cli.app import build
from namecls.cli.settings import configure
from namecls.command_line import repeat_command, train_command
from namecls.config import PRESETS, SETTINGS, TrainConfig
from namecls.data.layout import Columns
from namecls.errors import ConfigError, RunError
from namecls.runs.origin import fitted, read_network
from namecls.runs.record import SHIPPED, DataRecord, EditsRecord, Source
from namecls.runs.run import Run
from namecls.runs.watched import watch_names
from namecls.settings import Setting
from tests.library import small_record

DEFAULT = PRESETS["default"].config
SAVE_DIR = Path("save_model")
TRAIN = get_command(build()).commands["train"]  # type: ignore[attr-defined]


def read_back(command: str) -> TrainConfig:
    """The config that `namecls train` makes of a command."""
    words = shlex.split(command)
    assert words[:2] == ["namecls", "train"]
    values = TRAIN.make_context("train", words[2:]).params
    given = {name: values[name] for name in SETTINGS if name != "preset" and values.get(name) is not None}
    return configure(values["preset"], given)


def values_of(setting: Setting) -> st.SearchStrategy[Any]:
    low, high = setting.span
    if setting.choices:
        return st.sampled_from(setting.choices)
    if setting.kind is bool:
        return st.booleans()
    if setting.name == "network":
        return st.sampled_from(["rnn", "gru+ngram,cnn", "lstm,lstm"])
    if setting.name == "buckets":
        return st.integers(8, 24).map(lambda power: 2**power)
    if setting.kind is int:
        return st.integers(int(low), int(high))
    return st.floats(low, high, exclude_min=setting.above)


def drawn(draw: st.DataObject, base: TrainConfig, among: dict[str, Setting]) -> TrainConfig:
    """The config with other values of some settings."""
    changed = draw.draw(st.sets(st.sampled_from(sorted(among))))
    values = {name: draw.draw(values_of(among[name])) for name in sorted(changed)}
    values |= {"ngram_longest": 16} if "ngram_shortest" in values else {}
    values |= {"ngram_shortest": 1} if "ngram_longest" in values and "ngram_shortest" not in values else {}
    return base.changed(values)


@settings(deadline=None)
@given(st.data(), st.sampled_from(sorted(PRESETS)))
def test_the_command_of_a_training_is_read_back_as_the_same_config(draw: st.DataObject, preset: str) -> None:
    among = {name: told for name, told in SETTINGS.items() if told.option and name != "init_from"}
    config = drawn(draw, PRESETS[preset].config, among)
    assert read_back(train_command(config, Path("my names.tsv"), SAVE_DIR)) == config


@settings(deadline=None, max_examples=50)
@given(st.data())
def test_so_is_that_of_a_training_that_starts_from_a_model(draw: st.DataObject) -> None:
    model = fitted(read_network(SHIPPED), DEFAULT.model)
    base = dataclasses.replace(DEFAULT, init_from=SHIPPED, model=model)
    among = {
        name: told
        for name, told in SETTINGS.items()
        if told.option and name != "init_from" and (told.free or not told.of_model)
    }
    config = drawn(draw, base, among)
    assert read_back(train_command(config, None, SAVE_DIR)) == config


def test_the_command_names_a_model_of_the_save_directory_by_its_place() -> None:
    mine = dataclasses.replace(DEFAULT, init_from=str((SAVE_DIR / "mine").resolve()), epochs=3)
    assert train_command(mine, None, SAVE_DIR) == "namecls train --init-from save_model/mine --epochs 3"
    other = dataclasses.replace(mine, init_from="/models/x")
    assert train_command(other, None, SAVE_DIR) == "namecls train --init-from /models/x --epochs 3"


def test_the_command_of_a_preset_is_short() -> None:
    assert train_command(DEFAULT, None, SAVE_DIR) == "namecls train"
    assert (
        train_command(PRESETS["fast"].config, DataRecord(file="names.tsv", is_embedded=True), SAVE_DIR)
        == "namecls train --preset fast"
    )
    unknown = dataclasses.replace(DEFAULT, preset="of another version")
    assert train_command(unknown, None, SAVE_DIR) == "namecls train"


def test_the_command_tells_file_and_columns_and_quotes_what_a_shell_would_read() -> None:
    data = DataRecord(
        file="",
        path=Path("my names; rm.tsv"),
        columns=Columns("surname", 2, header=True, separator=";", encoding="GBK", weight="n"),
    )
    config = DEFAULT.changed({"bidirectional": False, "learning_rate": 0.00432})
    assert shlex.split(train_command(config, data, Path("runs here"))) == [
        *(
            "namecls",
            "train",
            "--data",
            "my names; rm.tsv",
            "--name-column",
            "surname",
            "--label-column",
            "2",
        ),
        *("--weight-column", "n"),
        *(
            "--header",
            "--separator",
            ";",
            "--encoding",
            "GBK",
            "--lr",
            "0.00432",
            "--no-bidirectional",
            "--save-dir",
            "runs here",
        ),
    ]


@pytest.mark.parametrize("name", [name for name in SETTINGS if SETTINGS[name].option])
def test_every_setting_is_an_option_of_train_with_its_help_and_its_check(name: str) -> None:
    setting = SETTINGS[name]
    (option,) = (parameter for parameter in TRAIN.params if parameter.name == name)
    assert option.opts == [flag.split("/")[0] for flag in str(setting.flags).split()]
    assert option.help.startswith(setting.help)
    assert all(choice in option.help for choice in setting.choices)
    wrong = (
        object() if setting.kind is not str else setting.choices[0] + "x" if setting.choices else "x" * 5000
    )
    with pytest.raises(ConfigError, match=f"^{setting.title} must be "):
        DEFAULT.changed({name: wrong})


def test_the_command_that_repeats_a_run_has_its_settings_and_its_data(trained_run: Path) -> None:
    run = Run(trained_run)
    command = repeat_command(run, trained_run.parent)
    assert read_back(command) == run.config()
    words = shlex.split(command)
    assert words[words.index("--data") + 1] == str(run.record().data.path)


def test_a_given_split_edits_and_watched_names_are_repeated_too(tmp_path: Path) -> None:
    run = Run(tmp_path)
    sides = ("train", "validation", "test")
    given = {side: DataRecord(file=f"{side}.tsv", is_embedded=side == "test") for side in sides}
    edits = EditsRecord(file="mine.edits.jsonl", sha256="0", edits=1, unmatched=0)
    small_record(given=given, edits=edits).write(tmp_path)
    watch_names(run, ("Anna", "Smith, John"))
    words = shlex.split(repeat_command(run, tmp_path))
    for option, value in (
        ("data", "train.tsv"),
        ("validation", "validation.tsv"),
        ("test", "test.tsv"),
        ("edits", str(tmp_path / "edits.jsonl")),
        ("watch", "Anna"),
    ):
        assert words[words.index(f"--{option}") + 1] == value


def test_what_was_imported_is_not_repeated(tmp_path: Path) -> None:
    small_record(imported=Source(file="rnn.pt", sha256="0")).write(tmp_path)
    with pytest.raises(RunError, match="was imported"):
        repeat_command(Run(tmp_path), tmp_path)
