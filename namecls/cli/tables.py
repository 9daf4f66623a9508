"""`namecls predict` on a table: the same table with the answers behind its columns."""

from __future__ import annotations

import contextlib
import csv
import gzip
import io
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import typer

from namecls.cli.destination import binary_destination, check_suffix, is_stdout
from namecls.cli.incoming import NOT_UTF_8
from namecls.cli.parts import SIGNS
from namecls.cli.undecoded import Undecoded
from namecls.data.cells import quote_cell
from namecls.data.parquet import MAGIC, parquet_rows, write_parquet
from namecls.data.records import (
    BLOCK,
    CSV,
    JSONL,
    PARQUET,
    TSV,
    Delimited,
    JsonLines,
    Wanted,
    open_records,
    read_shard,
)
from namecls.data.shards import WHOLE, Shard
from namecls.errors import DataError
from namecls.guarantees import Guarantees
from namecls.language import _
from namecls.text import safe

if TYPE_CHECKING:
    import polars as pl

    from namecls.inference.prediction import Predictor
    from namecls.inference.ranker import Ranker

KINDS = (CSV, TSV, JSONL, PARQUET)
_SUFFIXES = {"csv": CSV, "tsv": TSV, "jsonl": JSONL, "ndjson": JSONL, "parquet": PARQUET}
_ROWS = 65_536  # of Parquet at a time: the more, the more names share
_JOINT = "|"  # of the labels of a set in one cell
_STDIN = "-"

Answers = dict[str, list[Any]]


def predict_table(
    predictor: Predictor,
    source: str,
    wanted: Wanted,
    output: Path | None,
    *,
    kind: str | None,
    k: int,
    guarantees: Guarantees,
    prefix: str,
    safe_cells: bool,
    shard: Shard = WHOLE,
) -> str:
    """Write a table again, with label, probability, set and status of the name in each row behind its columns.

    Where its kind stays, all else of it stays to the byte.

    :param source: a file, or ``-``.
    :param kind: of what is written, one of `KINDS`; None: by the suffix of the output, else as it is read.
    :param shard: of its records.
    :return: what separates the columns, if titles are written before the records.
    :raises DataError: if it is no table, or damaged, or has a column of such a title already.
    """
    from namecls.inference.ranker import Ranker

    kind = kind or _kind_of(output)
    with _opened(source) as stream, Ranker(predictor, k, guarantees) as ranker:
        asked = _Asked(ranker, predictor.labels, k, prefix, wanted.encoding)
        if stream is None:
            _refuse_unseen(output, kind or PARQUET)
            with table_sink(output) as out:
                _write_frames(_of_parquet(Path(source), wanted, asked, shard), kind or PARQUET, out, asked)
            return SIGNS.get(kind or PARQUET, "")
        table = open_records(stream, source, wanted)
        if shard != WHOLE:
            read_shard(table, stream, shard)
        kind = kind or table.kind
        _refuse_unseen(output, kind)
        with table_sink(output) as out:
            if kind == table.kind:
                for text in _beside(table, asked, safe_cells=safe_cells):
                    out.write(text.encode("utf-8", "surrogateescape"))
                    out.flush()
                asked.undecoded.tell()
                return table.separator if isinstance(table, Delimited) and table.head else ""
            _write_frames(_framed(table, asked), kind, out, asked)
            asked.undecoded.tell()
            return SIGNS.get(kind, "")


