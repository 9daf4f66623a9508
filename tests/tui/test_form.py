from __future__ import annotations

import dataclasses

import pytest

from namecls.config import PRESETS, SETTINGS, ModelConfig, TrainConfig
from tui.forms.training import LINES, Origin, base_of, read_form, texts_of


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_survives_the_form_unchanged(name: str) -> None:
    config = PRESETS[name].config
    assert read_form(texts_of(config)) == (config, {})


def test_every_setting_with_an_option_has_a_line() -> None:
    shown = {setting.name for setting in LINES} | {"init_from"}
    assert shown == {name for name, setting in SETTINGS.items() if setting.option}
    assert [setting.name for setting in LINES if setting.front] == [
        *("network", "hidden_size", "layers", "optimizer", "learning_rate", "batch_size", "epochs", "seed")
    ]
    assert all(len(setting.title) < 18 for setting in LINES)  # the room that a form has for it


@pytest.mark.parametrize(
    ("setting", "text", "problem"),
    [
        ("hidden_size", "0", "hidden units must be a whole number from 1 to 65,536, was: 0"),
        ("hidden_size", "", "hidden units must be a whole number from 1 to 65,536, was: ''"),
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
