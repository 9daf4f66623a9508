import errno
import fcntl
import json
import os
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from namecls.errors import RunBusy, RunError
from namecls.files.locks import LOCK, check_free, held, holder_of
from namecls.runs.listing import delete_run, describe_run
from namecls.runs.run import Run
from namecls.text import safe
from namecls.training.loop import finish, train
from tests.library import SMALL, small_table

HOLD = """
import sys
from pathlib import Path
from namecls.files.locks import held
with held(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def another_process(directory: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that holds a run until it is told to end, or is killed."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(directory)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        try:
            yield process
        finally:
            process.kill()


def test_the_second_is_told_who_holds_it(tmp_path: Path) -> None:
    with another_process(tmp_path) as process:
        holder = holder_of(tmp_path)
        assert holder is not None
        assert (holder.pid, holder.host) == (process.pid, socket.gethostname())
        expected = rf"is being worked on by process {process.pid} on {socket.gethostname()}, since \d{{4}}-\d\d-\d\d "
        with pytest.raises(RunBusy, match=expected), held(tmp_path):
            pass
        with pytest.raises(RunBusy, match=expected):
            check_free(tmp_path)
        with pytest.raises(RunBusy, match=expected):
            next(train(SMALL, small_table(), Run(tmp_path)))
        with pytest.raises(RunBusy, match=expected):
            finish(Run(tmp_path), small_table())


def test_two_holders_in_one_process_are_two(tmp_path: Path) -> None:
    with held(tmp_path), pytest.raises(RunBusy, match=f"process {os.getpid()} "), held(tmp_path):
        pass
    check_free(tmp_path)


def test_a_holder_that_ends_leaves_nothing(tmp_path: Path) -> None:
    with another_process(tmp_path) as process:
        process.communicate(b"")
        assert list(tmp_path.iterdir()) == []
    assert holder_of(tmp_path) is None


def test_the_lock_of_a_dead_process_is_taken_over(tmp_path: Path) -> None:
    with another_process(tmp_path) as process:
        process.kill()
        process.wait()
        assert json.loads((tmp_path / LOCK).read_text())["pid"] == process.pid
        assert holder_of(tmp_path) is None
        check_free(tmp_path)
        with held(tmp_path):
            holder = holder_of(tmp_path)
            assert holder is not None
            assert holder.pid == os.getpid()


FORGED = [
    b"",
    b"\x00\xff\xfe" * 1000,
    b"{" * 100_000,
    b"[1, 2]",
    b'"text"',
    b"[" * 4000 + b"]" * 4000,
    b'{"pid": 1e999, "host": "h", "since": "s"}',
    b'{"pid": NaN, "host": "h", "since": "s"}',
    b'{"pid": "many", "host": "h", "since": "s"}',
    b'{"pid": null, "host": [], "since": {}}',
    b'{"pid": -1, "host": "h", "since": "s"}',
    b'{"pid": 1, "host": "%s", "since": "2026-01-01T00:00:00"}' % socket.gethostname().encode(),
    b'{"pid": 99999999999999999999, "host": "%s", "since": "s"}' % socket.gethostname().encode(),
    b'{"pid": 1, "host": "another.example", "since": "2026-01-01T00:00:00"}',
    b'{"pid": 1, "host": "\\u001b]52;c;AAAA\\u0007", "since": "\\u202e"}',
]


@pytest.mark.parametrize("content", FORGED, ids=range(len(FORGED)))
def test_what_a_lock_file_says_holds_nobody_off_if_nobody_locks(tmp_path: Path, content: bytes) -> None:
    (tmp_path / LOCK).write_bytes(content)
    assert holder_of(tmp_path) is None
    with held(tmp_path):
        holder = holder_of(tmp_path)
        assert holder is not None
        assert holder.pid == os.getpid()
    assert not (tmp_path / LOCK).exists()


@pytest.mark.parametrize("content", FORGED, ids=range(len(FORGED)))
def test_what_it_says_does_no_harm_if_somebody_locks(tmp_path: Path, content: bytes) -> None:
    with another_process(tmp_path):
        (tmp_path / LOCK).write_bytes(content)  # written over: the lock is on the file, not on its text
        with pytest.raises(RunBusy, match="is being worked on by") as told:
            check_free(tmp_path)
        assert safe(safe(str(told.value))) == safe(str(told.value))
        with pytest.raises(RunBusy), held(tmp_path):
            pass


def put_directory(path: Path, _: Path) -> None:
    path.mkdir()


def put_link(path: Path, elsewhere: Path) -> None:
    path.symlink_to(elsewhere)


def put_link_to_pipe(path: Path, elsewhere: Path) -> None:
    elsewhere.unlink()
    os.mkfifo(elsewhere)
    path.symlink_to(elsewhere)


@pytest.mark.parametrize("put", [put_directory, put_link, put_link_to_pipe])
def test_what_is_no_file_is_no_lock_and_is_not_written_to(tmp_path: Path, put: object) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("mine")
    run = tmp_path / "run"
    run.mkdir()
    put(run / LOCK, elsewhere)  # type: ignore[operator]
    assert holder_of(run) is None
    with (
        pytest.raises(RunError, match=r"lock\.json: could not be written: .*; nothing was changed"),
        held(run),
    ):
        pass
    assert elsewhere.is_fifo() or elsewhere.read_text() == "mine"


def test_a_pipe_in_place_of_a_lock_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / LOCK)
    assert holder_of(tmp_path) is None
    with held(tmp_path):
        pass
    assert not (tmp_path / LOCK).exists()


def test_a_run_that_is_held_is_shown_as_running_and_not_deleted(tmp_path: Path) -> None:
    run = Run.create(tmp_path, SMALL, "run")
    events = train(SMALL, small_table(), run)
    next(events)
    info = describe_run(run.directory)
    assert (info.status, info.holder and info.holder.pid) == ("running", os.getpid())
    with pytest.raises(RunBusy, match="is being worked on by"):
        delete_run(tmp_path, "run")
    events.close()
    assert describe_run(run.directory).status == "unfinished"
    (run.directory / LOCK).write_bytes(FORGED[-2])  # as a dead process leaves it
    delete_run(tmp_path, "run")
    assert list(tmp_path.iterdir()) == []


def test_nobody_else_can_open_a_lock(tmp_path: Path) -> None:
    with held(tmp_path):
        assert stat.S_IMODE((tmp_path / LOCK).stat().st_mode) == 0o600
    (tmp_path / LOCK).touch(0o644)  # as another version left it
    with held(tmp_path):
        assert stat.S_IMODE((tmp_path / LOCK).stat().st_mode) == 0o600


def test_looks_at_the_same_time_take_none_for_a_holder(tmp_path: Path) -> None:
    (tmp_path / LOCK).write_bytes(FORGED[-2])  # what a dead process of another machine left
    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(lambda _: holder_of(tmp_path), range(400))) == {None}


def test_without_locks_the_process_that_is_named_decides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def without(_: int, __: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", without)
    with held(tmp_path):
        holder = holder_of(tmp_path)
        assert holder is not None
        assert holder.pid == os.getpid()
        with pytest.raises(RunBusy), held(tmp_path):
            pass
    dead = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True
    )
    left = {"pid": int(dead.stdout), "host": socket.gethostname(), "since": "2026-01-01T00:00:00"}
    (tmp_path / LOCK).write_text(json.dumps(left))
    assert holder_of(tmp_path) is None
    with held(tmp_path):
        pass


def test_a_process_that_was_forked_off_does_not_keep_the_lock(tmp_path: Path) -> None:
    with held(tmp_path):
        child = subprocess.Popen(
            [sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE
        )
    try:
        assert holder_of(tmp_path) is None
        with held(tmp_path):
            pass
    finally:
        child.communicate(b"")
