"""Parquet files, read by a process of their own.

The Parquet reader of the table library trusts its files. A damaged one can end the process that reads it, or have it
print or take all memory, and in this process somebody's training may be running. So another one reads: it gets the
file's bytes and a limit of memory and time, and gives back two columns of text, or nothing. Of a table that is only
passed on it reads the file itself, some rows at a time, and gives back all columns.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from namecls.data.lines import unpacked_limit
from namecls.data.shards import WHOLE, Shard
from namecls.errors import DataError
from namecls.language import N_, _
from namecls.system import reason_of

if TYPE_CHECKING:
    import polars as pl

MAGIC = b"PAR1"

_MEMORY = 2**30  # bytes that the reader may take besides those of the file
_SECONDS = 300  # of a processor
_ROWS_MEMORY = 2**32  # of that which reads some rows at a time: a group of rows may be large
_PROGRAM = "import sys; sys.path.append(sys.argv[1]); from namecls.data import parquet; parquet.{}()"
_BROKEN = N_("the reader broke down")


def read_parquet(
    path: Path, data: bytes, choose: Callable[[Sequence[str]], list[int]], max_records: int
) -> pl.DataFrame:
    """The names and labels of a Parquet file: ``name`` and ``label``, perhaps ``weight``, as text.

    :param choose: finds the positions of these columns, given the names of all.
    :raises DataError: if it is damaged, too large, or has no such columns.
    """
    import polars as pl

    limit = unpacked_limit(len(data))
    try:
        memory = _MEMORY + 2 * len(data) + 4 * limit
        with _reader(serve, len(data), memory) as (to_reader, from_reader):
            to_reader.write(data)
            to_reader.flush()
            found = _answer(path, from_reader)
            if found["rows"] > max_records:
                raise DataError(
                    _("{path}: {rows:,} rows; at most {most:,} are read; take a part of it").format(
                        path=path, rows=found["rows"], most=max_records
                    )
                )
            columns = found["columns"]
            if len(columns) < 2:
                raise DataError(
                    _("{path}: expected a column of names and one of labels, found {columns}").format(
                        path=path, columns=len(columns)
                    )
                )
            wanted = choose([name for name, *_ in columns])
            for name, kind, readable in (columns[at] for at in wanted):
                if not readable:
                    raise DataError(
                        _("{path}: expected text in column {name!r}, found {kind}").format(
                            path=path, name=name, kind=kind
                        )
                    )
            to_reader.write(json.dumps(wanted).encode() + b"\n")
            to_reader.flush()
            size = _answer(path, from_reader)["bytes"]
            if size > limit:
                raise DataError(
                    _(
                        "{path}: unpacks to more than {limit} MiB, the most that is read of a file of "
                        "{data:,} bytes; export it as CSV"
                    ).format(path=path, limit=limit >> 20, data=len(data))
                )
            return pl.read_ipc_stream(io.BytesIO(from_reader.read()))
    except BrokenPipeError:
        raise _damaged(path, _(_BROKEN)) from None
    except OSError as error:
        raise DataError(
            _("{path}: the reader of Parquet can't be started: {strerror}").format(
                path=path, strerror=reason_of(error)
            )
        ) from None
    except pl.exceptions.PolarsError:
        raise _damaged(path, _(_BROKEN)) from None


def parquet_rows(path: Path, rows: int, shard: Shard = WHOLE) -> Iterator[pl.DataFrame]:
    """All columns of a Parquet file, so many rows at a time; at least one frame, which may have none.

    :param shard: of its rows.
    :raises DataError: if it is damaged, or one group of its rows takes too much memory.
    """
    import polars as pl

    try:
        with _reader(serve_rows, path.absolute(), rows, shard, _ROWS_MEMORY) as (_, from_reader):
            while size := _answer(path, from_reader)["bytes"]:
                yield pl.read_ipc_stream(io.BytesIO(from_reader.read(size)))
    except pl.exceptions.PolarsError:
        raise _damaged(path, _(_BROKEN)) from None


@dataclass(frozen=True, slots=True)
class Head:
    """What the end of a Parquet file tells of it.

    :param columns: title, type, and whether it holds texts, of each.
    """

    rows: int
    columns: tuple[tuple[str, str, bool], ...]


def parquet_heads(paths: Sequence[Path]) -> Iterator[Head]:
    """What there is in each of some files; their rows are not read.

    :raises DataError: if one is damaged.
    """
    with _reader(serve_heads, _ROWS_MEMORY) as (to_reader, from_reader):
        for path in paths:
            with contextlib.suppress(BrokenPipeError):  # it breaks down: then it does not answer either
                to_reader.write(json.dumps(str(path.absolute())).encode() + b"\n")
                to_reader.flush()
            found = _answer(path, from_reader)
            yield Head(found["rows"], tuple((title, kind, text) for title, kind, text in found["columns"]))


def write_parquet(frames: Iterator[pl.DataFrame], out: BinaryIO) -> None:
    """Write frames as they come, so that memory holds one of them."""
    from polars.io.plugins import register_io_source

    first = next(frames, None)
    if first is None:
        return
    failed: list[Exception] = []  # which the table library would tell in words of its own

    def source(
        columns: list[str] | None, predicate: pl.Expr | None, _rows: int | None, _batch: int | None
    ) -> Iterator[pl.DataFrame]:
        try:
            for frame in chain([first], frames):
                some = frame.select(columns) if columns is not None else frame
                yield some.filter(predicate) if predicate is not None else some
        except Exception as error:
            failed.append(error)
            raise

    try:
        register_io_source(source, schema=first.schema).sink_parquet(out, engine="streaming")
    except Exception:
        if failed:
            raise failed[0] from None
        raise


@contextlib.contextmanager
def _reader(serve: Callable[[], None], *order: object) -> Any:
    """The reading process: what it is written to, and what it is read from.

    :param serve: what it does, with `order` as its arguments.
    """
    program = _PROGRAM.format(serve.__name__)
    process = subprocess.Popen(
        [sys.executable, "-P", "-c", program, str(Path(__file__).resolve().parents[1]), *map(str, order)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "POLARS_MAX_THREADS": "2"},
    )
    try:
        yield process.stdin, process.stdout
    finally:
        process.kill()
        for stream in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):
                stream.close()  # type: ignore[union-attr]
        process.wait()


def _answer(path: Path, stream: BinaryIO) -> dict[str, Any]:
    """What the reader says next.

    :raises DataError: if it says nothing more, or that the file is damaged.
    """
    line = stream.readline()
    if not (line.startswith(b"{") and line.endswith(b"\n")):
        raise _damaged(path, _(_BROKEN))
    found: dict[str, Any] = json.loads(line)
    if "problem" in found:
        raise _damaged(path, found["problem"])
    return found


def _damaged(path: Path, problem: str) -> DataError:
    return DataError(
        _("{path}: expected a Parquet file, found a damaged one ({problem})").format(
            path=path, problem=problem
        )
    )


def serve_rows() -> None:
    """What the reading process does of a table that is passed on: its rows, some at a time."""
    _, path, rows, shard, memory = sys.argv[1:]
    with _served(int(memory)) as (out, tell):
        import polars as pl

        scan, step = pl.scan_parquet(path), int(rows)
        begin, end = Shard.parse(shard).part(0, scan.select(pl.len()).collect().item())
        for start in range(begin, max(end, begin + 1), step):
            stream = io.BytesIO()
            some = scan.slice(start, min(step, end - start)).collect()
            some.write_ipc_stream(stream, compat_level=pl.CompatLevel.oldest())
            tell(bytes=stream.tell())
            out.write(stream.getbuffer())
        tell(bytes=0)


def serve_heads() -> None:
    """What the reading process does of files whose rows nobody wants yet."""
    with _served(int(sys.argv[2])) as (_out, tell):
        import polars as pl

        textual = (pl.String, pl.Categorical, pl.Enum, pl.Null)
        for line in sys.stdin.buffer:
            scan = pl.scan_parquet(json.loads(line), glob=False)
            columns = [
                (title, str(kind), isinstance(kind, textual)) for title, kind in scan.collect_schema().items()
            ]
            tell(columns=columns, rows=scan.select(pl.len()).collect().item())


@contextlib.contextmanager
def _served(memory: int, seconds: int | None = None) -> Iterator[tuple[BinaryIO, Callable[..., None]]]:
    """Standard output for the answers alone, and what writes a line of them; a problem is told in one."""
    _limit(memory, seconds)
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # so that nothing else gets between

    import polars as pl

    def tell(**found: object) -> None:
        out.write(json.dumps(found).encode() + b"\n")
        out.flush()

    try:
        yield out, tell
        out.flush()
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, MemoryError) as error:
        tell(problem=(str(error).strip() or type(error).__name__).split("\n")[0][:200])


def serve() -> None:
    """What the reading process does: the columns, then two or three of them, on standard output."""
    _, size, memory = sys.argv[1:]
    with _served(int(memory), _SECONDS) as (out, tell):
        import polars as pl

        scan = pl.scan_parquet(io.BytesIO(sys.stdin.buffer.read(int(size))))
        schema = scan.collect_schema()
        columns = [(name, str(kind), _is_readable(kind)) for name, kind in schema.items()]
        tell(columns=columns, rows=scan.select(pl.len()).collect().item())
        wanted = [columns[at][0] for at in json.loads(sys.stdin.buffer.readline())]
        kinds = zip(("name", "label", "weight"), wanted, strict=False)
        frame = scan.select(**{kind: pl.col(name).cast(pl.String) for kind, name in kinds}).collect()
        # As many bytes as lines of text would have, with a tab and a line end.
        parts = frame.select(pl.all().str.len_bytes().cast(pl.UInt64).sum())
        tell(bytes=sum(parts.row(0)) + 2 * frame.height)
        frame.write_ipc_stream(out, compat_level=pl.CompatLevel.oldest())


def _limit(memory: int, seconds: int | None) -> None:
    try:
        import resource
    except ImportError:  # not on Windows
        return
    for what, most in (
        (resource.RLIMIT_DATA, memory),
        *([(resource.RLIMIT_CPU, seconds)] if seconds is not None else []),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(what)[1]
        if hard == resource.RLIM_INFINITY or hard > most:
            with contextlib.suppress(OSError, ValueError):
                resource.setrlimit(what, (most, most))


def _is_readable(kind: pl.DataType) -> bool:
    import polars as pl

    textual = (pl.String, pl.Categorical, pl.Enum, pl.Null, pl.Boolean, pl.Date)
    return kind.is_numeric() or isinstance(kind, textual)
