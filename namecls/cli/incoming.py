"""A name per line, out of bytes from anywhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from namecls.data.encoding import decoder
from namecls.errors import DataError
from namecls.language import N_, _

#: The longest line that is taken for a name, in bytes. Of a longer one no more than this is held.
MAX_LINE = 4096
#: Bytes without a line end after which nothing more is expected: it is no text, or it is endless.
MAX_ENDLESS = 1 << 30
_SHOWN = 256
#: What a record says of a line that can't be read, the same in every language.
NOT_UTF_8 = N_("not UTF-8")
TOO_LONG = N_("longer than 4,096 bytes")  # MAX_LINE


class ByteStream(Protocol):
    """What can be read from as far as bytes are there."""

    def read1(self, size: int, /) -> bytes: ...


class Checked:
    """A stream of which the first bytes are looked at before any is given away."""

    def __init__(self, stream: ByteStream, check: Callable[[bytes], None]) -> None:
        self._stream = stream
        self._check: Callable[[bytes], None] | None = check

    def read1(self, size: int, /) -> bytes:
        block = self._stream.read1(size)
        if self._check is not None and block:
            self._check(block)
            self._check = None
        return block


class Decoded:
    """A stream of text in another encoding, as UTF-8."""

    def __init__(self, stream: ByteStream, encoding: str) -> None:
        self._stream = stream
        self._decoder = decoder(encoding)

    def read1(self, size: int, /) -> bytes:
        while block := self._stream.read1(size):
            if text := self._decoder.decode(block):
                return text.encode(errors="surrogatepass")
        return self._decoder.decode(b"", final=True).encode(errors="surrogatepass")


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
            _(
                "the names to rank: expected a name per line, found no line end in {size:,} MiB; is this text?"
            ).format(size=MAX_ENDLESS >> 20)
        )


def parse_line(line: bytes) -> Line:
    """A line without its line end as a name."""
    line = line.removesuffix(b"\r")
    if len(line) > MAX_LINE:
        return Line(line[:_SHOWN].decode(errors="ignore") + "…", TOO_LONG)
    try:
        return Line(line.decode())
    except UnicodeDecodeError:
        return Line(line.decode(errors="backslashreplace"), NOT_UTF_8)
