"""The forward pass by numpy gives the logits of torch, whatever the network and the names."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from namecls.config import CELLS, ModelConfig
from namecls.data.batching import NameDataset
from namecls.data.vocab import Vocabulary
from namecls.nn.model import NameClassifier, logits_of
from namecls.nn.ngrams import NgramClassifier
from namecls.nn.plain import PlainClassifier
from namecls.nn.weights import weights_of
from namecls.runs.tensors import entries_of

SMALL = {"hidden_size": 8, "embedding_size": 6, "filters": 8, "ngram_size": 6, "buckets": 256}
#: Every cell with each pooling, input, number of directions and layers; all other parts; and these together.
NETWORKS: tuple[dict[str, Any], ...] = (
    *(
        {"network": cell, "pooling": pooling, "bidirectional": both, "layers": layers, "input": kind}
        for cell in CELLS
        for pooling, both, layers, kind in (
            ("last", False, 1, "embedding"),
            ("mean", True, 1, "onehot"),
            ("max", False, 2, "onehot"),
            ("concat", True, 2, "embedding"),
        )
    ),
    {"network": "cnn"},
    {"network": "cnn", "input": "onehot", "widest": 8},
    {"network": "ngram", "ngram_longest": 16, "ngram_shortest": 3},
    {"network": "gru+ngram", "ngram_words": True, "ngram_hidden": 8},
    {"network": "gru+ngram,cnn+ngram,rnn", "ngram_words": True, "ngram_hidden": 8},
)


def fresh(values: dict[str, Any]) -> tuple[NameClassifier, Vocabulary]:
    """A network with random weights, which are large enough for each part of it to tell."""
    config = ModelConfig(**{**SMALL, **values})
    vocabulary = Vocabulary(tuple("abcdefghij -é"), ("A", "B", "C", "D"), config.normalizer)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = NameClassifier(config, vocabulary.size, len(vocabulary.labels)).eval()
        with torch.no_grad():
            model.offsets.uniform_(-1, 1)
            model.scales.uniform_(0.5, 2)
            for part in model.parts:
                if isinstance(part, NgramClassifier):
                    part.table.copy_(part.table.uniform_(-1, 1).half().float())
    model.know(vocabulary)
    return model, vocabulary


def names_of_every_length() -> list[str]:
    """700 names of 0 to 256 characters, most of them short, some of them of unknown characters and of words."""
    draw = np.random.default_rng(0)
    lengths = [*range(257), *draw.integers(1, 24, 443).tolist()]
    return ["".join(draw.choice(list("abcdefghijé- x?"), length)) for length in lengths]


@pytest.mark.parametrize("values", NETWORKS, ids=lambda values: "-".join(map(str, values.values())))
def test_logits_are_those_of_torch_for_names_of_every_length(values: dict[str, Any]) -> None:
    model, vocabulary = fresh(values)
    plain = PlainClassifier(
        model.config, model.labels, {name: each.numpy() for name, each in model.stored().items()}
    )
    names = names_of_every_length()
    expected = logits_of(model, NameDataset(names, [0] * len(names), vocabulary)).softmax(1).numpy()
    found = plain.logits_of_names(names, vocabulary)
    assert found.dtype == np.float32
    powers = np.exp(found - found.max(1, keepdims=True))
    assert np.abs(powers / powers.sum(1, keepdims=True) - expected).max() < 1e-5
    assert np.abs(plain.logits_of_names(names[250:253], vocabulary) - found[250:253]).max() < 1e-5


@pytest.mark.parametrize("values", NETWORKS, ids=lambda values: "-".join(map(str, values.values())))
def test_the_config_tells_the_weights_that_the_network_has(values: dict[str, Any]) -> None:
    model, vocabulary = fresh(values)
    assert weights_of(model.config, vocabulary.size, 4) == entries_of(model.stored())
