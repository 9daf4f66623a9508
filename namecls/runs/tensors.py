"""Safetensors files, with every check before memory is taken."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from namecls.errors import ModelFileError, shown
from namecls.files.opening import open_plain, size_of
from namecls.files.storage import write_atomically

#: What a network, and the state of a training, hold.
_NAMES = {torch.float32: "F32", torch.float16: "F16", torch.int64: "I64", torch.uint8: "U8"}
_HASH = "sha256"  # of all else in the file, among its texts
_PREFIX = 8  # bytes of the header's length
_MOST_HEADER = 4 * 2**20  # the library takes 25 times as much, and makes objects of it
_LONGEST_REASON = 300


@dataclass(frozen=True, slots=True)
class Entry:
    """What a header says of one tensor."""

    dtype: str  # as the format calls it: F32
    shape: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Stored:
    """A file that is open, of which nothing but the header has been read. It has just the size for its tensors."""

    entries: Mapping[str, Entry]
    texts: Mapping[str, str]
    _file: Any  # the library's

    def read(self) -> dict[str, Tensor]:
        """The tensors, each in memory of its own, seen to be those that `write_tensors` was given.

        A file of other origin has no hash to tell by.

        :raises ModelFileError: if they are not, or there is not the memory for them.
        """
        tensors: dict[str, Tensor] = {}
        for name in self.entries:
            try:
                # A copy: what the library gives lies where the products of matrices would be slower.
                tensors[name] = self._file.get_tensor(name).clone()
            except (SafetensorError, OSError, RuntimeError, MemoryError) as error:
                raise ModelFileError(f"{shown(name)} could not be read: {_reason(error)}") from error
        texts = dict(self.texts)
        written = texts.pop(_HASH, None)
        if written is not None and written != _hash(tensors, texts):
            raise ModelFileError("the numbers in it are not those that were written: damaged")
        return tensors


def write_tensors(path: Path, tensors: Mapping[str, Tensor], **texts: str) -> None:
    """Write tensors, texts beside them, and a hash of both, so that damage is seen; see `write_atomically`.

    :raises RunError: if the disk does not take it; the old file is then untouched.
    """
    flat = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    metadata = {**texts, _HASH: _hash(flat, texts)}

    def write(temporary: Path) -> None:
        try:
            save_file(flat, temporary, metadata)  # straight from the tensors: no copy of them is made
        except SafetensorError as error:  # of the system's errors it keeps the number among its words
            if number := re.search(r"\(os error (\d+)\)", str(error)):
                raise OSError(int(number[1]), os.strerror(int(number[1]))) from error
            raise

    write_atomically(path, write)


@contextlib.contextmanager
def open_tensors(path: Path) -> Iterator[Stored]:
    """A file, checked as far as that can be done by its header and its size.

    :raises RunError: if it is no regular file, or can't be read.
    :raises ModelFileError: if it is damaged, or no safetensors file.
    """
    with open_plain(path) as file:
        rest = size_of(file) - _PREFIX
        length = int.from_bytes(file.read(_PREFIX), "little")
        if not 2 <= length <= min(_MOST_HEADER, rest):
            raise ModelFileError(
                f"expected a header of at most {min(_MOST_HEADER, max(rest, 0)):,} bytes, found {length:,}: "
                "no safetensors file, or a damaged one"
            )
        # The file that was looked at, whatever stands at its name by now.
        here = Path("/dev/fd", str(file.fileno()))
        try:
            # Not mapped into memory: a file that shrinks meanwhile would end the process.
            opened = safe_open(here if here.exists() else path, "pt", backend="pread")
        except (SafetensorError, OSError) as error:
            raise ModelFileError(
                f"no safetensors file, or one that is damaged, cut off, or not written whole: {_reason(error)}"
            ) from error
        with opened as content:
            entries = {}
            for name in content.keys():  # noqa: SIM118
                part = content.get_slice(name)
                entries[name] = Entry(part.get_dtype(), tuple(part.get_shape()))
            yield Stored(entries, content.metadata() or {}, content)


def require(entries: Mapping[str, Entry], expected: Mapping[str, Tensor]) -> None:
    """See that a file holds just the tensors that a network has: names, shapes and types.

    :raises ModelFileError: if it does not.
    """
    if odd := sorted(set(entries) ^ set(expected)):
        many = "too many" if odd[0] in entries else "missing"
        raise ModelFileError(f"the weights {shown(odd[0])} are {many}")
    for name, tensor in expected.items():
        found, shape, dtype = entries[name], tuple(tensor.shape), _NAMES[tensor.dtype]
        if found.shape != shape:
            raise ModelFileError(f"{name} must have the shape {list(shape)}, has {shown(list(found.shape))}")
        if found.dtype != dtype:
            raise ModelFileError(f"{name} must hold {dtype}, holds {found.dtype}")


def hash_of(tensors: Mapping[str, Tensor]) -> str:
    """The SHA-256 of tensors, wherever they are, by which weights are known again."""
    return _hash({name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}, {})


def _hash(tensors: Mapping[str, Tensor], texts: Mapping[str, str]) -> str:
    digest = hashlib.sha256(json.dumps(dict(texts), sort_keys=True).encode())
    for name, tensor in sorted(tensors.items()):
        digest.update(json.dumps([name, str(tensor.dtype), list(tensor.shape)]).encode())
        if tensor.numel():
            digest.update(tensor.reshape(-1).numpy().data.cast("B"))
    return digest.hexdigest()


def _reason(error: Exception) -> str:
    return str(error)[:_LONGEST_REASON]
