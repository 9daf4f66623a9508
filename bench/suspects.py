"""Wrong labels

Labels of a file are flipped, and the suspects are counted that are among the flipped ones. *At k*: of the first k rows
of the ranking, k being how many were flipped: the share that is found is precision and recall in one. The embedded set,
exact (name, label) pairs once: 5 % of its labels flipped to any other, each as likely; and 5 % flipped to labels that
are near, drawn by the confusion of the shipped model on its test rows, which is the hard and the real case. Five folds
by name, preset `fast`, one thread. cleanlab ranks the same probabilities, where it is installed.

*Time*: all of it against as many trainings of `fast` as there are folds, each on the rows that a fold leaves.

*Put right*: in the classic file 300 labels are flipped, the first 300 suggestions of the preset `strong`, ordered by
margin, are taken as other labels, and the preset `fast` is trained on the file as it was, on the flipped one and on
the mended one, on one split, and tested on the labels that are right.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Generator
from typing import Any

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray

from bench.learning import cut
from bench.lines import Line, Options, Table, at_least, at_most
from namecls.config import PRESETS, TrainConfig
from namecls.data.split import Splits, deduplicate, split_table
from namecls.data.table import NameTable, load_dataset
from namecls.edits.applying import apply_edits
from namecls.edits.patch import patch_of
from namecls.paths import packaged_model
from namecls.repair.confident import self_confidence
from namecls.repair.found import ORDERS
from namecls.repair.suspects import Answered, answers_by_folds, suggest, suspected
from namecls.runs.run import Run
from namecls.training.memory import keep_pages
from namecls.training.recipe import run_trial

TOPIC = "suspects"
FLIPPED, MENDED = 0.05, 300

Ids = NDArray[np.int64]


def run(options: Options) -> list[Line | Table]:
    torch.set_num_threads(1)
    keep_pages()
    table = deduplicate(load_dataset(options.data))
    table = cut(table, 1500) if options.quick else table
    folds = options.size(2, 5)
    found: list[Line | Table] = []
    for title, near in (("at random", None), ("to near labels", nearness(table))):
        found += flips(title, table, near, folds)
    if options.classic is not None:
        classic = load_dataset(options.classic)
        found += put_right(cut(classic, 1500) if options.quick else classic, folds, options)
    return found


def config_of(preset: str) -> TrainConfig:
    return dataclasses.replace(PRESETS[preset].config, threads=1, device="cpu")


def codes_of(table: NameTable) -> Ids:
    codes = table.frame["label"].cast(pl.Enum(table.labels)).to_physical()
    return codes.to_numpy().astype(np.int64)


def flipped(
    table: NameTable, count: int, near: NDArray[np.float64] | None
) -> tuple[NameTable, NDArray[np.bool_]]:
    """A table with so many of its labels flipped, and which.

    :param near: the shares of the labels to which each is flipped; None: all others alike. *Shape:* (labels, labels)
    """
    drawn, codes, labels = np.random.default_rng(0), codes_of(table), table.labels
    rows = drawn.choice(len(codes), count, replace=False)
    changed = codes.copy()
    for row in rows:
        shares = near[codes[row]] if near is not None else None
        others = [at for at in range(len(labels)) if at != codes[row]]
        changed[row] = drawn.choice(len(labels), p=shares) if shares is not None else drawn.choice(others)
    column = pl.Series("label", [labels[code] for code in changed]).cast(pl.Categorical)
    return table.with_frame(table.frame.with_columns(column)), changed != codes


def nearness(table: NameTable) -> NDArray[np.float64]:
    """How often the shipped model takes each label for each other one; all alike where it never does."""
    metrics = Run.open(packaged_model()).metrics()
    labels = {label: at for at, label in enumerate(table.labels)}
    shares = np.zeros((len(labels), len(labels)))
    if metrics is not None:
        names = [score.label for score in metrics.per_label]
        cells = zip(metrics.confusion.true, metrics.confusion.predicted, metrics.confusion.rows, strict=True)
        for true, given, rows in cells:
            if true != given and names[true] in labels and names[given] in labels:
                shares[labels[names[true]], labels[names[given]]] = rows
    never = shares.sum(1) == 0
    shares[never] = 1 - np.eye(len(labels))[never]
    normed: NDArray[np.float64] = shares / shares.sum(1, keepdims=True)
    return normed


def answers(config: TrainConfig, table: NameTable, folds: int) -> Answered:
    """The last word of `answers_by_folds`."""
    events: Generator[Any, None, Answered] = answers_by_folds(config, table, folds)
    while True:
        try:
            next(events)
        except StopIteration as end:
            done: Answered = end.value
            return done


def flips(title: str, table: NameTable, near: NDArray[np.float64] | None, folds: int) -> list[Line | Table]:
    wrong, are = flipped(table, round(FLIPPED * len(table)), near)
    config, k = config_of("fast"), int(are.sum())
    began = time.perf_counter()
    answered = answers(config, wrong, folds)
    for order in ORDERS:
        suspected(answered, wrong, folds=folds, order=order)
    seconds = time.perf_counter() - began
    flipped_lines = set(wrong.frame["line"].filter(pl.Series(are)).to_list())

    def at_k(lines: list[int]) -> str:
        return f"{100 * len(flipped_lines & set(lines[:k])) / k:.1f} %"

    rows = [("ranking", f"found at k = {k:,}")]
    for order in ORDERS:
        ranked = suspected(answered, wrong, folds=folds, order=order, most=k).suspects
        rows.append((f"namecls, {order}", at_k([each.lines[0] for each in ranked])))
    rows += [(f"cleanlab, {method}", at_k(lines)) for method, lines in by_cleanlab(answered)]
    found: list[Line | Table] = [Table(f"Embedded set, 5 % of the labels flipped {title}", tuple(rows))]
    if near is None:
        began = time.perf_counter()
        splits = split_table(wrong, test_fraction=1 / folds)
        run_trial(config, Splits(splits.train, splits.validation, splits.test), "published")
        alone = time.perf_counter() - began
        found.append(
            at_most(
                TOPIC,
                "embedded set: suspects against a training a fold",
                seconds / alone / folds,
                1.1,
                "times",
            )
        )
    return found


def by_cleanlab(answered: Answered) -> list[tuple[str, list[int]]]:
    """The lines in the order of cleanlab's scores, by the name of each score."""
    try:
        from cleanlab.rank import get_label_quality_scores
    except ImportError:
        return []
    judged = self_confidence(answered.probabilities, answered.given) > 0
    lines = answered.table.frame["line"].to_numpy()[judged]
    found = []
    for method in ("self_confidence", "normalized_margin"):
        scores = get_label_quality_scores(
            answered.given[judged], answered.probabilities[judged], method=method
        )
        found.append((method.replace("_", " "), lines[np.argsort(scores, kind="stable")].tolist()))
    return found


