"""The moment in which the work on a run passes from one process to another, and nobody holds it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from namecls.errors import RunBusy
from namecls.files import background
from namecls.files.control import ask
from namecls.files.locks import HEIR, Holder, forget_heir, heir_of, held, holder_of, name_heir, worker_of
from namecls.runs.discarded import discard_run
from namecls.runs.listing import delete_run, describe_run
from namecls.runs.run import Run
from tests.library import small_record

TAKES_IT = """#!{python}
import sys, time
from pathlib import Path
from namecls.files.control import asked
from namecls.files.locks import held
directory = Path(sys.argv[6])
while not (directory / "go").exists():
    time.sleep(0.01)
with held(directory):
    while asked(directory) == "go":
        time.sleep(0.01)
"""


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """One that nobody holds, as a training leaves it."""
    run = Run.create(tmp_path, small_record().train, "mine")
    small_record().write(run.directory)
    return run


@pytest.mark.parametrize("delete", [delete_run, discard_run])
def test_a_run_that_is_handed_over_is_running_and_not_deleted(
    run: Run, delete: Callable[[Path, str], object]
) -> None:
    name_heir(run.directory, os.getpid())
    info = describe_run(run.directory)
    assert (info.status, info.holder and info.holder.pid) == ("running", os.getpid())
    told = rf"is just being handed over to process {os.getpid()} on {socket.gethostname()}, since \d"
    with pytest.raises(RunBusy, match=told):
        delete(run.directory.parent, "mine")
    assert run.directory.exists()
    forget_heir(run.directory)
    assert describe_run(run.directory).status == "unfinished"
    delete(run.directory.parent, "mine")
    assert not run.directory.exists()


def test_it_is_over_as_soon_as_somebody_holds_it(run: Run) -> None:
    name_heir(run.directory, os.getpid())
    with held(run.directory):
        assert heir_of(run.directory) is None
        assert worker_of(run.directory) == holder_of(run.directory) is not None
    assert worker_of(run.directory) is None


def test_an_heir_that_has_died_or_does_not_come_keeps_nobody_off(run: Run) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as dead:
        dead.wait()
    name_heir(run.directory, dead.pid)
    assert heir_of(run.directory) is None
    name_heir(run.directory, os.getpid())
    assert heir_of(run.directory) is not None
    long_ago = time.time() - 600
    os.utime(run.directory / HEIR, (long_ago, long_ago))
    assert heir_of(run.directory) is None
    delete_run(run.directory.parent, "mine")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{",
        f'{{"pid": -1, "host": "{socket.gethostname()}", "since": ""}}'.encode(),
        b"\xff" * 9999,
    ],
)
def test_a_file_that_names_nobody_is_none(run: Run, content: bytes) -> None:
    (run.directory / HEIR).write_bytes(content)
    assert heir_of(run.directory) is None


def test_a_pipe_or_a_link_in_its_place_is_not_waited_for(run: Run, tmp_path: Path) -> None:
    os.mkfifo(run.directory / HEIR)
    assert heir_of(run.directory) is None
    (run.directory / HEIR).unlink()
    (tmp_path / "elsewhere").write_text(
        json.dumps({"pid": os.getpid(), "host": socket.gethostname(), "since": ""})
    )
    (run.directory / HEIR).symlink_to(tmp_path / "elsewhere")
    assert heir_of(run.directory) is None


def test_from_the_start_of_a_process_until_it_holds_the_run_it_is_its_heir(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "takes-it"
    program.write_text(TAKES_IT.format(python=sys.executable))
    program.chmod(0o700)
    seen: list[Holder] = []
    refused: list[str] = []

    def looked(directory: Path) -> Holder | None:
        worker = worker_of(directory)
        assert worker is not None
        seen.append(worker)
        if len(refused) < 2:
            with pytest.raises(RunBusy) as told:
                delete_run(tmp_path, "mine")
            refused.append(str(told.value))
        (directory / "go").touch()
        return holder_of(directory)

    with monkeypatch.context() as patched:
        patched.setattr(sys, "executable", str(program))
        patched.setattr(background, "holder_of", looked)
        holder = background.start(run.directory)
    ask(run.directory, "leave")
    assert holder.pid != os.getpid()
    assert {worker.pid for worker in seen} == {holder.pid}
    assert "handed over" in refused[0]
    (child,) = [child for child in background._children if child.pid == holder.pid]
    child.wait(120)
    assert worker_of(run.directory) is None
    assert not (run.directory / HEIR).exists()


def test_a_process_that_could_not_be_started_is_no_heir(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", str(run.directory / "nothing"))
    with pytest.raises(background.RunError, match="no process could be started"):
        background.start(run.directory)
    assert not (run.directory / HEIR).exists()
