"""Wrong labels

Labels of a file are flipped, and the suspects are counted that are among the flipped ones. *At k*: of the first k rows
of the ranking, k being how many were flipped: the share that is found is precision and recall in one. The embedded set,
exact (name, label) pairs once: 5 % of its labels flipped to any other, each as likely; and 5 % flipped to labels that
are near, drawn by the confusion of the shipped model on its test rows, which is the hard and the real case. Five folds
by name, preset `fast`, one thread. cleanlab ranks the same probabilities, where it is installed.

*Time*: all of it against as many trainings of `fast` as there are folds, each on the rows that a fold leaves.

*Put right*: in the classic file 300 labels are flipped, in each of three draws; the first 300 suggestions of the
preset `default` with the second opinion of the shipped model, ordered by margin, are taken as other labels; the preset
`fast` is trained on the file as it was, on the flipped one and on the mended one, on one split, and tested on labels
that are right. What is suggested, and how, was chosen on other draws (10 to 12). Beside it without the second opinion.
The target holds the mended file against the clean one alone: that mending does no harm. Whether it gains anything is
seen by the flipped one beside it; where that is no worse than the clean one either, these accuracies do not show it.

*To The First Page*: the place of this row, which is labelled Russian in that file, among the rows of its label that are
unlike all others, and among the suspects of its label.
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
from namecls.data.unlike import find_unlike
from namecls.edits.applying import apply_edits
from namecls.edits.patch import patch_of
from namecls.paths import packaged_model
from namecls.repair.confident import self_confidence
from namecls.repair.found import ORDERS
from namecls.repair.opinion import load_opinion
from namecls.repair.suspects import Answered, answers_by_folds, suggest, suspected, with_opinion
from namecls.runs.run import Run
from namecls.training.memory import keep_pages
from namecls.training.recipe import run_trial

TOPIC = "suspects"
FLIPPED, MENDED, DRAWS = 0.05, 300, (0, 1, 2)
NO_NAME = "To The First Page"

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
        found += no_name(classic, folds, options)
    return found


def config_of(preset: str) -> TrainConfig:
    return dataclasses.replace(PRESETS[preset].config, threads=1, device="cpu")


def codes_of(table: NameTable) -> Ids:
    codes = table.frame["label"].cast(pl.Enum(table.labels)).to_physical()
    return codes.to_numpy().astype(np.int64)


def flipped(
    table: NameTable, count: int, near: NDArray[np.float64] | None, draw: int = 0
) -> tuple[NameTable, NDArray[np.bool_]]:
    """A table with so many of its labels flipped, and which.

    :param near: the shares of the labels to which each is flipped; None: all others alike. *Shape:* (labels, labels)
    """
    drawn, codes, labels = np.random.default_rng(draw), codes_of(table), table.labels
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
    preset = "fast" if options.quick else "default"
    rows: list[tuple[str, ...]] = [
        ("draw", "with the second opinion", "without", "clean", "flipped", "mended")
    ]
    right, lost = [], []
    clean = tested(config_of("fast"), table, table)
    for draw in DRAWS[: options.size(1, 3)]:
        wrong, are = flipped(table, options.size(30, MENDED), None, draw)
        alone = answers(config_of(preset), wrong, folds)
        mended, both = taken(with_shipped(alone), wrong, table, are, folds)
        _, without = taken(alone, wrong, table, are, folds)
        others = [tested(config_of("fast"), each, table) for each in (wrong, mended)]
        right.append(both)
        lost.append(100 * (clean - others[1]))
        accuracies = [f"{100 * accuracy:.2f} %" for accuracy in (clean, *others)]
        rows.append((str(draw), f"{both} put right", f"{without} put right", *accuracies))
    return [
        Table(f"Classic file, {MENDED} labels flipped", tuple(rows)),
        at_least(TOPIC, "classic file, 300 flipped: found and put right", min(right), 200, "labels"),
        at_most(TOPIC, "classic file: accuracy lost after mending", max(lost), 0.5, "points"),
    ]


def with_shipped(alone: Answered) -> Answered:
    """The same with the second opinion of the shipped model."""
    return with_opinion(alone, load_opinion(packaged_model(), ""), "")


def taken(
    answered: Answered, wrong: NameTable, table: NameTable, are: NDArray[np.bool_], folds: int
) -> tuple[NameTable, int]:
    """A table after its first suggestions, as many as labels were flipped, and how many of these are right again."""
    found = suspected(answered, wrong, folds=folds, order="margin", most=int(are.sum()))
    suspects = tuple(dataclasses.replace(each, drop=False) for each in found.suspects)
    edits = patch_of(suggest(dataclasses.replace(found, suspects=suspects), wrong), "suggested")
    mended = apply_edits(wrong, edits)
    same = pl.Series(mended.label_of_rows) == pl.Series(table.label_of_rows)
    return mended, int((same & pl.Series(are)).sum())


def no_name(table: NameTable, folds: int, options: Options) -> list[Line | Table]:
    """Where the row stands that is none, among the suspects of its label."""
    preset = "fast" if options.quick else "default"
    answered = with_shipped(answers(config_of(preset), table, folds))
    found = suspected(answered, table, folds=folds, order="margin", most=len(table)).suspects
    of_label = [each.name for each in found if each.label == "Russian"]
    place = of_label.index(NO_NAME) + 1 if NO_NAME in of_label else len(table)
    unlike = [row.name for row in find_unlike(table).page(0, len(table)) if row.label == "Russian"]
    first = unlike.index(NO_NAME) + 1 if NO_NAME in unlike else len(table)
    return [
        at_most(
            TOPIC, f"classic file: {NO_NAME} among the rows of its label unlike all others", first, 10, "th"
        ),
        at_most(TOPIC, f"classic file: {NO_NAME} among the suspects of its label", place, 10, "th"),
    ]


def tested(config: TrainConfig, table: NameTable, truth: NameTable) -> float:
    """Accuracy of a training on the rows of a table, on test rows with their true labels, in one split for all."""
    sides = split_table(deduplicate(truth))
    kept = [
        table.frame.filter(table.frame["name"].is_in(side.frame["name"].implode())) for _, side in sides.sides
    ]
    splits = Splits(*(deduplicate(table.with_frame(frame)) for frame in kept[:2]), sides.test)
    return run_trial(config, splits, "published").test.accuracy