class _Asked:
    """What is asked about each name."""

    def __init__(
        self, ranker: Ranker, labels: Sequence[str], k: int, prefix: str, encoding: str | None
    ) -> None:
        from namecls.inference.frames import titles

        self.ranker, self.labels, self.k, self.prefix = ranker, labels, k, prefix
        self.titles = titles(k, prefix)
        self.undecoded = Undecoded(encoding)

    def of(self, names: Sequence[str]) -> Answers:
        from namecls.inference.frames import columns

        broken = [at for at, name in enumerate(names) if not _is_text(name)]
        self.undecoded.add(len(names), (names[at] for at in broken))
        readable = list(names)
        for at in broken:
            readable[at] = ""
        rankings = self.ranker.start(readable)()
        found = columns(self.labels, rankings, len(readable), self.k, self.prefix)
        for at in broken:
            found[self.titles[-1]][at] = NOT_UTF_8
        return found

    def beside(self, frame: pl.DataFrame, names: Sequence[str], source: str) -> pl.DataFrame:
        """A frame with the answers for its names behind its columns."""
        from namecls.inference.frames import schema, with_answers

        found: pl.DataFrame = with_answers(frame, self.of(names), schema(self.k, self.prefix), source)
        return found

    def check(self, titles: Iterable[str], source: str) -> None:
        """:raises DataError: if one of the columns is there already."""
        from namecls.inference.frames import check_titles

        check_titles(titles, self.titles, source)


