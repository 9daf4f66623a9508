"""Split into training, validation and test rows: stratified by label, grouped by name, fixed by the seed.

All rows of one name (`normalization.name_key`) stand on one side, whatever their labels. A name under several labels
counts for the rarest of them. Among the names that count for a label the order is that of a hash of seed and name:
the first go to the test side, the next to validation, the others are trained on. So the split is the same for any
order of the rows, with or without duplicates, on any machine and with any version of any library.

A label with three names or more has at least one on each side; with one or two, all are trained on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from namecls.data.table import REPEATS, NameTable
from namecls.errors import DataError
from namecls.language import _
from namecls.normalization import NEWEST, name_keys, spellings
from namecls.text import safe

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

    Ranks = NDArray[np.uint64]
    Counts = NDArray[np.int64]

TRAIN, VALID, TEST = SIDES = ("train", "valid", "test")
_MOST_PEOPLE = 10**9 - 1  # of one label, that numpy can draw from
_BLOCK = 100_000  # rows that are hashed at once


@dataclass(frozen=True, eq=False)
class Splits:
    """Three tables. Made by `split_table` they share no name; see `shared_names` for a user's own."""

    train: NameTable
    validation: NameTable
    test: NameTable
    # Whether people were held out, whose names may stand on several sides.
    by_rows: bool = field(default=False, kw_only=True)

    def __repr__(self) -> str:
        rows = (
            f"{len(self.train):,} training, {len(self.validation):,} validation, {len(self.test):,} test rows"
        )
        return f"<Splits of {safe(self.train.title, 60)}: {rows}>"

    @property
    def sides(self) -> tuple[tuple[str, NameTable], ...]:
        """Each side's name with its table."""
        return (TRAIN, self.train), (VALID, self.validation), (TEST, self.test)

    @cached_property
    def digest(self) -> str:
        """A SHA-256 of which name with which label stands where, whatever the order of the rows.

        Where a row may be divided among the sides, its part is told too.
        """
        import polars as pl

        found = hashlib.sha256()
        for side, table in self.sides:
            cells = ["name", pl.col("label").cast(pl.String)]
            if self.by_rows and table.bearers is not None:
                cells.append(pl.lit(table.bearers).cast(pl.String))
            line = pl.concat_str(cells, separator="\t")
            found.update(f"{side} {len(table)}\n".encode())
            for place, block in enumerate(in_blocks(table.frame.select(line).to_series().sort())):
                found.update(("\n" * bool(place) + "\n".join(block)).encode())
        return found.hexdigest()


@dataclass(frozen=True, slots=True)
class SharedName:
    """A name that stands on more than one side, as its key, and these sides."""

    name: str
    sides: tuple[str, ...]


def split_table(
    table: NameTable,
    *,
    seed: int = 0,
    valid_fraction: float = 0.1,
    test_fraction: float = 0.1,
    rules: int = NEWEST,
) -> Splits:
    """Split a table into training, validation and test rows, each in the order of the file.

    :param rules: by which names are the same, one of `normalization.RULES`.
    :raises DataError: if there are too few names for three sides.
    """
    import polars as pl

    sides = side_of_rows(
        table, seed=seed, valid_fraction=valid_fraction, test_fraction=test_fraction, rules=rules
    )
    train, validation, test = (table.with_frame(table.frame.filter(sides == pl.lit(side))) for side in SIDES)
    if not (len(train) and len(validation) and len(test)):
        raise DataError(
            _(
                "{source}: expected a label with three different names at least, found none; the rows "
                "can't be split into training, validation and test"
            ).format(source=table.source)
        )
    return Splits(train, validation, test)


def split_rows(
    table: NameTable, *, seed: int = 0, valid_fraction: float = 0.1, test_fraction: float = 0.1
) -> Splits:
    """Split a table row by row, stratified by label, names not grouped.

    A name in several rows can be in training and test rows: only for comparison with published figures.

    :raises DataError: if there are too few rows for three sides.
    """
    import numpy as np
    import polars as pl

    shuffled = np.random.default_rng(seed).permutation(len(table))
    codes = table.frame["label"].cast(pl.Enum(table.labels)).to_physical().to_numpy()[shuffled]
    by_label = codes.argsort(kind="stable")
    sizes = np.bincount(codes, minlength=len(table.labels))
    test, valid = _shares(sizes, valid_fraction, test_fraction)
    place = np.empty_like(by_label)
    place[by_label] = np.arange(len(codes)) - np.repeat(sizes.cumsum() - sizes, sizes)
    side = (place < (test + valid)[codes]).astype(np.uint8) + (place < test[codes])
    parts = [table.with_frame(table.frame[np.sort(shuffled[side == number])]) for number in range(3)]
    if not all(map(len, parts)):
        raise DataError(
            _(
                "{source}: expected a label with three rows at least, found none; the rows can't be "
                "split into training, validation and test"
            ).format(source=table.source)
        )
    return Splits(*parts)


