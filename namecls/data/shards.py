"""One of several equal parts of a file, cut where records begin: what one of several processes answers."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from namecls.errors import ConfigError, DataError, shown
from namecls.language import _
from namecls.text import whole_number

if TYPE_CHECKING:
    from typing import Self

MOST = 100_000  # shards
_BLOCK = 1 << 20  # bytes


@dataclass(frozen=True, slots=True)
class Shard:
    """One of several parts.

    :param number: from 1.
    :param of: how many there are.
    """

    number: int
    of: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Such as ``3/16``.

        :raises ConfigError: if it is none.
        """
        try:
            number, of = map(whole_number, text.split("/"))
        except ValueError:
            number = of = 0
        if not 1 <= number <= of <= MOST:
            raise ConfigError(
                _(
                    "shard must be a number and how many there are, from 1/1 to {most}/{most}, was: {text}"
                ).format(most=MOST, text=shown(text))
            )
        return cls(number, of)

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"

    def part(self, begin: int, end: int) -> tuple[int, int]:
        """Its part of a range of numbers; the parts of all shards are the range."""
        first, last = (begin + (end - begin) * at // self.of for at in (self.number - 1, self.number))
        return first, last

    def range_of(
        self, stream: BinaryIO, *, head: int = 0, separator: str | None = None, source: str = ""
    ) -> tuple[int, int]:
        """The bytes of its records: those that begin in its part of the bytes.

        :param head: bytes at the beginning that are no records, such as a line of titles.
        :param separator: of text in columns, whose records may hold line ends in quotes; None: each line is a record.
        :raises DataError: if records can't be told apart.
        """
        size = stream.seek(0, io.SEEK_END)
        begin, end = (
            _record_from(stream, at, head, separator, source) if head < at < size else at
            for at in self.part(head, size)
        )
        return begin, end


WHOLE = Shard(1, 1)


def first_record(stream: BinaryIO, separator: str) -> int:
    """How many bytes the first record of text in columns has, with its line end."""
    return next(_record_ends(stream, 0, separator, ""), 0)


def buffered_range(stream: BinaryIO, begin: int, end: int) -> BinaryIO:
    """Some bytes of a file, as a file."""
    return cast("BinaryIO", io.BufferedReader(_Range(stream, begin, end)))


class _Range(io.RawIOBase):
    def __init__(self, stream: BinaryIO, begin: int, end: int) -> None:
        self._stream, self._left = stream, end - begin
        stream.seek(begin)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        data = self._stream.read(min(len(buffer), self._left))
        buffer[: len(data)] = data
        self._left -= len(data)
        return len(data)


def _record_from(stream: BinaryIO, at: int, head: int, separator: str | None, source: str) -> int:
    """Where the first record begins that does not begin before `at`."""
    line = _line_from(stream, at)
    if separator is None or not _has_quotes(stream, head, line):
        return line
    # A line end in a quoted cell ends no record, and only all that stands before it says whether it is in one.
    return next((end for end in _record_ends(stream, head, separator, source) if end >= at), line)


def _line_from(stream: BinaryIO, at: int) -> int:
    stream.seek(at - 1)
    read = at - 1
    while block := stream.read(_BLOCK):
        if (found := block.find(b"\n")) >= 0:
            return read + found + 1
        read += len(block)
    return read


def _has_quotes(stream: BinaryIO, begin: int, end: int) -> bool:
    stream.seek(begin)
    while begin < end and (block := stream.read(min(_BLOCK, end - begin))):
        if b'"' in block:
            return True
        begin += len(block)
    return False


def _record_ends(stream: BinaryIO, begin: int, separator: str, source: str) -> Iterator[int]:
    """Where each record ends, as the reader of the records takes it."""
    stream.seek(begin)
    # A character a byte: what separates and quotes is ASCII, and no byte of another character of UTF-8 is.
    text = io.TextIOWrapper(cast("io.BufferedReader", stream), "latin-1", newline="")
    at = begin

    def lines() -> Iterator[str]:
        nonlocal at
        for line in text:
            at += len(line)
            yield line

    try:
        for _row in csv.reader(lines(), delimiter=separator):
            yield at
    except csv.Error as error:
        raise DataError(
            _("{source}: byte {at:,}: {error}; is a quote left open there or before?").format(
                source=source, at=at, error=error
            )
        ) from None
    finally:
        text.detach()
