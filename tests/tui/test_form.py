from __future__ import annotations

import dataclasses
import shlex
from pathlib import Path

import pytest

from namecls.config import PRESETS, ModelConfig, TrainConfig
from tui.forms.training import SETTINGS, Origin, base_of, command_line, read_form, texts_of

SAVE = Path("save_model")


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_survives_the_form_unchanged(name: str) -> None:
    config = PRESETS[name].config
    assert read_form(texts_of(config)) == (config, {})


def test_every_setting_belongs_to_one_config() -> None:
    config = TrainConfig()
    for setting in SETTINGS:
        assert hasattr(config.model if setting.of_model else config, setting.name)


@pytest.mark.parametrize(
    ("setting", "text", "problem"),
    [
        ("hidden_size", "0", "hidden size must be a whole number from 1 to 65,536, was: 0"),
        ("hidden_size", "", "hidden size must be a whole number from 1 to 65,536, was: ''"),
        ("learning_rate", "fast", "learning rate must be a number above 0 and at most 100, was: 'fast'"),
        ("learning_rate", "nan", "learning rate must be a number above 0 and at most 100, was: nan"),
        ("epochs", "1.5", "epochs must be a whole number from 1 to 100,000, was: '1.5'"),
        ("dropout", "1", "dropout must be a number from 0 to 0.95, was: 1.0"),
    ],
)
def test_what_is_wrong_is_said_in_the_words_of_the_config(setting: str, text: str, problem: str) -> None:
    config, problems = read_form(texts_of(TrainConfig()) | {setting: text})
    assert config is None
    assert problems == {setting: problem}


def test_all_that_is_wrong_is_said() -> None:
    _, problems = read_form(texts_of(TrainConfig()) | {"epochs": "x", "seed": "-1", "layers": "2"})
    assert set(problems) == {"epochs", "seed"}


def test_text_becomes_values() -> None:
    texts = texts_of(TrainConfig()) | {
        "hidden_size": " 1,024 ",
        "learning_rate": "1e-2",
        "bidirectional": "no",
        "network": "lstm",
        "seed": "7",
    }
    config, _ = read_form(texts)
    assert config is not None
    assert config.model.hidden_size == 1024
    assert config.learning_rate == 0.01
    assert not config.model.bidirectional
    assert config.model.title == "lstm-1024"
    assert config.seed == 7


def test_the_command_line_says_only_what_the_preset_does_not() -> None:
    assert command_line(PRESETS["default"].config, None, SAVE) == "namecls train"
    assert command_line(PRESETS["tutorial"].config, None, SAVE) == "namecls train --preset tutorial"


def test_the_command_line_quotes_what_a_shell_would_read() -> None:
    line = command_line(PRESETS["default"].config, Path("my names; rm.tsv"), Path("runs here"))
    assert shlex.split(line) == ["namecls", "train", "--data", "my names; rm.tsv", "--save-dir", "runs here"]


def test_the_command_line_starts_the_same_training() -> None:
    """What the form writes, `namecls train` reads back as the same config."""
    import typer.main

    from namecls.cli.app import build

    base = PRESETS["fast"].config
    changed = dataclasses.replace(
        base,
        model=dataclasses.replace(base.model, network="lstm", hidden_size=64, layers=2, casefold=False),
        learning_rate=0.002, epochs=3, seed=5, class_weights="balanced", clip_norm=0.5, device="cpu",
    )  # fmt: skip
    words = shlex.split(command_line(changed, Path("x.tsv"), SAVE))[2:]
    command = typer.main.get_command(build()).commands["train"]  # type: ignore[attr-defined]
    values = command.make_context("train", list(words)).params
    assert values["preset"] == "fast"
    assert (values["network"], values["hidden_size"], values["layers"]) == ("lstm", 64, 2)
    assert values["casefold"] is False
    assert (values["learning_rate"], values["epochs"], values["seed"], values["clip_norm"]) == (
        0.002,
        3,
        5,
        0.5,
    )
    assert (values["class_weights"], values["device"], values["data"]) == ("balanced", "cpu", Path("x.tsv"))


# -- a training that starts from a model --

NETWORK = ModelConfig(network="lstm", hidden_size=96, dropout=0.1, ngram_shortest=2, alphabet="abc")


def test_a_training_that_starts_from_a_model_has_its_network_and_the_presets_dropout() -> None:
    origin = Origin("shipped", "shipped", NETWORK)
    config, problems = read_form(texts_of(base_of("default", origin)), origin)
    assert problems == {}
    preset = PRESETS["default"].config
    model = dataclasses.replace(
        NETWORK, dropout=preset.model.dropout, ngram_dropout=preset.model.ngram_dropout
    )
    assert config == dataclasses.replace(preset, model=model, init_from="shipped")


def test_what_the_model_has_decided_the_form_can_not_change() -> None:
    origin = Origin("shipped", "shipped", NETWORK)
    texts = texts_of(base_of("default", origin))
    config, _ = read_form(texts | {"hidden_size": "x", "dropout": "0.2", "epochs": "3"}, origin)
    assert config is not None
    assert (config.model.hidden_size, config.model.dropout, config.epochs) == (96, 0.2, 3)


def test_a_model_that_is_not_read_is_a_problem_of_its_line() -> None:
    texts = texts_of(TrainConfig())
    assert read_form(texts, Origin("runs/x", "x", problem="damaged")) == (None, {"init_from": "damaged"})
    assert read_form(texts, Origin("runs/x", "x")) == (None, {"init_from": "reading x ..."})


def test_the_command_line_names_the_model_and_leaves_its_network_out() -> None:
    origin = Origin("shipped", "shipped", NETWORK)
    config = base_of("default", origin)
    assert command_line(config, None, SAVE) == "namecls train --init-from shipped"
    mine = dataclasses.replace(config, init_from=str((SAVE / "mine").resolve()), epochs=3)
    assert command_line(mine, None, SAVE) == "namecls train --init-from save_model/mine --epochs 3"
    other = dataclasses.replace(config, init_from="/models/x")
    assert command_line(other, None, SAVE) == "namecls train --init-from /models/x"
