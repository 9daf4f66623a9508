"""What is in a table of names, counted: the honest look before any training.

Counted on names as they are read, in the case in which they stand: ``Lee`` and ``LEE`` are two names here;
``O'Brien`` with another apostrophe, or the composed and the decomposed spelling of a letter, are one.
"""

from __future__ import annotations

import dataclasses
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from namecls.data.table import BadLine, NameTable
from namecls.language import _
from namecls.normalization import spellings

if TYPE_CHECKING:
    import polars as pl

_BLOCK = 100_000  # rows whose characters are counted at once
#: Besides letters and combining marks, what names are commonly written with.
_USUAL = frozenset(" '’-.,")


@dataclass(frozen=True, slots=True)
class LabelCount:
    """A label and its number of rows."""

    label: str
    rows: int


@dataclass(frozen=True, slots=True)
class LabelRows:
    """A label and its rows by now, without those that are dropped.

    :param change: how many more these are than in the file.
    :param gone: whether the table has no row of it any more.
    """

    label: str
    rows: int
    change: int = 0
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A pair of name and label that stands there `rows` times, the first time on line `line`."""

    name: str
    label: str
    rows: int
    line: int


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """A name that stands under several labels, the one with most rows first."""

    name: str
    labels: tuple[LabelCount, ...]


@dataclass(frozen=True, slots=True)
class Lengths:
    """How long the names are, in characters; `counts` holds ``(length, rows)`` by rising length."""

    shortest: int
    longest: int
    mean: float
    median: float
    counts: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Weights:
    """The weights of the rows, how often each counts."""

    total: float
    least: float
    median: float
    most: float
    labels: tuple[tuple[str, float], ...]  # the sum of each label, the largest first


@dataclass(frozen=True, slots=True)
class CharacterCount:
    """A character and how often it occurs.

    :param unusual: neither a letter nor a mark, nor one of space, ``'``, ``’``, ``-``, ``.`` and ``,``.
    """

    character: str
    count: int
    unusual: bool

    @property
    def title(self) -> str:
        """``U+00FC LATIN SMALL LETTER U WITH DIAERESIS``"""
        code, name = f"U+{ord(self.character):04X}", unicodedata.name(self.character, "")
        return f"{code} {name}" if name else _("{code} without a name").format(code=code)


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A table of names in numbers."""

    file: str
    sha256: str
    rows: int  # usable ones
    names: int  # different ones
    labels: tuple[LabelCount, ...]  # the largest first
    bad_lines: Sequence[BadLine]
    duplicate_rows: int  # rows whose exact pair of name and label stood there before
    duplicates: tuple[Duplicate, ...]  # the pairs that do so, the most frequent first
    ambiguous: tuple[Ambiguous, ...]  # names under several labels, those under most labels first
    lengths: Lengths
    characters: tuple[CharacterCount, ...]  # the most frequent first
    different: Mapping[str, int]  # rows of each label, exact duplicates counted once
    weights: Weights | None = None  # None: the rows have none

    @property
    def largest(self) -> LabelCount:
        """The label with most rows."""
        return self.labels[0]

    @property
    def smallest(self) -> LabelCount:
        """The label with fewest rows."""
        return self.labels[-1]

    @property
    def unusual(self) -> tuple[CharacterCount, ...]:
        """The characters that names are seldom written with."""
        return tuple(found for found in self.characters if found.unusual)

    def to_json(self, examples: int = 20) -> dict[str, Any]:
        """Plain values. Of duplicates and names under several labels, the counts and the first `examples`; of
        everything else, all of it."""
        weights = dataclasses.asdict(self.weights) if self.weights is not None else None
        if self.weights is not None and weights is not None:
            weights["labels"] = dict(self.weights.labels)
        return {
            "file": self.file,
            "sha256": self.sha256,
            "rows": self.rows,
            "names": self.names,
            "labels": {found.label: found.rows for found in self.labels},
            "largest_label": dataclasses.asdict(self.largest),
            "smallest_label": dataclasses.asdict(self.smallest),
            "different_rows": dict(self.different),
            "bad_lines": [dataclasses.asdict(bad) for bad in self.bad_lines],
            "exact_duplicates": self.duplicate_rows,
            "exact_duplicates_first": [dataclasses.asdict(found) for found in self.duplicates[:examples]],
            "names_under_several_labels": len(self.ambiguous),
            "names_under_several_labels_first": [
                {"name": found.name, "labels": {entry.label: entry.rows for entry in found.labels}}
                for found in self.ambiguous[:examples]
            ],
            "counted": "names as they are read, in the case in which they stand in the file",
            "lengths": {
                "shortest": self.lengths.shortest,
                "longest": self.lengths.longest,
                "mean": self.lengths.mean,
                "median": self.lengths.median,
                "counts": {str(length): rows for length, rows in self.lengths.counts},
            },
            "weights": weights,
            "characters": {found.character: found.count for found in self.characters},
            "unusual_characters": {
                found.character: {"count": found.count, "title": found.title} for found in self.unusual
            },
        }


