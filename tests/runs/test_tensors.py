"""Safetensors files: written whole or not at all, and read as they were written."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
import torch
from safetensors import SafetensorError

from namecls.errors import DiskFull
from namecls.files.storage import clear_leftovers
from namecls.runs import tensors
from namecls.runs.tensors import open_tensors, write_tensors

CONTENT = {
    "a": torch.randn(3, 4),
    "half": torch.randn(5).half(),
    "none": torch.zeros(0, 2),
    "one": torch.tensor(-1),
}


def test_what_was_written_is_read_in_memory_that_is_aligned(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_tensors(path, CONTENT, state='{"a": 1}')
    with open_tensors(path) as stored:
        assert stored.texts["state"] == '{"a": 1}'
        found = stored.read()
    assert found.keys() == CONTENT.keys()
    for name, tensor in CONTENT.items():
        assert torch.equal(found[name], tensor)
        assert found[name].dtype == tensor.dtype
        assert found[name].data_ptr() % 64 == 0
    path.with_name("plain").touch()
    assert path.stat().st_mode == path.with_name("plain").stat().st_mode  # the library's own are private
    assert stat.S_ISREG(path.stat().st_mode)


def test_a_full_disk_is_told_as_such_and_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def full(*_: object) -> None:
        raise SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)")

    monkeypatch.setattr(tensors, "save_file", full)
    with pytest.raises(DiskFull, match="No space left on device; what stood there before is safe"):
        write_tensors(path, CONTENT)
    assert [(each.name, each.read_bytes()) for each in tmp_path.iterdir()] == [("file", b"old")]
    (tmp_path / ".tmpAbCdEf").write_bytes(b"half")  # as the library names it, when it is killed meanwhile
    assert clear_leftovers(tmp_path) == 1
