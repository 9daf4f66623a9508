from __future__ import annotations

import dataclasses
import shlex
from pathlib import Path

import pytest
from typer.main import get_command

from namecls.cli.app import build
from namecls.command_line import option_of, setting_of, train_command
from namecls.config import PRESETS
from namecls.search.space import SEARCHABLE

DEFAULT = PRESETS["default"].config
SAVE_DIR = Path("save_model")
EMBEDDED = {"path": None}


@pytest.mark.parametrize("name", SEARCHABLE)
def test_all_that_can_be_searched_has_an_option_of_train(name: str) -> None:
    options = {
        option
        for parameter in get_command(build()).commands["train"].params
        for option in parameter.opts  # type: ignore[attr-defined]
    }
    assert f"--{option_of(name)}" in options
    assert setting_of(option_of(name)) == setting_of(name) == name


def test_the_command_of_a_preset_is_short() -> None:
    assert train_command(DEFAULT, EMBEDDED, SAVE_DIR) == "namecls train"
    assert train_command(PRESETS["fast"].config, EMBEDDED, SAVE_DIR) == "namecls train --preset fast"
    unknown = dataclasses.replace(DEFAULT, preset="of another version")
    assert train_command(unknown, EMBEDDED, SAVE_DIR) == "namecls train"


def test_everything_that_differs_from_the_preset_is_told() -> None:
    config = dataclasses.replace(
        DEFAULT, learning_rate=0.00432, seed=3, model=dataclasses.replace(DEFAULT.model, bidirectional=False)
    )
    data = {"path": "my names.tsv", "columns": {"name": "surname", "label": 2, "header": True}}
    assert shlex.split(train_command(config, data, Path("runs"))) == [
        *("namecls", "train", "--data", "my names.tsv", "--name-column", "surname", "--label-column", "2"),
        *("--header", "--no-bidirectional", "--lr", "0.00432", "--seed", "3", "--save-dir", "runs"),
    ]
