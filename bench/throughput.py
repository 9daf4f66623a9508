"""Training throughput

Names per second of training: the tutorials' loop (`bench/tutorial_loop.py`, one name at a time, as it stands in
the tutorials) and namecls with the same network: 57 one-hot letters, one cell of 128, last hidden state,
linear, Adam 0.001, float32 on the CPU. In turns in one process; the first round is thrown away, medians of the
others, and the ratio is the median of those of each round.

namecls is `train()` with the preset `tutorial` and the batch size of the line, as a user has it: gradient
clipping, events written to the disk. *Steps* is from the first report of an epoch to its last; *whole epoch*
counts all from the call on: vocabulary, encoding, hashing of the split, steps, validation and the checkpoint.
The target is held against the best batch size on one thread, which its line names. It is throughput, not
learning: how fast it learns is *time to quality*.

*Products alone* is how many names a second there would be if a training were the products of states and
weights, there and back, in batches of 512 on one thread, and all else took no time: what `torch.mm` makes of
this core. What falls short: for the target the LSTM would have to spend nine tenths of its time in products;
the rest of a step moves numbers through the cache.
"""

from __future__ import annotations

import contextlib
import dataclasses
import statistics
import tempfile
import time
from collections import defaultdict

import torch

from bench.learning import CELLS, loop_names, tutorial_config, tutorial_splits
from bench.lines import Line, Options, at_least, short, spread
from bench.tutorial_loop import Network
from bench.tutorial_loop import train as train_by_loop
from namecls.data.split import Splits
from namecls.events import EpochEnd, Progress
from namecls.runs.run import Run
from namecls.training.loop import train
from namecls.training.memory import keep_pages

TOPIC = "training throughput"
TARGETS = {"rnn": 60, "gru": 45, "lstm": 40}
#: Batch sizes and threads.
WAYS = ((64, 1), (128, 1), (256, 1), (512, 1), (256, 2))
GATES = {"rnn": 1, "gru": 3, "lstm": 4}
HIDDEN, BATCH = 128, 512  # of the products that are measured by themselves


def run(options: Options) -> list[Line]:
    splits = tutorial_splits(options.data, rows=options.size(2000, 20_000))
    lines = []
    for cell in CELLS:
        lines += measure(cell, splits, options)
    return lines


def measure(cell: str, splits: Splits, options: Options) -> list[Line]:
    """Rounds of all ways in turns; the first one is thrown away."""
    loop: list[float] = []
    products: list[float] = []
    steps: dict[tuple[int, int], list[float]] = defaultdict(list)
    whole: dict[tuple[int, int], list[float]] = defaultdict(list)
    ways = WAYS[1::3] if options.quick else WAYS
    for _ in range(options.size(0, 5) + 1):
        loop.append(run_loop(cell, splits, options.size(20, 1500)))
        products.append(run_products(cell, splits, options.size(5, 200)))
        for way in ways:
            of_steps, of_all = run_namecls(cell, splits, *way)
            steps[way].append(of_steps)
            whole[way].append(of_all)
    for found in (loop, products, *steps.values(), *whole.values()):
        del found[: len(found) > 1]
    ratios = {way: statistics.median(a / b for a, b in zip(steps[way], loop, strict=True)) for way in ways}
    best = max((way for way in ways if way[1] == 1), key=ratios.__getitem__)
    what = f"{cell.upper()}: steps against the loop, one thread, batches of {best[0]}"
    lines = [
        at_least(TOPIC, what, ratios[best], TARGETS[cell], "times"),
        Line(TOPIC, f"{cell.upper()}: the tutorials' loop", f"{spread(loop)} names/s"),
    ]
    for way in ways:
        size, threads = way
        note = f"{short(ratios[way])} times the loop; whole epoch {spread(whole[way])} names/s"
        on = f"{threads} thread{'s' * (threads > 1)}"
        what = f"{cell.upper()}: namecls, batches of {size}, {on}"
        lines.append(Line(TOPIC, what, f"{spread(steps[way])} names/s", note=note))
    times = statistics.median(a / b for a, b in zip(products, loop, strict=True))
    what = f"{cell.upper()}: products alone, batches of {BATCH}, 1 thread"
    lines.append(Line(TOPIC, what, f"{spread(products)} names/s", note=f"{short(times)} times the loop"))
    return lines


def run_products(cell: str, splits: Splits, rounds: int) -> float:
    """Names per second, if nothing but the products of states and weights had to be done."""
    torch.set_num_threads(1)
    width = GATES[cell] * HIDDEN
    states, weights, gates = torch.randn(BATCH, HIDDEN), torch.randn(HIDDEN, width), torch.randn(BATCH, width)
    ahead, back, learned = torch.empty_like(gates), torch.empty_like(states), torch.zeros_like(weights)
    lengths = [len(name) for name in splits.train.names]
    steps = sum(length - 1 for length in lengths) / len(lengths)  # before the first one the state is zeros
    began = time.perf_counter()
    for _ in range(rounds):
        torch.mm(states, weights, out=ahead)
        torch.mm(gates, weights.t(), out=back)
        learned.addmm_(states.t(), gates)
    return BATCH * rounds / (time.perf_counter() - began) / steps


def run_loop(cell: str, splits: Splits, names: int) -> float:
    """Names per second of the tutorials' loop."""
    torch.set_num_threads(1)
    dataset = loop_names(splits, names)
    torch.manual_seed(0)
    network = Network(cell, len(splits.train.labels))
    began = time.perf_counter()
    train_by_loop(network, dataset)
    return len(dataset) / (time.perf_counter() - began)


def run_namecls(cell: str, splits: Splits, batch_size: int, threads: int) -> tuple[float, float]:
    """Names per second of namecls: of its steps, and of everything from the call to the end of the epoch."""
    config = dataclasses.replace(tutorial_config(cell, batch_size=batch_size, epochs=1), threads=threads)
    first: tuple[float, int] | None = None
    last = (0.0, 0)
    keep_pages()
    with tempfile.TemporaryDirectory() as directory:
        began = ended = time.perf_counter()
        with contextlib.closing(train(config, splits, Run.create(directory, config))) as events:
            for event in events:
                ended = time.perf_counter()
                if isinstance(event, Progress):
                    first = first or (ended, event.names)
                    last = (ended, event.names)
                elif isinstance(event, EpochEnd):
                    break
    if first is None or last[1] <= first[1]:
        raise RuntimeError(f"too few names for two reports in batches of {batch_size}")
    return (last[1] - first[1]) / (last[0] - first[0]), len(splits.train) / (ended - began)
