"""Bulk inference gives the logits of the network itself, whatever the network and the names."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from namecls.answers import TOO_UNCERTAIN
from namecls.config import CELLS, INPUTS, POOLINGS, ModelConfig
from namecls.data.batching import NameDataset
from namecls.data.vocab import EncodedNames, Vocabulary
from namecls.inference.prediction import Predictor
from namecls.inference.ranker import Ranker
from namecls.inference.rankings import STATUSES
from namecls.nn.bulk import BulkClassifier, can_run
from namecls.nn.model import NameClassifier, logits_of
from namecls.nn.prefixes import Block, sort_backward, sort_forward
from namecls.normalization import Normalizer
from namecls.runs.model_files import LoadedModel
from tests.library import small_table

VOCABULARY = Vocabulary(tuple("abcdeñ '"), ("Ada", "Bob", "Cid", "Dee", "Eve"), Normalizer(casefold=True))
SYLLABLES = ("ab", "c", "da", "bee", " ", "'", "ñ", "E", "?", "x")

names_of_any_kind = st.lists(
    st.one_of(
        st.lists(st.sampled_from(SYLLABLES), max_size=12).map("".join),
        st.text(max_size=6),
        st.integers(1, 80).map(lambda n: "ab" * n),
    ),
    max_size=40,
)


def made_up_names(count: int) -> list[str]:
    """Names that share beginnings and ends, some of them twice, some of them long."""
    shuffle = np.random.default_rng(0)
    lengths = shuffle.integers(0, 9, count)
    names = ["".join(shuffle.choice(SYLLABLES, length)) for length in lengths]
    return [*names, *names[: count // 5], "ab" * 150, "ab" * 150 + "c", "c" + "ab" * 150, ""]


def in_bulk(model: NameClassifier, names: list[str], threads: int = 1) -> Tensor:
    bulk = BulkClassifier(model, threads)
    try:
        return bulk.start(VOCABULARY.encode_all(names))()
    finally:
        bulk.close()


def by_itself(model: NameClassifier, names: list[str]) -> Tensor:
    return logits_of(model, NameDataset(names, [0] * len(names), VOCABULARY))


def network(**settings: object) -> NameClassifier:
    torch.manual_seed(0)
    config = ModelConfig(**{"embedding_size": 7, "hidden_size": 12, **settings})  # type: ignore[arg-type]
    return NameClassifier(config, VOCABULARY.size, len(VOCABULARY.labels)).eval()


@pytest.mark.parametrize("bidirectional", [False, True], ids=["one-way", "both-ways"])
@pytest.mark.parametrize("pooling", POOLINGS)
@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("input_", INPUTS)
def test_logits_are_those_of_the_network(input_: str, cell: str, pooling: str, bidirectional: bool) -> None:
    model = network(input=input_, network=cell, pooling=pooling, bidirectional=bidirectional)
    names = made_up_names(600)
    assert can_run(model)
    expected, found = by_itself(model, names), in_bulk(model, names)
    assert torch.allclose(found, expected, atol=1e-5, rtol=0)
    assert torch.allclose(found.softmax(1), expected.softmax(1), atol=1e-6, rtol=0)


@pytest.mark.parametrize("kinds", ["cnn", "ngram", "gru+ngram", "cnn+gru,lstm+ngram,ngram"])
def test_parts_and_members_are_run_in_bulk_too(kinds: str) -> None:
    model = network(network=kinds, filters=6, ngram_size=5, buckets=512)
    model.scales.copy_(torch.linspace(0.5, 2.0, len(model.scales)))
    model.offsets.copy_(torch.linspace(-1, 1, len(model.offsets)))
    names = made_up_names(600)
    assert can_run(model)
    assert torch.allclose(in_bulk(model, names, 2), by_itself(model, names), atol=1e-5, rtol=0)


def test_the_shipped_model_gives_the_same_probabilities() -> None:
    predictor = Predictor.load()
    names = [*small_table().names, *made_up_names(200), "Müller", "Nguyễn Văn Anh", "李小龍"]
    bulk = BulkClassifier(predictor.model, 2)
    found = bulk.start(predictor.vocabulary.encode_all(names))()
    bulk.close()
    probabilities = predictor.loaded.calibration.probabilities(found)
    assert torch.allclose(probabilities, predictor.network_probabilities(names), atol=1e-5, rtol=0)


@pytest.mark.parametrize("pooling", ["mean", "concat"])
def test_the_longest_names_lose_no_digits(pooling: str) -> None:
    model = network(pooling=pooling)
    names = [*("ab" * 2048, "x" * 4096, "abcde" * 500, "c" * 65, "c" * 64, "c" * 63), "dab"]
    assert torch.allclose(in_bulk(model, names), by_itself(model, names), atol=2e-6, rtol=0)


def test_how_many_threads_run_does_not_matter_to_the_last_bit() -> None:
    model, names = network(), made_up_names(20_000)
    assert torch.equal(in_bulk(model, names, 1), in_bulk(model, names, 3))


def test_threads_of_others_keep_their_cores() -> None:
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        in_bulk(network(), ["ab"])
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_no_names_have_no_logits() -> None:
    assert in_bulk(network(), []).shape == (0, 5)


def test_networks_of_several_layers_are_left_to_themselves() -> None:
    assert not can_run(network(layers=2))


@pytest.mark.parametrize("settings", [{}, {"layers": 2}, {"layers": 2, "bidirectional": False}])
def test_rankings_of_many_are_those_of_each_alone(trained_run: Path, settings: dict[str, object]) -> None:
    loaded = Predictor.load(trained_run)
    model = network(**settings)
    predictor = replace(loaded, loaded=LoadedModel(model, VOCABULARY, loaded.loaded.calibration))
    names = [*made_up_names(200), "123", "王", "-", "ø"]
    together = predictor.predict(names, k=2)
    for name, found in zip(names, together, strict=True):
        (alone,) = predictor.predict([name], k=2)
        assert (alone.name, alone.status, alone.unknown) == (found.name, found.status, found.unknown)
        assert len(alone.ranked) == len(found.ranked)
        for one, other in zip(alone.ranked, found.ranked, strict=True):
            assert one.probability == pytest.approx(other.probability, abs=1e-5)
    assert {p.status for p in together} == set(STATUSES) - {TOO_UNCERTAIN}


def test_blocks_may_be_begun_before_those_before_them_are_asked_for(trained_run: Path) -> None:
    predictor = Predictor.load(trained_run)
    names = small_table().names
    with Ranker(predictor, 1) as ranker:
        begun = [ranker.start(names), ranker.start(names[::-1])]
        first, second = ([r for part in finish() for r in part.labels[:, 0]] for finish in begun)
    assert first == second[::-1]
    assert [predictor.labels[i] for i in first] == [p.ranked[0].label for p in predictor.predict(names, k=1)]


def spelled(encoded: EncodedNames, block: Block, step: int) -> dict[int, list[int]]:
    """The ids of each name of a block, put together from its head and its tail."""
    prefixes: list[list[int]] = [[]]
    for level in block.levels:
        for parent, place in zip(level.parents, level.places, strict=True):
            prefixes.append([*prefixes[parent], int(encoded.ids[place])])
    rows = zip(block.names, block.heads, block.places, block.tails, strict=True)
    return {
        int(name): prefixes[head] + [int(encoded.ids[place + step * i]) for i in range(tail)]
        for name, head, place, tail in rows
    }


@settings(deadline=None)
@given(names_of_any_kind.filter(bool), st.integers(1, 50), st.booleans())
def test_heads_and_tails_make_the_names(names: list[str], size: int, backward: bool) -> None:
    encoded = VOCABULARY.encode_all(names)
    ordered = (sort_backward if backward else sort_forward)(encoded)
    found: dict[int, list[int]] = {}
    for piece in ordered.blocks(size):
        block = ordered.block(piece)
        assert (np.diff(block.tails) <= 0).all()
        found |= spelled(encoded, block, ordered.step)
    assert [found[i] for i in range(len(names))] == [
        VOCABULARY.encode(name)[:: ordered.step] for name in names
    ]


def test_what_names_share_is_computed_once() -> None:
    encoded = VOCABULARY.encode_all(["abcda", "abcd", "abcdb", "ab", "e"])
    ordered = sort_forward(encoded)
    block = ordered.block(slice(0, 5))
    assert [len(level.parents) for level in block.levels] == [1, 1, 1, 1]
    assert sorted(zip(block.names.tolist(), block.tails.tolist(), strict=True)) == [
        *((0, 1), (1, 0), (2, 1), (3, 0), (4, 1)),
    ]


@settings(deadline=None)
@given(names_of_any_kind)
def test_many_names_are_encoded_as_each_alone(names: list[str]) -> None:
    encoded = VOCABULARY.encode_all(names)
    alone = [VOCABULARY.encode(name) for name in names]
    assert encoded.ids.tolist() == list(itertools.chain.from_iterable(alone))
    assert encoded.lengths.tolist() == list(map(len, alone))
    assert VOCABULARY.know_a_letter(encoded).tolist() == list(map(VOCABULARY.knows_a_letter, names))
