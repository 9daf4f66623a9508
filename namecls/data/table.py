"""Tables of names: every usable row, and every other one with its line number and the reason.

table = load_dataset("names.tsv")
table.label_counts      # {"English": 7135, ...}
table.bad_lines         # (BadLine(line=41, reason="expected 2 columns, found 1", text="Kowalski"), ...)
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, overload

from namecls import paths
from namecls.data import reasons
from namecls.data.layout import Columns, Layout
from namecls.data.reading import Records, check_decoded, read_records, titles_after_all
from namecls.data.reasons import LINE_ENDS, MAX_LABEL, MAX_NAME
from namecls.errors import DataError
from namecls.language import _, ngettext
from namecls.normalization import spellings
from namecls.text import safe

if TYPE_CHECKING:
    import polars as pl

#: The weights that a row may have; counts are kept as floats of 32 bits.
LEAST_WEIGHT, MOST_WEIGHT = 1e-6, 1e12
#: What Python calls white space. Polars alone would leave U+001C to U+001F, and a name would not equal its key.
WHITE_SPACE = (
    "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680"
    "\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)
#: The column in which `split.deduplicate` counts exact duplicates.
REPEATS = "repeats"
_SHOWN = 200  # characters of a bad line that are kept


@dataclass(frozen=True, slots=True)
class BadLine:
    """A record that can't be used: its line number from 1, why, and how it starts."""

    line: int
    reason: str
    text: str


class BadLines(Sequence[BadLine]):
    """Records that can't be used, made when they are looked at: a file may have ten million of them.

    :param frame: ``line`` (UInt32), ``reason`` (String) and ``text`` (String, cut) of each.
    """

    def __init__(self, frame: pl.DataFrame) -> None:
        self._frame = frame

    def __len__(self) -> int:
        return self._frame.height

    @overload
    def __getitem__(self, at: int) -> BadLine: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[BadLine, ...]: ...
    def __getitem__(self, at: int | slice) -> BadLine | tuple[BadLine, ...]:
        if isinstance(at, slice):
            return tuple(_bad_line(*row) for row in self._frame[at].iter_rows())
        return _bad_line(*self._frame.row(range(len(self))[at]))

    def __iter__(self) -> Iterator[BadLine]:
        return (_bad_line(*row) for row in self._frame.iter_rows())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<{len(self)} bad lines>"


