"""From a file to records with line numbers: text in columns, JSON, Parquet, any of them gzipped; or a directory.

Nothing is judged here but the form: a record that has it carries a name and a label (which may be nothing but
white space), one that does not carries a reason.
"""

from __future__ import annotations

import dataclasses
import hashlib
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from namecls.data.delimited import Delimited
from namecls.data.encoding import UTF_8, decoded, known_encoding, not_decoded
from namecls.data.folder import digest_of_files, label_files, read_folder
from namecls.data.layout import NEVER_AGAIN, Columns, Layout, choose, cut
from namecls.data.lines import MAX_RECORDS, blocks, check_text, read_bytes, unpack
from namecls.data.objects import JsonLines, NotJson, begins_json, read_document
from namecls.data.parquet import MAGIC, read_parquet
from namecls.data.titles import rank
from namecls.errors import DataError
from namecls.language import _

if TYPE_CHECKING:
    import polars as pl

_MARK = b"\xef\xbb\xbf"
_SEPARATOR_LINE = re.compile(rb'\A"?sep=(.)"?\r?\n', re.IGNORECASE)  # Excel's
_JSON = (".json", ".jsonl", ".ndjson")
_FEW_BROKEN = 100  # one line in so many that can't be decoded is an accident
_MANY_BROKEN = 10  # one in so many is too many, whatever the others are
_FEW_ROWS = 10  # of which none need have the label of another
_COMES_AGAIN = 3  # rows of a label, on the average, where one that stands alone is striking


@dataclass(frozen=True, slots=True)
class Records:
    """What a file holds.

    :param sha256: of the file's bytes, as they lie on the disk; of a directory, over those of its files.
    :param layout: how it is read.
    :param frames: block by block, so that what is only needed on the way never exists for the whole file at once:
        ``line`` (UInt32, from 1; in JSON and Parquet the number of the record), ``name``, ``label``, ``text`` (what
        stood there) and ``reason`` (why there is no name and label; else null); ``weight``, if asked for, as text.
    :param data: the text, as bytes.
    :param is_marked: whether it says itself that it is UTF-8.
    :param first: the line of a row that may turn out to be titles; 0: none.
    :param row: its fields.
    """

    sha256: str
    layout: Layout
    frames: Iterator[pl.DataFrame]
    data: bytes = b""
    is_marked: bool = False
    first: int = 0
    row: tuple[str, ...] = ()


def read_records(path: Path, columns: Columns) -> Records:
    """All records of a file, the format known by its content and, where that is no help, by its suffix.

    :raises DataError: if it can't be read, is nothing of the kind, or lacks the columns asked for.
    """
    if columns.encoding is not None:
        columns = dataclasses.replace(columns, encoding=known_encoding(columns.encoding))
    records = _read(path, columns)
    if columns.weight is not None and records.layout.weight is None:
        raise DataError(
            _("{path}: expected a column of weights, {weight!r}, found {told}, which has none").format(
                path=path, weight=columns.weight, told=records.layout.told
            )
        )
    return records


def _read(path: Path, columns: Columns) -> Records:
    if os.path.isdir(path):  # noqa: PTH112 - false, where `is_dir` raises
        return Records(*read_folder(path, columns))
    raw = read_bytes(path)
    digest = hashlib.sha256(raw).hexdigest()
    raw = unpack(path, raw)
    suffix = next((s.lower() for s in reversed(path.suffixes) if s.lower() != ".gz"), "")
    if raw.startswith(MAGIC) or suffix in (".parquet", ".pq"):
        return Records(digest, *_read_parquet(path, raw, columns))
    if columns.encoding is None:
        check_text(path, raw)
    data = decoded(path, raw, columns.encoding)
    if not data.strip():
        raise DataError(
            _("{path}: the file is empty; expected a name and a label per line").format(path=path)
        )
    check_text(path, data)
    return dataclasses.replace(
        _read_text(path, data, columns, suffix, digest),
        data=raw,
        is_marked=raw.startswith(_MARK) and columns.encoding is None,
    )


