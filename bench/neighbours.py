"""Neighbours of a million

The nearest of a million training names in the representation of the shipped model, one query after the other on one
thread: reading the name, its forward pass, and the search, which is exact. The names are a million distinct ones, made
of the beginnings and ends of the embedded ones; the queries are embedded names as they are. The memory is that of the
index: what is kept of each name, its label and its text. *By all distances*: the same with every distance computed.
"""

from __future__ import annotations

import random
import time

import numpy as np
import torch

from bench.lines import Line, Options, at_most, median, percentile, short
from namecls.data.batching import NameDataset
from namecls.data.table import load_dataset
from namecls.explanation.neighbours import NeighbourIndex
from namecls.explanation.represented import Rows, represented
from namecls.inference.prediction import Predictor

TOPIC = "neighbours"


def run(options: Options) -> list[Line]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return measure(options)
    finally:
        torch.set_num_threads(threads)


def measure(options: Options) -> list[Line]:
    predictor, names = Predictor.load(), load_dataset().names
    rows = made_up(names, options.size(2_000, 1_000_000), len(predictor.labels))
    began = time.perf_counter()
    index = NeighbourIndex.build(predictor, rows)
    built = time.perf_counter() - began
    asked = names[:: len(names) // options.size(5, 100)]
    index.query(predictor, asked[0])
    taken, same = [], 0
    for name in asked:
        began = time.perf_counter()
        found = index.query(predictor, name)
        taken.append(1000 * (time.perf_counter() - began))
        expected = by_all_distances(index, predictor, name)
        same += np.allclose([each.distance for each in found.neighbours], expected, atol=1e-4)
    note = f"in the median {short(median(taken))} ms"
    what = f"a query among {len(index):,} names, 95 of 100"
    return [
        at_most(TOPIC, what, percentile(taken, 0.95), 50, "ms", note),
        at_most(TOPIC, f"memory of the index of {len(index):,} names", index.bytes / 1e6, 150, "MB"),
        Line(TOPIC, "to build it", f"{short(built)} s"),
        Line(TOPIC, "the same as by all distances", f"{same} of {len(asked)} queries"),
    ]


def made_up(names: list[str], count: int, labels: int) -> Rows:
    """Distinct names of the beginnings and ends of others."""
    drawn = random.Random(0)
    found: dict[str, None] = {}
    while len(found) < count:
        first, second = drawn.choice(names), drawn.choice(names)
        found[first[: len(first) // 2 + 1] + second[len(second) // 2 :]] = None
    return Rows(list(found), np.arange(count) % labels)


def by_all_distances(index: NeighbourIndex, predictor: Predictor, name: str) -> list[float]:
    """The ten least distances, of all."""
    vectors = represented(predictor.model, NameDataset([name], [0], predictor.vocabulary))
    (asked,) = index.projection(vectors)
    blocks = zip(*(piece.split(2**16) for piece in index.pieces), strict=True)
    distances = [(torch.cat(block, 1).float() - asked).norm(dim=1) for block in blocks]
    return torch.cat(distances).topk(10, largest=False).values.tolist()
