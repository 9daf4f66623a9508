"""Files that others made, opened with care: regular files alone, and no pickle.

A model directory may come from anywhere: a name in it may be a link to a file that is nobody's business, a pipe that
never ends, or a file of a terabyte of nothing. None of these is followed, waited for, or read.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from io import BufferedReader
from pathlib import Path

from namecls.errors import ModelFileError, RunError
from namecls.language import N_, _
from namecls.system import reason_of

#: What `torch.save` writes: a ZIP archive with a pickle in it, or, in old files, a bare one.
_PICKLES = (b"PK\x03\x04", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")
_PICKLE_SUFFIXES = {".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt"}

_KINDS = {
    stat.S_IFLNK: N_("a link"),
    stat.S_IFDIR: N_("a directory"),
    stat.S_IFIFO: N_("a pipe"),
    stat.S_IFSOCK: N_("a socket"),
    stat.S_IFCHR: N_("a device"),
    stat.S_IFBLK: N_("a device"),
}


def open_plain(path: Path) -> BufferedReader:
    """Open a regular file for reading: no link, no pipe, no device. Opening never blocks.

    :raises RunError: if it is none, or can't be opened.
    """
    try:
        _require_plain(path, os.lstat(path))
        # What stands there may have changed since: so no link is followed now either, and the look is repeated.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            _require_plain(path, os.fstat(descriptor))
            return os.fdopen(descriptor, "rb")
        except BaseException:
            os.close(descriptor)
            raise
    except ValueError as error:  # a NUL or half a character in the name
        raise RunError(_("{path}: is no name that a file can have").format(path=path)) from error
    except OSError as error:
        what = _("is a link, expected a file") if error.errno == errno.ELOOP else reason_of(error)
        raise RunError(_("{path}: could not be read: {what}").format(path=path, what=what)) from error


def size_of(file: BufferedReader) -> int:
    """The bytes in an open file."""
    return os.fstat(file.fileno()).st_size


def sha256_of(path: Path) -> str:
    """The SHA-256 of a regular file's bytes, in hexadecimal.

    :raises RunError: if it is none, or can't be read.
    """
    try:
        with open_plain(path) as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise RunError(
            _("{path}: could not be read: {reason}").format(path=path, reason=reason_of(error))
        ) from error


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
            _(
                "{path}: expected the directory of a run, found a pickled file: reading one can run any "
                "program that its author put into it, so namecls does not. If it holds the weights of "
                "the RNN tutorial and comes from someone you trust, make a run of it: namecls "
                "import-tutorial --help"
            ).format(path=path)
        )


def _require_plain(path: Path, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        kind = _(_KINDS.get(stat.S_IFMT(found.st_mode), N_("something else")))
        raise RunError(_("{path}: expected a regular file, found {kind}").format(path=path, kind=kind))
