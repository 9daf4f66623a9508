"""From a file's bytes to records with line numbers: delimited text, JSON lines, Parquet, any of them gzipped.

Nothing is judged here but the form: a record that has it carries a name and a label (which may be nothing but
white space), one that does not carries a reason. Each physical line is one record, since a name holds no line
end: an unclosed quote can't swallow the lines below it.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from namecls.errors import DataError

if TYPE_CHECKING:
    import polars as pl

#: The most that is read: bytes of a file, and again bytes after decompression; records; characters of a line.
MAX_BYTES = 512 * 2**20
MAX_RECORDS = 10_000_000
MAX_LINE = 10_000

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
_DELIMITERS = {"\t": "tabs", ",": "commas", ";": "semicolons"}
_FOREIGN = (
    (b"\xff\xfe", "UTF-16 text; save it as UTF-8"),
    (b"\xfe\xff", "UTF-16 text; save it as UTF-8"),
    (b"PK\x03\x04", "a ZIP archive or an Excel workbook; unpack it, or export it as CSV"),
    (b"BZh", "bzip2 data; unpack it first"),
    (b"\xfd7zXZ", "xz data; unpack it first"),
    (b"\x28\xb5\x2f\xfd", "Zstandard data; unpack it first"),
)


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
    :param frame: ``line`` (UInt32, from 1; in Parquet the number of the record), ``name``, ``label``,
        ``text`` (what stood there) and ``reason`` (why there is no name and label; else null).
    """

    sha256: str
    frame: pl.DataFrame


def read_records(path: Path, columns: Columns) -> Records:
    """All records of a file, the format known by its content and, where that is no help, by its suffix.

    :raises DataError: if it can't be read, is nothing of the kind, or lacks the columns asked for.
    """
    data = _read_bytes(path)
    digest = hashlib.sha256(data).hexdigest()
    if data.startswith(b"\x1f\x8b"):
        data = _gunzip(path, data)
    if not data.removeprefix(b"\xef\xbb\xbf").strip():
        raise DataError(f"{path}: the file is empty; expected a name and a label per line")
    suffix = [s.lower() for s in path.suffixes if s.lower() != ".gz"][-1:]
    if data.startswith(b"PAR1") or suffix in (["parquet"], [".pq"], [".parquet"]):
        return Records(digest, _read_parquet(path, data, columns))
    lines = _split_lines(_decode(path, data))
    if suffix in ([".jsonl"], [".ndjson"], [".json"]) or _json_object(next(filter(None, lines["text"]), "")):
        return Records(digest, _read_json_lines(path, lines, columns))
    return Records(digest, _read_delimited(path, lines, columns, "," if suffix == [".csv"] else "\t"))


def _read_bytes(path: Path) -> bytes:
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


def _gunzip(path: Path, data: bytes) -> bytes:
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


def _decode(path: Path, data: bytes) -> str | list[tuple[str, bool]]:
    """The text; or, where it is not all UTF-8, each line with whether it is."""
    for magic, meaning in _FOREIGN:
        if data.startswith(magic):
            raise DataError(f"{path}: expected text, found {meaning}")
    head = data[: 2**16]
    zeros = head.count(0)
    if zeros * 10 > len(head):
        wide = zeros * 3 > len(head) and abs(head[::2].count(0) - head[1::2].count(0)) > 0.8 * zeros
        found = "UTF-16 text without a mark; save it as UTF-8" if wide else "a binary file (NUL bytes)"
        raise DataError(f"{path}: expected text, found {found}")
    if data.count(b"\n") > MAX_RECORDS:
        raise DataError(f"{path}: more than {MAX_RECORDS:,} lines, the most that is read; take a part of it")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        if zeros:
            raise DataError(f"{path}: expected UTF-8 text, found a binary file (NUL bytes)") from None
    return [_decode_line(line) for line in data.removeprefix(b"\xef\xbb\xbf").split(b"\n")]


def _decode_line(line: bytes) -> tuple[str, bool]:
    try:
        return line.decode(), True
    except UnicodeDecodeError:
        return line[: 4 * MAX_LINE].decode(errors="backslashreplace"), False


def _split_lines(text: str | list[tuple[str, bool]]) -> pl.DataFrame:
    """One row per physical line: ``line``, ``text``, ``reason``. Only ``\\n``, ``\\r\\n`` and, in a file without
    them, ``\\r`` end a line; ``str.splitlines`` would cut names at U+2028 and its like."""
    import polars as pl

    if isinstance(text, str):
        if "\n" not in text:
            text = text.replace("\r", "\n")
        frame = pl.DataFrame({"text": pl.Series([text.removesuffix("\n")]).str.split("\n").explode()})
        valid = pl.lit(True)
    else:
        lines = text[:-1] if not text[-1][0] else text
        frame = pl.DataFrame(
            {"text": [line for line, _ in lines], "valid": [fine for _, fine in lines]},
            schema={"text": pl.String, "valid": pl.Boolean},
        )
        valid = pl.col("valid")
    reason = (
        pl.when(~valid)
        .then(pl.lit("not UTF-8"))
        .when(pl.col("text").str.contains("\0", literal=True))
        .then(pl.lit("a NUL byte"))
        .when(pl.col("text").str.strip_chars() == "")
        .then(pl.lit("empty line"))
        .when(pl.col("text").str.len_bytes() > 4 * MAX_LINE)
        .then(pl.lit(f"line longer than {MAX_LINE:,} characters"))
        .when(pl.col("text").str.len_chars() > MAX_LINE)
        .then(pl.lit(f"line longer than {MAX_LINE:,} characters"))
        .otherwise(pl.lit(None, pl.String))
    )
    return (
        frame.with_columns(pl.col("text").str.strip_suffix("\r"))
        .with_row_index("line", offset=1)
        .select("line", "text", reason=reason)
    )


