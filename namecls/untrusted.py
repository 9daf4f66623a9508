"""Files that others made, opened with care and read within limits.

A model directory may come from anywhere: a name in it may be a link to a file that is nobody's business, a pipe that
never ends, or a file of a terabyte of nothing. None of these is followed, waited for, or read.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import reprlib
import stat
from io import BufferedReader
from pathlib import Path
from typing import Any

from namecls.errors import ModelFileError, RunError

#: The longest JSON file that is read, in bytes.
MOST_JSON = 64 * 2**20

_MOST_CONTAINERS = 1_000_000  # an empty list takes 2 bytes in a file and 30 times that in memory
_SHOWN = 80  # characters of a wrong value that an error shows
_BRIEF = reprlib.Repr()  # of which no more is put together than this
_BRIEF.maxstring = _BRIEF.maxlong = _BRIEF.maxother = _SHOWN

#: What `torch.save` writes: a ZIP archive with a pickle in it, or, in old files, a bare one.
_PICKLES = (b"PK\x03\x04", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")
_PICKLE_SUFFIXES = {".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt"}

_KINDS = {
    stat.S_IFLNK: "a link",
    stat.S_IFDIR: "a directory",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def open_plain(path: Path) -> BufferedReader:
    """A regular file, open for reading: no link, no pipe, no device. Opening never waits.

    :raises RunError: if it is none, or can't be opened.
    """
    try:
        _require_plain(path, os.lstat(path))
        # What stands there may have changed since: so no link is followed now either, and the look is repeated.
        descriptor = os.open(
            path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | _O_BINARY
        )
        try:
            _require_plain(path, os.fstat(descriptor))
            return os.fdopen(descriptor, "rb")
        except BaseException:
            os.close(descriptor)
            raise
    except ValueError as error:  # a NUL or half a character in the name
        raise RunError(f"{path}: is no name that a file can have") from error
    except OSError as error:
        what = "is a link, expected a file" if error.errno == errno.ELOOP else error.strerror or str(error)
        raise RunError(f"{path}: could not be read: {what}") from error


def size_of(file: BufferedReader) -> int:
    """The bytes in an open file."""
    return os.fstat(file.fileno()).st_size


def parse_json(content: bytes) -> Any:
    """A JSON value, read strictly: UTF-8, no key twice, no NaN, no Infinity, not nested without end.

    :raises ValueError: if it is anything else.
    """
    if content.count(b"[") + content.count(b"{") > _MOST_CONTAINERS:
        raise ValueError(f"more than {_MOST_CONTAINERS:,} lists and objects")
    try:
        return json.loads(
            content.decode("utf-8"), object_pairs_hook=_without_doubles, parse_constant=_no_constant
        )
    except RecursionError:
        raise ValueError("nested too deeply") from None


def read_json(path: Path, limit: int = MOST_JSON) -> dict[str, Any]:
    """The JSON object in a file.

    :param limit: bytes; a longer file is not read.
    :raises RunError: if there is none.
    """
    try:
        with open_plain(path) as file:
            if size_of(file) > limit:
                raise RunError(
                    f"{path}: expected a JSON file of at most {limit:,} bytes, found {size_of(file):,}"
                )
            value = parse_json(file.read(limit))
    except OSError as error:
        raise RunError(f"{path}: could not be read: {error.strerror or error}") from error
    except ValueError as error:
        raise RunError(f"{path}: expected a JSON object, found something else: {error}") from error
    if not isinstance(value, dict):
        raise RunError(f"{path}: expected a JSON object, found a {type(value).__name__}")
    return value


def sha256_of(path: Path) -> str:
    """The SHA-256 of a regular file's bytes, in hexadecimal.

    :raises RunError: if it is none, or can't be read.
    """
    try:
        with open_plain(path) as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise RunError(f"{path}: could not be read: {error.strerror or error}") from error


def shown(value: object) -> str:
    """A wrong value for an error message, however long or deep it is."""
    try:
        text = _BRIEF.repr(value)
    except ValueError:  # a number of more digits than Python prints
        return f"a {type(value).__name__}"
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def refuse_pickle(path: Path) -> None:
    """Refuse a file in which `torch.save` has put a network.

    :raises ModelFileError: if it is one, by its suffix or its first bytes, and say why.
    """
    if not os.path.isfile(path):  # noqa: PTH113 - false, where `is_file` raises
        return
    try:
        with open_plain(path.resolve()) as file:
            start = file.read(4)
    except (RunError, OSError):
        start = b""
    if path.suffix.lower() in _PICKLE_SUFFIXES or start.startswith(_PICKLES):
        raise ModelFileError(
            f"{path}: expected the directory of a run, found a pickled file: reading one can run any program that "
            "its author put into it, so namecls does not. If it holds the weights of the RNN tutorial and comes "
            "from someone you trust, make a run of it: namecls import-tutorial --help"
        )


def _require_plain(path: Path, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        kind = _KINDS.get(stat.S_IFMT(found.st_mode), "something else")
        raise RunError(f"{path}: expected a regular file, found {kind}")


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) != len(pairs):
        raise ValueError("an object has a key twice")
    return values


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is no number")


_O_BINARY: int = getattr(os, "O_BINARY", 0)  # Windows
