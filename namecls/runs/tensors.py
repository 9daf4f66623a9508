"""Safetensors files, read with every check before memory is taken.

The format is a length of 8 bytes, a JSON header of that length, and the numbers. It is read here, and not by the
library of its authors, for two reasons. The library maps the file into memory: a file that shrinks meanwhile would
end the process. And what does not fit has to be told in words: where, what was expected, what was found.
"""

from __future__ import annotations

import hashlib
import json
import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from io import BufferedReader
from typing import Any

import torch
from torch import Tensor

from namecls.errors import ModelFileError, shown
from namecls.files.opening import size_of
from namecls.files.strict_json import parse_json

#: What a file may hold. The weights of a model are F32, large tables F16; the rest occurs in the state of a training.
DTYPES = {
    "F32": torch.float32,
    "F64": torch.float64,
    "F16": torch.float16,
    "I64": torch.int64,
    "I32": torch.int32,
    "U8": torch.uint8,
}

_NAMES = {dtype: name for name, dtype in DTYPES.items()}
_HASH = "sha256"  # of all else in the file, among its texts
_PREFIX = 8  # bytes of the header's length
_MOST_HEADER = 4 * 2**20
_MOST_DIMENSIONS = 8
_LONGEST_DIMENSION = 2**40


@dataclass(frozen=True, slots=True)
class Entry:
    """What a header says of one tensor."""

    dtype: torch.dtype
    shape: tuple[int, ...]
    begin: int  # bytes from the end of the header
    end: int


@dataclass(frozen=True, slots=True)
class Header:
    """What a file says of its content, in the order in which it stands there. The file has just the size for it."""

    entries: Mapping[str, Entry]
    metadata: Mapping[str, str]


def pack(tensors: Mapping[str, Tensor], **texts: str) -> bytes:
    """The content of a file: tensors, texts beside them, and a hash of both, so that damage is seen.

    Written here as it is read here, since the library holds all numbers three times while it writes.

    :raises TypeError: for a tensor of a type that a file can't hold.
    """
    flat = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    header: dict[str, object] = {"__metadata__": {**texts, _HASH: _hash(flat, texts)}}
    numbers: list[memoryview] = []
    end = 0
    # The widest numbers first, so that each tensor begins at a multiple of its width.
    for name, tensor in sorted(flat.items(), key=lambda item: (-item[1].element_size(), item[0])):
        if tensor.dtype not in _NAMES:
            raise TypeError(f"{name}: a file can't hold {tensor.dtype}")
        begin, end = end, end + tensor.nbytes
        header[name] = {
            "dtype": _NAMES[tensor.dtype],
            "shape": list(tensor.shape),
            "data_offsets": [begin, end],
        }
        numbers.append(_bytes_of(tensor))
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % _PREFIX)
    return b"".join((len(text).to_bytes(_PREFIX, "little"), text, *numbers))


def _bytes_of(tensor: Tensor) -> memoryview:
    return tensor.reshape(-1).numpy().data.cast("B") if tensor.numel() else memoryview(b"")


def read_header(file: BufferedReader) -> Header:
    """The header of an open file; what is read next are the numbers.

    :raises ModelFileError: if it is damaged, or is not one that fits the size of the file.
    """
    size = size_of(file)
    prefix = file.read(_PREFIX)
    length = int.from_bytes(prefix, "little")
    if len(prefix) < _PREFIX or not 2 <= length <= min(_MOST_HEADER, size - _PREFIX):
        raise ModelFileError(
            f"expected a header of at most {min(_MOST_HEADER, max(size - _PREFIX, 0)):,} bytes, found {length:,}: "
            "no safetensors file, or a damaged one"
        )
    content = file.read(length)
    try:
        values = parse_json(content)
    except ValueError as error:
        raise ModelFileError(f"its header is no JSON object: {error}") from error
    if not isinstance(values, dict) or not content.startswith(b"{"):
        raise ModelFileError("its header is no JSON object")
    metadata = values.pop("__metadata__", {})
    if not isinstance(metadata, dict) or not all(isinstance(text, str) for text in metadata.values()):
        raise ModelFileError("the metadata in its header must be texts")
    entries = sorted(
        ((name, _entry(name, value)) for name, value in values.items()),
        key=lambda item: (item[1].begin, item[1].end),
    )
    end = 0
    for name, entry in entries:
        if entry.begin != end:
            raise ModelFileError(
                f"{shown(name)} must begin at byte {end:,} of the numbers, begins at {entry.begin:,}"
            )
        end = entry.end
    if end != size - _PREFIX - length:
        raise ModelFileError(
            f"its header tells of {end:,} bytes of numbers, in the file are {size - _PREFIX - length:,}: "
            "cut off, or not written whole"
        )
    return Header(dict(entries), metadata)