def digest_of(path: Path) -> str:
    """The `Records.sha256` of a file or a directory, of which nothing else is looked at.

    :raises DataError: if it can't be read.
    """
    if os.path.isdir(path):  # noqa: PTH112
        return digest_of_files((file, read_bytes(file)) for file in label_files(path))
    return hashlib.sha256(read_bytes(path)).hexdigest()


def _read_text(path: Path, data: bytes, columns: Columns, suffix: str, digest: str) -> Records:
    encoding, first = columns.encoding or UTF_8, 1
    if columns.separator is None and (found := _SEPARATOR_LINE.match(data)):
        columns = dataclasses.replace(columns, separator=found[1].decode(errors="replace"))
        data, first = data[found.end() :], 2
        if not data.strip():
            raise DataError(
                _(
                    "{path}: expected a name and a label per line, found only which sign separates columns"
                ).format(path=path)
            )
    rest = blocks(data, encoding, first)
    head = next(rest)
    lines = [line for line in head["text"].head(1000) if line.strip()]
    if suffix in _JSON or begins_json(lines):
        if suffix in _JSON[1:] or JsonLines.are(lines):
            objects = JsonLines.of(path, lines, columns, encoding)
            return Records(digest, objects.layout, map(objects.read, chain([head], rest)))
        try:
            return Records(digest, *read_document(path, data, columns, encoding))
        except NotJson:
            if suffix in _JSON:
                raise
    table = Delimited.of(path, head, columns, encoding, "," if suffix == ".csv" else "\t")
    frames = map(table.read, chain([head], rest))
    return Records(
        digest, table.layout, frames, first=0 if table.layout.header else table.first, row=table.row
    )


def _read_parquet(path: Path, data: bytes, columns: Columns) -> tuple[Layout, Iterator[pl.DataFrame]]:
    import polars as pl

    layout = Layout(form="Parquet")

    def chosen(titles: Sequence[str]) -> list[int]:
        nonlocal layout
        name, label, weight = choose(path, columns, titles, len(titles))
        layout = dataclasses.replace(
            layout, width=len(titles), name=name, label=label, titles=tuple(titles), weight=weight
        )
        return [name, label] if weight is None else [name, label, weight]

    frame = read_parquet(path, data, chosen, max_records=MAX_RECORDS)
    frame = frame.with_row_index("line", offset=1).with_columns(
        text=pl.concat_str("name", "label", separator="\t", ignore_nulls=True), reason=pl.lit(None, pl.String)
    )
    return layout, iter([frame])


def check_decoded(path: Path, records: Records, lines: int, broken: int, accented: int) -> None:
    """See that lines which can't be decoded are few, and others of the kind can.

    :param lines: all of them.
    :param broken: those that can't be decoded.
    :param accented: those that can and are no ASCII.
    :raises DataError: if they are more; it names the encoding that the text looks like.
    """
    if (
        records.is_marked
        or _FEW_BROKEN * broken < lines
        or (broken <= accented and _MANY_BROKEN * broken < lines)
    ):
        return
    raise DataError(
        _("{path}: {not_decoded}").format(
            path=path, not_decoded=not_decoded(records.data, records.layout.encoding, broken, lines, accented)
        )
    )


def titles_after_all(records: Records, frame: pl.DataFrame) -> str:
    """Why the first row of a file is titles and no name and label, as all the others show; empty: it is none.

    :param frame: the usable rows: ``line``, ``name``, ``label`` ...
    """
    line, name, label, *_ = frame.row(0)
    if line != records.first or (frame["label"] == label).sum() > 1:
        return ""
    counts = frame["label"].value_counts()["count"]
    others = len(counts) - 1
    if others < 1 or frame.height <= max(_FEW_ROWS, _COMES_AGAIN * others):
        return ""
    told = rank(name, "name") is not None or rank(label, "label") is not None
    alone = int((counts == 1).sum()) - 1  # other labels of one row
    return NEVER_AGAIN.format(label=repr(cut(label))) if told or not alone else ""
