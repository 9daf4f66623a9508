"""The split of an edited table: all rows stand where they would stand without the edits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from namecls.data.split import SIDES, Splits, deduplicate, side_of_rows
from namecls.edits.applying import EditedTable
from namecls.errors import DataError
from namecls.language import _
from namecls.normalization import NEWEST, name_keys

if TYPE_CHECKING:
    import polars as pl


def split_edited(
    table: EditedTable,
    *,
    seed: int = 0,
    valid_fraction: float = 0.1,
    test_fraction: float = 0.1,
    rules: int = NEWEST,
    once: bool = True,
) -> Splits:
    """Split an edited table as `split_table` splits the file without its edits.

    Each name stays on its side, whatever its label is now, since shares of labels that have changed would move others.
    A corrected name goes to the side on which the file has it; if the file has not, it stays, together with all that
    are corrected to it.

    :param once: whether exact duplicates count once; what is a duplicate by its edit, too.
    :raises DataError: if a side is left without a row.
    """
    import polars as pl

    original = deduplicate(table.original, rules) if once else table.original
    sides = side_of_rows(
        original, seed=seed, valid_fraction=valid_fraction, test_fraction=test_fraction, rules=rules
    )
    known = pl.DataFrame({"key": name_keys(original.frame["name"], rules), "side": sides}).unique("key")
    edited = deduplicate(table, rules) if once else table
    was = table.original.frame.select("line", was=name_keys(table.original.frame["name"], rules))
    rows = (
        edited.frame.select("line", key=name_keys(edited.frame["name"], rules))
        .join(known, on="key", how="left", maintain_order="left")
        .join(was, on="line", how="left", maintain_order="left")
        .join(known.rename({"key": "was", "side": "old"}), on="was", how="left", maintain_order="left")
        .with_columns(side=pl.coalesce("side", pl.col("old").first().over("key")))
    )
    parts = [edited.with_frame(edited.frame.filter(rows["side"] == pl.lit(side))) for side in SIDES]
    for side, part in zip(("training", "validation", "test"), parts, strict=True):
        if not len(part):
            raise DataError(
                _("{file}: its edits leave no {side} row of {title}; undo some of them").format(
                    file=table.patch.file, side=side, title=table.title
                )
            )
    return Splits(*parts)


def are_edited(table: EditedTable, rows: pl.DataFrame) -> pl.Series:
    """Which rows of a part of an edited table have another name or label than in the file. *Shape:* (rows,)"""
    return rows["line"].is_in(table.changes["line"].implode())
