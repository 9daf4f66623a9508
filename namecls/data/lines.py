"""From a file's bytes to numbered lines, within limits.

Each physical line is one record, since a name holds no line end: an unclosed quote can't swallow the lines below it.
Nothing is dropped here: a line that is no text carries a reason instead.
"""

from __future__ import annotations

import codecs
import errno
import io
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from namecls.data import reasons
from namecls.errors import DataError
from namecls.language import N_, _
from namecls.system import reason_of

if TYPE_CHECKING:
    import polars as pl

#: The most that is read: bytes of a file, and again bytes after decompression; records; characters of a line.
MAX_BYTES = 512 * 2**20
#: How many times its size a file may unpack to; a small file may unpack to `UNPACKED_FREE` bytes in any case.
MAX_RATIO = 100
UNPACKED_FREE = 2**20
MAX_RECORDS = 10_000_000
MAX_LINE = 10_000

_BLOCK = 2**20  # bytes of text that are worked on at once
_SHOWN = 1000  # bytes that are kept of a line that is not UTF-8
_LONGEST = 4 * MAX_LINE + 8  # bytes that are more than a line may have
_NO_FILE = N_("{path}: expected a regular file, found a device, pipe or socket; write it to a file first")
_FOREIGN = (
    (b"\xff\xfe\0\0", N_("UTF-32 text; read it with --encoding utf-32, or save it as UTF-8")),
    (b"\0\0\xfe\xff", N_("UTF-32 text; read it with --encoding utf-32, or save it as UTF-8")),
    (b"\xff\xfe", N_("UTF-16 text; read it with --encoding utf-16, or save it as UTF-8")),
    (b"\xfe\xff", N_("UTF-16 text; read it with --encoding utf-16, or save it as UTF-8")),
    (
        b"PK\x03\x04",
        N_("a ZIP archive or an Excel workbook; unpack it, or export the sheet: File, Save As, CSV UTF-8"),
    ),
    (b"BZh", N_("bzip2 data; unpack it first")),
    (b"\xfd7zXZ", N_("xz data; unpack it first")),
    (b"\x28\xb5\x2f\xfd", N_("Zstandard data; unpack it first")),
    (b"7z\xbc\xaf\x27\x1c", N_("a 7z archive; unpack it first")),
    (b"\x1f\x8b", N_("gzip data within gzip data; unpack it first")),
    (b"SQLite format 3\0", N_("an SQLite database; export a table as CSV")),
    (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        N_("an old Office document; export the sheet: File, Save As, CSV UTF-8"),
    ),
    (b"ARROW1\0\0", N_("an Arrow file; save it as Parquet")),
    (b"\x89PNG\r\n\x1a\n", N_("a picture")),
    (b"\xff\xd8\xff", N_("a picture")),
    (b"%PDF-", N_("a PDF document")),
)


