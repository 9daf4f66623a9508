"""Looking through a table: search, filter, sort, one page at a time, and what is wrong with it.

A `Catalog` prepares a table once; each query then costs a scan over one column. Nothing but a page ever becomes
Python objects, so a million rows are as near as a hundred.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from namecls.data import BadLine, NameTable
from namecls.inspection import Ambiguous, Duplicate, LabelCount, ambiguous_names, duplicate_pairs
from namecls.split import side_of_rows

if TYPE_CHECKING:
    import polars as pl

Sort = Literal["file", "name", "label", "length"]
SORTS: tuple[Sort, ...] = ("file", "name", "label", "length")

Kind = Literal["bad lines", "duplicates", "several labels"]
KINDS: tuple[Kind, ...] = ("bad lines", "duplicates", "several labels")
Problem = BadLine | Duplicate | Ambiguous

#: Letters whose stroke or shape no Unicode decomposition takes away.
_PLAIN = dict(zip("łøđħŧıðəŋʻʼ‘’", "lodhtiden''''", strict=True)) | {
    "ß": "ss",
    "æ": "ae",
    "œ": "oe",
    "þ": "th",
}


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked of a table.

    :param search: a part of the name, in any case, with or without its accents.
    :param label: only this label; None: all.
    :param sort: ``file``: as in the file; ``name``, ``label``, ``length`` (then by name).
    """

    search: str = ""
    label: str | None = None
    sort: Sort = "name"
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A row as it is shown. `split` is empty as long as nobody asked for the sides."""

    line: int
    name: str
    label: str
    split: str
    also: tuple[str, ...]  # the other labels of this name


@dataclass(frozen=True, slots=True)
class Details:
    """All about a name: its rows (the first `ROWS_OF_DETAILS`), rows per label, and how else it is spelled."""

    name: str
    rows: tuple[Row, ...]
    labels: tuple[LabelCount, ...]  # the one with most rows first
    spellings: tuple[str, ...]  # the names that differ in nothing but case and accents


ROWS_OF_DETAILS = 1000
_SPELLINGS = 50


class Selection:
    """The answer to a query: which rows, in which order.

    :param labels: rows per label of what was searched for, whatever the label asked for, the largest label of
        the table first.
    """

    def __init__(
        self, catalog: Catalog, query: Query, rows: pl.Series, labels: tuple[LabelCount, ...]
    ) -> None:
        self.query = query
        self.labels = labels
        self._catalog = catalog
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    def rows(self, start: int, stop: int) -> list[Row]:
        """The rows from `start` to before `stop`, fewer if there are fewer."""
        return self._catalog.rows(self._rows[max(start, 0) : max(stop, 0)])


class Catalog:
    """A table made ready for queries."""

    def __init__(self, table: NameTable) -> None:
        self.table = table
        self._sides: pl.Series | None = None
        self._orders: dict[Sort, pl.Series] = {}

    @cached_property
    def _folded(self) -> pl.Series:
        return fold(self.table.frame["name"])

    @property
    def has_sides(self) -> bool:
        """Whether rows come with the side of the split that they stand on."""
        return self._sides is not None

    def find_sides(self, seed: int = 0, valid_fraction: float = 0.1, test_fraction: float = 0.1) -> None:
        """Learn where each row belongs. It takes about a second for a million rows, and is not needed to start."""
        self._sides = side_of_rows(
            self.table, seed=seed, valid_fraction=valid_fraction, test_fraction=test_fraction
        )

    def select(self, query: Query) -> Selection:
        """The rows that a query asks for."""
        import polars as pl

        frame = self.table.frame
        wanted_text = query.search.encode(errors="replace").decode()  # half characters are in no name
        search = fold(pl.Series([wanted_text], dtype=pl.String))[0]
        found = self._folded.str.contains(search, literal=True) if search else None
        labels = self._label_counts(found)
        wanted = found
        if query.label is not None:
            right = frame["label"] == query.label
            wanted = right if found is None else found & right
        if query.sort == "file":
            rows = (
                pl.int_range(frame.height, dtype=pl.UInt32, eager=True)
                if wanted is None
                else wanted.arg_true()
            )
        else:
            rows = self._order(query.sort)
            if wanted is not None:
                rows = rows.filter(wanted.gather(rows))
        return Selection(self, query, rows.reverse() if query.descending else rows, labels)

    def rows(self, places: pl.Series) -> list[Row]:
        """The rows at these places of the table."""
        page = self.table.frame[places]
        sides = [""] * page.height if self._sides is None else self._sides.gather(places).to_list()
        labels = self._labels_of(page["name"])
        return [
            Row(line, name, label, side, tuple(other for other in labels[name] if other != label))
            for (line, name, label), side in zip(page.iter_rows(), sides, strict=True)
        ]

    def details(self, name: str) -> Details:
        """All rows of a name, exactly as it is spelled, and its other spellings."""
        import polars as pl

        names = self.table.frame["name"]
        here = names == name
        counts = self.table.frame["label"].filter(here).value_counts(name="rows")
        alike = self._folded == fold(pl.Series([name], dtype=pl.String))[0]
        return Details(
            name=name,
            rows=tuple(self.rows(here.arg_true()[:ROWS_OF_DETAILS])),
            labels=tuple(
                LabelCount(label, rows)
                for label, rows in sorted(counts.iter_rows(), key=lambda found: (-found[1], found[0]))
            ),
            spellings=tuple(names.filter(alike & ~here).unique().sort()[:_SPELLINGS]),
        )

    def problem_count(self, kind: Kind) -> int:
        """How many problems of a kind there are: lines, pairs, or names."""
        if kind == "bad lines":
            return len(self.table.bad_lines)
        return self._duplicates.height if kind == "duplicates" else self._ambiguous.height

    @property
    def repeated_rows(self) -> int:
        """How many rows say again what a row before them said."""
        return int(self._duplicates["rows"].sum()) - self._duplicates.height

    def problems(self, kind: Kind, start: int, stop: int) -> list[Problem]:
        """A page of the problems of a kind."""
        if kind == "bad lines":
            return list(self.table.bad_lines[start:stop])
        if kind == "duplicates":
            return [Duplicate(*row) for row in self._duplicates[start:stop].iter_rows()]
        return [
            Ambiguous(name, tuple(map(LabelCount, labels, rows)))
            for name, labels, rows in self._ambiguous[start:stop].iter_rows()
        ]

    @cached_property
    def _duplicates(self) -> pl.DataFrame:
        return duplicate_pairs(self.table)

    @cached_property
    def _ambiguous(self) -> pl.DataFrame:
        return ambiguous_names(self.table)

    def _label_counts(self, found: pl.Series | None) -> tuple[LabelCount, ...]:
        totals = self.table.label_counts
        if found is None:
            return tuple(LabelCount(label, rows) for label, rows in totals.items())
        counts = dict(self.table.frame["label"].filter(found).value_counts().iter_rows())
        return tuple(LabelCount(label, counts.get(label, 0)) for label in totals)

    def _order(self, sort: Sort) -> pl.Series:
        """The places of all rows in this order; kept, since every query by this sort needs it."""
        import polars as pl

        if sort not in self._orders:
            if sort == "name":
                keys = self._folded
            elif sort == "label":
                # By rank, since a million small numbers sort faster than as many words.
                keys = self.table.frame["label"].cast(pl.Enum(self.table.labels)).to_physical()
            else:
                keys = self.table.frame["name"].str.len_chars()
            before = None if sort == "name" else self._order("name")
            frame = pl.DataFrame({"key": keys if before is None else keys.gather(before)})
            found = frame.select(pl.arg_sort_by("key", maintain_order=True)).to_series()
            self._orders[sort] = found if before is None else before.gather(found)
        return self._orders[sort]

    def _labels_of(self, names: pl.Series) -> dict[str, list[str]]:
        import polars as pl

        rows = self.table.frame.lazy().filter(pl.col("name").is_in(names.unique().implode()))
        return dict(
            rows.select("name", pl.col("label").cast(pl.String))
            .unique()
            .sort("label")
            .group_by("name")
            .agg("label")
            .collect()
            .iter_rows()
        )


def fold(names: pl.Series) -> pl.Series:
    """Names without case and accents: what a search compares. ``Müller`` and ``MULLER`` become ``muller``."""
    lower = names.str.to_lowercase()
    plain = lower.str.len_bytes() == lower.str.len_chars()
    if plain.all():
        return lower
    bare = lower.filter(~plain).str.normalize("NFKD").str.replace_all(r"\p{Mn}", "")
    return lower.scatter((~plain).arg_true(), bare.str.replace_many(_PLAIN))
