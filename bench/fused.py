"""The fused pass against torch.nn

Seconds of a training step, all of it (batch, forward, loss, backward, clipping, optimizer), with the GRU as
`namecls.nn.fused` computes it and as `nn.GRU` does: the same learner, the same batches, some steps each in turns, time
of the processor that the thread had, on one thread. The ratio is the median of those of each turn; that of the minima
stands beside. The fused pass stays as long as it makes a step of the default preset's shape (hidden 64, both
directions, concat pooling) at least 1.3 times as fast.
"""

from __future__ import annotations

import dataclasses
import itertools
import statistics
import time
from collections.abc import Iterator
from unittest import mock

import torch
from torch import Tensor

from bench.learning import tutorial_config, tutorial_splits
from bench.lines import Line, Options, at_least
from namecls.config import PRESETS, TrainConfig
from namecls.data.split import Splits
from namecls.nn import recurrent
from namecls.nn.fused import use_threads
from namecls.training.learner import Learner
from namecls.training.protocol import prepare

TOPIC = "fused pass"
TARGET = 1.3


def run(options: Options) -> list[Line]:
    splits = tutorial_splits(options.data, rows=options.size(2500, 20_000))
    use_threads(1)
    preset = PRESETS["default"].config
    default = dataclasses.replace(
        preset, model=dataclasses.replace(preset.model, network="gru"), threads=1, device="cpu"
    )
    median, note = measure(default, splits, options)
    what = "GRU: a step of the default preset's shape, torch.nn / fused"
    lines = [at_least(TOPIC, what, median, TARGET, "times", note)]
    median, note = measure(tutorial_config("gru", batch_size=256), splits, options)
    what = "GRU: a step of the tutorials' shape, torch.nn / fused"
    return [*lines, Line(TOPIC, what, f"{median:.2f} times", note=note)]


def measure(config: TrainConfig, splits: Splits, options: Options) -> tuple[float, str]:
    """How many times as long a step takes with torch.nn, in the median; and that of the minima, in words."""
    learner = Learner(config, prepare(config, splits), torch.device("cpu"))
    batches = endless(learner)
    took: dict[bool, list[float]] = {True: [], False: []}
    for _ in range(options.size(2, 60)):
        some = list(itertools.islice(batches, options.size(2, 6)))
        for fused in (True, False):
            with mock.patch.object(recurrent, "can_fuse", lambda *_, fused=fused: fused):
                began = time.thread_time()
                for indices in some:
                    learner.step(indices)
                took[fused].append((time.thread_time() - began) / len(some))
    ours, theirs = took[True], took[False]
    ratio = statistics.median(a / b for a, b in zip(theirs, ours, strict=True))
    return ratio, (
        f"minima {min(theirs) / min(ours):.2f}; {1000 * statistics.median(theirs):.1f} ms and "
        f"{1000 * statistics.median(ours):.1f} ms"
    )


def endless(learner: Learner) -> Iterator[Tensor]:
    """Batches of one epoch after the other."""
    while True:
        yield from map(torch.from_numpy, learner.sampler.batches())
