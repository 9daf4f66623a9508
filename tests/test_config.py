import json
import re

import pytest

from namecls.config import PRESETS, TUTORIAL_ALPHABET, ModelConfig, TrainConfig
from namecls.errors import ConfigError


def test_a_wrong_choice_is_told_with_what_was_wanted() -> None:
    with pytest.raises(
        ConfigError, match=r"^network must be some of rnn, .* \(gru\+ngram,cnn\), was: 'grru'$"
    ):
        ModelConfig(network="grru")


@pytest.mark.parametrize(
    "values",
    [
        {"epochs": 0},
        {"epochs": 1.5},
        {"epochs": True},
        {"batch_size": -1},
        {"learning_rate": 0.0},
        {"learning_rate": float("nan")},
        {"learning_rate": float("inf")},
        {"learning_rate": "fast"},
        {"optimizer": "magic"},
        {"schedule": None},
        {"seed": -1},
        {"seed": 2**32},
        {"valid_fraction": 0.0},
        {"test_fraction": 0.6},
        {"clip_norm": -1.0},
        {"deduplicate": "yes"},
        {"device": "tpu"},
        {"model": "gru"},
    ],
)
def test_no_training_is_configured_with_a_value_that_it_cannot_have(values: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        TrainConfig(**values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "values",
    [
        {"hidden_size": 0},
        {"hidden_size": 10**9},
        {"layers": 0},
        {"dropout": 1.0},
        {"pooling": "sum"},
        {"input": "bytes"},
        {"alphabet": ""},
        {"alphabet": "aba"},
        {"casefold": 1},
        {"bidirectional": None},
        {"min_count": 0},
    ],
)
def test_no_network_is_configured_with_a_value_that_it_cannot_have(values: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        ModelConfig(**values)  # type: ignore[arg-type]


@pytest.mark.parametrize("preset", PRESETS)
def test_a_config_survives_json(preset: str) -> None:
    config = PRESETS[preset].config
    assert config.preset == preset
    assert TrainConfig.from_json(json.loads(json.dumps(config.to_json()))) == config


def test_an_unknown_setting_is_named() -> None:
    with pytest.raises(ConfigError, match="unknown setting 'speed'"):
        TrainConfig.from_json({"speed": 1})


def test_the_tutorial_preset_is_the_network_of_the_tutorial() -> None:
    model = PRESETS["tutorial"].config.model
    assert (model.input, model.network, model.hidden_size, model.layers) == ("onehot", "rnn", 128, 1)
    assert (model.bidirectional, model.pooling, model.dropout) == (False, "last", 0.0)
    assert model.alphabet == TUTORIAL_ALPHABET
    assert len(TUTORIAL_ALPHABET) == 57


def test_the_title_says_what_the_network_is() -> None:
    assert ModelConfig(network="gru", bidirectional=False).title == "gru-128"
    assert ModelConfig(network="lstm", hidden_size=256, layers=2).title == "bi-lstm-256x2"


def test_no_summary_of_a_preset_claims_a_time_that_depends_on_data_and_machine() -> None:
    for preset in PRESETS.values():
        assert not re.search("second|minute|hour", preset.summary)
