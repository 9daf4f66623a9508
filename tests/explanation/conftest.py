"""Predictors of every kind of network, with random weights: they differ from each other as trained ones do."""

from __future__ import annotations

from pathlib import Path

import pytest

from namecls.config import PRESETS, ModelConfig
from namecls.explanation.fresh import fresh_predictor
from namecls.inference.prediction import Predictor

LABELS = [f"label {i}" for i in range(6)]
_SMALL = {"hidden_size": 8, "embedding_size": 6, "filters": 5, "ngram_size": 5, "buckets": 512}
CONFIGS = {
    "tutorial": PRESETS["tutorial"].config.model,
    "lstm": ModelConfig(network="lstm", pooling="mean", **_SMALL),
    "two layers": ModelConfig(network="gru", layers=2, pooling="max", **_SMALL),
    "gru": ModelConfig(network="gru", bidirectional=False, pooling="last", **_SMALL),
    "cnn": ModelConfig(network="cnn", casefold=False, **_SMALL),
    "ngram": ModelConfig(network="ngram", ngram_words=True, ngram_hidden=4, **_SMALL),
    "ensemble": ModelConfig(network="gru+ngram,cnn,rnn", **_SMALL),
}


@pytest.fixture(scope="session", params=CONFIGS)
def network(request: pytest.FixtureRequest) -> Predictor:
    """A predictor of each kind of network."""
    return fresh_predictor(CONFIGS[request.param], LABELS, seed=3)


@pytest.fixture(scope="session")
def trained(trained_run: Path) -> Predictor:
    """A predictor of the small finished run."""
    return Predictor.load(trained_run)
