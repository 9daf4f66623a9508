"""Rows that are probably labelled wrongly, as a generator of events: cross-validation by name, confident learning.

    for event in find_suspects(PRESETS["fast"].config, load_dataset("names.tsv")):
        print(event)

Each fold is left out in turn, all rows of a name with it, and a network that is trained on the others answers it. To
pause is not to ask for the next event, to stop is to close the generator; only what the last event tells is kept.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from namecls.config import TrainConfig
from namecls.data.batching import NameDataset
from namecls.data.inspection import LabelCount
from namecls.data.split import Splits, deduplicate, fold_of_rows
from namecls.data.table import REPEATS, NameTable
from namecls.edits.applying import EditedTable, find_rows
from namecls.edits.edit import Edit, Reason
from namecls.errors import ConfigError, DataError
from namecls.events import Event, Finished
from namecls.files.opening import sha256_of
from namecls.language import _
from namecls.normalization import name_keys, spellings
from namecls.repair.confident import (
    best_other,
    confident_joint,
    confident_labels,
    margins,
    prune_by_noise_rate,
    self_confidence,
    with_same_name,
)
from namecls.repair.found import ORDERS, SURE, FoldBegan, FoldEnded, Order, Suspect, Suspected, SuspectsEvent
from namecls.repair.opinion import check_opinion, load_opinion, opinion_of, pooled
from namecls.runs.loading import load_model
from namecls.runs.model_files import LoadedModel
from namecls.runs.run import WEIGHTS, Run
from namecls.training.loop import train
from namecls.training.protocol import labels_as_read

if TYPE_CHECKING:
    import polars as pl
    from numpy.typing import NDArray

LEAST_FOLDS, MOST_FOLDS = 2, 20
#: Rows for which the networks of the preset `default` take a minute or two.
FEW_ROWS = 50_000

_LEAST = 1e-9  # probability
_VALIDATION = (10, 5, 3, 2)  # one name in so many chooses the best epoch, in fewer where there are few names


@dataclass(frozen=True, eq=False)
class Answered:
    """Probabilities of rows by networks that did not see their names.

    :param table: the rows, exact duplicates once.
    :param probabilities: of its labels; 0 of one that the network did not know. *Shape:* (rows, labels)
    :param model: SHA-256 of the weights of all folds.
    """

    table: NameTable
    probabilities: NDArray[np.float64]
    model: str
    accuracy: float
    seconds: float

    @property
    def given(self) -> NDArray[np.int64]:
        """The labels that the rows have. *Shape:* (rows,)"""
        import polars as pl

        codes = self.table.frame["label"].cast(pl.Enum(self.table.labels)).to_physical()
        return codes.to_numpy().astype(np.int64)


def usual_preset(rows: int) -> str:
    """The preset whose networks search so many rows, if nothing else is said."""
    return "default" if rows <= FEW_ROWS else "fast"


def find_suspects(
    config: TrainConfig,
    table: NameTable,
    *,
    folds: int = 5,
    order: Order = "margin",
    most: int | None = None,
    second_opinion: Path | None = None,
) -> Generator[Event | SuspectsEvent, None, None]:
    """Find the rows of a table that are probably labelled wrongly.

    Yields `FoldBegan`, the events of a training and `FoldEnded` for each fold, and `Suspected`. Edits are of the file:
    those of an edited table tell what stands there, and what was kept as right is no suspect.

    :param most: so many of the rows of which another label is more probable; None: as many as estimated to be wrong.
    :param second_opinion: the directory of a model that was trained on other data, whose answers count too.
    :raises ConfigError: if there are no such folds or order.
    :raises DataError: if the rows are too few to be trained on without a fold, or the other model was trained on them
        or knows none of their labels.
    :raises ModelFileError: if there is no such other model, or it is damaged.
    :raises TrainingError: if a training can't continue.
    """
    if order not in ORDERS:
        raise ConfigError(
            _("order must be one of {orders}, was: {order!r}").format(
                orders=_(", ").join(ORDERS), order=order
            )
        )
    model = load_opinion(second_opinion, table.sha256) if second_opinion is not None else None
    if model is not None:
        check_opinion(model, table.labels)  # before anything is trained
    answered = yield from answers_by_folds(config, table, folds)
    if model is not None and second_opinion is not None:
        answered = with_opinion(answered, model, sha256_of(second_opinion / WEIGHTS))
    yield suspected(answered, table, folds=folds, order=order, most=most)


def with_opinion(answered: Answered, model: LoadedModel, weights: str) -> Answered:
    """The same rows, with what a model of other data answers taken in.

    :param weights: SHA-256 of its weights.
    """
    labels = answered.table.labels
    opinion = opinion_of(model, answered.table.frame["name"].to_list(), labels)
    return replace(
        answered,
        probabilities=pooled(answered.probabilities, opinion, answered.given),
        model=hashlib.sha256((answered.model + weights).encode()).hexdigest(),
    )


def answers_by_folds(
    config: TrainConfig, table: NameTable, folds: int
) -> Generator[Event | FoldBegan | FoldEnded, None, Answered]:
    """Answer every row by a network that did not see its name; errors as of `find_suspects`."""
    if not LEAST_FOLDS <= folds <= MOST_FOLDS:
        raise ConfigError(
            _("folds must be from {least_folds} to {most_folds}, was: {folds}").format(
                least_folds=LEAST_FOLDS, most_folds=MOST_FOLDS, folds=folds
            )
        )
    rules = config.model.normalization
    table = deduplicate(table, rules)
    # People who bear a name say nothing of its label being right, and to count them takes longer than to train.
    plain = table.with_frame(table.frame.drop("weight", REPEATS, strict=False))
    of_row = fold_of_rows(plain, folds, seed=config.split_by, rules=rules)
    labels = {label: at for at, label in enumerate(table.labels)}
    probabilities = np.zeros((len(table), len(labels)))
    weights, right, total = hashlib.sha256(), 0.0, 0.0
    for fold in range(folds):
        here = of_row == fold
        splits = _splits(plain, here, config)
        yield FoldBegan(fold=fold + 1, folds=folds, rows=len(splits.test))
        with tempfile.TemporaryDirectory(prefix="namecls-") as directory:
            run = Run.create(directory, config)
            finished = None
            with closing(train(config, splits, run)) as events:
                for event in events:
                    if isinstance(event, Finished):
                        finished = event
                    else:
                        yield event
            loaded = load_model(run.directory)
            weights.update(sha256_of(run.directory / WEIGHTS).encode())
        if finished is None:
            raise AssertionError(_("a training ends with its last event"))
        names = splits.test.frame["name"]
        dataset = NameDataset(names, np.zeros(len(names), np.int64), loaded.vocabulary)
        logits = loaded.logits(dataset, names.to_list()) / loaded.calibration.temperature
        columns = np.array([labels[label] for label in labels_as_read(loaded.vocabulary)])
        answers = logits.softmax(1).double().clamp(min=_LEAST)  # 0 is for labels that it did not know
        probabilities[np.ix_(np.flatnonzero(here), columns)] = answers.numpy()
        right += finished.test.accuracy * finished.test.rows
        total += finished.seconds
        yield FoldEnded(fold=fold + 1, folds=folds, accuracy=finished.test.accuracy, seconds=finished.seconds)
    return Answered(table, probabilities, weights.hexdigest(), right / len(table), total)


def _splits(table: NameTable, held_out: NDArray[np.bool_], config: TrainConfig) -> Splits:
    rest = table.with_frame(table.frame.filter(~held_out))
    for parts in _VALIDATION:
        # The last of so many, so that a label with a few names has them among the training rows.
        chosen = (
            fold_of_rows(rest, parts, seed=config.split_by, rules=config.model.normalization) == parts - 1
        )
        if chosen.any():
            train_rows, validation = (rest.with_frame(rest.frame.filter(rows)) for rows in (~chosen, chosen))
            return Splits(train_rows, validation, table.with_frame(table.frame.filter(held_out)))
    raise DataError(
        _("{source}: expected a label with three different names at least, found none").format(
            source=table.source
        )
    )


def suspected(
    answered: Answered, table: NameTable, *, folds: int, order: Order, most: int | None = None
) -> Suspected:
    """Judge answered rows; for the other parameters see `find_suspects`.

    :param table: the whole table that they are of.
    """
    frame, given, labels = answered.table.frame, answered.given, answered.table.labels
    keys = name_keys(frame["name"]).rank("dense").to_numpy().astype(np.int64) - 1
    counts = frame[REPEATS].to_numpy() if REPEATS in frame.columns else np.ones(len(frame))
    probabilities = with_same_name(answered.probabilities, given, keys, counts)
    judged = self_confidence(answered.probabilities, given) > 0
    confident = confident_labels(probabilities, given)
    other, own = best_other(probabilities, given), self_confidence(probabilities, given)
    by = margins(probabilities, given)
    joint = confident_joint(probabilities, given)
    chosen = prune_by_noise_rate(probabilities, given) if most is None else by < 0
    rows = np.flatnonzero(chosen & judged & ~_kept(table, frame))
    rows = rows[(own if order == "self-confidence" else by)[rows].argsort(kind="stable")][:most]
    of_name: dict[int, list[int]] = {key: [] for key in keys[rows].tolist()}
    for row, key in enumerate(keys.tolist()):
        if key in of_name:
            of_name[key].append(row)
    some = frame[rows]
    lines = _lines(table, some)
    suspects = [
        Suspect(
            rank=rank,
            lines=lines[line],
            name=name,
            label=str(label),
            suggested=labels[other[row]],
            probability=float(probabilities[row, other[row]]),
            self_confidence=float(own[row]),
            margin=float(by[row]),
            drop=bool(confident[row] != other[row] and probabilities[row, other[row]] < SURE),
            others=tuple(
                LabelCount(labels[given[each]], int(counts[each]))
                for each in of_name[keys[row]]
                if each != row
            ),
        )
        for rank, (row, (line, name, label)) in enumerate(
            zip(rows.tolist(), some.select("line", "name", "label").iter_rows(), strict=True), 1
        )
    ]
    return Suspected(
        order=order,
        folds=folds,
        rows=len(frame),
        not_judged=int((~judged).sum()),
        estimated=round(float(joint.sum() - joint.trace())),
        accuracy=answered.accuracy,
        model=answered.model,
        seconds=answered.seconds,
        suspects=tuple(suspects),
    )


def suggest(found: Suspected, table: NameTable) -> Iterator[Edit]:
    """What is suggested, as edits of the file: every line of a suspect relabelled or dropped.

    :param table: in which the suspects were found; of an edited one the edits are of its original.
    """
    original = table.original if isinstance(table, EditedTable) else table
    wanted = [line for each in found.suspects for line in each.lines]
    rows = original.frame.filter(original.frame["line"].is_in(wanted))
    texts = {line: (name, label) for line, name, label in rows.select("line", "name", "label").iter_rows()}
    for each in found.suspects:
        why = Reason(by="suspects", score=round(each.self_confidence, 6), model=found.model)
        for line in each.lines:
            if each.drop:
                yield Edit.drop(*texts[line], line, why)
            else:
                yield Edit.relabel(*texts[line], line, each.suggested, why)


def _kept(table: NameTable, frame: pl.DataFrame) -> NDArray[np.bool_]:
    """Which rows were looked at and kept as right. *Shape:* (rows,)"""
    if not isinstance(table, EditedTable):
        return np.zeros(len(frame), bool)
    kept = [edit for edit in table.patch.edits if edit.op == "keep"]
    rows = [row for row in find_rows(table.original, kept) if row is not None]
    return frame["line"].is_in(table.original.frame["line"][rows].implode()).to_numpy()


def _lines(table: NameTable, rows: pl.DataFrame) -> dict[int, tuple[int, ...]]:
    """All lines of each row's exact duplicates, by its own."""
    pair = ["spelling", "label"]
    some = rows.select("line", "label", spelling=spellings(rows["name"]))
    whole = table.frame.select("label", spelling=spellings(table.frame["name"]), each="line")
    both = some.join(whole, on=pair).group_by("line").agg("each")
    return {line: tuple(sorted(each)) for line, each in both.iter_rows()}