def read_bytes(path: Path) -> bytes:
    """All bytes of a regular file.

    :raises DataError: if it is none, can't be read, or is larger than the limit.
    """
    try:
        # What was opened is looked at, not what the path meant a moment before; and to open a pipe never waits.
        with open(path, "rb", opener=_open_at_once) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise DataError(_(_NO_FILE).format(path=path))
            data = file.read(MAX_BYTES + 1) or b""
    except IsADirectoryError:
        raise DataError(_("{path}: expected a file, found a directory").format(path=path)) from None
    except FileNotFoundError:
        raise DataError(_("{path}: there is no such file").format(path=path)) from None
    except (OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno == errno.ENXIO:  # a socket, or a terminal that is gone
            raise DataError(_(_NO_FILE).format(path=path)) from None
        reason = reason_of(error)
        raise DataError(_("{path}: can't be read: {reason}").format(path=path, reason=reason)) from None
    if len(data) > MAX_BYTES:
        raise DataError(
            _("{path}: larger than {max_bytes} MiB, the most that is read; take a part of it").format(
                path=path, max_bytes=MAX_BYTES >> 20
            )
        )
    return data


def _open_at_once(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)


def unpacked_limit(size: int) -> int:
    """How many bytes a file of `size` may unpack to, so that a small file never takes much memory."""
    return min(MAX_BYTES, max(UNPACKED_FREE, size * MAX_RATIO))


def unpack(path: Path, data: bytes) -> bytes:
    """The bytes themselves, or what they unpack to if they are gzip data.

    :raises DataError: if these are damaged, or unpack to more than `unpacked_limit`.
    """
    if not data.startswith(b"\x1f\x8b"):
        return data
    import gzip
    import zlib

    limit = unpacked_limit(len(data))
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
            # Never more than the limit is unpacked, however small the file: it may be a bomb.
            plain = file.read(limit + 1)
    except EOFError:
        raise DataError(
            _("{path}: the gzip data ends too early; fetch or compress the file again").format(path=path)
        ) from None
    except (OSError, zlib.error) as error:
        raise DataError(
            _("{path}: the gzip data is damaged ({error}); fetch or compress it again").format(
                path=path, error=error
            )
        ) from None
    if len(plain) > limit:
        raise DataError(
            _(
                "{path}: unpacks to more than {limit} MiB, the most that is read of a file of {data:,} "
                "bytes; unpack it first"
            ).format(path=path, limit=limit >> 20, data=len(data))
        )
    return plain


def check_text(path: Path | str, data: bytes) -> None:
    """Refuse what is no text at all. Single lines that are none are found later.

    :param path: or what else it is called.
    :raises DataError: if it is binary, not UTF-8 by its looks, or has more lines than the limit.
    """
    for magic, meaning in _FOREIGN:
        if data.startswith(magic):
            raise DataError(_("{path}: expected text, found {found}").format(path=path, found=_(meaning)))
    head = data[: 2**16]
    zeros = head.count(0)
    if zeros * 10 > len(head):
        wide = zeros * 3 > len(head) and abs(head[::2].count(0) - head[1::2].count(0)) > 0.8 * zeros
        little = head[1::2].count(0) > head[::2].count(0)
        code = f"utf-16{'le' if little else 'be'}"
        found = (
            _("UTF-16 text without a mark; read it with --encoding {code}, or save it as UTF-8").format(
                code=code
            )
            if wide
            else _("a binary file (NUL bytes)")
        )
        raise DataError(_("{path}: expected text, found {found}").format(path=path, found=found))
    if zeros and not _is_utf8(head[:-4]):
        raise DataError(_("{path}: expected UTF-8 text, found a binary file (NUL bytes)").format(path=path))
    if data.count(b"\n") > MAX_RECORDS:
        raise DataError(
            _("{path}: more than {max_records:,} lines, the most that is read; take a part of it").format(
                path=path, max_records=MAX_RECORDS
            )
        )


def _is_utf8(head: bytes) -> bool:
    """Whether the start of a text is UTF-8; its last character may be cut."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return True


def blocks(data: bytes, encoding: str = "UTF-8", first: int = 1) -> Iterator[pl.DataFrame]:
    """The lines in blocks of some megabytes, one row per physical line: ``line``, ``text``, ``reason``.

    :param encoding: what a line that is no UTF-8 is said not to be.
    :param first: the number of the first line.

    Only ``\\n``, ``\\r\\n`` and, in a file without them, ``\\r`` end a line; ``str.splitlines`` would cut names at
    U+2028 and its like.
    """
    if b"\n" not in data:
        data = data.replace(b"\r", b"\n")
    start, line = 0, first
    while start < len(data):
        end = data.find(b"\n", start + _BLOCK) if start + _BLOCK < len(data) else -1
        stop = len(data) if end == -1 else end
        text = data[start : _without_excess(data, start + _BLOCK, stop)]
        block = _split_lines(
            text.removesuffix(b"\n") if end == -1 else text, line, reasons.NOT_DECODED + encoding
        )
        yield block
        line += block.height
        start = stop + 1


def _without_excess(data: bytes, start: int, stop: int) -> int:
    """Where to cut the line that reaches from `start` or before it to `stop`: what is too long is not held whole."""
    if stop - start <= _LONGEST:
        return stop
    cut = start + _LONGEST
    while data[cut] & 0xC0 == 0x80 and cut > start + _LONGEST - 4:  # not within a character
        cut -= 1
    return cut


def _split_lines(block: bytes, first: int, not_decoded: str) -> pl.DataFrame:
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
        .then(pl.lit(not_decoded))
        .when(text.str.contains("\0", literal=True))
        .then(pl.lit(reasons.NUL))
        .when(text.str.strip_chars() == "")
        .then(pl.lit(reasons.EMPTY))
        .when(too_long)
        .then(pl.lit(reasons.LONG_LINE.format(most=f"{MAX_LINE:,}")))
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
        return line[:_SHOWN].decode(errors="backslashreplace"), False