def _read_delimited(path: Path, lines: pl.DataFrame, columns: Columns, usual: str) -> pl.DataFrame:
    import polars as pl

    sound = lines.filter(pl.col("reason").is_null())
    sample = sound["text"].head(_SAMPLE).to_list()
    delimiter, width = _sniff(sample, usual)
    first = (_fields(sample[0], delimiter) or []) if sample else []
    header = first if _has_header(first, columns) else None
    if header is not None:
        width = max(len(header), 2)
        lines = lines.filter(pl.col("line") != sound["line"][0])
    name, label = _choose(path, columns, header, width)

    def wrong(count: pl.Expr) -> pl.Expr:
        found = pl.format(f"expected {width} columns, found {{}}", count)
        return pl.when(count != width).then(found).otherwise(pl.lit(None, pl.String))

    quoted = pl.col("reason").is_null() & pl.col("text").str.contains('"', literal=True)
    fields = pl.col("text").str.split(delimiter)
    plain = (
        lines.filter(~quoted)
        .with_columns(fields=pl.when(pl.col("reason").is_null()).then(fields))
        .with_columns(
            name=pl.col("fields").list.get(name, null_on_oob=True),
            label=pl.col("fields").list.get(label, null_on_oob=True),
            reason=pl.coalesce("reason", wrong(pl.col("fields").list.len())),
        )
        .select("line", "name", "label", "text", "reason")
    )
    rest = lines.filter(quoted)
    if rest.is_empty():
        return plain

    def parse(text: str) -> _Parsed:
        parts = _fields(text, delimiter)
        if parts is None:
            return None, None, BAD_QUOTES
        if len(parts) != width:
            return None, None, f"expected {width} columns, found {len(parts)}"
        return parts[name], parts[label], None

    return pl.concat([plain, _parse_each(rest, parse)]).sort("line")


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
    if isinstance(wanted, int) or wanted.isdecimal():
        if 1 <= int(wanted) <= width:
            return int(wanted) - 1
        raise DataError(f"{path}: expected column {wanted}, found {width} columns; they are counted from 1")
    shown = ", ".join(names) if names else f"none with a name; say a number from 1 to {width}"
    raise DataError(f"{path}: expected a column named {wanted!r}, found {shown}")


def _json_object(line: str) -> dict[str, Any] | None:
    if not line.lstrip().startswith("{"):
        return None
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _read_json_lines(path: Path, lines: pl.DataFrame, columns: Columns) -> pl.DataFrame:
    objects = filter(None, map(_json_object, lines["text"].head(_SAMPLE)))
    keys = list(next(objects, {"name": "", "label": ""}))
    if len(keys) < 2:
        raise DataError(
            f"{path}: expected a JSON object with a name and a label per line, found only {keys[0]!r}"
        )
    name, label = (keys[i] for i in _choose(path, columns, keys, len(keys)))

    def parse(text: str) -> _Parsed:
        found = _json_object(text)
        if found is None:
            return None, None, "not a JSON object"
        for key in (name, label):
            if key not in found:
                return None, None, f"no {key!r}"
            if not isinstance(found[key], str | None):
                return None, None, f"{key!r} is not text"
        try:
            "".join(value for key in (name, label) if (value := found[key])).encode()
        except UnicodeEncodeError:
            return None, None, "half of a surrogate pair"
        return found[name], found[label], None

    import polars as pl

    wrong = lines.filter(pl.col("reason").is_not_null()).select(
        "line",
        pl.lit(None, pl.String).alias("name"),
        pl.lit(None, pl.String).alias("label"),
        "text",
        "reason",
    )
    return pl.concat([wrong, _parse_each(lines.filter(pl.col("reason").is_null()), parse)]).sort("line")


def _read_parquet(path: Path, data: bytes, columns: Columns) -> pl.DataFrame:
    import polars as pl

    try:
        scan = pl.scan_parquet(io.BytesIO(data))
        schema = scan.collect_schema()
        count = scan.select(pl.len()).collect().item()
        if count > MAX_RECORDS:
            raise DataError(f"{path}: {count:,} rows; at most {MAX_RECORDS:,} are read; take a part of it")
        if len(schema) < 2:
            raise DataError(f"{path}: expected a column of names and one of labels, found {len(schema)}")
        names = schema.names()
        name, label = (names[i] for i in _choose(path, columns, names, len(names)))
        for column in (name, label):
            if schema[column].is_nested() or schema[column] in (pl.Binary, pl.Object):
                raise DataError(f"{path}: expected text in column {column!r}, found {schema[column]}")
        frame = scan.select(name=pl.col(name).cast(pl.String), label=pl.col(label).cast(pl.String)).collect()
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        raise DataError(
            f"{path}: expected a Parquet file, found a damaged one ({_first_line(error)})"
        ) from None
    return frame.with_row_index("line", offset=1).with_columns(
        text=pl.concat_str("name", "label", separator="\t", ignore_nulls=True), reason=pl.lit(None, pl.String)
    )


def _first_line(error: BaseException) -> str:
    return str(error).strip().split("\n")[0]
