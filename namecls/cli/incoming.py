"""Names from a stream of bytes, one per line, as they arrive."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

#: The longest line that is taken for a name, in bytes. Of a longer one no more than this is held.
MAX_LINE = 4096
_BLOCK = 1 << 16
_SHOWN = 256


class ByteStream(Protocol):
    """What can be read from as far as bytes are there."""

    def read1(self, size: int, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Line:
    """A name as it stands in the input, and why it can't be read, if so."""

    name: str
    problem: str = ""


def read_lines(stream: ByteStream) -> Iterator[list[Line]]:
    """All lines, as many at a time as are there: someone who types line by line is answered line by line.

    Only ``\\n`` and ``\\r\\n`` end a line. What follows the last one is a line if there is anything.
    """
    held = b""
    first = True
    while block := stream.read1(_BLOCK):
        *whole, held = (held + block).split(b"\n")
        held = held[: MAX_LINE + 2]  # enough to know that it is too long, with or without a carriage return
        if whole:
            lines = [parse_line(line) for line in whole]
            if first:
                lines[0] = parse_line(whole[0].removeprefix(b"\xef\xbb\xbf"))
                first = False
            yield lines
    if held:
        yield [parse_line(held.removeprefix(b"\xef\xbb\xbf") if first else held)]


def parse_line(line: bytes) -> Line:
    """A line without its line end as a name."""
    line = line.removesuffix(b"\r")
    if len(line) > MAX_LINE:
        return Line(line[:_SHOWN].decode(errors="ignore") + "…", f"longer than {MAX_LINE:,} bytes")
    try:
        return Line(line.decode())
    except UnicodeDecodeError:
        return Line(line.decode(errors="backslashreplace"), "not UTF-8")
