"""A directory of text files, one for each label, a name a line: ``data/names/*.txt``, as the RNN tutorial has them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from namecls.data.encoding import decoded
from namecls.data.layout import Columns, Layout
from namecls.data.lines import MAX_BYTES, MAX_RECORDS, blocks, check_text, read_bytes
from namecls.errors import DataError
from namecls.language import _
from namecls.system import reason_of

if TYPE_CHECKING:
    import polars as pl

_SUFFIX = ".txt"
_OTHERS = frozenset({"readme", "license", "licence", "notice", "changelog"})  # that lie beside data
_MOST_FILES = 50_000


def is_label_file(path: Path) -> bool:
    """Whether a file of a directory holds the names of a label, by how it is called."""
    return path.suffix.lower() == _SUFFIX and path.stem.lower() not in _OTHERS and path.name[0] != "."


def label_files(directory: Path) -> list[Path]:
    """The files of a directory that hold the names of a label each, by name.

    :raises DataError: if it can't be read.
    """
    try:
        found = [path for path in directory.iterdir() if is_label_file(path)]
    except OSError as error:
        raise DataError(
            _("{directory}: can't be read: {strerror}").format(directory=directory, strerror=reason_of(error))
        ) from None
    return sorted(found, key=lambda path: path.name)


def read_folder(directory: Path, columns: Columns) -> tuple[str, Layout, Iterator[pl.DataFrame], bytes]:
    """The digest of all files, how they are read, their records, numbered through, and all their bytes.

    :raises DataError: if there are none, or one of them can't be read.
    """
    files = label_files(directory)
    if not files:
        raise DataError(
            _(
                "{directory}: expected a file, or a directory of {suffix} files, one for each label with "
                "a name a line; found a directory without"
            ).format(directory=directory, suffix=_SUFFIX)
        )
    if len(files) > _MOST_FILES:
        raise DataError(
            _("{directory}: more than {most_files:,} files, the most that are read").format(
                directory=directory, most_files=_MOST_FILES
            )
        )
    contents, texts, size, records = [], [], 0, 0
    for path in files:
        data = read_bytes(path)
        contents.append((path, data))
        if columns.encoding is None:
            check_text(path, data)
        text = decoded(path, data, columns.encoding)
        check_text(path, text)
        if 2 * text.count(b"\t") > max(text.count(b"\n"), 1):
            raise DataError(
                _(
                    "{directory}: expected files with a name a line, found columns in {name}; say which "
                    "file to read"
                ).format(directory=directory, name=path.name)
            )
        size, records = size + len(text), records + text.count(b"\n") + 1
        if size > MAX_BYTES or records > MAX_RECORDS:
            raise DataError(
                _("{directory}: more than is read at once; take a part of it").format(directory=directory)
            )
        texts.append(text)
    layout = Layout(form="directory", encoding=columns.encoding or "UTF-8")
    return digest_of_files(contents), layout, _frames(files, texts, layout.encoding), b"\n".join(texts)


def digest_of_files(contents: Iterable[tuple[Path, bytes]]) -> str:
    """The hash of the files of a directory: of their names and their hashes."""
    digest = hashlib.sha256()
    for path, data in contents:
        digest.update(path.name.encode(errors="surrogateescape") + b"\0" + hashlib.sha256(data).digest())
    return digest.hexdigest()


def _frames(files: list[Path], texts: list[bytes], encoding: str) -> Iterator[pl.DataFrame]:
    import polars as pl

    before = 0
    for path, text in zip(files, texts, strict=True):
        label = path.stem.encode(errors="replace").decode()
        lines = 0
        for block in blocks(text, encoding):
            lines += block.height
            where = pl.format(
                f"{path.name.replace('{', '(').replace('}', ')')}, line {{}}: {{}}", "line", "text"
            )
            yield block.select(
                pl.col("line") + before,
                pl.col("text").alias("name"),
                pl.lit(label).alias("label"),
                where.alias("text"),
                "reason",
            )
        before += lines
