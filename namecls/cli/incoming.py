"""A name per line, out of bytes from anywhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from namecls.errors import DataError

#: The longest line that is taken for a name, in bytes. Of a longer one no more than this is held.
MAX_LINE = 4096
#: Bytes without a line end after which nothing more is expected: it is no text, or it is endless.
MAX_ENDLESS = 1 << 30
_SHOWN = 256


class ByteStream(Protocol):
    """What can be read from as far as bytes are there."""

    def read1(self, size: int, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Line:
    """A name as it stands in the input, and why it can't be read, if so."""

    name: str
    problem: str = ""


def expect_line_end(waiting: int) -> None:
    """Give up on bytes that are no text, or endless.

    :param waiting: how many have come since the last line end.
    :raises DataError: if these are too many.
    """
    if waiting > MAX_ENDLESS:
        raise DataError(
            f"the names to rank: expected a name per line, found no line end in {MAX_ENDLESS >> 20:,} MiB; "
            "is this text?"
        )


def parse_line(line: bytes) -> Line:
    """A line without its line end as a name."""
    line = line.removesuffix(b"\r")
    if len(line) > MAX_LINE:
        return Line(line[:_SHOWN].decode(errors="ignore") + "…", f"longer than {MAX_LINE:,} bytes")
    try:
        return Line(line.decode())
    except UnicodeDecodeError:
        return Line(line.decode(errors="backslashreplace"), "not UTF-8")