def put_right(table: NameTable, folds: int, options: Options) -> list[Line | Table]:
    wrong, are = flipped(table, options.size(30, MENDED), None)
    count, config = int(are.sum()), config_of("fast")
    searched = config_of("fast" if options.quick else "strong")
    found = suspected(answers(searched, wrong, folds), wrong, folds=folds, order="margin", most=count)
    taken = dataclasses.replace(
        found, suspects=tuple(dataclasses.replace(each, drop=False) for each in found.suspects)
    )
    mended = apply_edits(wrong, patch_of(suggest(taken, wrong), "suggested"))
    truth = pl.Series(table.label_of_rows)
    now = pl.Series(mended.label_of_rows)
    right = int(((now == truth) & pl.Series(are)).sum())
    accuracies = [tested(config, each, table) for each in (table, wrong, mended)]
    told = ", ".join(
        f"{100 * accuracy:.2f} % {what}"
        for what, accuracy in zip(("clean", "flipped", "mended"), accuracies, strict=True)
    )
    lost = 100 * (accuracies[0] - accuracies[2])
    return [
        at_least(TOPIC, "classic file, 300 flipped: found and put right", right, 200, "labels"),
        at_most(TOPIC, "classic file: accuracy lost after mending", lost, 0.5, "points", told),
    ]


def tested(config: TrainConfig, table: NameTable, truth: NameTable) -> float:
    """Accuracy of a training on the rows of a table, on test rows with their true labels, in one split for all."""
    sides = split_table(deduplicate(truth))
    kept = [
        table.frame.filter(table.frame["name"].is_in(side.frame["name"].implode())) for _, side in sides.sides
    ]
    splits = Splits(*(deduplicate(table.with_frame(frame)) for frame in kept[:2]), sides.test)
    return run_trial(config, splits, "published").test.accuracy
