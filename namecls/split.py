"""Train, validation and test: stratified by label, grouped by name, fixed by the seed.

All rows of one name (`text.name_key`) stand on one side, whatever their labels. A name under several labels
counts for the rarest of them. Among the names that count for a label the order is that of a hash of seed and name:
the first go to the test side, the next to validation, the others are trained on. So the split is the same for any
order of the rows, with or without duplicates, on any machine and with any version of any library.

A label with three names or more has at least one on each side; with one or two, all are trained on.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from namecls.data import NameTable
from namecls.errors import DataError
from namecls.text import name_key

if TYPE_CHECKING:
    import polars as pl

TRAIN, VALID, TEST = SIDES = ("train", "valid", "test")


@dataclass(frozen=True, eq=False)
class Splits:
    """Three tables. Made by `split_table` they share no name; see `shared_names` for a user's own."""

    train: NameTable
    validation: NameTable
    test: NameTable

    @property
    def sides(self) -> tuple[tuple[str, NameTable], ...]:
        """Each side's name with its table."""
        return (TRAIN, self.train), (VALID, self.validation), (TEST, self.test)

    @cached_property
    def digest(self) -> str:
        """A SHA-256 of which name with which label stands where, whatever the order of the rows."""
        import polars as pl

        found = hashlib.sha256()
        for side, table in self.sides:
            line = pl.concat_str("name", pl.col("label").cast(pl.String), separator="\t")
            found.update(f"{side} {len(table)}\n".encode())
            found.update("\n".join(table.frame.select(line).to_series().sort()).encode())
        return found.hexdigest()


@dataclass(frozen=True, slots=True)
class SharedName:
    """A name that stands on more than one side, as its key, and these sides."""

    name: str
    sides: tuple[str, ...]


def split_table(
    table: NameTable, *, seed: int = 0, valid_fraction: float = 0.1, test_fraction: float = 0.1
) -> Splits:
    """The table in three, each part in the order of the file.

    :raises DataError: if there are too few names for three sides.
    """
    import polars as pl

    sides = side_of_rows(table, seed=seed, valid_fraction=valid_fraction, test_fraction=test_fraction)
    train, validation, test = (table.with_frame(table.frame.filter(sides == pl.lit(side))) for side in SIDES)
    if not (len(train) and len(validation) and len(test)):
        raise DataError(
            f"{table.source}: expected a label with three different names at least, found none; "
            "the rows can't be split into training, validation and test"
        )
    return Splits(train, validation, test)


def side_of_rows(
    table: NameTable, *, seed: int = 0, valid_fraction: float = 0.1, test_fraction: float = 0.1
) -> pl.Series:
    """Where each row of the table belongs: ``train``, ``valid`` or ``test``.

    *Shape:* (rows,), an Enum
    """
    import polars as pl

    rows = pl.DataFrame({"key": name_keys(table.frame["name"]), "label": table.frame["label"]})
    pairs = rows.unique()
    rarity = pairs.group_by("label").len("names").sort("names", "label").with_row_index("rarity")
    strata = pairs.join(rarity, on="label").group_by("key").agg(pl.col("rarity").min())
    strata = strata.with_columns(rank=pl.Series(_ranks(strata["key"], seed))).sort("rarity", "rank", "key")
    place = pl.int_range(pl.len()).over("rarity")
    count = pl.len().over("rarity")
    test, valid = _share(count, test_fraction), _share(count, valid_fraction)
    # However large the two shares are, one name stays to be trained on.
    test = pl.min_horizontal(test, (count - 1) - pl.min_horizontal(valid, 1))
    valid = pl.min_horizontal(valid, count - 1 - test)
    sides = strata.select(
        "key",
        side=pl.when((count < 3) | (place >= test + valid))
        .then(pl.lit(TRAIN))
        .when(place < test)
        .then(pl.lit(TEST))
        .otherwise(pl.lit(VALID))
        .cast(pl.Enum(SIDES)),
    )
    return rows.join(sides, on="key", how="left", maintain_order="left")["side"]


def name_keys(names: pl.Series) -> pl.Series:
    """`text.name_key` of each name; the many that are ASCII without a detour through Python."""
    import polars as pl

    ascii_only = names.str.len_bytes() == names.str.len_chars()
    keys = names.str.to_lowercase()
    if ascii_only.all():
        return keys
    others = names.filter(~ascii_only)
    folded = pl.Series([name_key(name) for name in others], dtype=pl.String)
    return keys.scatter((~ascii_only).arg_true(), folded)


def deduplicate(table: NameTable) -> NameTable:
    """The first row of each exact pair of name and label."""
    return table.with_frame(table.frame.unique(["name", "label"], keep="first", maintain_order=True))


def shared_names(splits: Splits) -> tuple[SharedName, ...]:
    """The names that stand on more than one side, sorted: what a test must not share with the training."""
    import polars as pl

    keys = pl.concat(
        pl.DataFrame({"key": name_keys(table.frame["name"])}).unique().with_columns(side=pl.lit(side))
        for side, table in splits.sides
    )
    shared = (
        keys.group_by("key", maintain_order=True)
        .agg("side")
        .filter(pl.col("side").list.len() > 1)
        .sort("key")
    )
    return tuple(SharedName(key, tuple(sides)) for key, sides in shared.iter_rows())


def _ranks(keys: pl.Series, seed: int) -> list[bytes]:
    start = hashlib.blake2b(str(seed).encode() + b"\0", digest_size=8)
    ranks = []
    for key in keys:
        digest = start.copy()
        digest.update(key.encode())
        ranks.append(digest.digest())
    return ranks


def _share(count: pl.Expr, fraction: float) -> pl.Expr:
    import polars as pl

    return pl.max_horizontal((count * fraction + 0.5).floor().cast(pl.Int64), pl.lit(1, pl.Int64))
