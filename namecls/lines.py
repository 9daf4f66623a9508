"""From a file's bytes to numbered lines, within limits.

Each physical line is one record, since a name holds no line end: an unclosed quote can't swallow the lines below it.
Nothing is dropped here: a line that is no text carries a reason instead.
"""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from namecls.errors import DataError

if TYPE_CHECKING:
    import polars as pl

#: The most that is read: bytes of a file, and again bytes after decompression; records; characters of a line.
MAX_BYTES = 512 * 2**20
MAX_RECORDS = 10_000_000
MAX_LINE = 10_000

_BLOCK = 4 * 2**20  # bytes of text that are worked on at once
_FOREIGN = (
    (b"\xff\xfe", "UTF-16 text; save it as UTF-8"),
    (b"\xfe\xff", "UTF-16 text; save it as UTF-8"),
    (b"PK\x03\x04", "a ZIP archive or an Excel workbook; unpack it, or export it as CSV"),
    (b"BZh", "bzip2 data; unpack it first"),
    (b"\xfd7zXZ", "xz data; unpack it first"),
    (b"\x28\xb5\x2f\xfd", "Zstandard data; unpack it first"),
)


def read_bytes(path: Path) -> bytes:
    """All bytes of a regular file.

    :raises DataError: if it is none, can't be read, or is larger than the limit.
    """
    try:
        if path.is_dir():
            raise DataError(f"{path}: expected a file, found a directory")
        if path.exists() and not path.is_file():
            raise DataError(
                f"{path}: expected a regular file, found a device or pipe; write it to a file first"
            )
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise DataError(f"{path}: there is no such file") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise DataError(f"{path}: can't be read: {reason}") from None
    if len(data) > MAX_BYTES:
        raise DataError(
            f"{path}: larger than {MAX_BYTES >> 20} MiB, the most that is read; take a part of it"
        )
    return data


def unpack(path: Path, data: bytes) -> bytes:
    """The bytes themselves, or what they unpack to if they are gzip data.

    :raises DataError: if these are damaged, or unpack to more than the limit.
    """
    if not data.startswith(b"\x1f\x8b"):
        return data
    import gzip
    import zlib

    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
            # Never more than the limit is unpacked, however small the file: it may be a bomb.
            plain = file.read(MAX_BYTES + 1)
    except EOFError:
        raise DataError(f"{path}: the gzip data ends too early; fetch or compress the file again") from None
    except (OSError, zlib.error) as error:
        raise DataError(f"{path}: the gzip data is damaged ({error}); fetch or compress it again") from None
    if len(plain) > MAX_BYTES:
        raise DataError(f"{path}: unpacks to more than {MAX_BYTES >> 20} MiB, the most that is read")
    return plain


def check_text(path: Path, data: bytes) -> None:
    """Refuse what is no text at all. Single lines that are none are found later.

    :raises DataError: if it is binary, not UTF-8 by its looks, or has more lines than the limit.
    """
    for magic, meaning in _FOREIGN:
        if data.startswith(magic):
            raise DataError(f"{path}: expected text, found {meaning}")
    head = data[: 2**16]
    zeros = head.count(0)
    if zeros * 10 > len(head):
        wide = zeros * 3 > len(head) and abs(head[::2].count(0) - head[1::2].count(0)) > 0.8 * zeros
        found = "UTF-16 text without a mark; save it as UTF-8" if wide else "a binary file (NUL bytes)"
        raise DataError(f"{path}: expected text, found {found}")
    if zeros and not _is_utf8(head[:-4]):
        raise DataError(f"{path}: expected UTF-8 text, found a binary file (NUL bytes)")
    if data.count(b"\n") > MAX_RECORDS:
        raise DataError(f"{path}: more than {MAX_RECORDS:,} lines, the most that is read; take a part of it")


def _is_utf8(head: bytes) -> bool:
    """Whether the start of a text is UTF-8; its last character may be cut."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return True


def blocks(data: bytes) -> Iterator[pl.DataFrame]:
    """The lines in blocks of some megabytes, one row per physical line: ``line``, ``text``, ``reason``.

    Only ``\\n``, ``\\r\\n`` and, in a file without them, ``\\r`` end a line; ``str.splitlines`` would cut names at
    U+2028 and its like.
    """
    if b"\n" not in data:
        data = data.replace(b"\r", b"\n")
    start, line = 0, 1
    while start < len(data):
        end = data.find(b"\n", start + _BLOCK) if start + _BLOCK < len(data) else -1
        stop = len(data) if end == -1 else end
        block = _split_lines(data[start:stop].removesuffix(b"\n") if end == -1 else data[start:stop], line)
        yield block
        line += block.height
        start = stop + 1


def _split_lines(block: bytes, first: int) -> pl.DataFrame:
    import polars as pl

    try:
        frame = pl.DataFrame({"text": pl.Series([block.decode()]).str.split("\n").explode()})
        valid = pl.lit(True)
    except UnicodeDecodeError:
        lines = [_decode_line(line) for line in block.split(b"\n")]
        frame = pl.DataFrame(lines, schema={"text": pl.String, "valid": pl.Boolean}, orient="row")
        valid = pl.col("valid")
    text = pl.col("text")
    too_long = (text.str.len_bytes() > MAX_LINE) & (text.str.len_chars() > MAX_LINE)
    reason = (
        pl.when(~valid)
        .then(pl.lit("not UTF-8"))
        .when(text.str.contains("\0", literal=True))
        .then(pl.lit("a NUL byte"))
        .when(text.str.strip_chars() == "")
        .then(pl.lit("empty line"))
        .when(too_long)
        .then(pl.lit(f"line longer than {MAX_LINE:,} characters"))
        .otherwise(pl.lit(None, pl.String))
    )
    return (
        frame.with_columns(text.str.strip_suffix("\r"))
        .with_row_index("line", offset=first)
        .select("line", "text", reason=reason)
    )


def _decode_line(line: bytes) -> tuple[str, bool]:
    try:
        return line.decode(), True
    except UnicodeDecodeError:
        return line[:MAX_LINE].decode(errors="backslashreplace"), False
