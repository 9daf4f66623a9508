"""Where records go: standard output, a device, or a file that is whole or not there."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import sys
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import BinaryIO, TextIO, cast

import typer

from namecls.files.storage import TEMPORARY_PREFIX, replacing
from namecls.language import _

_STDOUT = ("-", "/dev/stdout")
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextlib.contextmanager
def destination(output: Path | None) -> Iterator[TextIO]:
    """Standard output, or a file that appears under its name when all is written to it."""
    if is_stdout(output):
        yield sys.stdout
        return
    with binary_destination(output) as whole:
        stream = io.TextIOWrapper(
            whole, encoding="utf-8", errors="backslashreplace", newline="\n", write_through=True
        )
        try:
            yield stream
        finally:
            stream.detach()


@contextlib.contextmanager
def binary_destination(output: Path | None) -> Iterator[BinaryIO]:
    """The same for bytes."""
    if output is None or is_stdout(output):
        sys.stdout.flush()
        yield cast("BinaryIO", sys.stdout.buffer)
        return
    target = Path(os.path.realpath(output))
    if not is_replaced(target):
        with target.open("wb") as stream:
            yield stream
        return
    try:
        with replacing(target) as whole:
            yield whole
    except OSError as error:
        temporary = os.path.basename(str(error.filename)).startswith(TEMPORARY_PREFIX)  # noqa: PTH119
        # What is only read can't say that there is no room, and nobody asked for a temporary file.
        if temporary or (error.errno in _NO_ROOM and error.filename is None):
            error.filename = str(target)
        raise


def check_suffix(option: str, output: Path, suffixes: Collection[str], *, more: str = "") -> None:
    """See that a file is called like what is written to it, so that nothing of another kind is replaced.

    :param suffixes: without their dots.
    :param more: what else could be done.
    :raises typer.BadParameter: if it is not.
    """
    if output.suffix.lower().removeprefix(".") not in suffixes:
        *others, last = (f".{each}" for each in suffixes)
        possible = _("{others} or {last}").format(others=", ".join(others), last=last) if others else last
        raise typer.BadParameter(
            _("{option} must end in {possible}, was: {name!r}").format(
                option=option, possible=possible + more, name=output.name
            )
        )


def is_replaced(output: Path) -> bool:
    """Whether a file is made or replaced there; a device or a named pipe can't be, only written to."""
    return not is_stdout(output) and (output.is_file() or not output.exists())


def is_stdout(output: Path | None) -> bool:
    """Whether it means standard output, whose target is not ours to replace."""
    return output is None or str(output) in _STDOUT
