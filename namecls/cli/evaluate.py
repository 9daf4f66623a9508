"""`namecls evaluate`: how good a model is, on rows that it was not trained on."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from namecls.cli.console import Column, count, percent, say, show, show_json, show_table
from namecls.cli.options import Header, Json, LabelColumn, Model, NameColumn, columns, find_model, load_table
from namecls.errors import RunError
from namecls.events import Metrics
from namecls.paths import packaged_model

if TYPE_CHECKING:
    from namecls.data import NameTable
    from namecls.prediction import Predictor

SPLITS = ("test", "valid", "train")
_CONFUSIONS = 10


def evaluate(
    model: Model = None,
    data: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Rows of your own, with labels that the model knows.")
    ] = None,
    split: Annotated[
        str | None,
        typer.Option(
            metavar="|".join(SPLITS), help="A part of the data that the run was made of.", show_default="test"
        ),
    ] = None,
    name_column: NameColumn = None,
    label_column: LabelColumn = None,
    header: Header = None,
    json: Json = False,
) -> None:
    """Measure a model on names with known labels.

    Without --data these are the test rows of the run: the file that it was
    trained on is read and split again, and has to be the same, byte by byte.

    Examples:
      namecls evaluate
      namecls evaluate --model save_model/mine --split valid
      namecls evaluate --model save_model/mine --data new.tsv --json
    """
    if data is not None and split is not None:
        raise typer.BadParameter("give --data, or --split, not both")
    if split is not None and split not in SPLITS:
        raise typer.BadParameter(f"--split must be one of {', '.join(SPLITS)}, was: {split!r}")
    directory = find_model(model)

    from namecls.prediction import Predictor

    predictor = Predictor.load(directory)
    if data is not None:
        table, name = load_table(data, columns(name_column, label_column, header), min_labels=1), data.name
        _warn_of_own_rows(predictor, table)
    else:
        name = split or "test"
        table = _own_rows(directory or packaged_model(), name)
    if name == "train":
        say(
            "these are the rows it was trained on: what follows is no measure of its quality",
            style="bold yellow",
        )

    from namecls import evaluation

    metrics = evaluation.evaluate(predictor, table, split=name)
    if json:
        show_json(_to_json(metrics))
    else:
        _show(metrics, predictor.info.name)


def _own_rows(directory: Path, split: str) -> NameTable:
    """A part of the rows that a run was made of, read and split again."""
    from namecls.protocol import recorded_splits
    from namecls.runs import Run

    splits = recorded_splits(Run.open(directory))
    return {"test": splits.test, "valid": splits.validation, "train": splits.train}[split]


def _warn_of_own_rows(predictor: Predictor, table: NameTable) -> None:
    """Say so if it is the file that the model was trained on."""
    from namecls.runs import Run

    try:
        recorded = Run.open(predictor.info.directory).record()["data"]["sha256"]
    except (RunError, KeyError, TypeError):  # a model without a record can still be measured
        return
    if recorded == table.sha256:
        say(
            f"{table.title} is the file it was trained on: most of these rows are no measure of its quality; "
            "for those it has never seen, leave --data out",
            style="bold yellow",
        )


def _to_json(metrics: Metrics) -> dict[str, object]:
    return {
        **dataclasses.asdict(metrics),
        "top_k": {"1": metrics.accuracy, "3": metrics.top_3, "5": metrics.top_5},
        "labels": [score.label for score in metrics.per_label],
    }


def _show(metrics: Metrics, model: str) -> None:
    """All labels, the commonest mistakes, and last, where one looks first, the whole in one line."""
    scores = sorted(metrics.per_label, key=lambda score: (-score.support, score.label))
    show_table(
        [Column("label"), *(Column(title, True) for title in ("precision", "recall", "F1", "rows"))],
        [
            [s.label, f"{s.precision:.3f}", f"{s.recall:.3f}", f"{s.f1:.3f}", f"{s.support:,}"]
            for s in scores
            if s.support or s.precision
        ],
    )
    if confused := _most_confused(metrics):
        show("")
        show_table([Column("rows", True), Column("taken for"), Column("but is")], confused)
    show("")
    show((f"{model} on {count(metrics.rows, 'row')} ({metrics.split})", "bold"))
    if metrics.left_out:
        show(f"{count(metrics.left_out, 'row')} under labels that it does not know, left out")
    shares = {
        "accuracy": metrics.accuracy,
        "macro-F1": metrics.macro_f1,
        "top-3": metrics.top_3,
        "top-5": metrics.top_5,
    }
    show_table(
        [Column(title, True) for title in (*shares, "loss", "calibration error")],
        [[*map(percent, shares.values()), f"{metrics.loss:.4f}", f"{metrics.ece:.4f}"]],
    )


def _most_confused(metrics: Metrics) -> list[list[str]]:
    """The commonest mistakes: how often, the label given, the true label."""
    labels = [score.label for score in metrics.per_label]
    mistakes = [
        (times, labels[guess], labels[true])
        for true, row in enumerate(metrics.confusion)
        for guess, times in enumerate(row)
        if times and guess != true
    ]
    mistakes.sort(key=lambda mistake: (-mistake[0], mistake[1:]))
    return [[f"{times:,}", guess, true] for times, guess, true in mistakes[:_CONFUSIONS]]
