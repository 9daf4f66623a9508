from __future__ import annotations

import dataclasses
import math

import pytest

from namecls.config import PRESETS, ModelConfig
from namecls.errors import ConfigError
from namecls.search.space import (
    SPACE,
    Range,
    Steps,
    Words,
    dimension_of,
    is_meant,
    space_of,
    texts_around,
    without_fixed,
)
from namecls.search.strategy import propose

DEFAULT = PRESETS["default"].config


@pytest.mark.parametrize("preset", PRESETS)
def test_what_is_searched_can_be_set_in_every_preset(preset: str) -> None:
    base = PRESETS[preset].config
    space = space_of(SPACE, base)
    assert list(space) == list(SPACE)


@pytest.mark.parametrize(
    ("name", "text", "meant"),
    [
        ("dropout", "0..0.6", Range(0.0, 0.6)),
        ("learning_rate", " 1e-3 .. 2e-2 log", Range(0.001, 0.02, log=True)),
        (
            "learning_rate",
            "1e-3..2e-2",
            Range(0.001, 0.02, log=True),
        ),  # by factors, as it is searched otherwise
        ("weight_decay", "0..0.1", Range(0.0, 0.1)),  # which can't be by factors
        ("patience", "1..8", Range(1, 8, whole=True)),
        ("hidden_size", "128, 64,64", Steps((64, 128))),
        ("dropout", "0.5", Steps((0.5,))),
        ("network", "gru,lstm", Words(("gru", "lstm"))),
        ("bidirectional", "true,false", Words((True, False))),
    ],
)
def test_a_text_means_a_dimension_and_the_dimension_writes_it_again(
    name: str, text: str, meant: Range | Steps | Words
) -> None:
    assert dimension_of(name, text) == meant
    assert dimension_of(name, str(meant)) == meant


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("seed", "0,1", "no setting that can be searched"),
        ("alphabet", "abc", "no setting that can be searched"),
        ("hiden", "64", "choose among"),
        ("dropout", "", "expected values with commas between"),
        ("dropout", "0.1,,0.2", "expected values with commas between"),
        ("dropout", "low", "expected a number"),
        ("dropout", "nan", "expected a number"),
        ("hidden_size", "64.5", "expected a whole number"),
        ("hidden_size", "1..1e3", "expected a whole number"),
        ("dropout", "0.5..0.1", "the smaller number first"),
        ("learning_rate", "0..1 log", "two numbers above 0"),
        ("bidirectional", "yes", "expected true, false or both"),
        ("dropout", "0.1..0.99", "dropout must be a number from 0 to 0.95"),
        ("network", "gru,grru", "network must be some of"),
    ],
)
def test_what_can_not_be_searched_is_told(name: str, text: str, problem: str) -> None:
    with pytest.raises(ConfigError, match=problem):
        space_of({name: text}, DEFAULT)


def test_a_range_by_factors_has_its_middle_at_the_geometric_mean() -> None:
    dimension = Range(0.001, 0.1, log=True)
    assert dimension.at(0.5) == 0.01
    assert dimension.place_of(0.01) == pytest.approx(0.5)
    assert (dimension.at(0.0), dimension.at(1.0)) == (0.001, 0.1)


@pytest.mark.parametrize(
    "dimension",
    [Range(0.0, 0.6), Range(1e-4, 0.1, log=True), Range(3, 17, whole=True), Steps((64, 96, 128, 192, 256))],
)
def test_every_place_has_a_value_and_every_value_its_place(dimension: Range | Steps) -> None:
    for place in (0.0, 0.123, 0.5, 0.77, 1.0):
        value = dimension.at(place)
        again = dimension.place_of(value)
        assert again is not None
        assert dimension.at(again) == value


def test_values_beyond_a_range_have_the_place_of_its_end() -> None:
    assert Range(0.001, 0.1, log=True).place_of(5.0) == 1.0
    assert Steps((64, 128)).place_of(100_000) == 0.75
    assert Range(0.0, 1.0).place_of("gru") is None


def test_a_value_is_short_enough_to_be_typed_again() -> None:
    assert Range(0.001, 0.02, log=True).at(1 / 3) == 0.00271


@pytest.mark.parametrize(
    ("text", "value", "nearest"),
    [("0.1..0.5", 0.4321, 0.4321), ("0.1..0.5", 0.6, 0.5), ("0.1..0.5", 0.0, 0.1), ("0.1,0.5", 0.4, 0.5)],
)
def test_a_value_that_is_not_in_the_space_has_a_nearest(text: str, value: float, nearest: float) -> None:
    assert dimension_of("dropout", text).nearest(value) == nearest


def test_a_word_that_is_not_in_the_space_stands_for_the_first() -> None:
    assert dimension_of("network", "rnn,lstm").nearest("lstm") == "lstm"
    assert dimension_of("network", "rnn,lstm").nearest("gru") == "rnn"


def test_a_single_value_is_no_dimension_but_a_setting() -> None:
    space, base = without_fixed(
        space_of({"network": "rnn", "hidden_size": "64", "dropout": "0..0.5"}, DEFAULT), DEFAULT
    )
    assert list(space) == ["dropout"]
    assert (base.model.network, base.model.hidden_size) == ("rnn", 64)


def test_settings_of_the_network_and_of_the_training_find_their_places() -> None:
    config = DEFAULT.changed({"network": "lstm", "epochs": 3})
    assert (config.model.network, config.epochs) == ("lstm", 3)
    assert config.model == dataclasses.replace(DEFAULT.model, network="lstm")
    with pytest.raises(ConfigError, match="unknown setting"):
        DEFAULT.changed({"cells": 2})


def test_the_size_of_an_embedding_means_nothing_without_one() -> None:
    onehot = dataclasses.replace(DEFAULT, model=ModelConfig(input="onehot"))
    assert not is_meant("embedding_size", {}, onehot)
    assert is_meant("embedding_size", {"input": "embedding"}, onehot)
    assert is_meant("hidden_size", {}, onehot)


def test_a_whole_range_holds_whole_numbers_alone() -> None:
    values = {Range(1.5, 4.5, whole=True).at(place / 10) for place in range(11)}
    assert values == {2, 3, 4}
    assert all(math.floor(value) == value for value in values)


def test_what_a_preset_has_is_among_what_is_searched() -> None:
    for name, preset in PRESETS.items():
        texts = {setting: text for setting, text in texts_around(preset.config).items() if text}
        space = space_of(texts, preset.config)
        first = propose(space, preset.config, (), 0)
        assert first is not None
        listed = [setting for setting in first if not isinstance(space[setting], Range)]
        assert "network" in listed or "," in preset.config.model.network
        for setting in listed:
            assert first[setting] == preset.config.value_of(setting), (name, setting)
