"""From a file to records with line numbers: delimited text, JSON lines, Parquet, any of them gzipped.

Nothing is judged here but the form: a record that has it carries a name and a label (which may be nothing but
white space), one that does not carries a reason.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from namecls.data.cells import RISKY, unquote_cell
from namecls.data.lines import MAX_RECORDS, blocks, check_text, read_bytes, unpack
from namecls.data.parquet import MAGIC, read_parquet
from namecls.errors import DataError

if TYPE_CHECKING:
    import polars as pl

#: Header words (case folded) by which a column is known.
NAME_WORDS = frozenset(
    {"name", "names", "surname", "surnames", "family_name", "last_name", "lastname", "full_name"}
)
LABEL_WORDS = frozenset(
    {"label", "labels", "country", "nationality", "nation", "people", "ethnicity", "culture"}
)
LABEL_WORDS |= {"language", "lang", "origin", "category", "class", "target"}

BAD_QUOTES = "a quote is not closed, or text follows it"

_SAMPLE = 1000  # lines that decide on the delimiter and the number of columns
_SHOWN = 20  # columns that a message lists
_DIGITS = 10  # of the number of a column
_DELIMITERS = {"\t": "tabs", ",": "commas", ";": "semicolons"}


@dataclass(frozen=True, slots=True)
class Columns:
    """Which columns hold what: names as in the header, or numbers from 1; None: found out.

    :param header: whether the first line names the columns; None: if it looks like it.
    """

    name: str | int | None = None
    label: str | int | None = None
    header: bool | None = None


@dataclass(frozen=True, slots=True)
class Records:
    """What a file holds.

    :param sha256: of the file's bytes, as they lie on the disk.
    :param frames: block by block, so that what is only needed on the way never exists for the whole file at once:
        ``line`` (UInt32, from 1; in Parquet the number of the record), ``name``, ``label``, ``text`` (what stood
        there) and ``reason`` (why there is no name and label; else null).
    """

    sha256: str
    frames: Iterator[pl.DataFrame]


def read_records(path: Path, columns: Columns) -> Records:
    """All records of a file, the format known by its content and, where that is no help, by its suffix.

    :raises DataError: if it can't be read, is nothing of the kind, or lacks the columns asked for.
    """
    data = read_bytes(path)
    digest = hashlib.sha256(data).hexdigest()
    data = unpack(path, data).removeprefix(b"\xef\xbb\xbf")
    if not data.strip():
        raise DataError(f"{path}: the file is empty; expected a name and a label per line")
    suffix = next((s.lower() for s in reversed(path.suffixes) if s.lower() != ".gz"), "")
    if data.startswith(MAGIC) or suffix in (".parquet", ".pq"):
        return Records(digest, iter([_read_parquet(path, data, columns)]))
    check_text(path, data)
    rest = blocks(data)
    first = next(rest)
    layout: _JsonLines | _Delimited
    if suffix in (".jsonl", ".ndjson", ".json") or _json_object(next(filter(None, first["text"]), "")):
        layout = _JsonLines.of(path, first, columns)
    else:
        layout = _Delimited.of(path, first, columns, "," if suffix == ".csv" else "\t")
    return Records(digest, map(layout.read, chain([first], rest)))


@dataclass(frozen=True, slots=True)
class _Delimited:
    """Text in columns: `name` and `label` are positions from 0, `header` is the line of the header, 0 for none."""

    delimiter: str
    width: int
    name: int
    label: int
    header: int

    @classmethod
    def of(cls, path: Path, lines: pl.DataFrame, columns: Columns, usual: str) -> _Delimited:
        """What the first lines of a file show."""
        import polars as pl

        sound = lines.filter(pl.col("reason").is_null()).head(_SAMPLE)
        sample = sound["text"].to_list()
        delimiter, width = _sniff(sample, usual)
        first = (_fields(sample[0], delimiter) or []) if sample else []
        header = first if sample and _has_header(first, columns) else None
        if header is not None:
            width = max(len(header), 2)
        name, label = _choose(path, columns, header, width)
        return cls(delimiter, width, name, label, sound["line"][0] if header is not None else 0)

    def read(self, lines: pl.DataFrame) -> pl.DataFrame:
        """The names and labels of a block of lines."""
        import polars as pl

        lines = lines.filter(pl.col("line") != self.header)
        quoted = pl.col("reason").is_null() & pl.col("text").str.contains('"', literal=True)
        found = pl.col("fields").list.len()
        plain = (
            lines.filter(~quoted)
            .with_columns(
                fields=pl.when(pl.col("reason").is_null()).then(pl.col("text").str.split(self.delimiter))
            )
            .with_columns(
                name=_unquoted(pl.col("fields").list.get(self.name, null_on_oob=True)),
                label=_unquoted(pl.col("fields").list.get(self.label, null_on_oob=True)),
                reason=pl.coalesce(
                    "reason", pl.when(found != self.width).then(pl.format(self._wrong("{}"), found))
                ),
            )
            .select("line", "name", "label", "text", "reason")
        )
        if plain.height == lines.height:
            return plain
        return pl.concat([plain, _parse_each(lines.filter(quoted), self._parse)]).sort("line")

    def _wrong(self, found: object) -> str:
        return f"expected {self.width} columns, found {found}"

    def _parse(self, text: str) -> _Parsed:
        parts = _fields(text, self.delimiter)
        if parts is None:
            return None, None, BAD_QUOTES
        if len(parts) != self.width:
            return None, None, self._wrong(len(parts))
        return unquote_cell(parts[self.name]), unquote_cell(parts[self.label]), None


def _unquoted(cells: pl.Expr) -> pl.Expr:
    """What `namecls.data.cells.unquote_cell` does, for a whole column."""
    import polars as pl

    quoted = cells.str.starts_with("'")
    return pl.when(quoted).then(cells.str.replace(f"^'({RISKY})", "$1")).otherwise(cells)


_Parsed = tuple[str | None, str | None, str | None]


def _parse_each(lines: pl.DataFrame, parse: Callable[[str], _Parsed]) -> pl.DataFrame:
    """Lines that need more than a split, one by one: those with quotes, and JSON."""
    import polars as pl

    parsed = [parse(text) for text in lines["text"]]
    found = [
        pl.Series(key, [row[i] for row in parsed], pl.String)
        for i, key in enumerate(("name", "label", "reason"))
    ]
    return lines.with_columns(found).select("line", "name", "label", "text", "reason")


def _fields(line: str, delimiter: str) -> list[str] | None:
    """The fields of one line, quotes undone; None if the quotes are wrong."""
    if '"' not in line:
        return line.split(delimiter)
    try:
        return next(csv.reader((line,), delimiter=delimiter, strict=True))
    except csv.Error:
        return None


def _sniff(sample: Sequence[str], usual: str) -> tuple[str, int]:
    """The delimiter that gives most lines the same number of columns (two at least), and that number."""
    best, found = 0, (usual, 2)
    for delimiter in sorted(_DELIMITERS, key=usual.__ne__):
        counts = Counter(len(_fields(line, delimiter) or ()) for line in sample)
        width, lines = max(
            ((width, lines) for width, lines in counts.items() if width >= 2),
            key=lambda item: (item[1], -item[0]),
            default=(2, 0),
        )
        if lines > best:
            best, found = lines, (delimiter, width)
    return found


def _has_header(first: Sequence[str], columns: Columns) -> bool:
    if columns.header is not None:
        return columns.header
    if any(isinstance(c, str) and not c.isdecimal() for c in (columns.name, columns.label)):
        return True
    words = {_word(field) for field in first}
    return bool(words & NAME_WORDS and words & LABEL_WORDS)


def _word(field: str) -> str:
    return "_".join(field.casefold().split())


def _choose(path: Path, columns: Columns, header: Sequence[str] | None, width: int) -> tuple[int, int]:
    """The positions of name and label, from 0.

    :raises DataError: if a column asked for is not there, or both are the same.
    """
    names = list(header or ())
    name = _position(path, columns.name, names, width)
    label = _position(path, columns.label, names, width)
    if name is None:
        name = _known(names, NAME_WORDS, label, (0, 1))
    if label is None:
        label = _known(names, LABEL_WORDS, name, (1, 0))
    if name == label:
        raise DataError(f"{path}: column {name + 1} can't be both the name and the label; say two columns")
    return name, label


def _known(names: Sequence[str], words: frozenset[str], taken: int | None, usual: tuple[int, int]) -> int:
    known = (i for i, field in enumerate(names) if _word(field) in words and i != taken)
    return next(known, usual[1] if taken == usual[0] else usual[0])


def _position(path: Path, wanted: str | int | None, names: Sequence[str], width: int) -> int | None:
    if wanted is None:
        return None
    folded = [name.strip().casefold() for name in names]
    if isinstance(wanted, str) and wanted.strip().casefold() in folded:
        return folded.index(wanted.strip().casefold())
    if isinstance(wanted, int) or (wanted.isdecimal() and len(wanted) < _DIGITS):
        if 1 <= int(wanted) <= width:
            return int(wanted) - 1
        raise DataError(f"{path}: expected column {wanted}, found {width} columns; they are counted from 1")
    more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
    shown = ", ".join(names[:_SHOWN]) + more if names else f"none with a name; say a number from 1 to {width}"
    raise DataError(f"{path}: expected a column named {wanted!r}, found {shown}")


def _json_object(line: str) -> dict[str, Any] | None:
    if not line.lstrip().startswith("{"):
        return None
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


@dataclass(frozen=True, slots=True)
class _JsonLines:
    """One JSON object per line; `name` and `label` are its keys."""

    name: str
    label: str

    @classmethod
    def of(cls, path: Path, lines: pl.DataFrame, columns: Columns) -> _JsonLines:
        """What the first object of a file shows."""
        objects = filter(None, map(_json_object, lines["text"].head(_SAMPLE)))
        keys = list(next(objects, {"name": "", "label": ""}))
        if len(keys) < 2:
            raise DataError(
                f"{path}: expected a JSON object with a name and a label per line, found only {keys[0]!r}"
            )
        name, label = _choose(path, columns, keys, len(keys))
        return cls(keys[name], keys[label])

    def read(self, lines: pl.DataFrame) -> pl.DataFrame:
        """The names and labels of a block of lines."""
        import polars as pl

        wrong = lines.filter(pl.col("reason").is_not_null())
        nothing = pl.lit(None, pl.String)
        wrong = wrong.select("line", nothing.alias("name"), nothing.alias("label"), "text", "reason")
        parsed = _parse_each(lines.filter(pl.col("reason").is_null()), self._parse)
        return pl.concat([wrong, parsed]).sort("line")

    def _parse(self, text: str) -> _Parsed:
        found = _json_object(text)
        if found is None:
            return None, None, "not a JSON object"
        for key in (self.name, self.label):
            if key not in found:
                return None, None, f"no {key!r}"
            if not isinstance(found[key], str | None):
                return None, None, f"{key!r} is not text"
        name, label = found[self.name], found[self.label]
        try:
            f"{name}{label}".encode()
        except UnicodeEncodeError:
            return None, None, "half of a surrogate pair"
        return name, label, None


def _read_parquet(path: Path, data: bytes, columns: Columns) -> pl.DataFrame:
    import polars as pl

    frame = read_parquet(
        path, data, lambda names: _choose(path, columns, names, len(names)), max_records=MAX_RECORDS
    )
    return frame.with_row_index("line", offset=1).with_columns(
        text=pl.concat_str("name", "label", separator="\t", ignore_nulls=True), reason=pl.lit(None, pl.String)
    )
