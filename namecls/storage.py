"""Files that are either the old ones or the new ones, never something between."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

from namecls.errors import RunError

#: Temporary files begin with this; what a dead process left of them may be removed.
TEMPORARY_PREFIX = ".tmp-"


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file whole: to a temporary name beside it, flushed to the disk, then renamed over it.

    :raises RunError: if the disk does not take it; the old file is then untouched.
    """
    temporary = ""
    try:
        descriptor, temporary = tempfile.mkstemp(prefix=TEMPORARY_PREFIX, dir=path.parent)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o666 & ~_umask())  # noqa: PTH101 - mkstemp makes private files; a model is not secret
        os.replace(temporary, path)  # noqa: PTH105
        _sync_directory(path.parent)
    except OSError as error:
        if temporary:
            with contextlib.suppress(OSError):
                os.unlink(temporary)  # noqa: PTH108
        raise RunError(
            f"{path}: could not be written: {error.strerror or error}; what stood there before is safe"
        ) from error


def write_json(path: Path, value: object) -> None:
    """`write_atomically` for a JSON value."""
    write_atomically(path, (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode())


def read_json(path: Path, limit: int = 64 * 2**20) -> dict[str, Any]:
    """The JSON object in a file.

    :param limit: bytes; a longer file is not read.
    :raises RunError: if there is none.
    """
    try:
        if path.stat().st_size > limit:
            raise RunError(
                f"{path}: expected a JSON file of at most {limit:,} bytes, found {path.stat().st_size:,}"
            )
        value = json.loads(path.read_bytes())
    except OSError as error:
        raise RunError(f"{path}: could not be read: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise RunError(f"{path}: expected a JSON object, found something else: {error}") from error
    if not isinstance(value, dict):
        raise RunError(f"{path}: expected a JSON object, found a {type(value).__name__}")
    return value


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
