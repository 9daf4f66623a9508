"""Tables record by record, each as it stands in its file, so that it can be written again with more to it.

Text in columns and JSON lines, perhaps gzipped, are read as far as is asked for: memory does not grow with the file.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, NamedTuple, cast

from namecls.data.encoding import UTF_8, known_encoding
from namecls.data.layout import position, separator_sign
from namecls.data.lines import check_text
from namecls.data.shards import Shard, buffered_range
from namecls.data.sniffing import fields, sniff
from namecls.data.titles import are_titles, rank
from namecls.errors import DataError
from namecls.language import _

CSV, TSV, JSONL, PARQUET = "csv", "tsv", "jsonl", "parquet"

#: Records that are given at a time.
BLOCK = 16_384
_LONGEST = 1 << 20  # characters of a record
_LOOKED_AT = 1 << 16  # bytes
_GZIP = b"\x1f\x8b"
_MARK = "\ufeff"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """How a table is asked to be read.

    :param columns: by title, or by number from 1: their cells, with spaces between them, are the name.
    :param header: whether the first line names the columns; None: if `columns` says a title, or it looks so.
    :param separator: as in `load_dataset`; None: found out.
    """

    columns: tuple[str | int, ...]
    header: bool | None = None
    separator: str | None = None
    encoding: str | None = None


class Records(NamedTuple):
    """Some records.

    :param texts: each as it stands in the file, without its line end; bytes that can't be decoded as half characters.
    :param ends: their line ends.
    :param names: the name in each; empty where there is none.
    :param values: the cells of each, or its object; empty of a blank line, which is no record.
    """

    texts: list[str]
    ends: list[str]
    names: list[str]
    values: list[Any]


class Delimited:
    """Text in columns.

    :param titles: of the columns; none if the first line does not hold them.
    :param head: the line of titles as it stands in the file, with its line end; empty if there is none.
    """

    def __init__(self, text: io.TextIOBase, source: str, head: Sequence[str], wanted: Wanted) -> None:
        self.source = source
        found = sniff(list(head))
        sign = separator_sign(wanted.separator) or (found.separator if found is not None else ",")
        if sign == " ":
            raise DataError(
                _("{source}: expected columns that a sign separates; say which with --separator").format(
                    source=source
                )
            )
        self.separator = sign
        self.kind = TSV if sign == "\t" else CSV
        self.lines = _Lines(text, source)
        self._rows = csv.reader(self.lines, delimiter=sign)
        first = (fields(head[0].removeprefix(_MARK), sign) if head else None) or []
        titled = any(isinstance(column, str) and not column.isdecimal() for column in wanted.columns)
        has_titles = wanted.header if wanted.header is not None else titled or _are_titles(first)
        self.titles: tuple[str, ...] = ()
        self.head = ""
        if has_titles:
            row = next(self._read(), None)
            self.titles = tuple(cell.removeprefix(_MARK) for cell in row or ())
            self.head = self.lines.take()
        self.width = max(len(self.titles or first), 1)
        self._at = [
            cast("int", position(source, column, self.titles, self.width)) for column in wanted.columns
        ]

    def blocks(self) -> Iterator[Records]:
        """All records, some at a time.

        :raises DataError: if one is too long, such as where a quote is left open, or has more cells than there are
            columns, behind which the answers would stand in others.
        """
        return _gathered(self._records())

    def _records(self) -> Iterator[tuple[str, str, list[str]]]:
        for row in self._read():
            if len(row) > self.width:
                raise DataError(
                    _(
                        "{source}: line {line_num:,}: expected at most {width} cells, found {row}; put a "
                        "cell that holds the separator in quotes"
                    ).format(source=self.source, line_num=self._rows.line_num, width=self.width, row=len(row))
                )
            cells = [row[at].removeprefix(_MARK).strip() for at in self._at if at < len(row)]
            yield self.lines.take(), " ".join(filter(None, cells)), row

    def _read(self) -> Iterator[list[str]]:
        try:
            yield from self._rows
        except csv.Error as error:
            raise DataError(
                _("{source}: line {line_num:,}: {error}; is a quote left open there or before?").format(
                    source=self.source, line_num=self._rows.line_num, error=error
                )
            ) from None


def _are_titles(row: Sequence[str]) -> bool:
    """Whether the first line of a table looks like titles: a known one of names or labels among them is enough."""
    return are_titles(row) or any(rank(cell, kind) is not None for cell in row for kind in ("name", "label"))


class JsonLines:
    """An object a line."""

    kind = JSONL
    head = ""
    titles: tuple[str, ...] = ()

    def __init__(self, text: io.TextIOBase, source: str, wanted: Wanted) -> None:
        self.source = source
        self.lines = _Lines(text, source)
        self._keys = [str(column) for column in wanted.columns]

    def blocks(self) -> Iterator[Records]:
        """All records, some at a time.

        :raises DataError: if a line holds no object, or one without the columns.
        """
        return _gathered(self._records())

    def _records(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        for number, _line in enumerate(self.lines, 1):
            raw = self.lines.take()
            value = self._object(raw, number) if raw.strip() else {}
            cells = [value[key] for key in self._keys if isinstance(value.get(key), str)]
            yield raw, " ".join(filter(None, map(str.strip, cells))), value

    def _object(self, text: str, number: int) -> dict[str, Any]:
        try:
            value = json.loads(text.removeprefix(_MARK))
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict) or not value:
            raise DataError(
                _("{source}: line {number:,}: expected a JSON object, found {text!r}").format(
                    source=self.source, number=number, text=text[:60]
                )
            )
        for key in self._keys:
            if key not in value:
                known = _(", ").join(list(value)[:8])
                raise DataError(
                    _("{source}: line {number:,}: expected the key {key!r}, found {known}").format(
                        source=self.source, number=number, key=key, known=known
                    )
                )
        return value


def _gathered(records: Iterable[tuple[str, str, Any]]) -> Iterator[Records]:
    """Records, some at a time, of which the text, the name and the values are known."""
    found = Records([], [], [], [])
    for raw, name, value in records:
        text = raw.rstrip("\r\n")
        found.texts.append(text)
        found.ends.append(raw[len(text) :])
        found.names.append(name)
        found.values.append(value)
        if len(found.texts) == BLOCK:
            yield found
            found = Records([], [], [], [])
    if found.texts:
        yield found


def read_shard(table: Delimited | JsonLines, stream: BinaryIO, shard: Shard) -> None:
    """From now on read one part of a table alone, whose titles have been read.

    :param stream: the file that it is read from.
    :raises DataError: if the file can't be read in parts.
    """
    stream.seek(0)
    if stream.read(2) == _GZIP:
        raise DataError(
            _("{source}: gzip data can't be read in parts; unpack it first").format(source=table.source)
        )
    head = len(table.head.encode("utf-8", "surrogateescape"))
    sign = table.separator if isinstance(table, Delimited) else None
    begin, end = shard.range_of(stream, head=head, separator=sign, source=table.source)
    table.source = f"{table.source} (shard {shard})"
    table.lines.go_on_with(_text(buffered_range(stream, begin, end), UTF_8), table.source)


class _Lines:
    """Lines with their ends; `take` gives those that were read since it was last called."""

    def __init__(self, text: io.TextIOBase, source: str) -> None:
        self._text, self._source = text, source
        self._taken: list[str] = []
        self._length = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._text.readline(_LONGEST + 1)
        if not line:
            raise StopIteration
        self._length += len(line)
        if self._length > _LONGEST:
            raise DataError(
                _(
                    "{source}: expected records of at most {longest:,} characters, found a longer one; "
                    "is a quote left open?"
                ).format(source=self._source, longest=_LONGEST)
            )
        self._taken.append(line)
        return line

    def go_on_with(self, text: io.TextIOBase, source: str) -> None:
        """Read another text from now on."""
        self._before = self._text  # which closes the file where nobody holds it any more
        self._text, self._source = text, source

    def take(self) -> str:
        """What was read since the last time."""
        found = "".join(self._taken)
        self._taken.clear()
        self._length = 0
        return found


def open_records(stream: BinaryIO, source: str, wanted: Wanted) -> Delimited | JsonLines:
    """A table that is read from a stream, its kind known by its beginning.

    :param source: what the stream is called.
    :raises DataError: if it is neither text in columns nor JSON lines, or has no such column.
    """
    buffered = io.BufferedReader(cast("io.RawIOBase", stream), _LOOKED_AT)
    if buffered.peek(2)[:2] == _GZIP:
        buffered = io.BufferedReader(cast("io.RawIOBase", gzip.GzipFile(fileobj=buffered)), _LOOKED_AT)
    encoding = known_encoding(wanted.encoding) if wanted.encoding is not None else UTF_8
    try:
        head = buffered.peek(_LOOKED_AT)[:_LOOKED_AT]
    except (OSError, EOFError) as error:
        raise DataError(
            _("{source}: expected gzip data, found damaged ones ({error})").format(source=source, error=error)
        ) from None
    if encoding == UTF_8:
        check_text(source, head)
    lines = head.decode(encoding, "replace").splitlines()
    lines = [line for line in lines[: max(len(lines) - 1, 1)] if line.strip()]
    text = _text(cast("BinaryIO", buffered), encoding)
    if lines and lines[0].lstrip(_MARK + " ").startswith("{"):
        return JsonLines(text, source, wanted)
    return Delimited(text, source, lines, wanted)


def _text(stream: BinaryIO, encoding: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(cast("io.BufferedReader", stream), encoding, "surrogateescape", newline="")
