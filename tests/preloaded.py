"""Programs forked off a process that has imported what is slow to import: torch, and Textual.

``python -m tests.preloaded FD`` is that process. It gets requests over the socket FD, each with the descriptors of the
program's standard streams and of a pipe, into which it writes the program's process id, and its status when it has
ended. `tests.programs` asks it. A program is run as ``python -m`` and ``python -c`` run it, with standard streams,
signals, arguments and environment of its own; what Python reads of the environment when it starts is this process's.
"""

from __future__ import annotations

import contextlib
import fcntl
import gc
import importlib
import io
import json
import os
import runpy
import selectors
import signal
import socket
import sys
import termios
from dataclasses import dataclass
from pathlib import Path
from typing import IO

#: Imported before anything is asked for. None of them starts a thread, which would be lost with a fork.
LIBRARIES = ("torch", "textual.app", "textual.widgets", "textual.drivers.linux_driver")
LONGEST = 1 << 20  # bytes of a request


@dataclass(frozen=True)
class Request:
    """What to run. In the order in which they come with it: standard input, output and error, and the pipe."""

    words: list[str]  # -m or -c, a module or a program, its arguments
    directory: str
    environment: dict[str, str]
    session: bool = False  # whether in a session of its own
    controlling: bool = False  # whether standard input is the controlling terminal of that session


def serve(control: socket.socket) -> Request:
    """Fork for every request until the socket is closed. Returns in the forked process alone, ready to run."""
    woken, wake = os.pipe()
    for number in (woken, wake):
        os.set_blocking(number, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake)
    waiting = selectors.DefaultSelector()
    waiting.register(control, selectors.EVENT_READ)
    waiting.register(woken, selectors.EVENT_READ)
    told: dict[int, int] = {}  # process id to its pipe
    while True:
        for key, _ in waiting.select():
            if key.fileobj == woken:
                os.read(woken, 4096)
                _bury(told)
                continue
            text, given, _, _ = socket.recv_fds(control, LONGEST, 4)
            if not text:
                sys.exit(0)
            pid = os.fork()
            if pid:
                told[pid] = given.pop()
                with contextlib.suppress(BrokenPipeError):  # who asked is gone
                    os.write(told[pid], b"%d\n" % pid)
                for number in given:
                    os.close(number)
                continue
            signal.set_wakeup_fd(-1)
            waiting.close()
            control.close()
            for number in (woken, wake, given[3], *told.values()):
                os.close(number)
            request = Request(**json.loads(text))
            _become(request, given[:3])
            return request


def _bury(told: dict[int, int]) -> None:
    """Tell the statuses of all that have ended."""
    while told:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if not pid:
            return
        if (pipe := told.pop(pid, None)) is None:
            continue
        with contextlib.suppress(BrokenPipeError):  # nobody waits for it
            os.write(pipe, b"%d\n" % os.waitstatus_to_exitcode(status))
        os.close(pipe)


def _become(request: Request, streams: list[int]) -> None:
    """Streams, session, directory, environment, signals and arguments, as if Python had just been started with them."""
    if request.session:
        os.setsid()
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    if request.controlling:
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    os.chdir(request.directory)
    os.environ.clear()
    os.environ.update(request.environment)
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.stdin = sys.__stdin__ = _text(0, sys.stdin)  # type: ignore[misc]
    sys.stdout = sys.__stdout__ = _text(1, sys.stdout)  # type: ignore[misc]
    sys.stderr = sys.__stderr__ = _text(2, sys.stderr)  # type: ignore[misc]
    sys.orig_argv[1:] = request.words
    sys.argv = [request.words[0], *request.words[2:]]
    sys.path[0] = str(Path.cwd()) if request.words[0] == "-m" else ""


def _text(number: int, like: IO[str]) -> io.TextIOWrapper:
    """A standard stream, as Python opens it."""
    writes = number > 0
    buffer = open(number, "wb" if writes else "rb", closefd=False)  # noqa: SIM115
    lines = number == 2 or (writes and buffer.isatty())
    return io.TextIOWrapper(buffer, like.encoding, like.errors, newline="\n", line_buffering=lines)


def run(request: Request) -> None:
    kind, what = request.words[:2]
    if kind == "-m":
        runpy.run_module(what, run_name="__main__", alter_sys=True)
    else:
        main = type(sys)("__main__")
        sys.modules["__main__"] = main
        exec(compile(what, "<string>", "exec"), vars(main))


if __name__ == "__main__":
    for library in LIBRARIES:
        importlib.import_module(library)
    gc.collect()
    gc.freeze()  # or every program would look through, and so copy, what they left in memory
    run(serve(socket.socket(fileno=int(sys.argv[1]))))
