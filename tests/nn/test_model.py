import itertools

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from namecls.config import CELLS, INPUTS, POOLINGS, PRESETS, ModelConfig
from namecls.data.vocab import FIRST, PADDING, UNKNOWN
from namecls.nn.layers import OneHot
from namecls.nn.model import NameClassifier
from namecls.nn.ngrams import hash_ngrams, hash_words
from namecls.nn.recurrent import RecurrentClassifier

CHARACTERS, LABELS = 12, 5
EVERY_NETWORK = [
    ModelConfig(input=i, network=c, pooling=p, bidirectional=b, layers=n, hidden_size=8, embedding_size=4)
    for i, c, p, b, n in itertools.product(INPUTS, CELLS, POOLINGS, (False, True), (1, 2))
] + [
    ModelConfig(
        input=i,
        network=n,
        hidden_size=8,
        embedding_size=4,
        filters=6,
        ngram_size=5,
        ngram_words=True,
        ngram_hidden=h,
        buckets=512,
    )
    for i, n, h in itertools.product(
        INPUTS, ("cnn", "ngram", "gru+ngram", "lstm+cnn+ngram,rnn,ngram"), (0, 3)
    )
]


def network(config: ModelConfig) -> NameClassifier:
    torch.manual_seed(0)
    return NameClassifier(config, CHARACTERS, LABELS).eval()


def recurrent(config: ModelConfig) -> RecurrentClassifier:
    part = network(config).recurrent
    assert part is not None
    return part


@pytest.mark.parametrize("config", EVERY_NETWORK, ids=lambda c: f"{c.input}-{c.title}-{c.pooling}")
def test_padding_does_not_change_logits(config: ModelConfig) -> None:
    model = network(config)
    long = torch.randint(1, CHARACTERS, (1, 9))
    short = torch.randint(1, CHARACTERS, (1, 4))
    both = torch.cat([long, F.pad(short, (0, 5), value=PADDING)])
    together = model(both, torch.tensor([9, 4]))
    assert together.shape == (2, LABELS)
    torch.testing.assert_close(together[0], model(long, torch.tensor([9]))[0])
    torch.testing.assert_close(together[1], model(short, torch.tensor([4]))[0])


@pytest.mark.parametrize("cell", CELLS)
def test_the_forward_pass_equals_a_loop_over_the_letters(cell: str) -> None:
    model = recurrent(ModelConfig(network=cell, bidirectional=False, pooling="last", hidden_size=8))
    step = {"rnn": nn.RNNCell, "lstm": nn.LSTMCell, "gru": nn.GRUCell}[cell](64, 8)
    step.load_state_dict({k.removesuffix("_l0"): v for k, v in model.cell.state_dict().items()})
    ids = torch.randint(1, CHARACTERS, (1, 6))
    state = None
    for letter in ids[0]:
        state = step(model.input(letter)[None], state)
    hidden = state[0] if cell == "lstm" else state
    torch.testing.assert_close(model(ids, torch.tensor([6])), model.linear(hidden))


def test_pooling_takes_the_mean_and_the_maximum_of_real_letters_only() -> None:
    ids = torch.tensor([[2, 3, 4, PADDING]])
    lengths = torch.tensor([3])
    for pooling, expected in (("mean", lambda o: o.mean(1)), ("max", lambda o: o.amax(1))):
        model = recurrent(ModelConfig(pooling=pooling, hidden_size=8))
        outputs, last = model.encode(ids, lengths)
        torch.testing.assert_close(model.pool(outputs, last, lengths), expected(outputs[:, :3]))


def test_the_last_state_of_the_backward_direction_is_the_one_at_the_first_letter() -> None:
    model = recurrent(ModelConfig(hidden_size=8, pooling="last"))
    outputs, last = model.encode(torch.tensor([[2, 3, 4]]), torch.tensor([3]))
    torch.testing.assert_close(last, torch.cat([outputs[:, -1, :8], outputs[:, 0, 8:]], dim=1))


def test_one_hot_is_a_single_one_and_nothing_for_the_unknown() -> None:
    onehot = OneHot(FIRST + 3)
    rows = onehot(torch.tensor([PADDING, UNKNOWN, FIRST, FIRST + 2]))
    assert rows.tolist() == [[0, 0, 0], [0, 0, 0], [1, 0, 0], [0, 0, 1]]
    assert not list(onehot.parameters())


def test_the_tutorial_network_has_the_tutorials_parameters() -> None:
    model = NameClassifier(PRESETS["tutorial"].config.model, FIRST + 57, 18)
    shapes = {name: tuple(p.shape) for name, p in model.parts[0].named_parameters()}
    assert shapes == {
        "cell.weight_ih_l0": (128, 57),
        "cell.weight_hh_l0": (128, 128),
        "cell.bias_ih_l0": (128,),
        "cell.bias_hh_l0": (128,),
        "linear.weight": (18, 128),
        "linear.bias": (18,),
    }
    assert model.parameter_count() == 57 * 128 + 128 * 128 + 2 * 128 + 18 * 128 + 18


@pytest.mark.parametrize("cell", [*CELLS, "cnn", "gru+cnn"])
def test_it_can_memorise_eight_names(cell: str) -> None:
    torch.manual_seed(0)
    model = NameClassifier(ModelConfig(network=cell, hidden_size=32, dropout=0.0), CHARACTERS, 8)
    ids, lengths, labels = torch.randint(2, CHARACTERS, (8, 5)), torch.full((8,), 5), torch.arange(8)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(100):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(ids, lengths), labels)
        loss.backward()
        optimizer.step()
    assert model(ids, lengths).argmax(1).equal(labels)


def test_words_are_rows_of_their_own_wherever_they_stand() -> None:
    space = 3
    ids = torch.tensor([[4, 5, space, 6, PADDING], [6, space, space, 4, 5]])
    rows, ends = hash_words(ids, torch.tensor([4, 5]), space, 2**16)
    assert ends.tolist() == [[False, True, False, True, False], [True, False, False, False, True]]
    assert rows[0, 1] == rows[1, 4]
    assert rows[0, 3] == rows[1, 0]
    assert rows[0, 1] != rows[0, 3]


def test_rows_of_ngrams_and_words_are_those_of_stored_models() -> None:
    ngrams = [
        993990,
        814889,
        66839,
        532540,
        777799,
        814889,
        776795,
        432320,
        399496,
        75497,
        112035,
        270662,
        73653,
    ]
    words = [40888, 782553]
    ids, lengths = torch.tensor([[5, 6, 7, 4, 5, 6]]), torch.tensor([6])
    rows, real = hash_ngrams(ids, lengths, 2, 3, 2**20)
    assert rows[real].tolist() == ngrams
    rows, real = hash_words(ids, lengths, 4, 2**20)
    assert rows[real].tolist() == words
    assert not set(ngrams) & set(words)  # a word is not the n-gram of the same letters


def test_ngrams_that_are_the_same_share_a_row_and_others_seldom_do() -> None:
    ids = torch.arange(2, 402).view(1, -1)
    rows, real = hash_ngrams(ids, torch.tensor([400]), 1, 5, 2**20)
    assert bool(real.all())
    assert rows.shape == (1, 402 + 401 + 400 + 399 + 398)
    assert rows[0, 0] == rows[0, 401]  # the edges
    assert len(set(rows[0].tolist())) > 1.98 * rows.shape[1] / 2
    again, _ = hash_ngrams(ids[:, 10:14], torch.tensor([4]), 2, 2, 2**20)
    assert again[0, 1] == rows[0, 402 + 11]
