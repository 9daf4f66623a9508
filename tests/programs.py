"""Programs that tests start: processes as any other, but that what takes seconds to import is there already."""

from __future__ import annotations

import atexit
import contextlib
import dataclasses
import fcntl
import functools
import json
import os
import select
import signal
import socket
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import IO, TypeAlias

from tests.preloaded import Request

ROOT = Path(__file__).resolve().parents[1]
_Stream: TypeAlias = int | IO[bytes] | None

#: Bytes, the fewest that there may be. A program that tells more than that while nobody reads waits, and so can't end.
SMALL_PIPE = 4096
#: What Python and the libraries that are imported ahead read of the environment, once.
_READ_ONCE = ("PYTHON", "LC_", "LANG", "OMP_", "MKL_", "TORCH", "PYTORCH", "TEXTUAL")
_NOT_READ = ("TEXTUAL_SNAPSHOT", "TORCHINDUCTOR")  # set by libraries while the tests run, for themselves


def environment(variables: Mapping[str, str] | None = None) -> dict[str, str]:
    """The present one and more, for programs of this project wherever they work."""
    return {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", **(variables or {})}


def start(
    words: Sequence[str],
    *,
    anew: bool = False,
    env: Mapping[str, str],
    cwd: Path | str | None = None,
    stdin: _Stream = subprocess.PIPE,
    stdout: _Stream = subprocess.PIPE,
    stderr: _Stream = subprocess.PIPE,
    pipesize: int = -1,
    session: bool = False,
    controlling: bool = False,
) -> subprocess.Popen[bytes]:
    """Start what Python would run with these words: ``-m`` or ``-c``, a module or a program, and its arguments.

    It is forked off, or, where its environment does not allow that, and for the file of a program, an interpreter of
    its own.

    :param anew: whether it is that in any case.
    :param pipesize: of each pipe, in bytes; a program whose pipe is full waits until it is read.
    :param session: whether it gets a session of its own, and
    :param controlling: standard input is the controlling terminal of that.
    """
    if not anew and words[0] in ("-m", "-c") and _once(env) == _AT_FIRST:
        request = Request(list(words), str(cwd or Path.cwd()), dict(env), session, controlling)
        return Program(request, (stdin, stdout, stderr), pipesize)
    return subprocess.Popen(
        [sys.executable, *words],
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        cwd=cwd,
        env=env,
        pipesize=pipesize,
        start_new_session=session,
        preexec_fn=partial(_as_in_a_terminal, controlling),
    )


def _as_in_a_terminal(controlling: bool) -> None:
    """Undo what a test run in the background, or under nohup, hands down: signals that are ignored."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    if controlling:
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def _once(env: Mapping[str, str]) -> dict[str, str]:
    return {
        name: value
        for name, value in env.items()
        if name.startswith(_READ_ONCE) and not name.startswith(_NOT_READ)
    }


#: As it was before any test changed something.
_AT_FIRST = _once(environment())


class Program(subprocess.Popen[bytes]):
    """A program that another process forked off."""

    def __init__(self, request: Request, streams: Sequence[_Stream], pipesize: int) -> None:
        self.args = request.words
        self.returncode = None  # type: ignore[assignment]
        self._told, tell = os.pipe()
        ours: list[IO[bytes] | None] = []
        theirs: list[int] = []
        for number, stream in enumerate(streams):
            kept, given = _opened(stream, number > 0, pipesize)
            ours.append(kept)
            theirs.append(given)
        self.stdin, self.stdout, self.stderr = ours
        text = json.dumps(dataclasses.asdict(request)).encode()
        socket.send_fds(_server(), [text], [*theirs, tell])
        for given in (*theirs, tell):
            os.close(given)
        self._words = b""
        while b"\n" not in self._words:
            self._listen()
        self.pid = int(self._words.split(b"\n")[0])
        self._look()  # a short program may have ended by now

    def _listen(self) -> None:
        more = os.read(self._told, 64)
        assert more, "what forks the programs has ended"
        self._words += more

    def poll(self) -> int | None:
        if self.returncode is None and select.select([self._told], [], [], 0)[0]:
            self._listen()
            self._look()
        return self.returncode

    def _look(self) -> None:
        if self._words.count(b"\n") == 2:
            self.returncode = int(self._words.split(b"\n")[1])
            os.close(self._told)

    def wait(self, timeout: float | None = None) -> int:
        until = None if timeout is None else time.monotonic() + timeout
        while self.returncode is None:
            left = None if until is None else max(0.0, until - time.monotonic())
            if not select.select([self._told], [], [], left)[0]:
                raise subprocess.TimeoutExpired(self.args, timeout or 0.0)
            self._listen()
            self._look()
        return self.returncode

    def communicate(self, input: bytes | None = None, timeout: float | None = None) -> tuple[bytes, bytes]:  # noqa: A002
        """All that it still writes, once it has ended. Nothing is lost of what was read ahead."""
        until = time.monotonic() + (threading.TIMEOUT_MAX if timeout is None else timeout)
        if self.stdin is not None and not self.stdin.closed:
            with contextlib.suppress(BrokenPipeError), self.stdin:
                self.stdin.write(input or b"")
        read: list[bytes] = [b"", b""]

        def drain(number: int, stream: IO[bytes]) -> None:
            with stream:
                read[number] = stream.read()

        streams = [(n, s) for n, s in enumerate((self.stdout, self.stderr)) if s is not None and not s.closed]
        readers = [threading.Thread(target=drain, args=each, daemon=True) for each in streams]
        for reader in readers:
            reader.start()
        for reader in readers:
            reader.join(max(0.0, until - time.monotonic()))
            if reader.is_alive():
                raise subprocess.TimeoutExpired(self.args, timeout or 0.0)
        self.wait(max(0.0, until - time.monotonic()))
        return read[0], read[1]


def _opened(stream: _Stream, writes: bool, pipesize: int) -> tuple[IO[bytes] | None, int]:
    """Our end of a stream, if it is a pipe, and a descriptor that is the program's."""
    if stream == subprocess.PIPE:
        reading, writing = os.pipe()
        if pipesize > 0 and hasattr(fcntl, "F_SETPIPE_SZ"):
            fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, pipesize)
        if writes:
            return open(reading, "rb"), writing  # noqa: PTH123
        return open(writing, "wb"), reading  # noqa: PTH123
    if stream == subprocess.DEVNULL:
        return None, os.open(os.devnull, os.O_RDWR)
    if stream is None:
        return None, os.dup(1 if writes else 0)
    return None, os.dup(stream if isinstance(stream, int) else stream.fileno())


@functools.cache
def _server() -> socket.socket:
    """The connection to the process that forks; it ends when that is closed."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    kept = environment()
    kept.pop("PYTHONUNBUFFERED", None)
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.preloaded", str(theirs.fileno())],
        cwd=ROOT,
        env=kept,
        pass_fds=[theirs.fileno()],
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )
    theirs.close()

    def end() -> None:
        ours.close()
        process.wait()

    atexit.register(end)
    return ours