def read_tensors(file: BufferedReader, header: Header) -> dict[str, Tensor]:
    """The tensors of a file whose header was just read, each in memory of its own.

    :raises ModelFileError: if the file has become shorter, or there is not the memory for it.
    """
    tensors: dict[str, Tensor] = {}
    for name, entry in header.entries.items():
        try:
            tensor = torch.empty(entry.shape, dtype=entry.dtype)
        except RuntimeError as error:
            raise ModelFileError(f"{shown(name)} does not fit into memory: {error}") from error
        if tensor.numel():
            numbers = tensor.reshape(-1).numpy()
            if file.readinto(numbers.data.cast("B")) != entry.end - entry.begin:
                raise ModelFileError(f"ends in the middle of {shown(name)}: it was changed while it was read")
            if sys.byteorder == "big":
                numbers.byteswap(inplace=True)
        tensors[name] = tensor
    return tensors


def require(header: Header, expected: Mapping[str, Tensor]) -> None:
    """See that a file holds just the tensors that a network has: names, shapes and types.

    :raises ModelFileError: if it does not.
    """
    if odd := sorted(set(header.entries) ^ set(expected)):
        many = "too many" if odd[0] in header.entries else "missing"
        raise ModelFileError(f"the weights {shown(odd[0])} are {many}")
    for name, tensor in expected.items():
        entry = header.entries[name]
        if entry.shape != tuple(tensor.shape):
            raise ModelFileError(f"{name} must have the shape {list(tensor.shape)}, has {list(entry.shape)}")
        if entry.dtype != tensor.dtype:
            raise ModelFileError(f"{name} must hold {tensor.dtype}, holds {entry.dtype}")


def require_whole(header: Header, tensors: Mapping[str, Tensor]) -> None:
    """See that tensors and texts are those that `pack` was given. A file of other origin has no hash to tell.

    :raises ModelFileError: if they are not.
    """
    texts = dict(header.metadata)
    written = texts.pop(_HASH, None)
    if written is not None and written != _hash(tensors, texts):
        raise ModelFileError("the numbers in it are not those that were written: damaged")


def _hash(tensors: Mapping[str, Tensor], texts: Mapping[str, str]) -> str:
    digest = hashlib.sha256(json.dumps(dict(texts), sort_keys=True).encode())
    for name, tensor in sorted(tensors.items()):
        digest.update(json.dumps([name, str(tensor.dtype), list(tensor.shape)]).encode())
        digest.update(_bytes_of(tensor))
    return digest.hexdigest()


def _entry(name: str, value: Any) -> Entry:
    if not isinstance(value, dict) or set(value) != {"dtype", "shape", "data_offsets"}:
        raise ModelFileError(f"{shown(name)}: expected a dtype, a shape and offsets, found {shown(value)}")
    dtype = DTYPES.get(value["dtype"]) if isinstance(value["dtype"], str) else None
    if dtype is None:
        raise ModelFileError(
            f"{shown(name)} must hold one of {', '.join(DTYPES)}, holds {shown(value['dtype'])}"
        )
    shape = _whole_numbers(name, value["shape"], _MOST_DIMENSIONS)
    offsets = _whole_numbers(name, value["data_offsets"], 2)
    if len(offsets) != 2 or offsets[1] - offsets[0] != math.prod(shape) * dtype.itemsize:
        raise ModelFileError(
            f"{shown(name)}: the shape {list(shape)} does not fit the offsets {list(offsets)}"
        )
    return Entry(dtype, shape, *offsets)


def _whole_numbers(name: str, value: Any, most: int) -> tuple[int, ...]:
    if (
        not isinstance(value, list)
        or len(value) > most
        or not all(type(n) is int and 0 <= n <= _LONGEST_DIMENSION for n in value)
    ):
        raise ModelFileError(
            f"{shown(name)}: expected at most {most} whole numbers from 0 to {_LONGEST_DIMENSION:,}, "
            f"found {shown(value)}"
        )
    return tuple(value)
