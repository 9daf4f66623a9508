from pathlib import Path

import pytest
import torch

from namecls.config import PRESETS, ModelConfig
from namecls.errors import DataError
from namecls.inference.prediction import Predictor
from namecls.inference.walk import fresh_predictor, walk
from namecls.nn.ngrams import NgramClassifier

LABELS = [f"label {i:02}" for i in range(18)]


def test_the_walk_shows_the_shapes_of_the_tutorial() -> None:
    steps = walk(fresh_predictor(PRESETS["tutorial"].config.model, LABELS), "Bai")
    assert [(s.title, s.shape) for s in steps] == [
        ("text", (3,)),
        ("ids", (3,)),
        ("one-hot", (3, 57)),
        ("batch", (1, 3, 57)),
        ("h0", (1, 1, 128)),
        ("outputs", (1, 3, 128)),
        ("last hidden state", (1, 128)),
        ("logits", (1, 18)),
        ("log-softmax", (1, 18)),
        ("top-k", (1, 3)),
    ]


def test_the_walk_ends_where_the_prediction_does(trained_run: Path) -> None:
    predictor = Predictor.load(trained_run)
    (prediction,) = predictor.predict(["Kowalski"], k=3)
    last = walk(predictor, "Kowalski", k=3)[-1]
    assert last.preview == "  ".join(f"{r.label} {r.probability:.1%}" for r in prediction.ranked)


@pytest.mark.parametrize("config", [ModelConfig(network="lstm"), ModelConfig(layers=2, pooling="mean")])
def test_every_network_can_be_walked_through(config: ModelConfig) -> None:
    shapes = {s.title: s.shape for s in walk(fresh_predictor(config, LABELS), "Bái")}
    assert shapes["outputs"] == (1, 3, 256)
    assert shapes["h0 and c0" if config.network == "lstm" else "h0"] == (2 * config.layers, 1, 128)
    assert shapes["pooled"] == (1, 768 if config.pooling == "concat" else 256)


def test_parts_and_members_are_walked_through_to_the_same_logits() -> None:
    config = ModelConfig(
        network="gru+ngram,cnn", hidden_size=8, filters=6, ngram_size=5, ngram_hidden=3, buckets=512
    )
    predictor = fresh_predictor(config, LABELS)
    steps = {step.title: step for step in walk(predictor, "Bái")}
    assert steps["n-grams of member 1"].shape == (1, 5 + 4 + 3 + 2 + 1)
    assert "^=" in steps["n-grams of member 1"].preview
    assert "ái$=" in steps["n-grams of member 1"].preview
    assert steps["bag of member 1"].shape == (1, 5)
    assert steps["hidden layer of member 1"].shape == (1, 5 + 3)
    assert steps["max over time of member 2"].shape == (1, 4 * 6)
    assert steps["logits of member 1"].code == "sum(logits of the parts)"
    assert steps["logits of member 2"].code == "linear(pooled)"
    (prediction,) = predictor.predict(["Bái"])
    assert steps["top-k"].preview.startswith(prediction.ranked[0].label)


@pytest.mark.parametrize("name", ["Bái", "Ana Bái", "Ana Maria de Bái"])
def test_words_are_walked_through_behind_the_ngrams(name: str) -> None:
    config = ModelConfig(network="ngram", ngram_size=5, ngram_longest=2, ngram_words=True, buckets=512)
    predictor = fresh_predictor(config, LABELS)
    steps = {step.title: step for step in walk(predictor, name)}
    words = name.casefold().split()
    pieces = len(name) + 2 + len(name) + 1 + len(words)
    assert steps["n-grams"].shape == (1, pieces)
    assert steps["n-gram vectors"].shape == (1, pieces, 5)
    shown = [part.split("=")[0] for part in steps["n-grams"].preview.split("  ")]
    assert shown[-len(words) :] == words
    part = predictor.model.parts[0]
    assert isinstance(part, NgramClassifier)
    ids = torch.tensor([predictor.vocabulary.encode(name)])
    rows, real = part.hash_pieces(ids, torch.tensor([ids.shape[1]]))
    assert part.table[rows[real]].mean(0).tolist() == pytest.approx(
        part.mean(ids, torch.tensor([ids.shape[1]]))[0].tolist(), abs=1e-6
    )
    assert len(part.pieces_of(list(name.casefold()), ids[0].tolist())) == pieces


def test_a_name_without_letters_is_not_walked_through() -> None:
    with pytest.raises(DataError, match="with letters"):
        walk(fresh_predictor(ModelConfig(), LABELS), "123")
