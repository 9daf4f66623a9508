"""`namecls data`: what is in a file of names, before any training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from namecls.cli.alike import Alike, show_near, show_unlike
from namecls.cli.commands import PlainGroup, group
from namecls.cli.console import (
    Column,
    bar,
    counted,
    is_terminal,
    labels_of,
    output,
    rows_of,
    show,
    show_json,
    show_table,
    translated,
    write_rows,
)
from namecls.cli.edits import EditsHere, apply, edit_table, to_json
from namecls.cli.options import (
    ANYHOW,
    FIRST_BAD_LINES,
    Json,
    SafeCells,
    all_of_them,
    load_table,
    with_columns,
)
from namecls.cli.suspects import suspects
from namecls.data.inspection import LabelCount
from namecls.data.layout import Columns
from namecls.data.near import find_near_duplicates
from namecls.data.unlike import find_unlike
from namecls.errors import DataError
from namecls.language import N_, _

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
    near: Annotated[
        bool,
        typer.Option(
            "--near", help="Only the near-duplicates: all of them, those with several labels first."
        ),
    ] = False,
    unlike: Annotated[
        bool, typer.Option("--unlike", help="Only the rows unlike all others: all of them, with the reasons.")
    ] = False,
    edits: EditsHere = None,
    json: Json = False,
) -> None:
    """Count what is in a file, and show what is wrong with it.

    Names are counted as they are read, in the case in which they stand: two
    spellings of an apostrophe, a dash or a blank are one. Near-duplicates differ
    in case, accents, word order or hyphens, or one letter.

    Examples:
      namecls data inspect
      namecls data inspect names.csv --name-column surname --label-column country
      namecls data inspect people.csv --weight-column count
      namecls data inspect names.tsv --problems
      namecls data inspect names.tsv --edits names.edits.jsonl
      namecls data inspect names.tsv --near --json
      namecls data inspect names.tsv --json > summary.json
    """
    flags = {"--problems": problems, "--near": near, "--unlike": unlike}
    if len(several := [flag for flag, given in flags.items() if given]) > 1:
        raise typer.BadParameter(
            _("{options} exclude each other: give one of them").format(options=_(" and ").join(several))
        )
    table = load_table(file, where, min_labels=1, tell=False)
    if edits is not None:
        table = edit_table(table, edits, tell=not json)

    if problems:
        _show_problems(table, json)
    elif near:
        show_near(find_near_duplicates(table), json)
    elif unlike:
        show_unlike(find_unlike(table), json)
    else:
        _show_summary(table, json)


def _show_summary(table: NameTable, json: bool) -> None:
    from namecls.data.doubts import find_doubts
    from namecls.data.inspection import inspect_table
    from namecls.edits.applying import EditedTable

    summary = inspect_table(table)
    doubts = find_doubts(table, summary.different)
    alike = Alike.of(table)
    if json:
        told = [asdict(doubt) for doubt in doubts]
        of_edits = {}
        if isinstance(table, EditedTable):
            of_edits = {"edits": to_json(table), "labels_in_file": table.original.label_counts}
        show_json(
            {
                **summary.to_json(),
                "doubts": told,
                **alike.to_json(),
                "read_as": {"told": table.layout.told, **asdict(table.layout)},
                **of_edits,
            }
        )
    else:
        _show(summary, doubts, alike, table)


@with_columns
def sample(
    file: File = None,
    label: Annotated[
        str | None, typer.Option("--label", "-l", metavar="LABEL", help="Only names of this label.")
    ] = None,
    rows: Annotated[int, typer.Option("-n", min=1, metavar="ROWS", help="How many.")] = 20,
    seed: Annotated[int, typer.Option(min=0, help="Which ones.")] = 0,
    where: Columns = ANYHOW,
    edits: EditsHere = None,
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
    if edits is not None:
        table = edit_table(table, edits)
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
    return _("{file}: no row has the label {label!r}; it has labels such as {others}").format(
        file=table.title, label=label, others=_(", ").join(similar)
    )


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
    spread = translated(N_("{least:,g} to {most:,g}, median {median:,g}")).format(
        least=weights.least, most=weights.most, median=weights.median
    )
    return [[N_("weights, together"), f"{weights.total:,.10g}"], [N_("weight of a row"), spread]]


def _by_edits(table: NameTable) -> tuple[list[list[str]], dict[str, int]]:
    """What edits make of a table: lines for its summary, and by how many rows each label has more; of all labels."""
    from namecls.edits.applying import EditedTable

    if not isinstance(table, EditedTable):
        return [], {}
    before, now = table.original.label_counts, table.label_counts
    dropped = len(table.original) - len(table)
    rows = [
        [N_("rows that edits drop"), f"{dropped:,}"],
        [N_("rows that edits change"), f"{len(table.changes) - dropped:,}"],
    ]
    return rows, {label: now.get(label, 0) - before.get(label, 0) for label in (*now, *before)}


def _show(summary: Summary, doubts: Sequence[Doubt], alike: Alike, table: NameTable) -> None:
    lengths, (of_edits, changes) = summary.lengths, _by_edits(table)
    told = _("{rows}, {labels}").format(rows=rows_of(summary.rows), labels=labels_of(len(summary.labels)))
    show((table.title, "bold"), f"  {told}")
    show((_("read as "), "dim"), table.layout.told)
    length = translated(N_("{shortest} to {longest}, mean {mean:.1f}"))
    characters = translated(N_("{characters:,}, {unusual:,} unusual"))
    show_table(
        [Column("", words=True), Column("", True)],
        [
            [N_("different names"), f"{summary.names:,}"],
            [N_("exact duplicates"), f"{summary.duplicate_rows:,}"],
            [N_("names under several labels"), f"{len(summary.ambiguous):,}"],
            *alike.counts(),
            [N_("lines that can't be used"), f"{len(summary.bad_lines):,}"],
            [
                N_("length of a name"),
                length.format(shortest=lengths.shortest, longest=lengths.longest, mean=lengths.mean),
            ],
            [
                N_("characters"),
                characters.format(characters=len(summary.characters), unusual=len(summary.unusual)),
            ],
            *_weights(summary),
            *of_edits,
        ],
    )
    for doubt in doubts:
        show((doubt.text, "bold yellow"))
    if summary.bad_lines:
        show("")
        show((_("Lines that can't be used"), "bold yellow"))
        for bad in summary.bad_lines[:FIRST_BAD_LINES]:
            show(
                _("  line {line}: {problem}").format(line=bad.line, problem=bad.reason),
                ": ",
                (bad.text[:30], "dim"),
            )
        if len(summary.bad_lines) > FIRST_BAD_LINES:
            show(all_of_them("--problems"))
    if summary.ambiguous:
        show("")
        show((_("Names under several labels"), "bold"))
        for found in summary.ambiguous[:_EXAMPLES]:
            shown = [f"{entry.label} {entry.rows}" for entry in found.labels[:_LABELS]]
            left = len(found.labels) - _LABELS
            more = [_("... {more:,} more").format(more=left)] if left > 0 else []
            show(f"  {found.name}: {_(', ').join(shown + more)}")
    alike.show()
    if summary.unusual:
        show("")
        show((_("Unusual characters"), "bold"))
        for character in summary.unusual[:_EXAMPLES]:
            times = counted(character.count, "{n:,} time", "{n:,} times")
            show("  ", _("{character}, {times}").format(character=character.title, times=times))
    show("")
    ascii_only = not output().encoding.lower().startswith("utf")
    largest = summary.largest.rows
    columns = [N_("rows"), N_("different"), N_("share"), *([N_("by edits")] if changes else [])]
    titles = [Column("label"), *(Column(title, True) for title in columns)]
    counted_here = summary.labels[: _MOST_LABELS if is_terminal() else None]
    gone = (LabelCount(label, 0) for label in changes if label not in summary.different)
    lines = [
        [
            *(entry.label, f"{entry.rows:,}", f"{summary.different.get(entry.label, 0):,}"),
            f"{entry.rows / summary.rows * 100:.1f} %",
            *([f"{changes[entry.label]:+,}" if changes[entry.label] else ""] if changes else []),
        ]
        for entry in (*counted_here, *gone)
    ]
    if is_terminal():
        titles.append(Column("", style="cyan"))
        for line, entry in zip(lines, counted_here, strict=False):
            line.append(bar(entry.rows / largest, _BAR_WIDTH, ascii_only=ascii_only))
    show_table(titles, [line + [""] * (len(titles) - len(line)) for line in lines])
    if is_terminal() and len(summary.labels) > _MOST_LABELS:
        more_labels = counted(len(summary.labels) - _MOST_LABELS, "{n:,} more label", "{n:,} more labels")
        show(_("... and {labels}; all of them: --json").format(labels=more_labels))
