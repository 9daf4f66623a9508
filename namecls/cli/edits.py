"""`namecls data apply`, and what other commands say of edits."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from namecls.cli.console import counted, rows_of, say, show_json
from namecls.cli.destination import is_stdout
from namecls.cli.options import ANYHOW, FIRST_BAD_LINES, Json, all_of_them, load_table, with_columns
from namecls.data.layout import Columns
from namecls.language import _

if TYPE_CHECKING:
    from namecls.data.table import NameTable
    from namecls.edits.applying import EditedTable
    from namecls.edits.edit import Edit

FirstFile = Annotated[Path, typer.Argument(metavar="FILE", help="Names and labels.")]
EditsOf = Annotated[
    Path | None,
    typer.Option(
        "--edits",
        metavar="FILE",
        help="Edits of the data: rows dropped, relabelled ... Each row stays on its side of the split.",
        rich_help_panel="Data",
    ),
]
EditsHere = Annotated[
    Path | None,
    typer.Option(
        "--edits",
        metavar="FILE",
        help="Edits of the file, .edits.jsonl: its rows count as these have them.",
    ),
]


@with_columns
def apply(
    file: FirstFile,
    edits: Annotated[Path, typer.Option("--edits", metavar="FILE", help="The edits, .edits.jsonl.")],
    output: Annotated[
        Path,
        typer.Option("--output", "-o", metavar="FILE", help="The cleaned file; .gz packs it; -: print it."),
    ],
    where: Columns = ANYHOW,
    json: Json = False,
) -> None:
    """Write a file again with edits applied to it. The file itself is never touched.

    The format stays: text in columns, JSON lines or Parquet, and so does all
    that was not edited, to the byte. An edit means the row on its line, if name
    and label are still those that it tells; else the nearest row with these.
    What matches no row any more is told and left out.

    Examples:
      namecls data apply names.csv --edits names.edits.jsonl --output clean.csv
      namecls data apply newer.csv --edits names.edits.jsonl --output clean.csv --json
    """
    from namecls.cli.tables import table_sink
    from namecls.edits.cleaned import write_cleaned

    for path, told in (
        (file, _("--output is the file itself, which stays as it is: choose another")),
        (edits, _("--output is the edits, which stays as it is: choose another")),
    ):
        if not is_stdout(output) and output.exists() and path.exists() and output.samefile(path):
            raise typer.BadParameter(told)
    if json and is_stdout(output):
        raise typer.BadParameter(_("--json and the cleaned file can't both be printed: give --output a file"))
    edited = edit_table(load_table(file, where, min_labels=1), edits, tell=not json)
    with table_sink(output) as out:
        write_cleaned(edited, out)
    if json:
        show_json(to_json(edited, all_of=True))
    elif not is_stdout(output):
        say(
            _("written: {file}, {rows} of {all:,}").format(
                file=output, rows=rows_of(len(edited)), all=len(edited.original)
            )
        )


def edit_table(table: NameTable, path: Path, *, tell: bool = True) -> EditedTable:
    """A table with the edits of a file.

    :param tell: say on standard error what they are, and which match no row any more.
    :raises DataError: if they can't be read, or leave nothing of it.
    """
    from namecls.edits.applying import apply_edits
    from namecls.edits.patch import describe, read_patch

    patch = read_patch(path)
    edited = apply_edits(table, patch)
    if patch.cut_off:
        say(f"{path}: {patch.cut_off}", style="yellow")
    if tell:
        say(f"{table.title}: {describe(patch.edits)}", style="dim")
        _tell_unmatched(edited.unmatched, table.title)
    return edited


def to_json(edited: EditedTable, *, all_of: bool = False) -> dict[str, Any]:
    """What was made of a table, for machines.

    :param all_of: every edit that matched none, not their number alone.
    """
    found: dict[str, Any] = {
        "edits": {"file": edited.patch.file, "sha256": edited.patch.sha256, "edits": len(edited.patch.edits)},
        "data": {"file": edited.title, "sha256": edited.sha256},
        "rows": len(edited.original),
        "rows_left": len(edited),
        "rows_edited": len(edited.changes),
    }
    unmatched = [
        {"op": edit.op, "line": edit.line, "name": edit.name, "label": edit.label, "to": edit.to}
        for edit in edited.unmatched
    ]
    return {**found, "unmatched": unmatched if all_of else len(unmatched)}


def _tell_unmatched(edits: Sequence[Edit], title: str) -> None:
    if not edits:
        return
    told = counted(
        len(edits), "{n:,} edit matches no row and is left out:", "{n:,} edits match no row and are left out:"
    )
    say(f"{title}: {told}", style="yellow")
    for edit in edits[:FIRST_BAD_LINES]:
        row = f"{edit.label!r}"
        if edit.of_row:
            row = _("line {line}, {name!r}, {label!r}").format(
                line=edit.line, name=edit.name, label=edit.label
            )
        say(f"  {edit.op} {row}")
    if len(edits) > FIRST_BAD_LINES:
        say(all_of_them("namecls data apply --json"))