def split_people(
    table: NameTable, *, seed: int = 0, valid_fraction: float = 0.1, test_fraction: float = 0.1
) -> Splits:
    """Split the people of a table, stratified by label: what is met of names that were met before.

    A row is as many people as `NameTable.bearers` tells, of whom some are held out and the others stay: it may stand on
    all three sides. What is left of a weight that is no whole number is trained on. The order of rows decides nothing.

    :raises DataError: if there are too few people for three sides, or too many to be drawn from.
    """
    import numpy as np
    import polars as pl

    column = "weight" if table.weights is not None else REPEATS
    frame = table.frame.sort(pl.col("label").cast(pl.String), "name", "line")
    frame = frame.with_columns(**{column: pl.lit(1.0)}) if table.bearers is None else frame
    bearers = frame[column].to_numpy()
    people = np.floor(bearers).astype(np.int64)
    codes = frame["label"].cast(pl.Enum(table.labels)).to_physical().to_numpy()
    starts = np.searchsorted(codes, np.arange(len(table.labels) + 1))
    sizes = np.add.reduceat(people, starts[:-1]) if len(people) else np.zeros(len(table.labels), np.int64)
    if sizes.max(initial=0) > _MOST_PEOPLE:
        raise DataError(
            _(
                "{source}: {sizes:,} people under one label, at most {most_people:,} can be split by "
                "rows; split by names, or scale the weights down"
            ).format(source=table.source, sizes=sizes.max(), most_people=_MOST_PEOPLE)
        )
    test, valid = np.zeros_like(people), np.zeros_like(people)
    draw = np.random.default_rng(seed).multivariate_hypergeometric
    for start, stop, n_valid, n_test in zip(
        starts[:-1], starts[1:], *_shares(sizes, valid_fraction, test_fraction), strict=True
    ):
        here = slice(start, stop)
        test[here] = draw(people[here], n_test, method="marginals")
        valid[here] = draw(people[here] - test[here], n_valid, method="marginals")

    def side(share: Any) -> NameTable:
        found = frame.with_columns(pl.Series(column, share, dtype=pl.Float64)).filter(pl.col(column) > 0)
        return table.with_frame(
            (found.drop(REPEATS) if table.bearers is None else found).sort("line", maintain_order=True)
        )

    splits = Splits(side(bearers - test - valid), side(valid), side(test), by_rows=True)
    if not all(len(each) for _, each in splits.sides):
        raise DataError(
            _(
                "{source}: expected a label with three people at least, found none; the rows can't be "
                "split into training, validation and test"
            ).format(source=table.source)
        )
    return splits


def side_of_rows(
    table: NameTable,
    *,
    seed: int = 0,
    valid_fraction: float = 0.1,
    test_fraction: float = 0.1,
    rules: int = NEWEST,
) -> pl.Series:
    """Where each row of the table belongs: ``train``, ``valid`` or ``test``.

    *Shape:* (rows,), an Enum
    """
    import numpy as np
    import polars as pl

    name_of_row, stratum, place, sizes = _strata(table, seed, rules)
    test, valid = _shares(sizes, valid_fraction, test_fraction)
    side = (place < (test + valid)[stratum]).astype(np.uint8) + (place < test[stratum])
    return pl.Series("side", SIDES, dtype=pl.Enum(SIDES)).gather(side[name_of_row])


def fold_of_rows(table: NameTable, folds: int, *, seed: int = 0, rules: int = NEWEST) -> Counts:
    """Which of the folds of a cross-validation each row belongs to, stratified by label, all rows of a name to one.

    *Shape:* (rows,)
    """
    name_of_row, _, place, _ = _strata(table, seed, rules)
    found: Counts = (place % folds)[name_of_row]
    return found


def fewer_rows(table: NameTable, rows: int, *, seed: int = 0) -> NameTable:
    """At most so many rows, stratified by label, with all rows of a name or none: to see what more data bring.

    What a smaller number takes, a larger one takes as well. Every label has a name among them if there are as many
    rows as labels.

    :raises DataError: if it leaves fewer than two labels.
    """
    import numpy as np

    if rows >= len(table):
        return table
    name_of_row, stratum, place, sizes = _strata(table, seed)
    turn = np.lexsort((-sizes[stratum], place / sizes[stratum]))
    taken = np.empty(len(turn), bool)
    taken[turn] = np.bincount(name_of_row)[turn].cumsum() <= rows
    fewer = table.with_frame(table.frame.filter(taken[name_of_row]))
    if len(fewer.labels) < 2:
        raise DataError(
            _("{source}: {rows:,} rows hold fewer than two labels: take more of them").format(
                source=table.source, rows=rows
            )
        )
    return fewer