def _bad_line(line: int, reason: str, text: str) -> BadLine:
    return BadLine(line, reasons.told(reason), text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…")


@dataclass(frozen=True, eq=False)
class NameTable:
    """Names with their labels, in the order of the file.

    :param source: the file.
    :param sha256: of the file's bytes.
    :param frame: one row per usable record: ``line`` (UInt32, from 1), ``name`` (String, trimmed of Unicode
        white space, otherwise as in the file), ``label`` (Categorical, read as names are, but for their case); in a
        table with weights also ``weight`` (Float64), how often the row counts.
    :param bad_lines: the records that can't be used, in the order of the file.
    :param layout: how the file was read.
    """

    source: Path
    sha256: str
    frame: pl.DataFrame
    bad_lines: Sequence[BadLine] = ()
    layout: Layout = field(default_factory=lambda: Layout(form="pairs"))

    @classmethod
    def from_pairs(
        cls,
        pairs: Iterable[tuple[str, str]],
        source: Path = Path("names"),
        *,
        weights: Iterable[float] | None = None,
    ) -> NameTable:
        """A table of ``(name, label)`` pairs that are in no file, judged as those of a file are.

        Their positions, from 1, serve as line numbers.

        :param weights: how often each pair counts; None: all alike.
        :raises DataError: if something is no pair of texts, or there is not a number for each.
        """
        import polars as pl

        rows = list(pairs)
        if not all(isinstance(text, str) for row in rows for text in row) or any(
            len(row) != 2 for row in rows
        ):
            raise DataError(_("expected pairs of a name and a label, both of them texts"))
        frame = pl.DataFrame(rows, schema={"name": pl.String, "label": pl.String}, orient="row")
        lines = [f"{name}\t{label}" for name, label in rows]
        if weights is not None:
            cells = [repr(value) for value in weights]
            if len(cells) != len(rows):
                raise DataError(
                    _("expected a weight for each of {rows:,} pairs, found {cells:,}").format(
                        rows=len(rows), cells=len(cells)
                    )
                )
            frame = frame.with_columns(weight=pl.Series(cells, dtype=pl.String))
            lines = [f"{line}\t{cell}" for line, cell in zip(lines, cells, strict=True)]
        digest = hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()
        records = frame.with_row_index("line", offset=1).with_columns(
            text=pl.concat_str("name", "label", separator="\t"), reason=pl.lit(None, pl.String)
        )
        good, bad = _judge(records)
        return cls(source, digest, good, BadLines(bad))

    def __len__(self) -> int:
        return self.frame.height

    def __repr__(self) -> str:
        bad = f", {len(self.bad_lines):,} bad lines" if self.bad_lines else ""
        return f"<NameTable {safe(self.title, 60)}: {len(self):,} rows, {len(self.labels):,} labels{bad}>"

    @property
    def title(self) -> str:
        """The file's name without its directory."""
        return self.source.name

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """All labels, sorted by code points."""
        return tuple(sorted(self.label_counts))

    @cached_property
    def label_counts(self) -> dict[str, int]:
        """Rows per label, the largest first."""
        counts = self.frame["label"].value_counts()
        return dict(sorted(zip(counts["label"], counts["count"], strict=True), key=lambda c: (-c[1], c[0])))

    @property
    def names(self) -> list[str]:
        """The name of each row."""
        return self.frame["name"].to_list()

    @property
    def label_of_rows(self) -> list[str]:
        """The label of each row."""
        return self.frame["label"].to_list()

    @property
    def weights(self) -> pl.Series | None:
        """How often each row counts; None in a table without weights, in which each counts once."""
        return self.frame["weight"] if "weight" in self.frame.columns else None

    @property
    def bearers(self) -> pl.Series | None:
        """How many people each row stands for: its weight, or how many exact duplicates it is. None: one each."""
        found = [column for column in ("weight", REPEATS) if column in self.frame.columns]
        return self.frame[found[0]] if found else None

    def with_frame(self, frame: pl.DataFrame) -> NameTable:
        """Other rows of the same file."""
        return dataclasses.replace(self, frame=frame)


_BEARERS = "bearers"  # the column of the embedded dataset that says how many people bear the name


def load_dataset(
    path: str | Path | None = None,
    *,
    name_column: str | int | None = None,
    label_column: str | int | None = None,
    header: bool | None = None,
    separator: str | None = None,
    encoding: str | None = None,
    weight_column: str | int | None = None,
    min_labels: int = 2,
) -> NameTable:
    """Names and labels from a file: text in columns, JSON or Parquet, perhaps gzipped; or from a directory of text
    files, one for each label.

    What is not said is found out, and `NameTable.layout` tells what was.

    :param path: the file; None: the embedded dataset, with its bearers as weights.
    :param name_column: the column's title, or its number from 1; None: known by its title, or the first.
    :param label_column: the same for the label; None: known by its title, or the second.
    :param header: whether the first line names the columns; None: if its words are known titles, or its label never
        comes again where others do.
    :param separator: between the columns: one character, or ``tab``, ``comma``, ``semicolon``, ``pipe``, ``spaces``.
    :param encoding: of the text, such as ``windows-1252``; None: UTF-8.
    :param weight_column: the same for the weight, how often a row counts; None: there is none.
    :param min_labels: how many labels there must be; a file that is only tested on may do with one.
    :raises DataError: if the file can't be read, or nothing useful is in it.
    """
    import polars as pl

    if path is None and weight_column is None:
        weight_column = _BEARERS
    source = paths.packaged_dataset() if path is None else Path(path)
    records = read_records(
        source, Columns(name_column, label_column, header, separator, encoding, weight_column)
    )
    good, bad = zip(*map(_judge, records.frames), strict=True)
    frame, rest = pl.concat(good, rechunk=True), pl.concat(bad)
    _check_decoded(source, records, frame, rest)
    if frame.is_empty():
        raise DataError(_nothing_useful(source, rest))
    if frame["label"].n_unique() < min_labels:
        raise DataError(
            _(
                "{source}: expected at least {least} labels, found only {label!r} in all {rows:,} rows; is the "
                "label in another column?"
            ).format(source=source, least=min_labels, label=frame["label"][0], rows=frame.height)
        )
    table = NameTable(source, records.sha256, frame, BadLines(rest), records.layout)
    return _without_titles(table, records)


def _check_decoded(source: Path, records: Records, frame: pl.DataFrame, rest: pl.DataFrame) -> None:
    """:raises DataError: if more lines than a few can't be decoded."""
    import polars as pl

    broken = int(rest["reason"].str.starts_with(reasons.NOT_DECODED + records.layout.encoding).sum())
    if broken:
        names = pl.col("name").str
        accented = frame.select((names.len_bytes() != names.len_chars()).sum()).item()
        check_decoded(source, records, frame.height + rest.height, broken, accented)


def _without_titles(table: NameTable, records: Records) -> NameTable:
    """The same without its first row, if all the others show that it is titles."""
    why = titles_after_all(records, table.frame)
    if not why:
        return table
    layout = dataclasses.replace(table.layout, titles=records.row, header=True, why=why)
    return dataclasses.replace(table, frame=table.frame.slice(1), layout=layout)


def _judge(records: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The records that can be used, trimmed, and the others."""
    import polars as pl

    records = records.with_columns(pl.col("name", "label").str.strip_chars(WHITE_SPACE))
    records = records.with_columns(_read_labels(records["label"]))
    weight = []
    why = ["reason", _reason()]
    if "weight" in records.columns:
        number = pl.col("weight").str.strip_chars(WHITE_SPACE).cast(pl.Float64, strict=False)
        weight = [number]
        why.append(_weight_reason(number))
    records = records.with_columns(reason=pl.coalesce(why))
    good = records.filter(pl.col("reason").is_null())
    return (
        good.select("line", "name", pl.col("label").cast(pl.Categorical), *weight),
        records.filter(pl.col("reason").is_not_null()).select(
            "line", "reason", pl.col("text").fill_null("").str.slice(0, _SHOWN + 1)
        ),
    )


def _read_labels(labels: pl.Series) -> pl.Series:
    """Labels as names are read: composed, with single blanks, without what can't be seen. Case is left as it is."""
    distinct = labels.unique().drop_nulls()
    distinct = distinct.filter(~distinct.str.contains(LINE_ENDS))
    read = spellings(distinct)
    changed = read != distinct
    return labels.replace(distinct.filter(changed), read.filter(changed)) if changed.any() else labels


def _reason() -> pl.Expr:
    """Why a record with name and label can't be used, or null."""
    import polars as pl

    name, label = pl.col("name").fill_null(""), pl.col("label").fill_null("")
    return (
        pl.when(name == "")
        .then(pl.lit(reasons.NO_NAME))
        .when(label == "")
        .then(pl.lit(reasons.NO_LABEL))
        .when(name.str.len_chars() > MAX_NAME)
        .then(pl.lit(reasons.LONG_NAME.format(most=MAX_NAME)))
        .when(label.str.len_chars() > MAX_LABEL)
        .then(pl.lit(reasons.LONG_LABEL.format(most=MAX_LABEL)))
        .when(~name.str.contains(r"\p{L}"))
        .then(pl.lit(reasons.NO_LETTERS))
        .when(name.str.contains(LINE_ENDS) | label.str.contains(LINE_ENDS))
        .then(pl.lit(reasons.LINE_END))
        .otherwise(pl.lit(None, pl.String))
    )


def _weight_reason(number: pl.Expr) -> pl.Expr:
    """Why a weight can't be used, or null."""
    import polars as pl

    return (
        pl.when(pl.col("weight").fill_null("").str.strip_chars(WHITE_SPACE) == "")
        .then(pl.lit(reasons.NO_WEIGHT))
        .when(number.is_null() | number.is_nan())
        .then(pl.lit(reasons.WEIGHT_NO_NUMBER))
        .when(~number.is_between(LEAST_WEIGHT, MOST_WEIGHT))
        .then(pl.lit(reasons.WEIGHT_OUTSIDE.format(least=f"{LEAST_WEIGHT:g}", most=f"{MOST_WEIGHT:g}")))
        .otherwise(pl.lit(None, pl.String))
    )


def _nothing_useful(source: Path, bad: pl.DataFrame) -> str:
    import polars as pl

    if bad.is_empty():
        return _("{source}: expected a name and a label per line, found a header only").format(source=source)
    weights = bad.filter(pl.col("reason").str.contains("weight", literal=True))
    of_weights = 2 * weights.height > bad.height
    line, reason, _text = (weights if of_weights else bad).row(0)
    rest = ngettext(
        "its only record can't be used", "none of {records:,} records can be used", bad.height
    ).format(records=bad.height)
    if of_weights:
        said = _(
            "{source}, line {line}: {reason}; {rest}; name the column of the weights with --weight-column, or leave "
            "that out: then each row counts once"
        )
    else:
        said = _(
            "{source}, line {line}: {reason}; {rest}, expected a name and a label in each: Kowalski<TAB>Polish; say "
            "what is meant with --separator, --name-column and --label-column"
        )
    return said.format(source=source, line=line, reason=reasons.told(reason), rest=rest)
