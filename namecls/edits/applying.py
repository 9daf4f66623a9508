"""Edits applied to a table: which rows they mean, what becomes of these, and what no longer matches."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import TYPE_CHECKING

from namecls.data.table import NameTable
from namecls.edits.edit import Edit
from namecls.edits.patch import Patch
from namecls.errors import DataError
from namecls.language import _
from namecls.text import safe

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, eq=False, kw_only=True)
class EditedTable(NameTable):
    """The rows of a file with edits: relabelled, corrected, and without those that were dropped.

    Lines are those of the file, and so is its hash.

    :param original: the rows as they stand in the file.
    :param patch: the edits.
    :param unmatched: those of them that concern no row.
    """

    original: NameTable
    patch: Patch
    unmatched: tuple[Edit, ...] = ()

    def __repr__(self) -> str:
        return f"<EditedTable {safe(self.title, 60)}: {len(self):,} rows, {len(self.changes):,} edited>"

    @cached_property
    def changes(self) -> pl.DataFrame:
        """The rows of the original that are other ones now: ``line``, ``name``, ``label`` as they were, ``new_name``,
        ``new_label`` as they are; null where the row was dropped."""
        import polars as pl

        label = pl.col("label").cast(pl.String)
        new = self.frame.select("line", new_name="name", new_label=label)
        both = self.original.frame.select("line", "name", label).join(
            new, on="line", how="left", maintain_order="left"
        )
        same = (pl.col("name") == pl.col("new_name")) & (pl.col("label") == pl.col("new_label"))
        return both.filter(~same.fill_null(False))


def apply_edits(table: NameTable, patch: Patch) -> EditedTable:
    """Apply edits to the rows of a file.

    An edit of a row means the one on its line, if it has its name and label still; else the nearest with this name and
    label that no other edit means. Edits count in their order: of two of one row the later, so that what is kept,
    relabelled or corrected is dropped no more; and a label is renamed where a row has it by then.

    :raises DataError: if the table is edited already, or nothing is left of it.
    """
    import numpy as np
    import polars as pl

    if isinstance(table, EditedTable):
        raise DataError(
            _("{source}: was edited already, and edits are of a file as it is").format(source=table.source)
        )
    rows = find_rows(table, patch.edits)
    codes_of = {label: code for code, label in enumerate(table.labels)}
    codes = table.frame["label"].cast(pl.Enum(table.labels)).to_physical().to_numpy().astype(np.int64)
    stays = np.ones(len(table), bool)
    names: dict[int, str] = {}
    unmatched = []
    for edit, row in zip(patch.edits, rows, strict=True):
        if not edit.of_row:
            old, new = codes_of.get(edit.label, -1), codes_of.setdefault(edit.to, len(codes_of))
            here = (codes == old) & stays
            if not here.any():
                unmatched.append(edit)
            codes[here] = new
        elif row is None:
            unmatched.append(edit)
        elif edit.op == "relabel":
            codes[row] = codes_of.setdefault(edit.to, len(codes_of))
            stays[row] = True
        elif edit.op == "correct":
            names[row] = edit.to
            stays[row] = True
        else:
            stays[row] = edit.op == "keep"
    labels = pl.Series("label", list(codes_of), dtype=pl.String).gather(codes).cast(pl.Categorical)
    frame = table.frame.with_columns(labels)
    if names:
        frame = frame.with_columns(table.frame["name"].scatter(list(names), list(names.values())))
    frame = frame.filter(stays)
    if frame.is_empty():
        raise DataError(
            _("{file}: its edits drop every row of {title}; undo some of them").format(
                file=patch.file, title=table.title
            )
        )
    values = {each.name: getattr(table, each.name) for each in fields(NameTable)}
    return EditedTable(**{**values, "frame": frame}, original=table, patch=patch, unmatched=tuple(unmatched))


def find_rows(table: NameTable, edits: Sequence[Edit]) -> list[int | None]:
    """The position in a table of the row that each edit means; None: there is none, or it means no row."""
    wanted = {(edit.name, edit.label) for edit in edits if edit.of_row}
    places = _places(table, wanted) if wanted else {}
    found: list[int | None] = [None] * len(edits)
    of_pair: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for at, edit in enumerate(edits):
        if edit.of_row:
            of_pair[edit.name, edit.label].append(at)
    for pair, group in of_pair.items():
        row_of_line = places.get(pair, {})
        asked = dict.fromkeys(edits[at].line for at in group)
        free = [line for line in row_of_line if line not in asked]  # by rising line
        meant = {line: row_of_line[line] for line in asked if line in row_of_line}
        for line in asked:
            if line not in meant and free:
                meant[line] = row_of_line[free.pop(_nearest(free, line))]
        for at in group:
            found[at] = meant.get(edits[at].line)
    return found


def _places(table: NameTable, wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], dict[int, int]]:
    """The rows with these names and labels: of each pair the position by line, lines rising."""
    import polars as pl

    names, labels = zip(*wanted, strict=True)
    pairs = pl.DataFrame({"name": names, "label": labels}, schema={"name": pl.String, "label": pl.String})
    rows = table.frame.select("line", "name", pl.col("label").cast(pl.String)).with_row_index("row")
    found: defaultdict[tuple[str, str], dict[int, int]] = defaultdict(dict)
    for row, line, name, label in rows.join(pairs, on=["name", "label"], how="semi").sort("line").iter_rows():
        found[name, label][line] = row
    return found


def _nearest(lines: Sequence[int], line: int) -> int:
    """The place of the line among rising ones that is nearest."""
    at = bisect_left(lines, line)
    if at == len(lines) or (at and line - lines[at - 1] <= lines[at] - line):
        return at - 1
    return at
