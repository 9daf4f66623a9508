"""Atomic writes: a file is either the old one or the new one, also after a crash."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import itertools
import os
import secrets
import shutil
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from namecls.errors import DiskFull, RunError
from namecls.language import _, english
from namecls.system import reason_of
from namecls.text import json_text

#: Temporary files begin with this, those of the safetensors library too; what a dead process left may be removed.
TEMPORARY_PREFIX = ".tmp"

_FULL = {errno.ENOSPC, errno.EDQUOT}
#: What a file system says that can't flush a directory, or lets nobody read it. The file in it is flushed all the same.
_NO_DIRECTORY_SYNC = {errno.EINVAL, errno.ENOTSUP, errno.EACCES, errno.EPERM}
#: Flags to open with: a link may lead out of the run, and a pipe without a reader would be waited for.
NEITHER_LINK_NOR_PIPE = os.O_NOFOLLOW | os.O_NONBLOCK


def write_atomically(path: Path, content: bytes | Callable[[Path], None], *, private: bool = False) -> None:
    """Write a file whole: to a temporary name beside it, flushed to the disk, then renamed over it.

    :param content: or a function that writes it to the name it is given, and may put another file there.
    :param private: no one else may read it.
    :raises DiskFull: if there is no room for it; the old file is then untouched.
    :raises RunError: if the disk does not take it for another reason; the old file is then untouched too.
    """
    temporary: Path | None = None
    try:
        descriptor, temporary = _open_temporary(path.parent)
        try:
            if private:
                os.fchmod(descriptor, 0o600)
            if isinstance(content, bytes):
                _write_all(descriptor, content)
            else:
                content(temporary)
                written = os.open(temporary, os.O_WRONLY | NEITHER_LINK_NOR_PIPE)
                mode = stat.S_IMODE(os.fstat(descriptor).st_mode)
                os.close(descriptor)
                descriptor = written
                os.fchmod(descriptor, mode)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.replace(temporary, path)  # noqa: PTH105
        temporary = None
        _sync_directory(path.parent)
    except OSError as error:
        raise not_written(path, error) from error
    finally:
        if temporary is not None:
            with contextlib.suppress(OSError):
                temporary.unlink()


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A file to write to piece by piece, which takes the place of another when all is written: flushed, then renamed.

    It gets the permissions of the file that it replaces. If the block is left by an error, nothing has changed. What a
    process that was killed has left of such a file is removed when the same one is written the next time.

    :raises OSError: if the disk does not take it; the old file is then untouched.
    """
    prefix = _prefix_for(path)
    for left in path.parent.glob(f"{prefix}*"):
        _remove_unlocked(left)
    descriptor, temporary = _open_temporary(path.parent, prefix)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            lock_file(descriptor)
            with contextlib.suppress(OSError):  # there is none yet
                os.fchmod(descriptor, stat.S_IMODE(os.stat(path).st_mode))  # noqa: PTH116
            yield stream
            stream.flush()
            os.fsync(descriptor)
        os.replace(temporary, path)  # noqa: PTH105
        _sync_directory(path.parent)
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()


@contextlib.contextmanager
def making(path: Path) -> Iterator[Path]:
    """A directory to fill, hidden beside its place, which it takes when all is in it.

    If the block is left by an error it is removed. What a process that was killed has left of it is removed when the
    same one is made the next time.

    :raises RunError: if something else is there, or the disk does not take it.
    """
    with _told_of(path):
        _refuse_existing(path)
    with hidden_beside(path) as temporary:
        yield temporary
        with _told_of(path):
            _sync_directory(temporary)
            _refuse_existing(path)
            temporary.rename(path)
            _sync_directory(path.parent)


@contextlib.contextmanager
def hidden_beside(path: Path) -> Iterator[Path]:
    """A directory beside a path for as long as the block lasts.

    What a process that was killed has left of it is removed when it is made for the same path the next time.

    :raises RunError: if the disk does not take it.
    """
    with _told_of(path):
        prefix = _prefix_for(path)
        for left in path.parent.glob(f"{prefix}*"):
            _remove_unlocked(left)
        temporary = path.with_name(f"{prefix}{secrets.token_hex(8)}")
        temporary.mkdir()
        descriptor = os.open(temporary, os.O_RDONLY)
    try:
        with _told_of(path):
            lock_file(descriptor)
        yield temporary
    finally:
        os.close(descriptor)
        shutil.rmtree(temporary, ignore_errors=True)


@contextlib.contextmanager
def _told_of(path: Path) -> Iterator[None]:
    """What the system refuses here is told of this path."""
    try:
        yield
    except OSError as error:
        raise not_written(path, error) from error


def _refuse_existing(path: Path) -> None:
    if os.path.lexists(path):
        raise RunError(
            _("{path}: is there already; give another place, or delete it first").format(path=path)
        )


def _prefix_for(path: Path) -> str:
    """How the names of temporary files for it begin; not by its name, which may be as long as names can be."""
    return f"{TEMPORARY_PREFIX}-{hashlib.sha256(os.fsencode(path.name)).hexdigest()[:16]}-"


def lock_file(descriptor: int, *, shared: bool = False) -> bool | None:
    """Lock an open file as long as it is open, unless another process has locked it; the lock ends with the process.

    :param shared: beside others that lock it so.
    :return: whether that could be done; None if there are no locks on this file system.
    """
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except OSError as error:
        return False if error.errno in (errno.EWOULDBLOCK, errno.EACCES) else None
    return True


