"""Programs that are forked off end, tell and are ended like any other."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests import programs
from tests.programs import environment, start


@pytest.mark.parametrize(
    ("program", "status", "out"),
    [
        (
            "import sys; print(__name__, sys.argv, sys.path[0] == ''); sys.exit(7)",
            7,
            "__main__ ['-c', 'a'] True",
        ),
        ("raise ValueError('odd')", 1, ""),
        ("import os; os.kill(os.getpid(), 9)", -9, ""),
        ("import os; print(os.getcwd(), os.environ['ODD'], 'OLDPWD' in os.environ)", 0, "{} value False"),
        ("import threading; print(threading.active_count(), flush=True); import os; os._exit(3)", 3, "1"),
    ],
)
def test_a_forked_program_is_like_any_other(tmp_path: Path, program: str, status: int, out: str) -> None:
    env = {name: value for name, value in environment({"ODD": "value"}).items() if name != "OLDPWD"}
    for anew in (False, True):
        process = start(["-c", program, "a"], cwd=tmp_path, env=env, anew=anew)
        assert isinstance(process, programs.Program) is not anew
        told, errors = process.communicate(timeout=60)
        assert (process.returncode, told.decode().strip()) == (status, out.format(os.path.realpath(tmp_path)))
        assert (b"odd" in errors) == ("odd" in program)


def test_a_forked_program_gets_signals_and_is_waited_for() -> None:
    program = "import time; print('ready', flush=True); time.sleep(600)"
    with start(["-c", program], env=environment()) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        assert process.poll() is None
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.01)
        process.send_signal(signal.SIGINT)
        assert b"KeyboardInterrupt" in process.communicate(timeout=60)[1]
    assert process.poll() == process.wait() == -signal.SIGINT


def test_another_environment_for_python_is_an_interpreter_of_its_own() -> None:
    process = start(["-c", "import sys; print(sys.flags.optimize)"], env=environment({"PYTHONOPTIMIZE": "2"}))
    assert process.communicate(timeout=60)[0] == b"2\n"


def test_a_program_that_ends_before_it_is_looked_at_has_its_status(monkeypatch: pytest.MonkeyPatch) -> None:
    send = programs.socket.send_fds

    def slowly(*values: object) -> int:
        sent = send(*values)
        time.sleep(1.5)  # its process id and its status are read at once then
        return int(sent)

    monkeypatch.setattr(programs.socket, "send_fds", slowly)
    with start(["-c", "import os; os._exit(3)"], env=environment({})) as process:
        assert process.communicate(timeout=60) == (b"", b"")
        assert process.returncode == 3