def inspect_table(table: NameTable) -> Summary:
    """Everything that is worth counting in a table."""
    names = table.frame["name"]
    duplicates = duplicate_pairs(table)
    return Summary(
        file=str(table.source),
        sha256=table.sha256,
        rows=len(table),
        names=spellings(names).n_unique(),
        labels=tuple(LabelCount(label, rows) for label, rows in table.label_counts.items()),
        bad_lines=table.bad_lines,
        duplicate_rows=int(duplicates["rows"].sum()) - duplicates.height,
        duplicates=tuple(Duplicate(*row) for row in duplicates.iter_rows()),
        ambiguous=tuple(_ambiguous(ambiguous_names(table))),
        lengths=_lengths(names),
        characters=_characters(names),
        different=different_rows(table, duplicates),
        weights=_weights(table),
    )


def _weights(table: NameTable) -> Weights | None:
    import polars as pl

    found = table.weights
    if found is None or not len(found):
        return None
    sums = table.frame.group_by("label").agg(pl.col("weight").sum())
    labels = sorted(sums.iter_rows(), key=lambda entry: (-entry[1], entry[0]))
    least, median, most = (float(x) for x in (found.min(), found.median(), found.max()))  # type: ignore[arg-type]
    return Weights(float(found.sum()), least, median, most, tuple(labels))


def different_rows(table: NameTable, duplicates: pl.DataFrame) -> dict[str, int]:
    """Rows of each label with its exact duplicates counted once, the label with most rows first.

    :param duplicates: what `duplicate_pairs` found.
    """
    import polars as pl

    again = dict(duplicates.group_by("label").agg(pl.col("rows").sum() - pl.len()).iter_rows())
    return {label: rows - again.get(label, 0) for label, rows in table.label_counts.items()}


def duplicate_pairs(table: NameTable) -> pl.DataFrame:
    """Pairs of name and label that stand there more than once: ``name``, ``label``, ``rows``, ``line`` (of the
    first, with its spelling), the most frequent first."""
    import polars as pl

    return (
        _repeated(table.frame)
        .group_by("spelling", "label")
        .agg(pl.col("name").first(), pl.len().alias("rows"), pl.col("line").first())
        .filter(pl.col("rows") > 1)
        .select("name", "label", "rows", "line")
        .sort(["rows", "line"], descending=[True, False])
    )


def ambiguous_names(table: NameTable) -> pl.DataFrame:
    """Names under more than one label: ``name``, and as lists ``labels`` and ``rows`` of each, the label with
    most rows first; names under most labels first."""
    import polars as pl

    return (
        _repeated(table.frame)
        .group_by("spelling", "label")
        .agg(pl.len().alias("rows"))
        .sort(["rows", "label"], descending=[True, False])
        .group_by("spelling", maintain_order=True)
        .agg(pl.col("label").alias("labels"), "rows")
        .filter(pl.col("labels").list.len() > 1)
        .rename({"spelling": "name"})
        .sort([pl.col("labels").list.len(), "name"], descending=[True, False])
    )


def _repeated(frame: pl.DataFrame) -> pl.DataFrame:
    """The rows, with a column ``spelling``, whose name stands there more than once; and a few others.

    Two names may share a hash. Only these are worth grouping; sorting hashes takes far less memory than grouping names.
    """
    import numpy as np
    import polars as pl

    frame = frame.with_columns(spelling=spellings(frame["name"]))
    hashes = frame["spelling"].hash().to_numpy()
    ordered = np.sort(hashes)
    twice = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
    if not len(twice):
        return frame.head(0)
    found = np.minimum(np.searchsorted(twice, hashes), len(twice) - 1)
    return frame.filter(pl.Series(twice[found] == hashes))


def _ambiguous(found: pl.DataFrame) -> Iterator[Ambiguous]:
    for name, labels, rows in found.iter_rows():
        yield Ambiguous(name, tuple(map(LabelCount, labels, rows)))


def _lengths(names: pl.Series) -> Lengths:
    lengths = names.str.len_chars()
    counts = lengths.value_counts(name="rows").sort("name")
    return Lengths(
        shortest=int(counts["name"][0]),
        longest=int(counts["name"][-1]),
        mean=float(lengths.sum()) / len(lengths),
        median=float(lengths.median()),  # type: ignore[arg-type]
        counts=tuple(counts.iter_rows()),
    )


def _characters(names: pl.Series) -> tuple[CharacterCount, ...]:
    counts: Counter[str] = Counter()
    for start in range(0, len(names), _BLOCK):
        counts.update("".join(names.slice(start, _BLOCK)))
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple(CharacterCount(character, count, _is_unusual(character)) for character, count in ordered)


def _is_unusual(character: str) -> bool:
    return character not in _USUAL and unicodedata.category(character)[0] not in "LM"
