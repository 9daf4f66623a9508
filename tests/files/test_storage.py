import contextlib
import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from namecls.errors import DiskFull, RunError
from namecls.files.storage import (
    TEMPORARY_PREFIX,
    append_line,
    clear_leftovers,
    cut_file,
    make_directory,
    making,
    replacing,
    sync_file,
    write_atomically,
    write_json,
)
from namecls.files.strict_json import read_json


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_atomically(path, b"old")
    write_atomically(path, b"new")
    assert path.read_bytes() == b"new"
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_failing_disk_leaves_the_old_file_and_no_other(
    tmp_path: Path, call: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    write_atomically(path, b"old")

    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, call, fail)
    with pytest.raises(RunError, match="No space left on device; what stood there before is safe"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_what_is_written_piece_by_piece_is_there_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 255)
    path.write_bytes(b"old")
    path.chmod(0o600)
    with replacing(path) as stream:
        stream.write(b"new" * 100_000)
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new" * 100_000
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_what_is_not_written_whole_changes_nothing(
    tmp_path: Path, call: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def fail(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, call, fail)
    with pytest.raises(OSError, match="Input/output error"), replacing(path) as stream:
        stream.write(b"new")
    with contextlib.suppress(KeyError), replacing(path) as stream:
        stream.write(b"new")
        raise KeyError
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_what_a_killed_process_left_is_removed_and_what_a_living_one_writes_is_not(tmp_path: Path) -> None:
    path = tmp_path / "file"
    program = (
        "import os, sys; from pathlib import Path; from namecls.files.storage import replacing\n"
        "with replacing(Path(sys.argv[1])) as stream: stream.write(b'x' * 100_000); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", program, str(path)], check=False)
    (left,) = tmp_path.iterdir()
    with replacing(path) as one:
        assert not left.exists()
        with replacing(path) as other:
            other.write(b"other")
        one.write(b"one")
    assert path.read_bytes() == b"one"
    assert list(tmp_path.iterdir()) == [path]


def test_a_directory_is_there_when_all_is_in_it_and_nothing_takes_the_place_of_another(
    tmp_path: Path,
) -> None:
    path = tmp_path / "made"
    program = (
        "import os, sys; from pathlib import Path; from namecls.files.storage import making\n"
        "with making(Path(sys.argv[1])) as place: (place / 'part').touch(); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", program, str(path)], check=False)
    (left,) = tmp_path.iterdir()
    assert left.name.startswith(TEMPORARY_PREFIX)
    with contextlib.suppress(KeyError), making(path) as place:
        (place / "part").write_text("one")
        with contextlib.suppress(KeyError), making(path):
            assert {*tmp_path.iterdir()} > {place}  # held by a process that lives
            raise KeyError
        assert not left.exists()
        raise KeyError
    assert not list(tmp_path.iterdir())
    with making(path) as place:
        (place / "part").write_text("one")
        assert not path.exists()
    assert [*tmp_path.iterdir()] == [path]
    assert (path / "part").read_text() == "one"
    with pytest.raises(RunError, match="made: is there already"), making(path):
        raise AssertionError
    with (
        pytest.raises(RunError, match="No such file or directory; check the path"),
        making(tmp_path / "no" / "made"),
    ):
        raise AssertionError


def test_json_comes_back_as_it_was(tmp_path: Path) -> None:
    write_json(tmp_path / "file", {"name": "Nováková\u2028"})
    assert read_json(tmp_path / "file") == {"name": "Nováková\u2028"}


@pytest.mark.parametrize("content", [b"", b"[1]", b"{", b"\xff", b"[" * 100_000])
def test_what_is_no_json_object_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(RunError):
        read_json(tmp_path / "file")


def test_a_file_that_is_too_long_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("{}" + " " * 100)
    with pytest.raises(RunError, match="at most 50 bytes"):
        read_json(tmp_path / "file", limit=50)


def test_a_line_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    append_line(path, "one")
    real = os.write
    room = 2

    def write(descriptor: int, content: memoryview) -> int:
        nonlocal room
        if not room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        count = real(descriptor, content[:room])
        room -= count
        return count

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", write)
        with pytest.raises(DiskFull, match="what stood there before is safe; free some space"):
            append_line(path, "two")
    assert path.read_bytes() == b"one\n"
    append_line(path, "two")
    assert path.read_bytes() == b"one\ntwo\n"


@pytest.mark.parametrize("number", [errno.EINVAL, errno.EACCES])
def test_a_file_system_that_cannot_flush_a_directory_is_borne(
    tmp_path: Path, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.fsync

    def fsync(descriptor: int) -> None:
        if os.path.isdir(f"/proc/self/fd/{descriptor}"):  # noqa: PTH112
            raise OSError(number, os.strerror(number))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    write_atomically(tmp_path / "file", b"new")
    make_directory(tmp_path / "directory")
    assert (tmp_path / "file").read_bytes() == b"new"


def test_a_link_or_a_pipe_is_replaced_or_refused_and_never_written_through(tmp_path: Path) -> None:
    elsewhere, link, pipe = tmp_path / "elsewhere", tmp_path / "link", tmp_path / "pipe"
    elsewhere.write_bytes(b"mine\n")
    link.symlink_to(elsewhere)
    os.mkfifo(pipe)
    for path in (link, pipe):
        with pytest.raises(RunError, match="could not be written"):
            append_line(path, "line")
    for action in (lambda: cut_file(link, 0), lambda: sync_file(link)):
        with pytest.raises(RunError, match="it is a link, expected a file"):
            action()
    for path in (link, pipe):
        write_atomically(path, b"new")
        assert path.is_file()
        assert not path.is_symlink()
    assert elsewhere.read_bytes() == b"mine\n"


def test_a_directory_is_made_once_and_not_where_a_link_or_a_file_stands(tmp_path: Path) -> None:
    make_directory(tmp_path / "directory")
    make_directory(tmp_path / "directory")
    (tmp_path / "link").symlink_to(tmp_path / "directory")
    (tmp_path / "file").write_bytes(b"")
    for name in ("link", "file", "nowhere/directory"):
        with pytest.raises(RunError, match="could not be written"):
            make_directory(tmp_path / name)


def test_leftovers_are_cleared_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / ".tmp-0123").write_bytes(b"half")
    (tmp_path / ".tmp-link").symlink_to(tmp_path / "file")
    (tmp_path / "file").write_bytes(b"mine")
    (tmp_path / ".tmp-directory").mkdir()
    assert clear_leftovers(tmp_path) == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == [".tmp-directory", "file"]
    assert clear_leftovers(tmp_path / "nowhere") == 0


def test_what_is_gone_with_its_directory_is_not_said_to_be_safe(tmp_path: Path) -> None:
    gone = tmp_path / "run" / "history.jsonl"
    for write in (lambda: append_line(gone, "{}"), lambda: write_json(gone, {})):
        with pytest.raises(
            RunError, match="could not be written: No such file or directory; check the path"
        ) as caught:
            write()
        assert "safe" not in str(caught.value)


def test_what_fails_while_a_directory_is_filled_is_not_told_of_the_directory(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="none"), making(tmp_path / "made"):
        (tmp_path / "none").read_bytes()
    assert not list(tmp_path.iterdir())
    with pytest.raises(RunError, match="made: could not be written"), making(tmp_path / "none" / "made"):
        pass
