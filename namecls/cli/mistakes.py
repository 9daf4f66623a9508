"""`namecls runs mistakes`: the held-out rows that a model gets wrong."""

from __future__ import annotations

import dataclasses
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from namecls.cli.console import Column, count, percent, say, show, show_json, show_table
from namecls.cli.options import Json, SaveDir, find_run
from namecls.errors import DataError
from namecls.paths import DEFAULT_SAVE_DIR, packaged_model
from namecls.results import Mistake, Mistakes
from namecls.runs.run import Run

_PAIRS = 10  # confusions that are shown
_OF = ("test", "valid")


def mistakes(
    run: Annotated[
        str | None,
        typer.Argument(
            metavar="[RUN]", help="A run: its directory, or its name.", show_default="the shipped model"
        ),
    ] = None,
    split: Annotated[
        str | None,
        typer.Option(metavar="|".join(_OF), help="Only these rows.", show_default="both"),
    ] = None,
    true: Annotated[
        str | None, typer.Option("--true", metavar="LABEL", help="Only rows of this label.")
    ] = None,
    given: Annotated[
        str | None, typer.Option("--given", metavar="LABEL", help="Only rows that were given this label.")
    ] = None,
    least: Annotated[
        float,
        typer.Option(
            "--confidence", metavar="SHARE", min=0, max=1, help="Only mistakes at least as confident."
        ),
    ] = 0.0,
    most: Annotated[
        int | None,
        typer.Option(
            "--limit", "-n", metavar="N", min=1, help="At most so many.", show_default="20; with --json all"
        ),
    ] = None,
    data: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where its data file lies now, if it was moved.")
    ] = None,
    save_dir: SaveDir = DEFAULT_SAVE_DIR,
    json: Json = False,
) -> None:
    """List the test and validation rows that a model gets wrong, the most confident first.

    A confident mistake is a hard name or a wrong label. It is the network that
    is asked, as in evaluate. The data file of the run is read and split again.

    Examples:
      namecls runs mistakes
      namecls runs mistakes mine --true Czech --given Polish
      namecls runs mistakes mine --confidence 0.9 --json > mistakes.json
    """
    if split is not None and split not in _OF:
        raise typer.BadParameter(f"--split must be one of {', '.join(_OF)}, was: {split!r}")
    opened = find_run(run, save_dir) if run is not None else Run.open(packaged_model())

    from namecls.inference.mistakes import find_mistakes
    from namecls.inference.prediction import Predictor
    from namecls.training.protocol import recorded_splits

    predictor = Predictor.load(opened.directory)
    for label in filter(None, (true, given)):
        if label not in predictor.labels:
            raise DataError(
                f"expected a label of {opened.name}, found {label!r}; it knows {', '.join(predictor.labels)}"
            )
    if opened.record().refit is not None:
        say(
            "this model was refitted on all rows, these among them: of names that it never saw it gets more wrong",
            style="bold yellow",
        )
    sides = dict(recorded_splits(opened, data).sides)
    found = find_mistakes(predictor, {name: sides[name] for name in _OF if split in (None, name)})
    wanted = [
        row
        for row in found.rows
        if (true in (None, row.label)) and (given in (None, row.given)) and row.confidence >= least
    ]
    if json:
        show_json(_to_json(found, wanted[:most]))
    else:
        _show(found, wanted, most or 20)


def _to_json(found: Mistakes, rows: list[Mistake]) -> dict[str, object]:
    return {
        "rows": [dataclasses.asdict(row) for row in rows],
        "labels": found.labels,
        "confusion": dataclasses.asdict(found.confusion),
    }


def _show(found: Mistakes, rows: list[Mistake], most: int) -> None:
    show_table(
        [
            Column("line", number=True),
            Column("name", style="bold"),
            Column("label"),
            Column("taken for"),
            Column("with", number=True),
            Column("its label", number=True),
            Column("split"),
        ],
        [
            [
                f"{row.line:,}",
                row.name,
                row.label,
                row.given,
                percent(row.confidence),
                percent(row.of_label),
                row.split,
            ]
            for row in rows[:most]
        ],
    )
    pairs = Counter((row.label, row.given) for row in rows).most_common(_PAIRS)
    if len({pair for pair, _ in pairs}) > 1:
        show("")
        show_table(
            [Column("rows", number=True), Column("label"), Column("taken for")],
            [[f"{times:,}", label, other] for (label, other), times in pairs],
        )
    show("")
    of = sum(found.confusion.rows)
    shown = f", {min(most, len(rows)):,} shown; --limit N shows more" if len(rows) > most else ""
    show((f"{count(len(rows), 'mistake')} of {count(of, 'row')}{shown}", "bold"))