def _is_text(name: str) -> bool:
    """Whether there is no half character in it, as undecoded bytes stand for."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _beside(table: Delimited | JsonLines, asked: _Asked, *, safe_cells: bool) -> Iterator[str]:
    """The records as they stand in the file, each with its answers behind it."""
    if isinstance(table, JsonLines):
        for records in table.blocks():
            answers = asked.of(records.names)
            rows = zip(
                records.texts, records.ends, records.values, zip(*answers.values(), strict=True), strict=True
            )
            yield "".join(_object(*row, asked, table.source) for row in rows)
        return
    asked.check(table.titles, table.source)
    cell = quote_cell if safe_cells else str
    if table.head:
        text = table.head.rstrip("\r\n")
        yield text + _cells(asked.titles, table.separator) + (table.head[len(text) :] or "\n")
    for records in table.blocks():
        answers = asked.of(records.names)
        made = []
        rows = zip(
            records.texts, records.ends, records.values, zip(*answers.values(), strict=True), strict=True
        )
        for text, end, cells, answer in rows:
            missing = table.separator * (table.width - len(cells)) if cells else ""
            more = _cells(_written(answer, cell), table.separator) if cells else ""
            made.append(text + missing + more + end)
        yield "".join(made)


def _written(answer: Sequence[Any], cell: Any) -> list[str]:
    """The answers of a row as cells."""
    return [
        ""
        if value is None
        else f"{value:.6f}"
        if isinstance(value, float)
        else cell(_JOINT.join(value) if isinstance(value, list) else value)
        for value in answer
    ]


def _cells(cells: Sequence[str], separator: str) -> str:
    """Cells that go on with a line."""
    stream = io.StringIO()
    csv.writer(stream, delimiter=separator, lineterminator="").writerow(["", *cells])
    return stream.getvalue()


def _object(
    text: str, end: str, value: Mapping[str, Any], answer: Sequence[Any], asked: _Asked, source: str
) -> str:
    if not value:
        return text + end
    asked.check(value, source)
    more = json.dumps(dict(zip(asked.titles, answer, strict=True)), ensure_ascii=False)
    inner = text.rstrip()
    return f"{inner[:-1]}, {more[1:]}{text[len(inner) :]}{end}"


def _framed(table: Delimited | JsonLines, asked: _Asked) -> Iterator[pl.DataFrame]:
    """The records as frames, with their answers.

    :raises DataError: if two columns have one title, or objects have keys that those of the first block have not.
    """
    import polars as pl

    titles: tuple[str, ...] = ()
    for records in table.blocks():
        here = [at for at, value in enumerate(records.values) if value]
        values = [records.values[at] for at in here]
        if isinstance(table, JsonLines):
            keys = tuple(dict.fromkeys(key for value in values for key in value))
            titles = titles or keys
            if more := [key for key in keys if key not in titles]:
                raise DataError(
                    _(
                        "{file}: the key {key!r} comes first after {objects:,} objects without it, when the columns "
                        "are written already; write JSON lines instead"
                    ).format(file=table.source, key=more[0], objects=BLOCK)
                )
            rows = [[_as_text(value.get(title)) for title in titles] for value in values]
        else:
            titles = titles or table.titles or tuple(f"column_{at}" for at in range(1, table.width + 1))
            rows = [[*row, *[""] * (len(titles) - len(row))] for row in values]
        if len(set(titles)) < len(titles):
            raise DataError(
                _("{file}: has two columns of one title, which {format} and JSON can't have").format(
                    file=table.source, format=PARQUET
                )
            )
        clean = [[_without_halves(cell) for cell in row] for row in rows]
        frame = pl.DataFrame(clean, schema=dict.fromkeys(titles, pl.String), orient="row")
        yield asked.beside(frame, [records.names[at] for at in here], table.source)


def _as_text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _without_halves(cell: str | None) -> str | None:
    if cell is None or _is_text(cell):
        return cell
    return cell.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _of_parquet(path: Path, wanted: Wanted, asked: _Asked, shard: Shard) -> Iterator[pl.DataFrame]:
    """The rows of a Parquet file as frames, with their answers."""
    import polars as pl

    from namecls.data.layout import position

    for frame in parquet_rows(path, _ROWS, shard):
        titles = frame.columns
        at = [titles[cast("int", position(path, column, titles, len(titles)))] for column in wanted.columns]
        texts = [pl.col(title).cast(pl.String).fill_null("").str.strip_chars() for title in at]
        names = frame.select(pl.concat_str(texts, separator=" ").str.strip_chars()).to_series()
        yield asked.beside(frame, names.to_list(), str(path))


def _write_frames(frames: Iterable[pl.DataFrame], kind: str, out: BinaryIO, asked: _Asked) -> None:
    import polars as pl

    if kind == PARQUET:
        write_parquet(iter(frames), out)
        return
    first = True
    for frame in frames:
        if kind == JSONL:
            frame.write_ndjson(out)
        else:
            joined = frame.with_columns(pl.col(asked.titles[-2]).list.join(_JOINT))
            joined.write_csv(out, include_header=first, separator=SIGNS[kind])
        first = False
        out.flush()


@contextlib.contextmanager
def _opened(source: str) -> Iterator[BinaryIO | None]:
    """The bytes of a source; None of a Parquet file, which is read where it lies."""
    if source == _STDIN:
        yield cast("BinaryIO", sys.stdin.buffer)
        return
    with Path(source).open("rb") as stream:
        if stream.peek(4)[:4] == MAGIC:
            yield None
        else:
            yield stream


@contextlib.contextmanager
def table_sink(output: Path | None) -> Iterator[BinaryIO]:
    """Where the table goes, gzipped if its name says so."""
    with binary_destination(output) as whole:
        if is_stdout(output) and sys.stdout.isatty():
            yield cast("BinaryIO", _SafeTerminal(whole))
        elif output is not None and output.suffix == ".gz":
            with gzip.GzipFile(filename="", fileobj=whole, mode="wb", mtime=0) as packed:
                yield cast("BinaryIO", packed)
        else:
            yield whole


class _SafeTerminal(io.RawIOBase):
    """A terminal, on which all text is literal. What is written to it is whole lines."""

    def __init__(self, terminal: BinaryIO) -> None:
        self._terminal = terminal

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        lines = bytes(data).decode("utf-8", "backslashreplace").split("\n")
        self._terminal.write("\n".join(safe(line.removesuffix("\r")) for line in lines).encode())
        self._terminal.flush()
        return len(data)


def _kind_of(output: Path | None) -> str | None:
    """What is written to a file, by its suffix."""
    if output is None or is_stdout(output):
        return None
    name = output.with_name(output.name.removesuffix(".gz") or output.name)
    check_suffix("--output", name, _SUFFIXES, more=_(", perhaps with .gz"))
    return _SUFFIXES[name.suffix.removeprefix(".").lower()]


def _refuse_unseen(output: Path | None, kind: str) -> None:
    if kind == PARQUET and is_stdout(output) and sys.stdout.isatty():
        raise typer.BadParameter(_("Parquet is not for a terminal: give --output FILE, or --format csv"))
