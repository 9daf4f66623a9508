"""The names of a table in the order of the alphabet, with their labels: as the file has them, or as edits make them.

The rank of a row is its place in that order. What an edit changes costs what its own rows do; a corrected name moves
to its new rank.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from namecls.data.inspection import LabelRows
from namecls.normalization import fold

if TYPE_CHECKING:
    import polars as pl
    from numpy.typing import NDArray

    from namecls.data.table import NameTable


_FEW = 1000  # rows whose ranks are looked for one by one


class Change(NamedTuple):
    """What became of a row.

    :param line: of the row, as its name and label, as the table has it.
    :param kept: whether it was looked at, and is right.
    """

    line: int
    name: str
    label: str
    new_name: str
    new_label: str
    dropped: bool = False
    kept: bool = False


@dataclass(frozen=True, slots=True)
class RowNow:
    """A row by now, and the label that it has in the file."""

    name: str
    label: str
    was: str
    stays: bool
    kept: bool


class Alphabet:
    """Names without case and accents, sorted, those that are equal as in the file; and what edits make of them.

    Spellings of one name have ranks that follow each other, so that all about a name is found without a look at the
    others.

    :ivar places: the place in the table of each rank.
    :ivar folded: the folded name of each rank.
    :ivar names: the name of each place.
    :ivar labels: the largest of the table first, then those that edits gave.
    :ivar codes: the label of each rank, as a place in `labels`.
    :ivar stays: whether each rank is not dropped.
    :ivar counts: rows of each of `labels`, without those dropped.
    :ivar kept: the places of rows that were looked at, and are right.
    :ivar is_edited: whether rows may be others than the file has.
    """

    def __init__(self, table: NameTable) -> None:
        import polars as pl

        self._table = table
        self.names = table.frame["name"]
        folded = fold(self.names)
        self.places: pl.Series = (
            pl.DataFrame({"name": folded}).select(pl.arg_sort_by("name", maintain_order=True)).to_series()
        )
        self.folded = folded.gather(self.places)
        del folded  # a million of them take as much as all that follows
        self.labels = list(table.label_counts)
        self._code_of = {label: code for code, label in enumerate(self.labels)}
        self.codes = self._in_file(self.places)
        self.stays = np.ones(len(self.codes), bool)
        self.counts = self.file_counts
        self.is_edited = False
        self.kept: set[int] = set()
        self._was: dict[int, str] = {}  # the folded name in the file of each place that was corrected

    def label_of(self, ranks: pl.Series) -> list[str]:
        """The label of each of these ranks."""
        return [self.labels[code] for code in self.codes[ranks.to_numpy()].tolist()]

    def are_of(self, ranks: pl.Series, label: str) -> pl.Series:
        """Whether each of these ranks is of a label."""
        import polars as pl

        codes = pl.Series(self.codes).gather(ranks)
        return codes == self._code_of.get(label, len(self.labels))

    def stay(self, ranks: pl.Series) -> pl.Series:
        """Whether each of these ranks is not dropped."""
        import polars as pl

        return pl.Series(self.stays[ranks.to_numpy()])

    def by_label(self) -> pl.Series:
        """The place of each rank's label among all labels, sorted by code points."""
        import polars as pl

        order = np.empty(len(self.labels), np.uint32)
        order[np.argsort(self.labels)] = np.arange(len(order))
        return pl.Series(order[self.codes])

    def count(self, ranks: pl.Series | None = None) -> tuple[tuple[LabelRows, ...], int]:
        """How many of these ranks are of each label, and how many are dropped; None: of all.

        :returns: the labels of the table, also those of which there is no row, then those that edits gave.
        """
        import polars as pl

        counts, in_file = self.counts, self.file_counts
        if ranks is not None and len(ranks) < len(self.codes):
            codes = pl.Series(self.codes).gather(ranks)
            counts = in_file = self._counted(codes)
            if self.is_edited:
                counts = self._counted(codes.filter(self.stay(ranks)))
                in_file = self._counted(pl.Series(self._in_file(self.places.gather(ranks))))
        columns = (counts, counts - in_file, self.counts == 0)
        rows = enumerate(zip(self.labels, *(column.tolist() for column in columns), strict=True))
        file = len(self._table.label_counts)
        labels = tuple(LabelRows(*row) for code, row in rows if code < file or not row[-1])
        return labels, int(in_file.sum() - counts.sum())

    @property
    def file_counts(self) -> NDArray[np.int64]:
        """Rows of each of `labels` in the file."""
        counts = np.zeros(len(self.labels), np.int64)
        counts[: len(self._table.label_counts)] = list(self._table.label_counts.values())
        return counts

    def _counted(self, codes: pl.Series) -> NDArray[np.int64]:
        """How many of the codes are of each label."""
        found = codes.value_counts(name="rows")
        counts = np.zeros(len(self.labels), np.int64)
        counts[found[codes.name].to_numpy()] = found["rows"].to_numpy()
        return counts

    def row(self, line: int) -> RowNow:
        """The row on a line, which the table has."""
        return self.rows([self.rank_of(line)])[0]

    def rank_of(self, line: int) -> int:
        """The rank of the row on a line, which the table has."""
        places, _there = self._places_of([line])
        return int(self._ranks_of(places[:1])[0])

    def rows(self, ranks: Sequence[int]) -> list[RowNow]:
        """The rows of these ranks."""
        some = np.array(ranks, np.intp)
        places = self.places.gather(some)
        columns = (each.tolist() for each in (self.codes[some], self._in_file(places), self.stays[some]))
        rows = zip(places, self.names.gather(places), *columns, strict=True)
        return [
            RowNow(name, self.labels[code], self.labels[was], stays, place in self.kept)
            for place, name, code, was, stays in rows
        ]

    def were(self, wanted: str) -> list[int]:
        """The ranks of corrected rows whose folded names in the file hold a text."""
        found = [place for place, was in self._was.items() if wanted in was]
        return self._ranks_of(found).tolist() if found else []

    def change(self, changes: Sequence[Change], labels: Mapping[str, str] | None = None) -> tuple[bool, bool]:
        """Make rows what they are by now; a row that the table has not is left out.

        :param labels: what the labels of all rows but these are by now, which are then as in the file but for that;
            None: the others stay what they are.
        :returns: whether names are others, so that ranks are; and whether labels are.
        """
        names: dict[int, str] = {}
        if labels is not None:
            names = dict(zip(self._was, self._table.frame["name"].gather(list(self._was)), strict=True))
            self._begin(labels)
        elif not self.is_edited:
            self._begin({})
        places, changes = self._find(changes)
        for place, change in zip(places, changes, strict=True):
            if change.new_name != change.name or place in self._was:
                names[place] = change.new_name
        self._rename(names)
        return bool(names), self._relabel(places, changes) or labels is not None

    def _in_file(self, places: pl.Series) -> NDArray[np.uint32]:
        """The label that the file has at each of these places, as a place in `labels`."""
        labels = self._table.frame["label"].to_physical().gather(places).to_numpy()
        codes: NDArray[np.uint32] = self._of_physical[labels]
        return codes

    @cached_property
    def _of_physical(self) -> NDArray[np.uint32]:
        """The place in `labels` of each physical value of the labels of the table."""
        distinct = self._table.frame["label"].unique()
        physical = distinct.to_physical().to_numpy()
        found = np.zeros(int(physical.max()) + 1, np.uint32)
        found[physical] = [self._code_of[label] for label in distinct]
        return found

    def _begin(self, labels: Mapping[str, str]) -> None:
        """All rows as in the file, but for renamed labels."""
        now = [self._new_code(labels.get(label, label)) for label in self._table.label_counts]
        self.codes = np.array(now, np.uint32)[self._in_file(self.places)]
        self.stays = np.ones(len(self.codes), bool)
        self.kept = set()
        self.counts = np.bincount(now, self.file_counts[: len(now)], len(self.labels)).astype(np.int64)
        self.is_edited = True

    def _new_code(self, label: str) -> int:
        if label not in self._code_of:
            self._code_of[label] = len(self.labels)
            self.labels.append(label)
            self.counts = np.append(self.counts, 0)
        return self._code_of[label]

    @cached_property
    def _by_line(self) -> tuple[NDArray[np.uint32], NDArray[np.intp] | None]:
        """Lines that rise, and the places that they are of; None: they rise in the table itself."""
        lines = self._table.frame["line"].to_numpy()
        if self._table.frame["line"].is_sorted():
            return lines, None
        order = np.argsort(lines, kind="stable")
        return lines[order], order

    def _places_of(self, lines: Sequence[int]) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
        """The place of each line, and whether there is such a line."""
        rising, order = self._by_line
        wanted = np.array(lines, np.int64)
        at = np.minimum(np.searchsorted(rising, wanted), len(rising) - 1)
        return (at if order is None else order[at]), rising[at] == wanted

    def _find(self, changes: Sequence[Change]) -> tuple[list[int], list[Change]]:
        """The places of the rows that changes are of, and those changes."""
        places, there = self._places_of([change.line for change in changes])
        rows = self._table.frame.select("name", "label")[places].iter_rows()
        found = [
            (int(place), change)
            for place, is_there, row, change in zip(places, there, rows, changes, strict=True)
            if is_there and row == (change.name, change.label)
        ]
        return [place for place, _ in found], [change for _, change in found]

    def _ranks_of(self, places: Sequence[int] | NDArray[np.intp]) -> NDArray[np.intp]:
        """The ranks of these places."""
        if len(places) > _FEW:
            ranks = np.empty(len(self.places), np.uint32)
            ranks[self.places.to_numpy()] = np.arange(len(self.places), dtype=np.uint32)
            return ranks[places].astype(np.intp)
        some = np.array(places, np.intp)
        folded, of_rank = fold(self.names.gather(some)), self.places.to_numpy()
        starts, stops = (self.folded.search_sorted(folded, side).to_list() for side in ("left", "right"))
        among = zip(starts, stops, some, strict=True)
        found = [start + np.searchsorted(of_rank[start:stop], place) for start, stop, place in among]
        return np.array(found, np.intp)

    def _relabel(self, places: Sequence[int], changes: Sequence[Change]) -> bool:
        """Labels, drops and what was kept; whether a label is another."""
        ranks = self._ranks_of(places)
        codes = np.array([self._new_code(change.new_label) for change in changes], np.uint32)
        stay = np.array([not change.dropped for change in changes], bool)
        before = self.codes[ranks]
        most = len(self.labels)
        self.counts -= np.bincount(before[self.stays[ranks]], minlength=most)
        self.counts += np.bincount(codes[stay], minlength=most)
        self.codes[ranks], self.stays[ranks] = codes, stay
        for place, change in zip(places, changes, strict=True):
            (self.kept.add if change.kept else self.kept.discard)(place)
        return bool((before != codes).any())

    def _rename(self, names: Mapping[int, str]) -> None:
        """Other names for rows, by their places: each goes to the rank that it has then."""
        if not names:
            return
        import polars as pl

        places = np.array(list(names), np.intp)
        ranks = self._ranks_of(places)
        self.names = self.names.clone().scatter(places, list(names.values()))
        in_file = self._table.frame["name"].gather(places)
        for place, was, folded, name in zip(names, in_file, fold(in_file), names.values(), strict=True):
            self._was.pop(place, None)
            if name != was:
                self._was[place] = folded
        folded = fold(pl.Series(list(names.values()), dtype=pl.String))
        order = sorted(range(len(places)), key=lambda at: (folded[at], places[at]))
        folded, places, ranks = folded.gather(order), places[order], ranks[order]
        stay = np.ones(len(self.places), bool)
        stay[ranks] = False
        others = np.flatnonzero(stay)
        turned = np.insert(others, self._targets(others, np.sort(ranks), folded, places), ranks)
        self.folded = self.folded.clone().scatter(ranks, folded).gather(turned)
        self.places = self.places.gather(turned)
        self.codes, self.stays = self.codes[turned], self.stays[turned]

    def _targets(
        self, others: NDArray[np.intp], gone: NDArray[np.intp], folded: pl.Series, places: NDArray[np.intp]
    ) -> list[int]:
        """Where names go among the other ranks: equal ones stand by their places.

        :param gone: the ranks that they have left, sorted.
        """
        of_rank = self.places.to_numpy()[others]
        starts, stops = (
            (found := self.folded.search_sorted(folded, side).to_numpy()) - np.searchsorted(gone, found)
            for side in ("left", "right")
        )
        return [
            start + int(np.searchsorted(of_rank[start:stop], place))
            for start, stop, place in zip(starts.tolist(), stops.tolist(), places, strict=True)
        ]
