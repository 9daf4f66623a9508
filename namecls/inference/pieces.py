"""Pieces of the rows of Parquet files, each answered and written by itself, in whatever process and order.

A piece is written whole or not at all, always under the same name. So one whose process died is simply written again:
no row is lost, and none is there twice.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from namecls.data.layout import position
from namecls.data.parquet import Head, parquet_heads, parquet_rows, write_parquet
from namecls.data.shards import Shard
from namecls.errors import DataError
from namecls.files.storage import replacing
from namecls.inference import frames
from namecls.language import _
from namecls.text import safe

if TYPE_CHECKING:
    import polars as pl

    from namecls.inference.scorer import Scorer

_SUFFIX = ".parquet"
_BLOCK = 65_536  # rows at a time
#: Rows of a piece, at most: what a process that is killed has done in vain, at some 10^4 names a second.
MOST_ROWS = 262_144
_FEWEST_ROWS = 2_048  # of a piece, if there are more: fewer cost more than they are worth
_EACH = 4  # pieces for a process, if there are so many rows: the last ones end at about the same time


@dataclass(frozen=True, slots=True)
class Piece:
    """Some rows of a file.

    :param number: among all pieces, in the order of files and rows, from 0.
    :param shard: of the rows of the file.
    :param rows: how many these are.
    """

    number: int
    path: str
    shard: Shard
    rows: int

    @property
    def name(self) -> str:
        """The name of the file of its answers. In the order of their names such files are in the order of the rows."""
        return f"part-{self.number:06}{_SUFFIX}"


def find_files(source: str) -> list[Path]:
    """The Parquet files that are meant by a path or a pattern such as ``dir/*.parquet``, in the order of their names.

    :param source: of a directory, all in it.
    :raises DataError: if there are none.
    """
    if os.path.isdir(source):  # noqa: PTH112
        source = os.path.join(glob.escape(source), f"*{_SUFFIX}")  # noqa: PTH118
    found = [Path(source)] if os.path.isfile(source) else list(map(Path, sorted(glob.glob(source))))  # noqa: PTH113, PTH207
    if files := [path for path in found if path.is_file()]:
        return files
    raise DataError(_("{source}: expected Parquet files, found none; check the path").format(source=source))


def columns_of(
    paths: Sequence[Path], wanted: Sequence[str], titles: Sequence[str]
) -> tuple[tuple[str, ...], list[int]]:
    """The titles of the columns that are asked for, and the rows of each file.

    :param wanted: titles, or numbers from 1.
    :param titles: of the answers.
    :raises DataError: if a file is damaged, has no such columns of texts, has one of the title of an answer, or other
        columns than the first one.
    """
    first: Head | None = None
    rows: list[int] = []
    found: tuple[str, ...] = ()
    for path, head in zip(paths, parquet_heads(paths), strict=True):
        names = [title for title, _kind, _text in head.columns]
        if first is None:
            first = head
            places = [position(path, column, names, len(names)) for column in wanted]
            found = tuple(names[place] for place in places if place is not None)
            frames.check_titles(names, titles, str(path))
            for title, kind, text in head.columns:
                if title in found and not text:
                    raise DataError(
                        _("{path}: expected text in column {name!r}, found {kind}").format(
                            path=path, name=title, kind=kind
                        )
                    )
        elif head.columns != first.columns:
            raise DataError(
                _("{path}: expected the same columns as in {first}, found {columns}").format(
                    path=path,
                    first=paths[0],
                    columns=safe(", ".join(f"{title} ({kind})" for title, kind, _text in head.columns), 200),
                )
            )
        rows.append(head.rows)
    return found, rows


def parted(paths: Sequence[Path], rows: Sequence[int], processes: int, most: int = MOST_ROWS) -> list[Piece]:
    """All rows of some files as pieces.

    :param processes: which are to have about the same to do.
    :param most: rows of a piece.
    """
    size = min(max(sum(rows) // (_EACH * processes), _FEWEST_ROWS), most)
    pieces: list[Piece] = []
    for path, count in zip(paths, rows, strict=True):
        of = max(-(-count // size), 1)
        for number in range(1, of + 1):
            shard = Shard(number, of)
            begin, end = shard.part(0, count)
            pieces.append(Piece(len(pieces), os.path.realpath(path), shard, end - begin))
    return pieces


def answer(piece: Piece, scorer: Scorer, directory: Path) -> int:
    """Write the answers for a piece.

    :param directory: in which it gets its name.
    :return: how many rows it has.
    :raises DataError: if its file is damaged, or not what it was.
    """
    rows = 0

    def answered() -> Iterator[pl.DataFrame]:
        nonlocal rows
        for frame in parquet_rows(Path(piece.path), _BLOCK, piece.shard):
            rows += len(frame)
            yield scorer(frame)

    with replacing(directory / piece.name) as out:
        write_parquet(answered(), out)
        if rows != piece.rows:
            raise DataError(
                _("{path}: has changed meanwhile: expected {expected:,} rows of it, found {found:,}").format(
                    path=piece.path, expected=piece.rows, found=rows
                )
            )
    return rows
