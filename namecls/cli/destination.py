"""Where records go: standard output, a device, or a file that is whole or not there."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, TextIO, cast

from namecls.files.storage import replacing

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
    if (
        target.exists() and not target.is_file()
    ):  # a device or a named pipe can't be replaced, only written to
        with target.open("wb") as stream:
            yield stream
        return
    try:
        with replacing(target) as whole:
            yield whole
    except OSError as error:
        if error.errno in _NO_ROOM and error.filename is None:  # what is only read can't say so
            error.filename = str(target)
        raise


def is_stdout(output: Path | None) -> bool:
    """Whether it means standard output, whose target is not ours to replace."""
    return output is None or str(output) in _STDOUT
