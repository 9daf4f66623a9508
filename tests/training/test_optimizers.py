from __future__ import annotations

import copy
import subprocess
import sys

import pytest
import torch
from torch import optim

from namecls.config import ModelConfig, TrainConfig
from namecls.nn.model import NameClassifier
from namecls.nn.ngrams import NgramClassifier
from namecls.training.optimizers import build_optimizer

OPTIMIZERS = {
    "adam": lambda p: optim.Adam(p, lr=0.1, weight_decay=0.01),
    "adamw": lambda p: optim.AdamW(p, lr=0.1, weight_decay=0.01),
    "rmsprop": lambda p: optim.RMSprop(p, lr=0.1, weight_decay=0.01),
    "sgd": lambda p: optim.SGD(p, lr=0.1, weight_decay=0.01, momentum=0.9),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_they_step_as_those_of_pytorch_do(name: str) -> None:
    torch.manual_seed(0)
    model = NameClassifier(ModelConfig(hidden_size=4, embedding_size=3), 9, 3)
    twin = copy.deepcopy(model)
    ours = build_optimizer(TrainConfig(optimizer=name, learning_rate=0.1, weight_decay=0.01), model)
    theirs = OPTIMIZERS[name](twin.parameters())
    for _ in range(5):
        for one, other in zip(model.parameters(), twin.parameters(), strict=True):
            one.grad = torch.randn_like(one)
            other.grad = one.grad.clone()
        ours.step()
        theirs.step()
    for one, other in zip(model.parameters(), twin.parameters(), strict=True):
        torch.testing.assert_close(one, other)
    assert ours.state_dict()["state"].keys() == theirs.state_dict()["state"].keys()


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_rows_that_are_met_at_every_step_move_as_a_whole_table_does(name: str) -> None:
    torch.manual_seed(0)
    config = ModelConfig(network="ngram", ngram_size=3, buckets=256)
    model = NameClassifier(config, 9, 3)
    twin = copy.deepcopy(model)
    settings = TrainConfig(optimizer=name, learning_rate=0.1, weight_decay=0.01)
    ours, theirs = build_optimizer(settings, model), build_optimizer(settings, twin)
    rows = torch.arange(256)[None]
    for _ in range(4):
        for one, other in zip(model.parameters(), twin.parameters(), strict=True):
            one.grad = torch.randn_like(one)
            other.grad = one.grad.clone()
            if one.shape == (256, 3):
                one.grad = torch.sparse_coo_tensor(rows, one.grad, one.shape, check_invariants=True)
        ours.step()
        theirs.step()
    for one, other in zip(model.parameters(), twin.parameters(), strict=True):
        torch.testing.assert_close(one, other)
    states = ours.state_dict()["state"], theirs.state_dict()["state"]
    assert [set(s) for s in states[0].values()] == [set(s) for s in states[1].values()]


def test_rows_that_are_not_met_rest() -> None:  # with AdamW, which is the default
    model = NameClassifier(ModelConfig(network="ngram", ngram_size=3, buckets=256), 9, 3)
    optimizer = build_optimizer(TrainConfig(weight_decay=0.5), model)
    (table,) = (part.table for part in model.parts if isinstance(part, NgramClassifier))
    before = table.detach().clone()
    table.grad = torch.sparse_coo_tensor(
        torch.tensor([[7, 9, 7]]), torch.ones(3, 3), table.shape, check_invariants=True
    )
    optimizer.step()
    assert (table.detach() != before).any(1).nonzero().flatten().tolist() == [7, 9]


def test_training_does_not_bring_in_the_compiler() -> None:
    program = """
import dataclasses, sys, tempfile
from tests.library import SMALL as small, small_table
SMALL = dataclasses.replace(small, model=dataclasses.replace(small.model, network="gru+ngram,cnn", buckets=512))
from namecls.runs.run import Run
from namecls.training.loop import train
with tempfile.TemporaryDirectory() as directory:
    for _ in train(SMALL, small_table(), Run.create(directory, SMALL)):
        pass
sys.exit(sum(name in sys.modules for name in ("torch._dynamo", "torch._inductor", "sympy")))
"""
    assert subprocess.run([sys.executable, "-c", program], check=False, timeout=120).returncode == 0
