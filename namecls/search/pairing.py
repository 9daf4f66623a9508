"""Two finished runs compared on the test rows that they share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import polars as pl
import torch

from namecls.calibration.metrics import measure
from namecls.data.batching import NameDataset
from namecls.edits.edit import Edit
from namecls.edits.patch import read_patch
from namecls.errors import RunError
from namecls.language import _
from namecls.normalization import name_keys
from namecls.results import Metrics
from namecls.runs.loading import load_model
from namecls.runs.record import RunRecord, differing
from namecls.runs.run import EDITS, Run
from namecls.search.compared import differences
from namecls.search.paired import McNemar, OtherAnswer, PairedLabel, PairedRun, PairedRuns
from namecls.training.protocol import labels_as_read, recorded_splits

_LEAST = 1e-12  # probability, of which a logarithm is taken


def compare_runs(first: Run, second: Run) -> PairedRuns:
    """Compare two runs on the test rows that they share; a row is shared if name and label are the same.

    So rows that were edited for one of them are in no figure, and all other test rows are, if their split is the same.
    Labels that edits of one run rename are renamed for the other, too: a new name is no other answer, and labels that
    one of them merges are one for both.

    :raises RunError: if one is not finished, or they share no test row.
    :raises DataError: if the data of one are not found, or no longer what they were.
    :raises ModelFileError: if a model can't be read.
    """
    for run in (first, second):
        if not run.finished:
            raise RunError(
                _("{directory}: is not finished; to test and finish it: namecls runs finish").format(
                    directory=run.directory
                )
            )
    runs, records = (first, second), (first.record(), second.record())
    tests = [recorded_splits(run).test for run in runs]
    renames = [edit for run in runs for edit in _renames(run)]
    rows = _shared(tests[0].frame, tests[1].frame, renames)
    if rows.is_empty():
        raise RunError(
            _("{first} and {second} share no test row: train them on the same data and split").format(
                first=first.name, second=second.name
            )
        )
    labels = sorted(set(rows["label"]))
    known = {label for run in runs for label in labels_as_read(load_model(run.directory).vocabulary)}
    labels += sorted({_renamed(label, renames) for label in known} - set(labels))
    target = torch.tensor([labels.index(label) for label in rows["label"]])
    metrics, answers = zip(
        *(_tested(run, rows["name"], target, labels, renames) for run in runs), strict=True
    )
    right = [answer == target.numpy() for answer in answers]
    both = {"second": answers[1][None], "first": answers[0][None]}
    return PairedRuns(
        first=_run(first, records[0], metrics[0], len(tests[0])),
        second=_run(second, records[1], metrics[1], len(tests[1])),
        rows=len(rows),
        differences=differences(both, target.numpy(), len(labels)),
        mcnemar=McNemar.of(int((right[0] & ~right[1]).sum()), int((right[1] & ~right[0]).sum())),
        labels=tuple(
            PairedLabel(label=one.label, rows=one.support, first=one.f1, second=other.f1)
            for one, other in zip(metrics[0].per_label, metrics[1].per_label, strict=True)
            if one.support
        ),
        settings=differing([record.settings for record in records]),
        others=tuple(_others(rows, answers, labels, right)),
    )


def _renames(run: Run) -> Iterator[Edit]:
    """The labels that the edits of a run rename, in order."""
    if run.record().edits is not None:
        yield from (edit for edit in read_patch(run.directory / EDITS).edits if not edit.of_row)


def _renamed(label: str, renames: Sequence[Edit]) -> str:
    for edit in renames:
        label = edit.to if label == edit.label else label
    return label


def _shared(first: pl.DataFrame, second: pl.DataFrame, renames: Sequence[Edit]) -> pl.DataFrame:
    """The rows of the first that stand in the second too: ``line``, ``name``, ``label``."""
    keyed = []
    for frame in (first, second):
        labels = frame["label"].cast(pl.String)
        now = {label: _renamed(label, renames) for label in labels.unique().to_list()}
        key, labels = name_keys(frame["name"]), labels.replace(now)
        keyed.append(frame.select("line", "name", label=labels, key=key))
    return keyed[0].join(keyed[1], on=["key", "label"], how="semi").sort("line")


def _tested(
    run: Run, names: pl.Series, target: torch.Tensor, labels: list[str], renames: Sequence[Edit]
) -> tuple[Metrics, Any]:
    """The metrics of a run on names, and the ids of its answers. *Shape:* (rows,)"""
    loaded = load_model(run.directory)
    dataset = NameDataset(names, np.zeros(len(names), np.int64), loaded.vocabulary)
    logits = loaded.logits(dataset, names.to_list()) / loaded.calibration.temperature
    probabilities = torch.zeros(len(names), len(labels), dtype=torch.double)
    columns = [labels.index(_renamed(label, renames)) for label in labels_as_read(loaded.vocabulary)]
    probabilities.index_add_(1, torch.tensor(columns), logits.softmax(1).double())
    log = probabilities.clamp(min=_LEAST).log()
    return measure(log, target, labels, split="test"), log.argmax(1).numpy()


def _run(run: Run, record: RunRecord, metrics: Metrics, test_rows: int) -> PairedRun:
    return PairedRun(
        run=run.name,
        title=record.train.model.title,
        data=record.data.file,
        edits=record.edits.edits if record.edits is not None else 0,
        test_rows=test_rows,
        accuracy=metrics.accuracy,
        macro_f1=metrics.macro_f1,
        top_3=metrics.top_3,
        loss=metrics.loss,
        ece=metrics.ece,
    )


def _others(rows: pl.DataFrame, answers: Any, labels: list[str], right: Any) -> Iterator[OtherAnswer]:
    for at in np.flatnonzero(answers[0] != answers[1]).tolist():
        line, name, label, _ = rows.row(at)
        yield OtherAnswer(
            line=line,
            name=name,
            label=label,
            first=labels[answers[0][at]],
            second=labels[answers[1][at]],
            right="first" if right[0][at] else "second" if right[1][at] else "neither",
        )
