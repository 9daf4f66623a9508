"""`namecls runs mistakes` and `slices`: the held-out rows that a model gets wrong, and the names that it is weak on."""

from __future__ import annotations

import dataclasses
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from namecls.cli.console import (
    Column,
    counted,
    is_terminal,
    percent,
    rows_of,
    say,
    show,
    show_json,
    show_table,
    translated,
)
from namecls.cli.options import MODEL_IN_USE, Json, SaveDir, find_run_or_model, not_one_of
from namecls.data.slices import slice_words
from namecls.errors import DataError
from namecls.language import N_, _
from namecls.paths import DEFAULT_SAVE_DIR
from namecls.results import Mistake, Mistakes, Slice
from namecls.runs.run import Run

_PAIRS = 10  # confusions that are shown
_OF = ("test", "valid")


AnyRun = Annotated[
    str | None,
    typer.Argument(metavar="[RUN]", help="A run: its directory, or its name.", show_default=MODEL_IN_USE),
]
MovedData = Annotated[
    Path | None, typer.Option("--data", metavar="FILE", help="Where its data file lies now, if it was moved.")
]


def mistakes(
    run: AnyRun = None,
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
    data: MovedData = None,
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
        raise typer.BadParameter(not_one_of("--split", _OF, split))
    opened = _open(run, save_dir)

    from namecls.inference.mistakes import find_mistakes
    from namecls.inference.prediction import Predictor
    from namecls.training.protocol import recorded_splits

    predictor = Predictor.load(opened.directory)
    for label in filter(None, (true, given)):
        if label not in predictor.labels:
            raise DataError(
                _("expected a label of {run}, found {label!r}; it knows {labels}").format(
                    run=opened.name, label=label, labels=_(", ").join(predictor.labels)
                )
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


def slices(
    run: AnyRun = None,
    weak: Annotated[
        bool,
        typer.Option("--weak", help="Only slices whose interval lies below the accuracy on all test rows."),
    ] = False,
    data: MovedData = None,
    save_dir: SaveDir = DEFAULT_SAVE_DIR,
    json: Json = False,
) -> None:
    """Tell on which kinds of names a model is weak, by the test rows.

    By length, script, number of words and first letter, each with its accuracy
    and the 95 % interval of that (Wilson); the most surely weak one first. Of
    forty slices about one is weak by chance.

    Examples:
      namecls runs slices
      namecls runs slices mine --weak
      namecls runs slices mine --json > slices.json
    """
    opened = _open(run, save_dir)

    from namecls.inference.mistakes import find_mistakes
    from namecls.inference.prediction import Predictor
    from namecls.training.protocol import recorded_splits

    test = recorded_splits(opened, data).test
    found = find_mistakes(Predictor.load(opened.directory), {"test": test}).slices
    wanted = [each for each in found if each.is_weak or not weak]
    if json:
        show_json([each.to_json() for each in wanted])
        return
    titles = [
        Column("slice", style="bold"),
        *(Column(title, True) for title in (N_("rows"), N_("accuracy"), N_("95 % interval"))),
    ]
    show_table([*titles, Column("", style="yellow", words=True)], map(_cells, wanted))
    if found:
        show("")
        show((_("all test rows: accuracy {accuracy}").format(accuracy=percent(found[0].of_all)), "bold"))


def _cells(found: Slice) -> list[str]:
    sure = N_("weak") if found.is_weak else ""
    return [
        slice_words(found) if is_terminal() else found.title,
        f"{found.rows:,}",
        percent(found.accuracy),
        translated(N_("{low} to {high}")).format(
            low=percent(found.interval.low), high=percent(found.interval.high)
        ),
        sure,
    ]


def _open(run: str | None, save_dir: Path) -> Run:
    """A run, or the model that is used without one; it is said if it has seen the rows that it is asked about."""
    opened = find_run_or_model(run, save_dir)
    if opened.record().refit is not None:
        say(
            _(
                "this model was refitted on all rows, these among them: of names that it never saw it gets more wrong"
            ),
            style="bold yellow",
        )
    return opened


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
            Column("split", words=True),
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
    told = _("{mistakes} of {rows}")
    if len(rows) > most:
        told = _("{mistakes} of {rows}, {shown:,} shown; --limit N shows more")
    mistakes = counted(len(rows), "{n:,} mistake", "{n:,} mistakes")
    show((told.format(mistakes=mistakes, rows=rows_of(sum(found.confusion.rows)), shown=most), "bold"))
