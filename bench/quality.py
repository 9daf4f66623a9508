"""Time to quality

How long the tutorials' loop (one name at a time, Adam 0.001, one thread) takes for three epochs, and how long
namecls takes from the start (encoding counted) to the end of the validation pass that first shows
the accuracy which the loop has after its three epochs; four looks an epoch, their time counted, one thread.
Medians of three seeds; a seed decides the split, the first weights and the order of both. Both train on the
same rows: the names of the file that are written with the tutorials' 57 characters.

*Same network* is the tutorials' (57 one-hot letters, one cell of 128, last hidden state) with settings chosen
for quick learning, as the table says; the presets are as a user has them, but for the one thread. The presets
are compared with the loop's GRU.

What the loop reaches does not depend on how fast it runs, so its accuracies are kept in
`bench/loop_accuracy.json`, and its time is that of 2,000 names, measured beside ours, times the names of three
epochs. `--full` trains the loop anew, all the way.

What falls short: the LSTM takes 2.5 to 3 epochs to what the loop has after 3, and its steps in batches of 64 are 15
times as fast as the loop's, so that it comes out at 17; larger batches at higher rates take as many epochs and then
end lower. `default` is another network than the loop's, bidirectional and with n-grams beside it: a step costs
more, and its one cycle of 12 epochs gets there in 3 to 3.5.
"""

from __future__ import annotations

import ast
import hashlib
import json
import statistics
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from bench.learning import (
    CELLS,
    Training,
    as_names,
    loop_accuracy,
    loop_names,
    tutorial_config,
    tutorial_splits,
)
from bench.lines import Line, Options, at_least, short
from bench.tutorial_loop import Network, train
from namecls.config import PRESETS, TrainConfig
from namecls.data.split import Splits

TOPIC = "time to quality"
KNOWN = Path(__file__).with_name("loop_accuracy.json")
EPOCHS = 3
TARGET = 30

#: How the tutorials' network is trained here: batch size, highest learning rate, epochs of the schedule; chosen on the
#: splits of other seeds.
QUICK = {"rnn": (64, 5e-3, 5), "gru": (96, 3e-2, 3), "lstm": (64, 2e-2, 4)}


@dataclass(frozen=True)
class Loop:
    """What the tutorials' loop came to."""

    accuracy: float
    names: int


def run(options: Options) -> list[Line]:
    torch.set_num_threads(1)
    files = [("embedded set", options.data)]
    if options.classic is not None:
        files.insert(0, ("classic file", options.classic))
    lines = []
    for title, path in files:
        seeds = range(options.size(1, 3))
        rows = 200 if options.quick else None
        splits = {seed: tutorial_splits(path, seed, rows) for seed in seeds}
        for cell in CELLS:
            if (
                not options.full
                and not options.quick
                and not all(is_known(cell, splits[s], s) for s in seeds)
            ):
                lines.append(
                    Line(
                        TOPIC, f"{title}, {cell.upper()}", "not measured", note="the loop takes long: --full"
                    )
                )
                continue
            loops = {seed: the_loop(cell, splits[seed], seed, options) for seed in seeds}
            batch, rate, epochs = QUICK[cell]
            config = tutorial_config(
                cell, batch_size=batch, learning_rate=rate, epochs=epochs, schedule="onecycle", clip_norm=1.0
            )
            note = f"batches of {batch}, one cycle of {epochs} epochs up to {rate:g}"
            lines.append(compare(f"{title}, same network, {cell.upper()}", config, cell, splits, loops, note))
            if cell == "gru":
                for preset in ("fast", "default"):
                    config = replace(PRESETS[preset].config, threads=1)
                    what = f"{title}, preset {preset}"
                    lines.append(compare(what, config, cell, splits, loops, "against the loop's GRU"))
    return lines


def compare(
    what: str, config: TrainConfig, cell: str, splits: dict[int, Splits], loops: dict[int, Loop], note: str
) -> Line:
    """How often our time goes into that of the loop."""
    theirs, ours, epochs = [], [], []
    for seed, loop in loops.items():
        theirs.append(loop_seconds(cell, splits[seed], loop.names))
        seconds, passed = time_to(loop.accuracy, replace(config, seed=seed), splits[seed])
        ours.append(seconds)
        epochs.append(passed)
    ratio = statistics.median(t / o for t, o in zip(theirs, ours, strict=True))
    reached = ", ".join(f"{100 * loop.accuracy:.1f} %" for loop in loops.values())
    told = (
        f"{short(statistics.median(theirs))} s against {short(statistics.median(ours))} s "
        f"({', '.join(short(passed) for passed in epochs)} epochs) to {reached}; {note}"
    )
    return at_least(TOPIC, what, ratio, TARGET, "times sooner", told)


def time_to(accuracy: float, config: TrainConfig, splits: Splits) -> tuple[float, float]:
    """Seconds and epochs until the validation rows show this accuracy; infinite if they never do."""
    for check in Training(config, splits, checks=4):
        if check.valid.accuracy >= accuracy:
            return check.seconds, check.epochs
    return float("inf"), float("inf")


def loop_seconds(cell: str, splits: Splits, names: int, sample: int = 2000) -> float:
    """The time of the loop for so many names, from a part of them."""
    dataset = loop_names(splits, sample)
    torch.manual_seed(0)
    network = Network(cell, len(splits.train.labels))
    began = time.perf_counter()
    train(network, dataset)
    return (time.perf_counter() - began) / len(dataset) * names


def the_loop(cell: str, splits: Splits, seed: int, options: Options) -> Loop:
    """What the loop reaches after three epochs: known from before, or trained now."""
    key, known = _key(cell, splits, seed), _known()
    if key not in known or options.full:
        dataset = loop_names(splits)
        torch.set_num_threads(1)
        torch.manual_seed(seed)
        network = Network(cell, len(splits.train.labels))
        train(network, dataset, EPOCHS)
        found = loop_accuracy(network, as_names(splits, splits.validation))
        entry = {"data": splits.train.title, "cell": cell, "seed": seed, "names": EPOCHS * len(dataset)}
        known[key] = {**entry, "accuracy": found}
        if not options.quick:
            KNOWN.write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")
    return Loop(known[key]["accuracy"], known[key]["names"])


def is_known(cell: str, splits: Splits, seed: int) -> bool:
    """Whether the loop was trained on these rows before."""
    return _key(cell, splits, seed) in _known()


def _known() -> dict[str, Any]:
    return json.loads(KNOWN.read_text(encoding="utf-8")) if KNOWN.is_file() else {}


def _key(cell: str, splits: Splits, seed: int) -> str:
    """What names a training of the loop: rows, cell, seed, and how the loop is written."""
    tree = ast.parse(Path(__file__).with_name("tutorial_loop.py").read_text(encoding="utf-8"))
    code = "\n".join(map(ast.unparse, tree.body[1:]))  # all but the docstring
    told = f"{splits.digest} {cell} {seed} {EPOCHS} {code}"
    return hashlib.sha256(told.encode()).hexdigest()[:16]
