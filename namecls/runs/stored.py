"""Safetensors files, read with every check before memory is taken."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open

from namecls.arrays import Array, copied
from namecls.errors import ModelFileError, shown
from namecls.files.opening import open_plain, size_of
from namecls.language import _
from namecls.nn.weights import Entry

#: Among the texts of a file, the SHA-256 of all else in it.
HASH = "sha256"
_PREFIX = 8  # bytes of the header's length
_MOST_HEADER = 4 * 2**20  # the library takes 25 times as much, and makes objects of it
_LONGEST_REASON = 300


@dataclass(frozen=True, slots=True)
class Stored:
    """A file that is open, of which nothing but the header has been read. It has just the size for its tensors."""

    entries: Mapping[str, Entry]
    texts: Mapping[str, str]
    _file: Any  # the library's

    def read(self) -> dict[str, Array]:
        """The tensors, each in memory of its own, seen to be those that `write_tensors` was given.

        A file of other origin has no hash to tell by.

        :raises ModelFileError: if they are not, or there is not the memory for them.
        """
        tensors: dict[str, Array] = {}
        for name in self.entries:
            try:
                # A copy: what the library gives lies where the products of matrices would be slower.
                tensors[name] = copied(self._file.get_tensor(name))
            except (SafetensorError, OSError, RuntimeError, MemoryError) as error:
                raise ModelFileError(
                    _("{name} could not be read: {error}").format(name=shown(name), error=_reason(error))
                ) from error
        texts = dict(self.texts)
        written = texts.pop(HASH, None)
        if written is not None and written != hash_together(tensors, texts):
            raise ModelFileError(_("the numbers in it are not those that were written: damaged"))
        return tensors


@contextlib.contextmanager
def open_stored(path: Path, library: str) -> Iterator[Stored]:
    """A file, checked as far as that can be done by its header and its size.

    :param library: whose arrays are read: np or pt, as safetensors calls them.

    :raises RunError: if it is no regular file, or can't be read.
    :raises ModelFileError: if it is damaged, or no safetensors file.
    """
    with open_plain(path) as file:
        rest = size_of(file) - _PREFIX
        length = int.from_bytes(file.read(_PREFIX), "little")
        if not 2 <= length <= min(_MOST_HEADER, rest):
            raise ModelFileError(
                _(
                    "expected a header of at most {most:,} bytes, found {length:,}: no safetensors file, "
                    "or a damaged one"
                ).format(most=min(_MOST_HEADER, max(rest, 0)), length=length)
            )
        # The file that was looked at, whatever stands at its name by now.
        here = Path("/dev/fd", str(file.fileno()))
        try:
            # Not mapped into memory: a file that shrinks meanwhile would end the process.
            opened = safe_open(here if here.exists() else path, library, backend="pread")
        except (SafetensorError, OSError) as error:
            raise ModelFileError(
                _(
                    "no safetensors file, or one that is damaged, cut off, or not written whole: {error}"
                ).format(error=_reason(error))
            ) from error
        with opened as content:
            entries = {}
            for name in content.keys():  # noqa: SIM118
                part = content.get_slice(name)
                entries[name] = Entry(part.get_dtype(), tuple(part.get_shape()))
            yield Stored(entries, content.metadata() or {}, content)


def require(entries: Mapping[str, Entry], expected: Mapping[str, Entry]) -> None:
    """See that a file holds just the tensors that a network has: names, shapes and types.

    :raises ModelFileError: if it does not.
    """
    if odd := sorted(set(entries) ^ set(expected)):
        said = (
            _("the weights {name} are too many") if odd[0] in entries else _("the weights {name} are missing")
        )
        raise ModelFileError(said.format(name=shown(odd[0])))
    for name, (dtype, shape) in expected.items():
        found = entries[name]
        if found.shape != shape:
            raise ModelFileError(
                _("{name} must have the shape {shape}, has {found}").format(
                    name=name, shape=list(shape), found=shown(list(found.shape))
                )
            )
        if found.dtype != dtype:
            raise ModelFileError(
                _("{name} must hold {dtype}, holds {found}").format(name=name, dtype=dtype, found=found.dtype)
            )


def hash_together(tensors: Mapping[str, Array], texts: Mapping[str, str]) -> str:
    """The SHA-256 of tensors and texts, whichever library the tensors are of."""
    digest = hashlib.sha256(json.dumps(dict(texts), sort_keys=True).encode())
    for name, tensor in sorted(tensors.items()):
        values = np.asarray(tensor)
        digest.update(json.dumps([name, f"torch.{values.dtype}", list(values.shape)]).encode())
        if values.size:
            digest.update(values.reshape(-1).data.cast("B"))
    return digest.hexdigest()


def _reason(error: Exception) -> str:
    return str(error)[:_LONGEST_REASON]
