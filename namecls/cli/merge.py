"""`namecls merge`: the parts of an output, as `namecls predict --shard` writes them, made one again."""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO, cast

import typer

from namecls.cli.console import say
from namecls.cli.parts import NOTE, Note, read_note
from namecls.cli.tables import table_sink
from namecls.data.parquet import MAGIC, parquet_rows, write_parquet
from namecls.data.records import BLOCK
from namecls.data.shards import first_record
from namecls.errors import DataError
from namecls.language import _, ngettext

if TYPE_CHECKING:
    import polars as pl

_GZIP = b"\x1f\x8b"


def merge(
    parts: Annotated[
        list[Path], typer.Argument(metavar="PART...", help="What predict --shard wrote, in any order.")
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Where to; a file is whole or not there.",
            show_default="standard output",
        ),
    ] = None,
) -> None:
    """Put together what predict --shard wrote in parts, in order.

    Beside each part lies a note, PART.shard.json, which says which part of which
    file it is. All parts must be there, each once, as they were written, of files
    of one name and size and by one model asked the same; else it is said which
    one is not, and nothing is written. Lines of titles stand once, at the top.

    Examples:
      namecls predict --input names.txt --shard 1/2 --output part-1.jsonl
      namecls predict --input names.txt --shard 2/2 --output part-2.jsonl
      namecls merge part-*.jsonl --output ranked.jsonl
    """
    parts = [part for part in parts if not part.name.endswith(NOTE)]
    if output is not None and any(output.exists() and output.samefile(part) for part in parts):
        raise typer.BadParameter(_("--output is one of the parts: give another file"))
    found = [(read_note(part), part) for part in parts]
    if not found:
        raise typer.BadParameter(_("give the parts, not their notes"))
    found.sort(key=lambda each: each[0].shard)
    put_together(found, output)
    say(ngettext("{n} part put together", "{n} parts put together", len(found)).format(n=len(found)))


def put_together(found: Sequence[tuple[Note, Path]], output: Path | None) -> None:
    """Write all parts of an output as one.

    :param found: in the order of the shards.
    :raises DataError: if they are not all of them, each once.
    """
    _check(found)
    ordered = [part for _note, part in found if part.stat().st_size]  # none: a shard without records
    with table_sink(output) as out:
        if ordered and _begins(ordered[0]) == MAGIC:
            write_parquet(_frames(ordered), out)
        else:
            _copy(ordered, found[0][0].titles, out)


def _check(found: Sequence[tuple[Note, Path]]) -> None:
    """See that these are all parts of one output, each once.

    :param found: in the order of the shards.
    :raises DataError: if they are not.
    """
    first, path = found[0]
    for note, part in found:
        if note.whole != first.whole:
            raise DataError(
                _(
                    "{part}: expected a part of the same file, by the same model and options, as {first}, found another"
                ).format(part=part, first=path)
            )
    for (one, before), (other, after) in pairwise(found):
        if one.shard == other.shard:
            raise DataError(
                _("{before} and {after}: both are part {shard} of {of}; leave out one").format(
                    before=before, after=after, shard=one.shard, of=one.of
                )
            )
    if missing := sorted(set(range(1, first.of + 1)) - {note.shard for note, _part in found}):
        raise DataError(
            ngettext(
                "expected {of} parts, found {n}; missing is part {missing}",
                "expected {of} parts, found {n}; missing are parts {missing}",
                len(missing),
            ).format(of=first.of, n=len(found), missing=_some(missing))
        )


def _some(numbers: Sequence[int], most: int = 8) -> str:
    return _(", ").join(map(str, numbers[:most])) + (" ..." if len(numbers) > most else "")


def _begins(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(len(MAGIC))


def _copy(parts: Sequence[Path], titles: str, out: BinaryIO) -> None:
    """All bytes of the parts, but for the titles of those behind the first."""
    for place, part in enumerate(parts):
        packed = _begins(part).startswith(_GZIP)
        with cast("BinaryIO", gzip.open(part) if packed else part.open("rb")) as file:
            file.seek(first_record(file, titles) if titles and place else 0)
            shutil.copyfileobj(file, out, 1 << 20)


def _frames(parts: Sequence[Path]) -> Iterator[pl.DataFrame]:
    schema = None
    for part in parts:
        for frame in parquet_rows(part, BLOCK):
            schema = schema or frame.schema
            if frame.schema != schema:
                raise DataError(
                    _("{part}: has other columns than {first}; write JSON lines instead").format(
                        part=part, first=parts[0]
                    )
                )
            yield frame
