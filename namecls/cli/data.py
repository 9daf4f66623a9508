"""`namecls data`: what is in a file of names, before any training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from namecls.cli.commands import PlainGroup, group
from namecls.cli.console import (
    Column,
    bar,
    count,
    is_terminal,
    output,
    show,
    show_json,
    show_table,
    write_rows,
)
from namecls.cli.edits import apply
from namecls.cli.options import (
    ANYHOW,
    FIRST_BAD_LINES,
    Json,
    SafeCells,
    load_table,
    with_columns,
)
from namecls.cli.suspects import suspects
from namecls.data.layout import Columns
from namecls.errors import DataError

if TYPE_CHECKING:
    from namecls.data.doubts import Doubt
    from namecls.data.inspection import Summary
    from namecls.data.table import NameTable

_BAR_WIDTH = 24
_EXAMPLES = 5
_LABELS = 10  # of a name that stands under several
_MOST_LABELS = 500  # that a table on a terminal lists

File = Annotated[
    Path | None,
    typer.Argument(
        metavar="[FILE]", help="Names and labels.", show_default="the dataset that comes with namecls"
    ),
]


def build() -> PlainGroup:
    """The commands under `namecls data`."""
    return group(
        "data",
        "Look into a file of names and labels, and mend it.",
        {"inspect": inspect, "sample": sample, "suspects": suspects, "apply": apply},
    )


@with_columns
def inspect(
    file: File = None,
    where: Columns = ANYHOW,
    problems: Annotated[
        bool,
        typer.Option("--problems", help="Only the lines that can't be used: all of them, with the reasons."),
    ] = False,
    json: Json = False,
) -> None:
    """Count what is in a file, and show what is wrong with it.

    Names are counted as they are read, in the case in which they stand: two
    spellings of an apostrophe, a dash or a blank are one.

    Examples:
      namecls data inspect
      namecls data inspect names.csv --name-column surname --label-column country
      namecls data inspect people.csv --weight-column count
      namecls data inspect names.tsv --problems
      namecls data inspect names.tsv --json > summary.json
    """
    table = load_table(
        file,
        where,
        min_labels=1,
        tell=False,
    )

    from namecls.data.doubts import find_doubts
    from namecls.data.inspection import inspect_table

    if problems:
        _show_problems(table, json)
        return
    summary = inspect_table(table)
    doubts = find_doubts(table, summary.different)
    if json:
        told = [asdict(doubt) for doubt in doubts]
        show_json(
            {
                **summary.to_json(),
                "doubts": told,
                "read_as": {"told": table.layout.told, **asdict(table.layout)},
            }
        )
    else:
        _show(summary, doubts, table.title, table.layout.told)


@with_columns
def sample(
    file: File = None,
    label: Annotated[
        str | None, typer.Option("--label", "-l", metavar="LABEL", help="Only names of this label.")
    ] = None,
    rows: Annotated[int, typer.Option("-n", min=1, metavar="ROWS", help="How many.")] = 20,
    seed: Annotated[int, typer.Option(min=0, help="Which ones.")] = 0,
    where: Columns = ANYHOW,
    json: Json = False,
    safe_cells: SafeCells = True,
) -> None:
    """Show rows at random, in the order of the file.

    In a pipe they are name<TAB>label, and the weight if there is one: a file of
    names again.

    Examples:
      namecls data sample --label Polish
      namecls data sample mine.tsv -n 1000 --seed 7 > some.tsv
    """
    import polars as pl

    table = load_table(file, where, min_labels=1)
    frame = table.frame
    if label is not None:
        if label not in table.label_counts:
            raise DataError(_no_such_label(table, label))
        frame = frame.filter(pl.col("label") == label)
    chosen = frame.sample(min(rows, frame.height), seed=seed).sort("line")
    if json:
        for row in chosen.iter_rows(named=True):
            show_json(row, indent=None)
        return
    cells = [[f"{line:,}", name, of, *map(_number, weight)] for line, name, of, *weight in chosen.iter_rows()]
    if is_terminal():
        titles = [Column("line", True, "dim"), Column("name"), Column("label")]
        show_table(titles + [Column("weight", True)] * (table.weights is not None), cells)
    else:
        write_rows((row[1:] for row in cells), safe_cells=safe_cells)


def _number(weight: float) -> str:
    return f"{weight:.12g}"


def _no_such_label(table: NameTable, label: str) -> str:
    import difflib

    similar = difflib.get_close_matches(label, table.labels, n=3) or list(table.label_counts)[:3]
    return f"{table.title}: no row has the label {label!r}; it has labels such as {', '.join(similar)}"


def _show_problems(table: NameTable, json: bool) -> None:
    if json:
        for bad in table.bad_lines:
            show_json({"line": bad.line, "reason": bad.reason, "text": bad.text}, indent=None)
        return
    titles = [Column("line", True), Column("reason", style="yellow"), Column("text")]
    show_table(titles, ([str(bad.line), bad.reason, bad.text] for bad in table.bad_lines))


def _weights(summary: Summary) -> list[list[str]]:
    """The sum and the spread of the weights, if there are any."""
    weights = summary.weights
    if weights is None:
        return []
    spread = f"{weights.least:,g} to {weights.most:,g}, median {weights.median:,g}"
    return [["weights, together", f"{weights.total:,.10g}"], ["weight of a row", spread]]


def _show(summary: Summary, doubts: Sequence[Doubt], title: str, read_as: str) -> None:
    lengths = summary.lengths
    show((title, "bold"), f"  {count(summary.rows, 'row')}, {count(len(summary.labels), 'label')}")
    show(("read as ", "dim"), read_as)
    show_table(
        [Column(""), Column("", True)],
        [
            ["different names", f"{summary.names:,}"],
            ["exact duplicates", f"{summary.duplicate_rows:,}"],
            ["names under several labels", f"{len(summary.ambiguous):,}"],
            ["lines that can't be used", f"{len(summary.bad_lines):,}"],
            ["length of a name", f"{lengths.shortest} to {lengths.longest}, mean {lengths.mean:.1f}"],
            ["characters", f"{len(summary.characters):,}, {len(summary.unusual):,} unusual"],
            *_weights(summary),
        ],
    )
    for doubt in doubts:
        show((doubt.text, "bold yellow"))
    if summary.bad_lines:
        show("")
        show(("Lines that can't be used", "bold yellow"))
        for bad in summary.bad_lines[:FIRST_BAD_LINES]:
            show(f"  line {bad.line}: {bad.reason}: ", (bad.text[:30], "dim"))
        if len(summary.bad_lines) > FIRST_BAD_LINES:
            show("  ... all of them: --problems")
    if summary.ambiguous:
        show("")
        show(("Names under several labels", "bold"))
        for found in summary.ambiguous[:_EXAMPLES]:
            shown = [f"{entry.label} {entry.rows}" for entry in found.labels[:_LABELS]]
            more = [f"... {len(found.labels) - _LABELS:,} more"] if len(found.labels) > _LABELS else []
            show(f"  {found.name}: {', '.join(shown + more)}")
    if summary.unusual:
        show("")
        show(("Unusual characters", "bold"))
        for character in summary.unusual[:_EXAMPLES]:
            show(f"  {character.title}, {count(character.count, 'time')}")
    show("")
    ascii_only = not output().encoding.lower().startswith("utf")
    largest = summary.largest.rows
    titles = [Column("label"), *(Column(title, True) for title in ("rows", "different", "share"))]
    titles.append(Column("", style="cyan"))
    show_table(
        titles if is_terminal() else titles[:4],
        [
            [
                *(entry.label, f"{entry.rows:,}", f"{summary.different[entry.label]:,}"),
                f"{entry.rows / summary.rows * 100:.1f} %",
            ]
            + ([bar(entry.rows / largest, _BAR_WIDTH, ascii_only=ascii_only)] if is_terminal() else [])
            for entry in summary.labels[: _MOST_LABELS if is_terminal() else None]
        ],
    )
    if is_terminal() and len(summary.labels) > _MOST_LABELS:
        show(
            f"... and {count(len(summary.labels) - _MOST_LABELS, 'more label', 'more labels')}; all of them: --json"
        )