def _strata(table: NameTable, seed: int, rules: int = NEWEST) -> tuple[Counts, Counts, Counts, Counts]:
    """The names of a table, each counted for the rarest of its labels, in an order that the seed decides.

    :return: the name of each row; the stratum of each name, its place there, and how many names each stratum has.
        *Shape:* (rows,), (names,), (names,), (labels,)
    """
    import numpy as np
    import polars as pl

    labels = table.labels
    ranks = _ranks(table.frame["name"], seed, rules)
    codes = table.frame["label"].cast(pl.Enum(labels)).to_physical().to_numpy()
    order = np.lexsort((codes, ranks))
    ranks, codes = ranks[order], codes[order]
    new_name = np.ones(len(order), bool)
    new_name[1:] = ranks[1:] != ranks[:-1]
    new_pair = new_name.copy()
    new_pair[1:] |= codes[1:] != codes[:-1]
    name_of_row = np.empty(len(order), np.int64)
    name_of_row[order] = new_name.cumsum() - 1

    rarity = np.empty(len(labels), np.int64)
    rarity[np.bincount(codes[new_pair], minlength=len(labels)).argsort(kind="stable")] = np.arange(
        len(labels)
    )
    stratum = np.minimum.reduceat(rarity[codes], np.flatnonzero(new_name)) if len(order) else rarity
    sizes = np.bincount(stratum, minlength=len(labels))
    by_stratum = stratum.argsort(kind="stable")
    place = np.empty_like(stratum)
    place[by_stratum] = np.arange(len(stratum)) - (sizes.cumsum() - sizes)[stratum[by_stratum]]
    return name_of_row, stratum, place, sizes


def _shares(sizes: Counts, valid_fraction: float, test_fraction: float) -> tuple[Counts, Counts]:
    """How many names of strata of these sizes are to test on and to validate on."""
    import numpy as np

    test, valid = (
        np.maximum(np.floor(sizes * fraction + 0.5).astype(np.int64), 1)
        for fraction in (test_fraction, valid_fraction)
    )
    # However large the two shares are, one name stays to be trained on.
    test = np.minimum(test, sizes - 2)
    valid = np.minimum(valid, sizes - 1 - test)
    large = sizes >= 3
    return test * large, valid * large


def in_blocks(texts: pl.Series, size: int = _BLOCK) -> Iterator[list[str]]:
    """The texts as lists, one after the other: a million texts at once would take ten times their own memory."""
    return (texts[start : start + size].to_list() for start in range(0, len(texts), size))


def deduplicate(table: NameTable, rules: int = NEWEST) -> NameTable:
    """The first row of each pair of name and label, where names count as one that are read as one.

    Their weights are added; of rows without weights, where some are repeated, it is counted how often each stood there.
    """
    import polars as pl

    pair = ["spelling", "label"]
    frame = table.frame.with_columns(spelling=spellings(table.frame["name"], rules))
    different = frame.unique(pair, keep="first", maintain_order=True)
    if different.height < frame.height:
        counted = {REPEATS: pl.len().cast(pl.Float64)} if table.weights is None else {}
        summed = counted or {"weight": pl.col("weight").sum()}
        frame = frame.with_columns(**{name: each.over(pair) for name, each in summed.items()})
        different = frame.unique(pair, keep="first", maintain_order=True)
    return table.with_frame(different.drop("spelling"))


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


def _ranks(names: pl.Series, seed: int, rules: int) -> Ranks:
    """A number for each name that depends on the seed and its key alone, and orders the names of a stratum.

    It stands for the name from there on, since a million numbers are far lighter than as many strings. Two names
    in 2**32 of them would share one; they would stand on one side, and that is all.
    """
    import numpy as np

    seeded = hashlib.blake2b(str(seed).encode() + b"\0", digest_size=8)

    def rank(key: str) -> int:
        digest = seeded.copy()
        digest.update(key.encode())
        return int.from_bytes(digest.digest(), "big")

    ranks = np.empty(len(names), np.uint64)
    for start in range(0, len(names), _BLOCK):
        block = names.slice(start, _BLOCK)
        ranks[start : start + len(block)] = np.fromiter(
            map(rank, name_keys(block, rules)), np.uint64, len(block)
        )
    return ranks
