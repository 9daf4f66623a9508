from __future__ import annotations

import dataclasses

import pytest
import typer
from typer.main import get_command

from namecls.cli import app
from namecls.cli.settings import configure
from namecls.config import PRESETS, SETTINGS, ModelConfig, TrainConfig
from tests.cli.conftest import Cli

#: Fields that no option sets: what the split and the vocabulary of a run are like is the same for all.
FIXED = {"normalization", "alphabet", "min_count", "preset", "split_seed", "valid_fraction", "test_fraction"}


def test_every_field_of_a_config_is_a_setting_and_all_but_a_few_are_options() -> None:
    fields = [entry.name for kind in (ModelConfig, TrainConfig) for entry in dataclasses.fields(kind)]
    assert sorted(fields) == sorted({*SETTINGS, "model"})  # and no name stands in both
    assert {name for name, setting in SETTINGS.items() if not setting.option} == FIXED


@pytest.mark.parametrize("command", ["train", "evaluate"])
def test_the_help_of_every_command_that_trains_names_them(cli: Cli, command: str) -> None:
    told = cli(command, "--help").out
    flags = {f"--{setting.option}" for setting in SETTINGS.values() if setting.option}
    # What evaluates a recipe has seeds, and keeps no model.
    others = {"--seed", "--report-every", "--refit"} if command == "evaluate" else set()
    assert not {flag for flag in flags - others if flag not in told}


def test_what_is_given_takes_the_place_of_the_value_of_the_preset() -> None:
    config = configure("fast", {"hidden_size": 32, "epochs": 2, "bidirectional": True})
    base = PRESETS["fast"].config
    assert config == dataclasses.replace(
        base, epochs=2, model=dataclasses.replace(base.model, hidden_size=32, bidirectional=True)
    )


@pytest.mark.parametrize(
    ("preset", "settings", "said"),
    [("quick", {}, "tutorial, fast"), ("fast", {"epochs": 0}, "epochs must be a whole number")],
)
def test_a_wrong_value_is_a_mistake_of_the_command_line(
    preset: str, settings: dict[str, object], said: str
) -> None:
    with pytest.raises(typer.BadParameter, match=said):
        configure(preset, settings)


def test_a_value_of_the_wrong_type_is_refused_before_anything_is_read(cli: Cli) -> None:
    for command in (["train"], ["evaluate", "--seeds", "0"]):
        outcome = cli(*command, "--epochs", "many", "--data", "/nowhere")
        assert (outcome.code, outcome.out) == (2, "")
        assert "--epochs" in outcome.err


def _number_options() -> list[tuple[str, str]]:
    """Every option of every command that takes a number, also where it is read from a text."""
    found = [("predict", "-k"), ("evaluate", "--seeds"), ("evaluate", "-k"), ("tune", "--budget")]
    root = get_command(app.build())
    for name in root.commands:  # type: ignore[attr-defined]
        command = root.commands[name]  # type: ignore[attr-defined]
        for path, each in getattr(command, "commands", {"": command}).items():
            found += [
                (f"{name} {path}".strip(), parameter.opts[0])
                for parameter in each.params
                if parameter.type_descriptor.annotation in (int, float)
            ]
    return found


def test_a_number_in_digits_of_another_script_is_refused_by_every_option(cli: Cli) -> None:
    options = _number_options()
    assert ("train", "--epochs") in options
    assert ("data sample", "-n") in options
    for command, option in options:
        for digits in ("٣", "３", "०.५"):
            outcome = cli(*command.split(), option, digits)
            assert (outcome.code, outcome.out) == (2, ""), (command, option)
            assert option.lstrip("-") in outcome.err, (command, option)
    for words in (("--space", "lr=٠.١..١"), ("--budget", "٣m")):
        assert cli("tune", "--data", "/nowhere", *words).code == 2
    assert SETTINGS["epochs"].read("٣") == "٣"
    assert SETTINGS["learning_rate"].read("٣") == "٣"
