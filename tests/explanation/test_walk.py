import dataclasses
import json
from pathlib import Path

import pytest
import torch
from torch import nn

from namecls.config import PRESETS, ModelConfig
from namecls.errors import DataError
from namecls.explanation.fresh import fresh_predictor
from namecls.explanation.letters import read_letters
from namecls.explanation.walk import walk
from namecls.inference.prediction import Predictor
from namecls.nn.ngrams import NgramClassifier
from namecls.nn.recurrent import RecurrentClassifier

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


@pytest.mark.parametrize("kind", ["rnn", "lstm", "gru"])
@pytest.mark.parametrize("layers", [1, 2])
def test_the_values_are_those_of_a_plain_forward_pass_letter_by_letter(kind: str, layers: int) -> None:
    config = ModelConfig(network=kind, hidden_size=9, embedding_size=5, layers=layers, pooling="concat")
    predictor = fresh_predictor(config, LABELS)
    part = predictor.model.parts[0]
    assert isinstance(part, RecurrentClassifier)
    steps = {step.title: step for step in walk(predictor, "Dvorak", k=18)}
    ids = torch.tensor([predictor.vocabulary.encode("Dvorak")])
    table = nn.Embedding.from_pretrained(part.input.weight)
    plain = getattr(nn, kind.upper())(5, 9, num_layers=layers, bidirectional=True, batch_first=True)
    plain.load_state_dict(part.cell.state_dict())
    # One letter more at a time: what the forward direction knows after each, and the reverse one of the rest.
    for letter in range(1, 7):
        outputs, _ = plain(table(ids[:, :letter]))
        rest, _ = plain(table(ids[:, letter - 1 :]))
        column = [row[letter - 1] for row in steps["outputs"].values]
        if layers == 1:
            assert column[:9] == pytest.approx(outputs[0, -1, :9].tolist(), abs=1e-5)
            assert column[9:] == pytest.approx(rest[0, 0, 9:].tolist(), abs=1e-5)
    outputs, hidden = plain(table(ids))
    hidden = hidden[0] if kind == "lstm" else hidden
    last = torch.cat([hidden[-2, 0], hidden[-1, 0]])
    assert torch.allclose(torch.tensor(steps["outputs"].values).t(), outputs[0], atol=1e-5)
    assert torch.allclose(torch.tensor(steps["last hidden state"].values)[:, 0], last, atol=1e-5)
    pooled = torch.stack([last, outputs[0].mean(0), outputs[0].amax(0)])
    assert torch.allclose(torch.tensor(steps["pooled"].values).t(), pooled, atol=1e-5)
    logits = part.linear(pooled.flatten())
    assert torch.allclose(torch.tensor(steps["logits"].values)[:, 0], logits, atol=1e-5)
    assert torch.allclose(torch.tensor(steps["log-softmax"].values)[:, 0], logits.log_softmax(0), atol=1e-5)
    best = logits.softmax(0).sort(descending=True)
    assert steps["top-k"].rows == tuple(LABELS[i] for i in best.indices.tolist())
    assert torch.allclose(torch.tensor(steps["top-k"].values)[:, 0], best.values, atol=1e-5)


def test_units_are_sorted_by_what_they_add_to_the_first_label() -> None:
    for pooling in ("last", "concat"):
        config = ModelConfig(network="gru", hidden_size=9, pooling=pooling)
        predictor = fresh_predictor(config, LABELS)
        part = predictor.model.parts[0]
        steps = {step.title: step for step in walk(predictor, "Dvorak")}
        label = LABELS.index(steps["top-k"].rows[0])
        state = torch.tensor(steps["last hidden state" if pooling == "last" else "pooled"].values)
        added = (part.linear.weight[label].view(-1, 18) * state.t()).sum(0).detach()
        assert float(added.sum() + part.linear.bias[label].detach()) == pytest.approx(
            steps["logits"].values[label][0], abs=1e-5
        )
        order = steps["outputs"].order
        assert sorted(order) == list(range(18))
        assert added[list(order)].tolist() == sorted(added.tolist(), reverse=True)


@pytest.mark.parametrize(
    "network", ["rnn", "lstm", "gru", "cnn", "ngram", "gru+ngram,cnn"], ids=lambda name: name
)
def test_every_step_that_is_drawn_has_a_number_for_each_row_and_column(network: str) -> None:
    config = ModelConfig(network=network, hidden_size=8, filters=6, ngram_size=5, ngram_hidden=3, buckets=512)
    for each in (config, dataclasses.replace(config, input="onehot", layers=2, pooling="last")):
        steps = walk(fresh_predictor(each, LABELS), "Bái")
        for step in steps:
            assert step.kind in ("text", "grid", "heat", "bars")
            assert (step.kind == "text") or step.values, step.title
            assert len(step.values) in (0, len(step.rows)), step.title
            assert all(len(row) == len(step.columns) for row in step.values), step.title
            assert len(set(step.rows)) == len(step.rows), step.title
            if step.span is not None:
                low, high = step.span
                assert all(low <= value <= high for row in step.values for value in row), step.title
            assert set(step.order) <= set(range(len(step.rows)))
            assert json.loads(json.dumps(step.to_json()))["shape"] == list(step.shape)
            assert "values" not in step.to_json(values=False)


def test_gates_are_shown_for_lstm_and_gru() -> None:
    def titles(kind: str, layers: int = 1) -> list[str]:
        config = ModelConfig(network=kind, hidden_size=4, layers=layers)
        return [step.title for step in walk(fresh_predictor(config, LABELS), "Bai") if step.span == (0, 1)]

    assert titles("rnn") == ["top-k"]
    assert titles("gru")[:-1] == ["update gate: kept", "reset gate"]
    assert titles("lstm")[:-1] == ["forget gate: kept", "input gate: let in", "output gate: shown"]
    assert titles("gru", 2)[:-1] == [
        *("update gate: kept, layer 1", "reset gate, layer 1"),
        *("update gate: kept, layer 2", "reset gate, layer 2"),
    ]


@pytest.mark.parametrize(
    ("name", "letters", "typed"),
    [
        ("Müller", "müller", "Müller"),
        ("  Van  der	Berg ", "van der berg", "Van der Berg"),
        ("STRAßE", "strasse", "strasse"),
        ("O’Neil", "o'neil", "O’Neil"),
        ("Zoë", "zoë", "Zoë"),
        ("‮Kim[2J", "kim[2j", "Kim[2J"),
    ],
)
def test_letters_are_those_that_the_network_reads(name: str, letters: str, typed: str) -> None:
    read = read_letters(fresh_predictor(ModelConfig(hidden_size=4), LABELS), name)
    assert ("".join(read.letters), "".join(read.typed)) == (letters, typed)


def test_of_a_full_name_the_family_name_is_walked_through() -> None:
    predictor = Predictor.load()
    (prediction,) = predictor.predict(["Dr. Anna Kowalski"])
    steps = walk(predictor, "Dr. Anna Kowalski")
    assert prediction.family_name.casefold() == steps[0].preview == "kowalski"
    assert steps[-1].rows[0] == predictor.labels[int(predictor.network_probabilities(["Kowalski"]).argmax())]


def test_a_name_without_letters_is_not_walked_through() -> None:
    with pytest.raises(DataError, match="with letters"):
        walk(fresh_predictor(ModelConfig(), LABELS), "123")
