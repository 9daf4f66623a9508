"""The file of an edited table, written again: only what was edited is other than it was, all else to the byte.

Text in columns and JSON lines are written line by line. Of Parquet the rows that were edited are others, and all
columns are of their types.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, BinaryIO

from namecls.data.cells import quote_cell
from namecls.data.encoding import codec_of
from namecls.data.lines import read_bytes, unpack
from namecls.data.parquet import parquet_rows, write_parquet
from namecls.data.records import BLOCK
from namecls.edits.applying import EditedTable
from namecls.errors import DataError
from namecls.language import N_, _

if TYPE_CHECKING:
    import polars as pl

#: A name and a label as they are in the file, and as they are to be; None: the row is dropped.
Change = tuple[str, str, str | None, str | None]

_MARK = "\ufeff"
_WIDE = {  # encodings in which a line end is more than a byte: what a file begins with, and how it goes on then
    "utf_16": (("\ufeff".encode("utf-16-le"), "utf-16-le"), ("\ufeff".encode("utf-16-be"), "utf-16-be")),
    "utf_32": (("\ufeff".encode("utf-32-le"), "utf-32-le"), ("\ufeff".encode("utf-32-be"), "utf-32-be")),
    "utf_16_le": ((b"", "utf-16-le"),),
    "utf_16_be": ((b"", "utf-16-be"),),
}
_CELLS = N_("a name and a label in columns, JSON lines or Parquet")


def write_cleaned(table: EditedTable, out: BinaryIO) -> None:
    """Write the file of an edited table with its edits, in its format, unpacked.

    :raises DataError: if it is of a format that is only read, has changed meanwhile, or can't hold what was edited.
    """
    changes: dict[int, Change] = {line: tuple(rest) for line, *rest in table.changes.iter_rows()}
    layout = table.layout
    if layout.form == "Parquet":
        write_parquet(_of_parquet(table, changes), out)
        return
    if layout.form == "JSON lines":
        edit: Callable[[str, Change], str] = _Objects(table)
    elif layout.form == "text" and layout.separator != " ":
        edit = _Cells(table)
    else:
        raise DataError(
            _("{source}: expected {cells}, found {told}, which is only read; convert it first").format(
                source=table.source, cells=_(_CELLS), told=layout.told
            )
        )
    data = read_bytes(table.source)
    if hashlib.sha256(data).hexdigest() != table.sha256:
        raise DataError(
            _("{source}: has changed since it was read; apply the edits again").format(source=table.source)
        )
    lines, codec = _lines(unpack(table.source, data), layout.encoding)
    for number, line in enumerate(lines, 1):
        change = changes.get(number)
        if change is None:
            out.write(line)
        elif change[2] is not None:
            out.write(
                _edited(
                    line,
                    codec,
                    edit,
                    change,
                    f"{table.source}, line {number:,}",
                )
            )


def _lines(data: bytes, encoding: str) -> tuple[Iterator[bytes], str]:
    """The lines of a text with their ends, and how each is encoded."""
    codec = codec_of(encoding)
    marks = _WIDE.get(codec)
    if marks is None:
        end = b"\n" if b"\n" in data else b"\r"
        return (piece for piece in re.findall(rb"[^%b]*%b|[^%b]+\Z" % ((end,) * 3), data)), codec
    codec = next((name for mark, name in marks if data.startswith(mark)), marks[0][1])
    text = data.decode(codec, "surrogatepass")
    end_ = "\n" if "\n" in text else "\r"
    return (
        piece.encode(codec, "surrogatepass") for piece in re.findall(f"[^{end_}]*{end_}|[^{end_}]+\\Z", text)
    ), codec


def _edited(line: bytes, codec: str, edit: Callable[[str, Change], str], change: Change, where: str) -> bytes:
    text = line.decode(codec)
    bare = text.rstrip("\r\n")
    start = _MARK if bare.startswith(_MARK) else ""
    try:
        found = (start + edit(bare.removeprefix(_MARK), change) + text[len(bare) :]).encode(codec)
    except UnicodeEncodeError as error:
        odd = error.object[error.start : error.end]
        raise DataError(
            _(
                "{where}: expected text that {codec} can hold, found {odd!r} in an edit; save the file "
                "as UTF-8 first"
            ).format(where=where, codec=codec, odd=odd)
        ) from None
    return found


class _Cells:
    """Lines of text in columns."""

    def __init__(self, table: EditedTable) -> None:
        layout = table.layout
        self._sign, self._name, self._label = layout.separator, layout.name, layout.label

    def __call__(self, line: str, change: Change) -> str:
        old_name, old_label, name, label = change
        spans = _cell_spans(line, self._sign)
        new = {}
        if name is not None and name != old_name:
            new[self._name] = name
        if label is not None and label != old_label:
            new[self._label] = label
        for at in sorted(new, reverse=True):
            start, stop = spans[at]
            line = line[:start] + self._cell(line[start:stop], new[at]) + line[stop:]
        return line

    def _cell(self, old: str, text: str) -> str:
        """A cell in place of another, with its quotes and the blanks around it."""
        inner = old.strip()
        before, after = old.partition(inner)[::2] if inner else ("", "")
        text = quote_cell(text)
        if inner.startswith('"') or '"' in text or self._sign in text:
            stream = io.StringIO()
            csv.writer(stream, quoting=csv.QUOTE_ALL, lineterminator="").writerow([text])
            return stream.getvalue()
        return before + text + after


def _cell_spans(line: str, sign: str) -> list[tuple[int, int]]:
    """Where each cell of a line that can be read begins and ends, with its quotes."""
    spans, start, is_quoted = [], 0, False
    for at, character in enumerate(line):
        if character == '"' and (is_quoted or at == start):
            is_quoted = not is_quoted  # a doubled one ends the quotes and begins them again
        elif character == '"' and line[at - 1] == '"' and line[start] == '"':
            is_quoted = True
        elif character == sign and not is_quoted:
            spans.append((start, at))
            start = at + 1
    return [*spans, (start, len(line))]


class _Objects:
    """Lines of JSON: objects, or pairs."""

    def __init__(self, table: EditedTable) -> None:
        layout = table.layout
        self._name, self._label = layout.titles[layout.name], layout.titles[layout.label]

    def __call__(self, line: str, change: Change) -> str:
        old_name, old_label, name, label = change
        spans = _value_spans(line)
        is_pair = line.lstrip().startswith("[")
        places: tuple[str | int, str | int] = (0, 1) if is_pair else (self._name, self._label)
        new = [
            (spans[place], text)
            for place, old, text in zip(places, (old_name, old_label), (name, label), strict=True)
            if text is not None and text != old
        ]
        for (start, stop), text in sorted(new, reverse=True):
            line = line[:start] + json.dumps(text, ensure_ascii=line.isascii()) + line[stop:]
        return line


def _value_spans(line: str) -> Mapping[str | int, tuple[int, int]]:
    """Where the values of a JSON object or array begin and end in its text; of a key that comes twice the last."""
    decoder = json.JSONDecoder()
    blank = re.compile(r"[ \t\r\n]*")

    def skip(at: int) -> int:
        return blank.match(line, at).end()  # type: ignore[union-attr]

    at = skip(0)
    is_object = line[at] == "{"
    spans: dict[str | int, tuple[int, int]] = {}
    at = skip(at + 1)
    while line[at] not in "}]":
        key: str | int = len(spans)
        if is_object:
            key, at = decoder.raw_decode(line, at)
            at = skip(skip(at) + 1)
        _, stop = decoder.raw_decode(line, at)
        spans[key] = (at, stop)
        at = skip(stop)
        at = skip(at + 1) if line[at] == "," else at
    return spans


def _of_parquet(table: EditedTable, changes: Mapping[int, Change]) -> Iterator[pl.DataFrame]:
    import polars as pl

    layout = table.layout
    columns = {layout.titles[layout.name]: (0, 2), layout.titles[layout.label]: (1, 3)}
    kinds: dict[str, Any] = {}
    first = 1
    for frame in parquet_rows(table.source, BLOCK):
        here = {line - first: changes[line] for line in range(first, first + frame.height) if line in changes}
        for title, (old, new) in columns.items():
            kind = kinds.get(title)
            if kind is None:
                kind = kinds[title] = _kind(frame[title].dtype, (change[new] for change in changes.values()))
            texts = {at: change[new] for at, change in here.items() if change[new] not in (None, change[old])}
            column = frame[title]
            if texts:
                try:
                    values = column.cast(pl.String).scatter(list(texts), list(texts.values())).cast(kind)
                except pl.exceptions.PolarsError:
                    odd = next(iter(texts.values()))
                    raise DataError(
                        _(
                            "{source}: column {title!r} holds {kind}, and can't hold an edit such as "
                            "{odd!r}; convert it to text first"
                        ).format(source=table.source, title=title, kind=kind, odd=odd)
                    ) from None
            else:
                values = column.cast(kind)
            frame = frame.with_columns(values.alias(title))
        gone = [at for at, change in here.items() if change[2] is None]
        yield frame.filter(~pl.int_range(pl.len()).is_in(gone)) if gone else frame
        first += frame.height


def _kind(kind: Any, texts: Iterator[str | None]) -> Any:
    """The type of a column that is to hold these texts, too: its own, an enumeration with more values."""
    import polars as pl

    if isinstance(kind, pl.Enum):
        known = kind.categories.to_list()
        return pl.Enum([*known, *sorted({text for text in texts if text is not None} - set(known))])
    return pl.String() if isinstance(kind, pl.Null) else kind
