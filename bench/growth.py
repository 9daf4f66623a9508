"""Growth

Seconds against rows for what touches every row: 10,000, 100,000 and 1,000,000 rows of the names of name2nat.
*Load* is `load_dataset`; *prepare* splits by name, builds the vocabulary and encodes; *epoch* trains a small
GRU (32, batches of 512) once through the training rows; *predict* is `namecls predict --input FILE --output
FILE` with the shipped model, from exec to the end, less the time that it takes for one name. The slope is that
of the line through the points in a log-log plot: 1 is linear; it is fitted through the two largest sizes as
well, where fixed costs weigh least, and the larger of both counts.
"""

from __future__ import annotations

import itertools
import json
import sys
import time
from pathlib import Path

import numpy as np
import torch

from bench.child import run_python
from bench.lines import Line, Options, at_most, short
from bench.million_names import million_names
from namecls.config import ModelConfig, TrainConfig
from namecls.data.table import load_dataset
from namecls.nn.fused import use_threads
from namecls.training.learner import Learner
from namecls.training.protocol import Prepared, prepare

TOPIC = "growth"
SLOPE = 1.1
SMALL = TrainConfig(
    model=ModelConfig(hidden_size=32, embedding_size=16, bidirectional=False, pooling="last", dropout=0.0),
    epochs=1,
    batch_size=512,
    threads=1,
)


def run(options: Options) -> list[Line]:
    sizes = (500, 1000, 2000) if options.quick else (10_000, 100_000, 1_000_000)
    table = million_names(options.cache)
    found: dict[str, list[float]] = {}
    for rows in sizes:
        file = options.work / f"{rows}.tsv"
        head(table, rows, file)
        done = run_python("-m", "bench.growth", str(file))  # in a process of its own, as it would be
        seconds: dict[str, float] = json.loads(done.output.splitlines()[-1])
        for what, value in {
            **seconds,
            "predict": predict(table.with_name("names.txt"), rows, options.work),
        }.items():
            found.setdefault(what, []).append(value)
    lines = []
    for what, values in found.items():
        told = ", ".join(f"{rows:,} rows {short(value)} s" for rows, value in zip(sizes, values, strict=True))
        lines.append(at_most(TOPIC, f"{what}: slope", slope(sizes, values), SLOPE, "", told))
    return lines


def slope(sizes: tuple[int, ...], values: list[float]) -> float:
    """The larger of the slopes through all points and through the last two."""
    x, y = np.log(sizes), np.log(np.maximum(values, 1e-4))
    return float(max(np.polyfit(x, y, 1)[0], np.polyfit(x[-2:], y[-2:], 1)[0]))


def head(source: Path, rows: int, target: Path) -> None:
    """The first lines of a file; the whole file if it has fewer."""
    with source.open("rb") as lines, target.open("wb") as file:
        file.writelines(itertools.islice(lines, rows))


def predict(names: Path, rows: int, work: Path) -> float:
    """Seconds of predicting the first names of a file, without those of starting."""
    taken = []
    for count in (1, rows):
        file = work / "names.txt"
        head(names, count, file)
        command = ("-m", "namecls", "predict", "--input", str(file), "--output", str(work / "ranked.csv"))
        taken.append(run_python(*command).seconds)
        (work / "ranked.csv").unlink()
    return max(taken[1] - taken[0], 1e-3)


def _measure(path: Path) -> dict[str, float]:
    """Seconds of everything on one file, after a first time on the embedded names that is thrown away."""
    use_threads(1)
    torch.manual_seed(0)
    _learn(prepare(SMALL, load_dataset()), 3)
    times = [time.perf_counter()]
    table = load_dataset(path)
    times.append(time.perf_counter())
    prepared = prepare(SMALL, table)
    times.append(time.perf_counter())
    _learn(prepared)
    times.append(time.perf_counter())
    load, ready, epoch = (after - before for before, after in itertools.pairwise(times))
    return {"load": load, "prepare": ready, "epoch": epoch}


def _learn(prepared: Prepared, steps: int | None = None) -> None:
    """An epoch, or some steps of it."""
    learner = Learner(SMALL, prepared, torch.device("cpu"))
    learner.model.train()
    for indices in learner.sampler.batches()[:steps]:
        learner.step(torch.from_numpy(indices))


if __name__ == "__main__":
    print(json.dumps(_measure(Path(sys.argv[1]))))
