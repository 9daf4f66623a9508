"""What a training of a few steps makes of the weights, on one process or on several.

    torchrun --standalone --nproc-per-node 2 -m tests.training.together DIRECTORY/weights.safetensors

writes the weights of each of the `CASES`, trained by all processes together; `trained` gives those of one process. With
DIRECTORY/told the first process rests until the other one has heard of it and is gone, and writes whether it was told.
Not both by the same processes: those that join again may be given the addresses of the first time, which the store
of torchrun keeps, and wait for them.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
import weakref
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import torch
from safetensors.torch import save_file
from torch import Tensor

from namecls.config import TrainConfig
from namecls.data.table import NameTable
from namecls.errors import ProcessLost
from namecls.training import distributed
from namecls.training.distributed import ALONE, Group, joined
from namecls.training.learner import Learner
from namecls.training.protocol import prepare
from namecls.training.worker import adopt, hand_over, serve
from tests.library import SMALL, small_table

STEPS = 20
WEIGHTS, TOLD = "weights.safetensors", "told"
#: Nothing is drawn at random but the first weights: what is drawn is every process's own.
PLAIN = {"dropout": 0.0, "ngram_dropout": 0.0, "buckets": 512, "ngram_size": 8, "filters": 8}
CASES: dict[str, TrainConfig] = {
    name: SMALL.changed({**PLAIN, **values})
    for name, values in {
        "gru": {"network": "gru", "clip_norm": 0.1},
        "lstm, class weights, smoothing": {
            "network": "lstm",
            "class_weights": "balanced",
            "label_smoothing": 0.1,
            "clip_norm": 0.0,
        },
        "n-grams": {"network": "ngram", "optimizer": "adamw", "weight_decay": 0.1},
        "n-grams, dense": {"network": "gru+ngram", "optimizer": "sgd"},
        "ensemble": {"network": "gru+ngram,cnn", "optimizer": "adamw", "logit_adjustment": 1.0},
        "row weights": {"network": "gru", "row_weighting": "sqrt", "class_weights": "balanced"},
        "a name left over": {"network": "cnn", "batch_size": 2, "optimizer": "adamw"},
    }.items()
}


def rows() -> NameTable:
    """Names of three labels, one of them rare, with weights; an odd number of them."""
    table = small_table()
    pairs = [
        p for i, p in enumerate(zip(table.names, table.label_of_rows, strict=True)) if i % 48 < 40 or i < 47
    ]
    return NameTable.from_pairs(pairs, weights=[1.0 + i % 5 for i in range(len(pairs))])


def trained(
    name: str, group: Group = ALONE, *, device: str = "cpu", drifting: bool = False
) -> dict[str, Tensor]:
    """Weights and sums after `STEPS` steps in double precision; in the process that leads.

    :param drifting: whether another process changes its weights on purpose.
    """
    usual = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        torch.manual_seed(0)
        config = CASES[name]
        learner = Learner(config, prepare(config, rows()), torch.device(device), group)
        hand_over(learner)
        for epoch in range(STEPS):
            learner.sampler.set_epoch(epoch)
            learner.position.epoch, learner.position.batch = epoch, 0
            for indices in learner.sampler.batches():
                if learner.position.step < STEPS:
                    learner.step(torch.from_numpy(indices))
        valid = learner.validate()
        adopt(learner)
        assert learner.has_drifted is drifting
        learner.validate()
        assert not learner.has_drifted
        at = learner.position
        sums = torch.tensor([at.window_loss, at.window_hits, at.names, valid.loss, valid.accuracy])
        return {**{key: tensor.cpu() for key, tensor in learner.model.state_dict().items()}, "sums": sums}
    finally:
        torch.set_default_dtype(usual)


@contextlib.contextmanager
def _drifting() -> Iterator[None]:
    """Have weights of this process drift a little before the validation rows are answered for the first time."""
    usual, known = Learner.answers, weakref.WeakSet[Learner]()

    def answers(learner: Learner) -> list[Tensor]:
        if learner not in known:
            known.add(learner)
            with torch.no_grad():
                next(learner.model.parameters())[0] += 1e-12
        return usual(learner)

    with mock.patch.object(Learner, "answers", answers):
        yield


def rest(path: Path) -> None:
    """A pause, in which the process that does not lead ends once it has heard three times that it is one."""
    gone = path.with_suffix(".gone")
    with mock.patch.object(distributed, "_REST_EVERY", 0.1), distributed.joined() as group:
        if group.rank:
            assert [group.heard()[0] for _ in range(3)] == [distributed.Word.REST] * 3
            gone.touch()
            os._exit(0)
        until = time.monotonic() + 120
        while time.monotonic() < until and not gone.exists():
            time.sleep(0.05)
        told = False
        while time.monotonic() < until and not told:
            try:
                group.look()
            except ProcessLost:
                told = True
        path.write_text(f"{gone.exists()} {told}")


def weights(path: Path) -> None:
    """Train all cases with the processes that `torchrun` started, and write what comes of it."""
    torch.set_num_threads(1)
    with joined() as group:
        if group.rank:
            torch.set_default_dtype(torch.float64)
            with _drifting():
                serve(group)
            return
        found = {
            f"{name}/{key}": t for name in CASES for key, t in trained(name, group, drifting=True).items()
        }
        save_file(found, path)


if __name__ == "__main__":
    asked = Path(sys.argv[1])
    {WEIGHTS: weights, TOLD: rest}[asked.name](asked)
