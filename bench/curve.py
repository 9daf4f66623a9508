"""Learning curve

Accuracy against rows: how far a file of one's own goes. The classic file, seeds 0, 1 and 2, split as in
*accuracy*; of the training side so many rows as the table says, stratified by label, each name with all of its
rows or none, a smaller part within a larger one (`--train-rows` of `namecls evaluate`). Validation and test stay
whole. *From scratch* is the preset `default` as a user has it, *carried over* the same
with `--init-from shipped`, *LinearSVC* the peer of *accuracy*; each on one
thread. Accuracy and macro-F1 on the test rows, the mean of the seeds; labels without a training row count as
mistakes.

The shipped model has met some of the test names, under labels of other data: a fifth in the split of seed 0, which
keeps the same names apart as its own, and about a half in the others; and it has counts of two fifths of them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace

import torch

from bench.accuracy import Figures, carried, learn_ours, learn_peer, mean, split_anew
from bench.lines import Line, Options, Table
from bench.peers import PEERS
from namecls.config import PRESETS
from namecls.data.split import Splits, fewer_rows

TOPIC = "learning curve"
SIZES = (200, 500, 1000, 2000, 5000, None)  # None: all


def from_scratch(splits: Splits, seed: int) -> Figures:
    return learn_ours(replace(PRESETS["default"].config, seed=seed, threads=1, device="cpu"), splits)


def carried_over(splits: Splits, seed: int) -> Figures:
    return learn_ours(carried(seed), splits)


def linear_svc(splits: Splits, seed: int) -> Figures:
    del seed  # the split is all that chance decides
    return learn_peer(next(peer for peer in PEERS if peer.title.endswith("LinearSVC")), 1, splits)


#: How to train on the rows that there are, and the accuracy that it should have with 2,000 of them.
WAYS: dict[str, tuple[Callable[[Splits, int], Figures], float | None]] = {
    "from scratch": (from_scratch, None),
    "carried over": (carried_over, 0.84),
    "LinearSVC": (linear_svc, None),
}


def run(options: Options) -> list[Line | Table]:
    torch.set_num_threads(1)
    if options.classic is None:
        return [Line(TOPIC, "classic file", "not measured", note="the file is not here: --classic")]
    ways = {name: way for name, way in WAYS.items() if name != "LinearSVC" or PEERS[0].installed}
    split = split_anew(options.classic, 600 if options.quick else None)
    head = ["rows", *(f"{way}: {what}" for way in ways for what in ("accuracy", "macro-F1"))]
    rows, lines = [head], []
    for size in SIZES[:2] if options.quick else SIZES:
        figures: dict[str, list[Figures]] = {way: [] for way in ways}
        for seed in range(options.size(1, 3)):
            splits = split(seed)
            if size is not None:
                splits = replace(splits, train=fewer_rows(splits.train, size, seed=seed))
            for way, (learn, _) in ways.items():
                figures[way].append(learn(splits, seed))
        told = ["all" if size is None else f"{size:,}"]
        for way, (_, target) in ways.items():
            accuracy = mean(map(accuracy_on_all, figures[way]))
            told += [f"{100 * accuracy:.1f} %", f"{mean(f.test.macro_f1 for f in figures[way]):.3f}"]
            if size == 2000 and target is not None:
                figure, wanted = f"{100 * accuracy:.1f} %", f"≥ {100 * target:.1f} %"
                lines.append(Line(TOPIC, f"2,000 rows, {way}", figure, wanted, accuracy >= target))
        rows.append(told)
        print(f"  {' | '.join(told)}", file=sys.stderr, flush=True)
    return [Table("Classic file", tuple(map(tuple, rows))), *lines]


def accuracy_on_all(figures: Figures) -> float:
    """The share of all test rows that is right; those under labels without training rows are wrong."""
    test = figures.test
    return test.accuracy * test.rows / (test.rows + test.left_out)
