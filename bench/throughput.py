"""Training throughput: the tutorials' loop and namecls, the same network, side by side.

    make bench

Both train the tutorials' network (57 one-hot letters, one cell of 128, last hidden state) with Adam on the same
names, on one thread, in turns, in one process. What differs is how: the loop takes one name at a time, namecls the
batches of 64 of its preset `tutorial`. Writes bench/RESULTS.md.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import os
import platform
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import torch
from tutorial_loop import ALPHABET, CELLS, Names, Network, train_epoch

import namecls
from namecls.config import PRESETS, TrainConfig
from namecls.data import NameTable, load_dataset
from namecls.events import EpochEnd, Started
from namecls.runs import Run
from namecls.split import Splits, split_table
from namecls.training import train

RESULTS = Path(__file__).with_name("RESULTS.md")


@dataclass(frozen=True)
class Figures:
    """Names per second of one cell, one value per round."""

    loop: list[float]
    steps: list[float]  # namecls, the steps alone
    whole: list[float]  # namecls, with preparation, validation and checkpoint


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=7, help="besides a first one that is thrown away")
    parser.add_argument(
        "--loop-names", type=int, default=2000, help="names per round for the tutorials' loop"
    )
    parser.add_argument("--names", type=int, default=20_000, help="names per round for namecls")
    parser.add_argument("--output", type=Path, default=RESULTS)
    options = parser.parse_args()
    torch.set_num_threads(1)
    splits = sides(options.names)
    figures = {cell: measure(cell, splits, options.loop_names, options.rounds) for cell in CELLS}
    text = report(figures, splits, options.rounds, options.loop_names)
    options.output.write_text(text, encoding="utf-8")
    print(text)


def sides(names: int) -> Splits:
    """The embedded dataset, names of the tutorials' 57 characters alone; the training side cut to `names`."""
    import polars as pl

    table = load_dataset()
    known = pl.col("name").str.contains(r"^[a-zA-Z .,;']+$")
    splits = split_table(table.with_frame(table.frame.filter(known)))
    return dataclasses.replace(
        splits, train=cut(splits.train, names), validation=cut(splits.validation, 2000)
    )


def cut(table: NameTable, rows: int) -> NameTable:
    return table.with_frame(table.frame.sample(min(rows, len(table)), seed=0))


def measure(cell: str, splits: Splits, loop_names: int, rounds: int) -> Figures:
    """Rounds of the one and the other in turns; the first of each is thrown away."""
    found = Figures([], [], [])
    for _ in range(rounds + 1):
        found.loop.append(run_loop(cell, splits, loop_names))
        steps, whole = run_namecls(cell, splits)
        found.steps.append(steps)
        found.whole.append(whole)
    return Figures(found.loop[1:], found.steps[1:], found.whole[1:])


def run_loop(cell: str, splits: Splits, names: int) -> float:
    """Names per second of the tutorials' loop."""
    ids = {label: i for i, label in enumerate(splits.train.labels)}
    dataset = Names(splits.train.names[:names], [ids[label] for label in splits.train.label_of_rows[:names]])
    torch.manual_seed(0)
    network = Network(cell, len(ids))
    began = time.perf_counter()
    train_epoch(network, dataset)
    return len(dataset) / (time.perf_counter() - began)


def run_namecls(cell: str, splits: Splits) -> tuple[float, float]:
    """Names per second of namecls: of its steps, and of everything from the call to the end of the epoch."""
    preset = PRESETS["tutorial"].config
    config = dataclasses.replace(
        preset, model=dataclasses.replace(preset.model, cell=cell), epochs=1, threads=1, device="cpu"
    )
    with tempfile.TemporaryDirectory() as directory:
        began = time.perf_counter()
        started, last, ended = began, began, began
        with contextlib.closing(train(config, splits, Run.create(directory, config))) as events:
            for event in events:
                ended = time.perf_counter()
                if isinstance(event, Started):
                    started = ended
                elif isinstance(event, EpochEnd):
                    break
                else:
                    last, names = ended, event.names
    return names / (last - started), len(splits.train) / (ended - began)


def report(figures: dict[str, Figures], splits: Splits, rounds: int, loop_names: int) -> str:
    config = PRESETS["tutorial"].config
    lines = [
        "# Training throughput",
        "",
        "Written by `make bench`. Names per second of training, median of "
        f"{rounds} rounds (lowest to highest); more is better.",
        "",
        "| cell | tutorials' loop | namecls, steps | namecls, whole epoch | steps, ratio | whole epoch, ratio |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for cell, found in figures.items():
        loop, steps, whole = (statistics.median(values) for values in (found.loop, found.steps, found.whole))
        cells = [spread(found.loop), spread(found.steps), spread(found.whole)]
        lines.append(f"| {cell} | {' | '.join(cells)} | {steps / loop:.1f} x | {whole / loop:.1f} x |")
    return "\n".join([*lines, "", *protocol(config, splits, loop_names), ""])


def spread(values: list[float]) -> str:
    return f"{statistics.median(values):,.0f} ({min(values):,.0f} to {max(values):,.0f})"


def protocol(config: TrainConfig, splits: Splits, loop_names: int) -> list[str]:
    return [
        "Protocol",
        "",
        f"- Both: {len(ALPHABET)} one-hot letters, one cell of {config.model.hidden_size}, last hidden state, linear, "
        f"{len(splits.train.labels)} labels, Adam {config.learning_rate:g}, loss and accuracy told every 100 names; "
        "float32 on the CPU, one thread, in one process, in turns; the first round of each is thrown away.",
        f"- The loop (`bench/tutorial_loop.py`): one name at a time, {loop_names:,} names per round, each turned into "
        "one-hot letters when it comes.",
        f"- namecls: `train()` with the preset `tutorial` as a user has it, batches of {config.batch_size} names of "
        f"equal length, gradient clipping, every event written to the disk; {len(splits.train):,} names per round. "
        "*Steps* is from the first event to the last report of the epoch. *Whole epoch* counts all from the call on: "
        f"vocabulary, encoding, hashing of the split, steps, validation on {len(splits.validation):,} names and the "
        "checkpoint.",
        "- It is throughput, not learning: a batch of 64 names is one step of the optimiser where the loop takes 64.",
        "- Names of the embedded dataset that are written with the tutorials' characters alone.",
        "",
        "Machine",
        "",
        f"- {processor()}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}",
        f"- Python {platform.python_version()}, PyTorch {torch.__version__}, namecls {namecls.__version__}",
    ]


def processor() -> str:
    """The processor's name, as far as the system tells."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or "unknown processor"
    return next(
        (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")),
        "unknown processor",
    )


if __name__ == "__main__":
    main()
