"""Safetensors files of tensors, written with a hash; `stored` reads them."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import Tensor

from namecls.arrays import Array
from namecls.files.storage import write_atomically
from namecls.nn.weights import Entry
from namecls.runs.stored import HASH, Stored, hash_together, open_stored

#: What a network, and the state of a training, hold.
_NAMES = {torch.float32: "F32", torch.float16: "F16", torch.int64: "I64", torch.uint8: "U8"}


def write_tensors(path: Path, tensors: Mapping[str, Array], **texts: str) -> None:
    """Write tensors, texts beside them, and a hash of both, so that damage is seen; see `write_atomically`.

    :raises RunError: if the disk does not take it; the old file is then untouched.
    """
    flat = {name: _plain(tensor) for name, tensor in tensors.items()}
    metadata = {**texts, HASH: hash_together(flat, texts)}

    def write(temporary: Path) -> None:
        try:
            save_file(flat, temporary, metadata)  # straight from the tensors: no copy of them is made
        except SafetensorError as error:  # of the system's errors it keeps the number among its words
            if number := re.search(r"\(os error (\d+)\)", str(error)):
                raise OSError(int(number[1]), os.strerror(int(number[1]))) from error
            raise

    write_atomically(path, write)


def open_tensors(path: Path) -> AbstractContextManager[Stored]:
    """`open_stored`, for tensors of torch."""
    return open_stored(path, "pt")


def entries_of(tensors: Mapping[str, Tensor]) -> dict[str, Entry]:
    """What the header of a file with these tensors says of them."""
    return {name: Entry(_NAMES[tensor.dtype], tuple(tensor.shape)) for name, tensor in tensors.items()}


def hash_of(tensors: Mapping[str, Tensor]) -> str:
    """The SHA-256 of tensors, wherever they are, by which weights are known again."""
    return hash_together({name: _plain(tensor) for name, tensor in tensors.items()}, {})


def _plain(tensor: Array) -> Tensor:
    return torch.as_tensor(tensor).detach().cpu().contiguous()
