"""Gradient norms against PyTorch's own modules, read in two pieces; and a training that does not notice them."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from namecls.config import ModelConfig, TrainConfig
from namecls.data.batching import Batch
from namecls.events import EpochEnd, Gradients, Started
from namecls.nn.model import NameClassifier
from namecls.nn.recurrent import RecurrentClassifier
from namecls.runs.run import WEIGHTS, Run
from namecls.training import gradients as module
from namecls.training.gradients import layer_norms, letter_norms
from namecls.training.learner import Learner
from namecls.training.loop import train
from namecls.training.protocol import prepare
from tests.library import SMALL, small_table

IDS = torch.tensor([[2, 3, 4, 5, 6], [6, 5, 4, 3, 2], [2, 2, 3, 3, 0]])
LENGTHS, LABELS = torch.tensor([5, 5, 4]), torch.tensor([0, 2, 1])


def network(kind: str, **settings: object) -> NameClassifier:
    config = ModelConfig(
        network=kind, hidden_size=6, embedding_size=4, filters=3, ngram_size=5, buckets=512, **settings
    )
    with torch.random.fork_rng():
        torch.manual_seed(5)
        return NameClassifier(config, 9, 3)


@pytest.mark.parametrize("kind", ["rnn", "lstm", "gru"])
def test_the_norm_at_a_letter_is_that_of_the_state_between_two_halves(kind: str) -> None:
    """The name is read up to a letter, and from there on by the module again; the state between is a leaf."""
    model = network(kind, bidirectional=False, pooling="last")
    part = model.recurrent
    assert isinstance(part, RecurrentClassifier)
    expected = []
    for letter in range(1, 6):
        sizes = []
        for ids, label in zip(IDS[:2], LABELS[:2], strict=True):
            vectors = part.input(ids[None]).detach()
            _, state = part.cell(vectors[:, :letter])
            leaves = [each.detach().requires_grad_() for each in (state if kind == "lstm" else [state])]
            begun = tuple(leaves) if kind == "lstm" else leaves[0]
            if letter < 5:
                _, state = part.cell(vectors[:, letter:], begun)
                last = (state[0] if kind == "lstm" else state)[-1]
            else:
                last = leaves[0][-1]
            F.cross_entropy(part.linear(last), label[None]).backward()
            squares = [each.grad.square().sum() for each in leaves if each.grad is not None]
            sizes.append(math.sqrt(float(sum(squares))))
        expected.append(sum(sizes) / 2)
    letters, reverse = letter_norms(model, Batch(IDS, LENGTHS, LABELS))
    assert letters == pytest.approx(expected[::-1], rel=1e-4)
    assert reverse == ()


def test_both_directions_of_pooled_outputs_are_those_of_autograd() -> None:
    """With mean pooling alone, the gradient of an output that nothing reads again is known: that of the last step."""
    model = network("gru+ngram", pooling="mean")
    part = model.recurrent
    assert isinstance(part, RecurrentClassifier)
    letters, reverse = letter_norms(model, Batch(IDS[:1], LENGTHS[:1], LABELS[:1]))
    logits = model.eval()(IDS[:1], LENGTHS[:1])
    wrong = logits.softmax(1)[0].detach() - F.one_hot(LABELS[0], 3)
    by_hand = (wrong @ part.linear.weight.detach()) / 5
    assert letters[0] == pytest.approx(float(by_hand[:6].norm()), rel=1e-4)
    assert reverse[0] == pytest.approx(float(by_hand[6:].norm()), rel=1e-4)
    assert len(letters) == len(reverse) == 5


@pytest.mark.parametrize("kind", ["rnn", "lstm", "gru", "cnn", "ngram", "gru+ngram,cnn"])
def test_the_layers_are_all_that_is_trained(kind: str) -> None:
    model = network(kind, layers=2, ngram_hidden=3).train()
    F.cross_entropy(model(IDS, LENGTHS), LABELS).backward()
    norms = dict(layer_norms(model))
    whole = sum(float(p.grad.to_dense().double().square().sum()) for p in model.parameters())
    assert sum(norm**2 for norm in norms.values()) == pytest.approx(whole, rel=1e-5)
    if kind == "gru":
        assert list(norms) == [
            *(
                "gru input",
                "gru layer 1",
                "gru layer 1 reverse",
                "gru layer 2",
                "gru layer 2 reverse",
                "gru linear",
            ),
        ]
        grads = [
            p.grad for name, p in model.recurrent.cell.named_parameters() if name.endswith("_l1_reverse")
        ]
        assert norms["gru layer 2 reverse"] == pytest.approx(
            math.sqrt(sum(float(g.square().sum()) for g in grads)), rel=1e-5
        )


def test_without_a_recurrent_part_there_are_no_letters() -> None:
    assert letter_norms(network("cnn+ngram"), Batch(IDS, LENGTHS, LABELS)) == ((), ())


def test_it_leaves_gradients_random_numbers_and_mode_alone() -> None:
    model = network("gru+ngram").train()
    F.cross_entropy(model(IDS, LENGTHS), LABELS).backward()
    before = [p.grad.to_dense().clone() for p in model.parameters()]
    state = torch.get_rng_state()
    list(layer_norms(model))
    letter_norms(model, Batch(IDS, LENGTHS, LABELS))
    assert all(torch.equal(a, p.grad.to_dense()) for a, p in zip(before, model.parameters(), strict=True))
    assert torch.equal(state, torch.get_rng_state())
    assert all(each.training for each in model.modules())


def gradients_of(run: Run) -> list[Gradients]:
    return [event for event in run.history(Gradients) if isinstance(event, Gradients)]


def test_a_training_is_the_same_with_them_and_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_EVERY", 0.0)
    config = dataclasses.replace(
        SMALL, model=dataclasses.replace(SMALL.model, network="gru+ngram", buckets=512)
    )
    runs = [Run.create(tmp_path, config, name) for name in ("with", "without", "asked")]
    events = list(train(config, small_table(), runs[0], gradients=lambda: True))
    list(train(config, small_table(), runs[1]))
    list(train(config, small_table(), runs[2], gradients=lambda: False))
    assert len({(run.directory / WEIGHTS).read_bytes() for run in runs}) == 1
    assert gradients_of(runs[1]) == gradients_of(runs[2]) == []
    found = [event for event in events if isinstance(event, Gradients)]
    assert found
    assert gradients_of(runs[0]) == found
    assert {event.layers for event in found} == {
        ("gru input", "gru layer 1", "gru linear", "ngram table", "ngram linear")
    }


def test_they_are_those_of_the_step(tmp_path: Path) -> None:
    """Of the first step, done again by hand: the norm of all of them is what clipping would find."""
    config: TrainConfig = dataclasses.replace(SMALL, clip_norm=0.0)
    run = Run.create(tmp_path, config, "run")
    first = next(
        e for e in train(config, small_table(), run, gradients=lambda: True) if isinstance(e, Gradients)
    )
    assert (first.epoch, first.step) == (1, 1)
    torch.manual_seed(config.seed)
    learner = Learner(config, prepare(config, small_table()), torch.device("cpu"))
    learner.model.train()
    norms: list[Tensor] = []
    learner.look = lambda _: norms.append(
        nn.utils.get_total_norm([p.grad for p in learner.model.parameters()])
    )
    learner.step(torch.from_numpy(learner.sampler.batches()[0]))
    assert math.sqrt(sum(norm**2 for norm in first.norms)) == pytest.approx(float(norms[0]), rel=1e-4)


def test_they_are_asked_for_while_it_trains(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_EVERY", 0.0)
    monkeypatch.setattr(module, "_SHARE", 1.0)
    shown, found = [False], []
    run = Run.create(tmp_path, SMALL, "run")
    for event in train(SMALL, small_table(), run, gradients=lambda: shown[-1]):
        if isinstance(event, EpochEnd):
            shown.append(event.epoch == 1)
        if isinstance(event, Gradients):
            found.append(event.epoch)
    assert set(found) == {2}


def test_they_are_measured_seldom_enough_to_cost_little(monkeypatch: pytest.MonkeyPatch) -> None:
    """A measurement that takes a second is due again after a hundred."""
    now = iter([0.0, 10.0, 11.0, 110.9, 111.1])
    monkeypatch.setattr(module.time, "monotonic", lambda: next(now))
    meter = module.GradientMeter(lambda: True)
    model = network("rnn")
    F.cross_entropy(model(IDS, LENGTHS), LABELS).backward()
    assert meter.is_due()
    meter.measure(model, Batch(IDS, LENGTHS, LABELS), 1, 1)
    assert not meter.is_due()
    assert meter.is_due()


def test_a_gradient_that_is_no_number_is_the_largest() -> None:
    model = network("rnn")
    for parameter in model.parameters():
        parameter.grad = torch.full_like(parameter, math.nan)
    assert {norm for _, norm in layer_norms(model)} != set()
    assert module._numbers([math.nan, math.inf, 1.0]) == (1e12, 1e12, 1.0)


def test_of_no_gradients_none_are_told(tmp_path: Path) -> None:
    run = Run.create(tmp_path, SMALL, "run")
    assert isinstance(next(train(SMALL, small_table(), run)), Started)
    assert not module.GradientMeter(None).is_due()
