"""Quality against plain batches

Whether batches of one length, large ones, cost quality: the same network, settings and rows trained with
namecls' batches and with small shuffled ones (64 names in random order, padded to the longest, packed), both to
the end; test rows by the weights of the best epoch. One line per file and preset; the mean over the seeds,
which decide the split as well. Accuracy and macro-F1 hold if they are not below those of the plain batches by
more than the standard error of their difference over the test rows of all seeds (accuracy), or twice that
(macro-F1, in which small labels weigh more).

What falls short: `fast` on the classic file has the accuracy of small batches, but not their macro-F1. Those
take four times as many steps; whether that is why was not found out.
"""

from __future__ import annotations

import math
import statistics
from dataclasses import replace
from pathlib import Path

from bench.learning import Training, cut
from bench.lines import Line, Options, short
from namecls.config import PRESETS
from namecls.data.split import Splits, deduplicate, split_table
from namecls.data.table import load_dataset
from namecls.results import Metrics

TOPIC = "quality against plain batches"
PLAIN = 64


def run(options: Options) -> list[Line]:
    lines = []
    if options.classic is not None:
        lines += compare("classic file", options.classic, "fast", options.size(1, 3), options)
        lines += compare("classic file", options.classic, "default", options.size(1, 1, 3), options)
    lines += compare("embedded set", options.data, "fast", options.size(1, 1, 3), options)
    if options.full:
        lines += compare("embedded set", None, "default", 3, options)
    return lines


def compare(title: str, path: Path | None, preset: str, seeds: int, options: Options) -> list[Line]:
    """The same training with both kinds of batches."""
    table = deduplicate(load_dataset(path))
    ours: list[tuple[Metrics, float]] = []
    plain: list[tuple[Metrics, float]] = []
    for seed in range(seeds):
        config = replace(PRESETS[preset].config, seed=seed, threads=1)
        splits = split_table(table, seed=seed)
        if options.quick:
            splits = Splits(cut(splits.train, 600), cut(splits.validation, 200), cut(splits.test, 200))
            config = replace(config, epochs=1)
        ours.append(Training(config, splits).best())
        plain.append(Training(config, splits, shuffled=PLAIN).best())
    rows = sum(metrics.rows for metrics, _ in ours)
    share = statistics.mean(metrics.accuracy for metrics, _ in plain)
    error = math.sqrt(2 * share * (1 - share) / rows)
    seconds = [statistics.mean(seconds for _, seconds in found) for found in (ours, plain)]
    note = f"{seeds} seed{'s' * (seeds > 1)}; {short(seconds[0])} s against {short(seconds[1])} s"
    lines = []
    for what, value, allowed in (("accuracy", _accuracy, error), ("macro-F1", _macro_f1, 2 * error)):
        here, there = (statistics.mean(value(metrics) for metrics, _ in found) for found in (ours, plain))
        lines.append(
            Line(
                TOPIC,
                f"{title}, preset {preset}: {what}",
                f"{100 * here:.2f} %",
                f"≥ {100 * there:.2f} % - {100 * allowed:.2f}",
                here >= there - allowed,
                note,
            )
        )
    return lines


def _accuracy(metrics: Metrics) -> float:
    return metrics.accuracy


def _macro_f1(metrics: Metrics) -> float:
    return metrics.macro_f1
