"""Looking through a table: search, filter, sort, one page at a time, and what is wrong with it.

A `Catalog` prepares a table once; each query then costs a scan over one column. Nothing but a page ever becomes
Python objects, so a million rows are as near as a hundred. Told of edits, it searches, filters, sorts and counts the
rows as they are by now.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal, get_args

from namecls.data.doubts import Doubt, find_doubts
from namecls.data.inspection import (
    Ambiguous,
    Duplicate,
    LabelCount,
    LabelRows,
    ambiguous_names,
    different_rows,
    duplicate_pairs,
)
from namecls.data.near import NearDuplicate, NearDuplicates, find_near_duplicates
from namecls.data.split import side_of_rows
from namecls.data.table import BadLine, NameTable
from namecls.data.unlike import Unlike, UnlikeRows, find_unlike
from namecls.normalization import fold, spellings

if TYPE_CHECKING:
    import polars as pl

    from namecls.data.alphabet import Alphabet, Change, RowNow

Sort = Literal["file", "name", "label", "length", "weight"]
SORTS: tuple[Sort, ...] = ("file", "name", "label", "length")
#: Of a table with weights.
WEIGHTED_SORTS: tuple[Sort, ...] = (*SORTS, "weight")

PlainKind = Literal["bad lines", "duplicates", "several labels", "doubts"]
Kind = PlainKind | Literal["near, labels differ", "near, one label", "unlike"]
#: Those that are found at once; of the others many are as they should be.
PLAIN_KINDS: tuple[PlainKind, ...] = get_args(PlainKind)
KINDS: tuple[Kind, ...] = (*PLAIN_KINDS, "near, labels differ", "near, one label", "unlike")
#: Between the alternatives of a search.
OR = " | "


@dataclass(frozen=True, slots=True)
class Doubtful:
    """A label that something looks wrong with, its rows, and what; without one it is all labels."""

    label: str
    rows: int
    reason: str


Problem = BadLine | Duplicate | Ambiguous | Doubtful | NearDuplicate | Unlike


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked of a table.

    :param search: a part of the name, in any case, with or without its accents, or several with `OR` between them. In
        the order of the names, those that are what was searched for come first, then those that begin with it. A name
        that an edit corrected is found by what it is, and by what it was.
    :param label: only rows that have this label by now; None: all.
    :param sort: ``file``: as in the file; ``name``, ``label``, ``length``, ``weight`` (then by name);
        a table without weights is in the order of the names instead.
    """

    search: str = ""
    label: str | None = None
    sort: Sort = "name"
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A row as the file has it. `split` is empty as long as nobody asked for the sides."""

    line: int
    name: str
    label: str
    split: str
    also: tuple[str, ...]  # the other labels of this name, by now
    weight: float | None = None  # how often the row counts; None: the table has no weights


@dataclass(frozen=True, slots=True)
class Details:
    """All about a name: its rows (the first `ROWS_OF_DETAILS`), rows per label, and how else it is spelled."""

    name: str
    rows: tuple[Row, ...]
    labels: tuple[LabelCount, ...]  # the one with most rows first; without rows that are dropped
    spellings: tuple[str, ...]  # the names that differ in nothing but case and accents
    dropped: int = 0  # rows


_LABELS_DIFFER: dict[Kind, bool] = {"near, labels differ": True, "near, one label": False}
ROWS_OF_DETAILS = 1000
_SPELLINGS = 50


class Selection:
    """The answer to a query: which rows, in which order.

    :param ranks: of the rows, among all names in the order of the alphabet.
    :param labels: rows per label of what was searched for, whatever the label asked for: the largest label of
        the table first, last those that edits gave.
    :param dropped: how many of these rows are dropped.
    """

    def __init__(
        self, catalog: Catalog, query: Query, ranks: pl.Series, labels: tuple[LabelRows, ...], dropped: int
    ) -> None:
        self.query = query
        self.labels = labels
        self.dropped = dropped
        self._catalog = catalog
        self._ranks = ranks

    def __len__(self) -> int:
        return len(self._ranks)

    def rows(self, start: int, stop: int) -> list[Row]:
        """The rows from `start` to before `stop`, fewer if there are fewer."""
        return self._catalog.rows(self._ranks[max(start, 0) : max(stop, 0)])

    def place_of(self, line: int) -> int:
        """The place of the row on a line, which the table has; 0 if it is none of these."""
        found = (self._ranks == self._catalog.alphabet.rank_of(line)).arg_true()
        return int(found[0]) if len(found) else 0


class Catalog:
    """A table made ready for queries: its names in the order of the alphabet, without case and accents."""

    def __init__(self, table: NameTable) -> None:
        self.table = table
        self._sides: pl.Series | None = None
        self._orders: dict[Sort, pl.Series] = {}
        self._last: tuple[str, pl.Series] | None = None  # the search before, and what it found

    @cached_property
    def alphabet(self) -> Alphabet:
        """Its names, with their labels."""
        from namecls.data.alphabet import Alphabet

        return Alphabet(self.table)

    def change(self, changes: Sequence[Change], labels: Mapping[str, str] | None = None) -> None:
        """Take rows for what edits made of them; see `Alphabet.change`. Selections of before are of no use then."""
        moved, relabelled = self.alphabet.change(changes, labels)
        if moved:
            self._orders.clear()
            self._last = None
        elif relabelled:
            self._orders.pop("label", None)

    def find_sides(self, seed: int = 0, valid_fraction: float = 0.1, test_fraction: float = 0.1) -> None:
        """Learn where each row belongs. It takes about a second for a million rows, and is not needed to start."""
        self._sides = side_of_rows(
            self.table, seed=seed, valid_fraction=valid_fraction, test_fraction=test_fraction
        )

    def select(self, query: Query) -> Selection:
        """The rows that a query asks for."""
        found = self._search(query.search)
        labels, dropped = self.alphabet.count(found)
        if query.label is not None:
            found = found.filter(self.alphabet.are_of(found, query.label))
        ranks = self._sorted(found, query.sort)
        if query.descending:
            ranks = ranks.reverse()
        if query.sort == "name" and (wanted := self._wanted(query.search)):
            ranks = ranks.gather(_order(self._nearness(ranks, wanted)))
        return Selection(self, query, ranks, labels, dropped)

    def _nearness(self, ranks: pl.Series, wanted: str) -> pl.Series:
        """0 for names that are what was searched for, 1 for those that begin with it, 2 for others that hold it."""
        import polars as pl

        names = pl.lit(self.alphabet.folded.gather(ranks))
        near = pl.when(names == wanted).then(0).when(names.str.starts_with(wanted)).then(1).otherwise(2)
        return pl.select(near).to_series()

    def _wanted(self, search: str) -> str:
        """What a search looks for in folded names."""
        import polars as pl

        text = search.encode(errors="replace").decode()  # half characters are in no name
        # Blanks at its ends are asked for too.
        return str(fold(pl.Series([f"x{text}x"], dtype=pl.String))[0][1:-1])

    def _search(self, text: str) -> pl.Series:
        """The ranks of the names that hold a text. What the text before it found is enough if it goes on from that."""
        import polars as pl

        parts = [part.strip() for part in text.split(OR.rstrip())]
        if len(parts) > 1 and any(parts):
            return pl.concat([self._search(part) for part in parts if part]).unique().sort()
        wanted = self._wanted(text)
        if not wanted:
            return _all(self.table.frame.height)
        folded = self.alphabet.folded
        if self._last is not None and self._last[0] in wanted:
            among = self._last[1]
            found = among.filter(folded.gather(among).str.contains(wanted, literal=True))
        else:
            found = folded.str.contains(wanted, literal=True).arg_true()
        self._last = wanted, found
        if were := self.alphabet.were(wanted):
            return pl.concat([found, pl.Series(were, dtype=found.dtype)]).unique().sort()
        return found

    def _sorted(self, ranks: pl.Series, sort: Sort) -> pl.Series:
        """Ranks, which are given in the order of the names, in this order and then that of the names."""
        if sort == "name" or (sort == "weight" and self.table.weights is None):
            return ranks
        if len(ranks) < self.table.frame.height:
            return ranks.gather(_order(self._keys(sort).gather(ranks)))
        if sort not in self._orders:
            self._orders[sort] = _order(self._keys(sort))
        return self._orders[sort]

    def _keys(self, sort: Sort) -> pl.Series:
        """A number for each rank, to sort by: small ones sort faster than words."""
        if sort == "label":
            return self.alphabet.by_label()
        if sort == "file":
            return self.alphabet.places
        weights = self.table.weights if sort == "weight" else None
        of_place = self.alphabet.names.str.len_chars() if weights is None else weights
        return of_place.gather(self.alphabet.places)

    def rows(self, ranks: pl.Series) -> list[Row]:
        """The rows of these ranks."""
        places = self.alphabet.places.gather(ranks)
        page = self.table.frame[places]
        sides = [""] * page.height if self._sides is None else self._sides.gather(places).to_list()
        labels = self._labels_of(ranks)
        read = spellings(self.alphabet.names.gather(places))
        weights = [None] * page.height if self.table.weights is None else page["weight"].to_list()
        own = self.alphabet.label_of(ranks)
        rows = zip(
            *(page[title] for title in ("line", "name", "label")), own, read, sides, weights, strict=True
        )
        return [
            Row(line, name, label, side, tuple(other for other in labels[spelling] if other != now), weight)
            for line, name, label, now, spelling, side, weight in rows
        ]

    def _labels_of(self, ranks: pl.Series) -> dict[str, list[str]]:
        """All labels of the names of these ranks, as they are read, sorted."""
        import polars as pl

        folded = self.alphabet.folded.gather(ranks).unique()
        starts = self.alphabet.folded.search_sorted(folded, "left")
        stops = self.alphabet.folded.search_sorted(folded, "right")
        ranges = zip(starts, stops, strict=True)
        same = pl.Series([rank for start, stop in ranges for rank in range(start, stop)], dtype=pl.UInt32)
        names = spellings(self.alphabet.names.gather(self.alphabet.places.gather(same)))
        labels: dict[str, set[str]] = defaultdict(set)
        for name, label, stays in zip(
            names, self.alphabet.label_of(same), self.alphabet.stay(same), strict=True
        ):
            labels[name].update([label] if stays else ())
        return {name: sorted(found) for name, found in labels.items()}

    def rows_now(self, name: str) -> list[RowNow]:
        """The rows that have a name by now, as it is read."""
        import polars as pl

        wanted = pl.Series([name], dtype=pl.String)
        start, stop = self._range_of(fold(wanted)[0])
        read = spellings(wanted)[0]
        rows = self.alphabet.rows(range(start, stop))
        same = spellings(pl.Series([row.name for row in rows], dtype=pl.String)) == read
        return [row for row, is_same in zip(rows, same, strict=True) if is_same]

    def _range_of(self, folded: str) -> tuple[int, int]:
        """The ranks of a folded name: from, and to before."""
        alphabet = self.alphabet.folded
        return alphabet.search_sorted(folded, "left"), alphabet.search_sorted(folded, "right")

    def details(self, name: str) -> Details:
        """All rows that have a name by now, exactly as it is spelled, and its other spellings."""
        import polars as pl

        alphabet = self.alphabet
        start, stop = self._range_of(fold(pl.Series([name], dtype=pl.String))[0])
        names = alphabet.names.gather(alphabet.places[start:stop])
        here = (names == name).arg_true() + start
        stay = here.filter(alphabet.stay(here))
        counts = Counter(alphabet.label_of(stay))
        return Details(
            name=name,
            rows=tuple(self.rows(here[:ROWS_OF_DETAILS])),
            labels=tuple(
                LabelCount(label, rows)
                for label, rows in sorted(counts.items(), key=lambda found: (-found[1], found[0]))
            ),
            spellings=tuple(names.filter(names != name).unique().sort()[:_SPELLINGS]),
            dropped=len(here) - len(stay),
        )

    def problem_count(self, kind: Kind) -> int:
        """How many problems of a kind there are: lines, pairs, names, labels, groups of names, or rows."""
        if kind == "bad lines":
            return len(self.table.bad_lines)
        if kind == "doubts":
            return len(self._doubtful)
        if kind == "unlike":
            return len(self._unlike)
        if kind in _LABELS_DIFFER:
            return self._near.count(differ=_LABELS_DIFFER[kind])
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
        if kind == "doubts":
            return list(self._doubtful[start:stop])
        if kind == "unlike":
            return list(self._unlike.page(start, stop))
        if kind in _LABELS_DIFFER:
            return list(self._near.page(start, stop, differ=_LABELS_DIFFER[kind]))
        return [
            Ambiguous(name, tuple(map(LabelCount, labels, rows)))
            for name, labels, rows in self._ambiguous[start:stop].iter_rows()
        ]

    @cached_property
    def different_rows(self) -> dict[str, int]:
        """Rows of each label, exact duplicates counted once."""
        return different_rows(self.table, self._duplicates)

    @cached_property
    def doubts(self) -> tuple[Doubt, ...]:
        """What looks wrong with the labels."""
        return find_doubts(self.table, self.different_rows)

    @cached_property
    def _doubtful(self) -> list[Doubtful]:
        counts = self.table.label_counts
        return [
            Doubtful(label, counts.get(label, len(self.table)), reason)
            for doubt in self.doubts
            for label, reason in zip(doubt.labels or ("",), doubt.reasons or (doubt.text,), strict=True)
        ]

    @cached_property
    def _near(self) -> NearDuplicates:
        return find_near_duplicates(self.table)

    @cached_property
    def _unlike(self) -> UnlikeRows:
        return find_unlike(self.table)

    @cached_property
    def _duplicates(self) -> pl.DataFrame:
        return duplicate_pairs(self.table)

    @cached_property
    def _ambiguous(self) -> pl.DataFrame:
        return ambiguous_names(self.table)


def _all(count: int) -> pl.Series:
    """The ranks from 0 to before `count`."""
    import polars as pl

    return pl.int_range(count, dtype=pl.UInt32, eager=True)


def _order(keys: pl.Series) -> pl.Series:
    """The places of keys in ascending order, equal ones as they come."""
    import polars as pl

    return pl.DataFrame({"key": keys}).select(pl.arg_sort_by("key", maintain_order=True)).to_series()