def append_line(path: Path, line: str, *, flush: bool = False) -> None:
    """Append a line to a file: all of it or nothing.

    :param flush: to the disk (fsync), before it is said to be written; and so the name of a file that was not there.
    :raises DiskFull: if there is no room for it; the file is then what it was.
    :raises RunError: if the disk does not take it for another reason.
    """
    try:
        descriptor = open_to_append(path)
        try:
            size = os.fstat(descriptor).st_size
            try:
                _write_all(descriptor, line.encode() + b"\n")
                if flush:
                    os.fsync(descriptor)
            except OSError as error:
                _take_back(path, descriptor, size, error)
                raise
            if flush and not size:
                _sync_directory(path.parent)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise not_written(path, error) from error


def open_to_append(path: Path) -> int:
    """The descriptor of a file of which only the end is written to; no link, no pipe.

    :raises OSError: if it can't be opened.
    """
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | NEITHER_LINK_NOR_PIPE, 0o666)


def cut_file(path: Path, size: int) -> None:
    """Truncate a file to a size that it had before.

    :raises RunError: if that can't be done.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | NEITHER_LINK_NOR_PIPE)
        try:
            os.ftruncate(descriptor, size)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise RunError(
            _("{path}: could not be cut back: {error}; what stands there is safe").format(
                path=path, error=_reason(error)
            )
        ) from error


def sync_file(path: Path) -> None:
    """Flush a file to the disk (fsync), if there is one.

    :raises RunError: if it can't be made sure of.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | NEITHER_LINK_NOR_PIPE)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except FileNotFoundError:
        return
    except OSError as error:
        raise not_written(path, error) from error


def make_directory(path: Path) -> None:
    """Make a directory, for good, if there is none yet.

    :raises RunError: if there can't be one, or a link stands in its place.
    """
    try:
        try:
            path.mkdir()
        except FileExistsError:
            if path.is_symlink() or not path.is_dir():
                raise
        else:
            _sync_directory(path.parent)
    except OSError as error:
        raise not_written(path, error) from error


def clear_leftovers(directory: Path) -> int:
    """Remove temporary files that a dead process left. Only for one that knows that no other process writes there.

    :return: how many there were.
    """
    count = 0
    with contextlib.suppress(OSError):
        for entry in directory.iterdir():
            if entry.name.startswith(TEMPORARY_PREFIX) and not entry.is_dir():
                with contextlib.suppress(OSError):
                    entry.unlink()
                    count += 1
    return count


def unused_path(stem: str, *suffixes: str) -> Path:
    """A file in the working directory that is not there yet, with the first suffix; nor are those with the others."""
    names = (f"{stem}{f'-{number}' if number > 1 else ''}" for number in itertools.count(1))
    free = (name for name in names if not any(os.path.lexists(name + suffix) for suffix in suffixes))
    return Path(next(free) + suffixes[0])


def write_json(path: Path, value: object, *, indent: int | None = 1, private: bool = False) -> None:
    """`write_atomically` for a JSON value."""
    write_atomically(path, (json_text(english(value), indent=indent) + "\n").encode(), private=private)


def not_written(path: Path, error: OSError) -> RunError:
    """A failed write as an error for the user. What stood in the file must be untouched."""
    if error.errno == errno.ENOENT and not path.parent.is_dir():
        return RunError(
            _("{path}: could not be written: No such file or directory; check the path").format(path=path)
        )
    text = _("{path}: could not be written: {error}; what stood there before is safe").format(
        path=path, error=_reason(error)
    )
    return (
        DiskFull(_("{text}; free some space").format(text=text)) if error.errno in _FULL else RunError(text)
    )


def _reason(error: OSError) -> str:
    if error.errno == errno.ELOOP:
        return _("it is a link, expected a file")
    return reason_of(error)


def _take_back(path: Path, descriptor: int, size: int, why: OSError) -> None:
    """Cut off a line that was not written whole: the next one would begin in the midst of it."""
    try:
        os.ftruncate(descriptor, size)
    except OSError as error:
        raise RunError(
            _(
                "{path}: could not be written: {why}; its last line is cut off now and could not be "
                "taken back: {error}; all lines before it are safe"
            ).format(path=path, why=_reason(why), error=_reason(error))
        ) from error


def _remove_unlocked(path: Path) -> None:
    """Remove a temporary file, or a directory, if no process has locked it."""
    with contextlib.suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY | NEITHER_LINK_NOR_PIPE)
        try:
            if lock_file(descriptor):
                if stat.S_ISDIR(os.fstat(descriptor).st_mode):
                    shutil.rmtree(path, ignore_errors=True)
                else:
                    path.unlink()
        finally:
            os.close(descriptor)


def _open_temporary(directory: Path, prefix: str = f"{TEMPORARY_PREFIX}-") -> tuple[int, Path]:
    """A new file for writing. Not by `tempfile`, whose files are private: a model is not secret."""
    while True:
        path = directory / f"{prefix}{secrets.token_hex(8)}"
        with contextlib.suppress(FileExistsError):
            return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666), path


def _write_all(descriptor: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _sync_directory(directory: Path) -> None:
    try:
        descriptor = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        if error.errno not in _NO_DIRECTORY_SYNC:
            raise
