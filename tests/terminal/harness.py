"""The real program in a real pseudo-terminal, with pyte as the eyes."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import shutil
import signal
import struct
import tempfile
import termios
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pyte

from tests import programs

REPOSITORY = programs.ROOT

#: Seconds to wait for what should happen at once; a machine may be very busy.
PATIENCE = 180.0

KEYS = {
    "enter": "\r",
    "escape": "\x1b",
    "tab": "\t",
    "up": "\x1b[A",
    "down": "\x1b[B",
    "right": "\x1b[C",
    "left": "\x1b[D",
    "f1": "\x1bOP",
    "f2": "\x1bOQ",
    "f3": "\x1bOR",
    "f4": "\x1bOS",
    "f5": "\x1b[15~",
    "f6": "\x1b[17~",
    "f7": "\x1b[18~",
    "f8": "\x1b[19~",
    "f12": "\x1b[24~",
    "ctrl+q": "\x11",
    "ctrl+u": "\x15",
    "pageup": "\x1b[5~",
    "pagedown": "\x1b[6~",
}


class _Screen(pyte.Screen):  # type: ignore[misc]  # pyte has no types
    """A screen that can be told of the Kitty keyboard protocol without being confused."""

    def report_device_status(self, *args: object, **kwargs: object) -> None: ...

    def set_margins(self, *args: int | None, **kwargs: object) -> None:
        kwargs.pop("private", None)
        super().set_margins(*args, **kwargs)


class Terminal:
    """A program on a terminal of `columns` by `rows`.

    :param arguments: of ``namecls-tui``.
    :param program: what Python runs.
    :param controlling: whether the terminal's end also sends SIGHUP.
    :param environment: added to the present one.
    :param directory: where it works; else in an empty directory of its own, so that it writes nothing elsewhere.
    :param anew: whether it is an interpreter of its own, as a user starts it, whose imports take seconds.
    :param echo: whether the terminal itself shows what is typed while no program has changed that.
    """

    def __init__(
        self,
        arguments: Sequence[str] = (),
        *,
        program: Sequence[str] = ("-m", "tui"),
        controlling: bool = True,
        columns: int = 80,
        rows: int = 24,
        environment: Mapping[str, str] | None = None,
        directory: Path | None = None,
        echo: bool = True,
        anew: bool = False,
    ) -> None:
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        if not echo:
            modes = termios.tcgetattr(slave)
            modes[3] &= ~termios.ECHO
            termios.tcsetattr(slave, termios.TCSANOW, modes)
        self.before = termios.tcgetattr(slave)
        self._screen = _Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self.raw = bytearray()
        self.slave = slave
        self._directory = None if directory else tempfile.mkdtemp(prefix="namecls-terminal-")
        self.process = programs.start(
            [*program, *arguments],
            anew=anew,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            cwd=directory or self._directory,
            session=True,
            controlling=controlling,
            env=programs.environment(
                {"TERM": "xterm-256color", "COLORTERM": "truecolor", **(environment or {})}
            ),
        )

    def read(self, seconds: float = 0.05) -> bytes:
        """What the program writes within this time, shown on the screen too."""
        got = b""
        if select.select([self.master], [], [], seconds)[0]:
            with contextlib.suppress(OSError):  # the other side is closed
                got = os.read(self.master, 65_536)
        self.raw += got
        self._stream.feed(got)
        return got

    @property
    def text(self) -> str:
        """The screen, line by line.

        Not by `display`, which fails on the second half of a wide letter whose first half was written over.
        """
        screen = self._screen
        return "\n".join(
            "".join(screen.buffer[y][x].data for x in range(screen.columns)).rstrip()
            for y in range(screen.lines)
        )

    @property
    def cursor(self) -> tuple[int, int]:
        """Column and row of the terminal's own cursor."""
        return self._screen.cursor.x, self._screen.cursor.y

    @property
    def cursor_hidden(self) -> bool:
        return bool(self._screen.cursor.hidden)

    def wait(self, *wanted: str | Callable[[str], bool], seconds: float = PATIENCE) -> str:
        """Wait until the screen holds all that is wanted; return it."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.read()
            text = self.text
            if all(want(text) if callable(want) else want in text for want in wanted):
                return text
            if self.process.poll() is not None and not self.read():
                break
        raise AssertionError(
            f"waited for {wanted}; status {self.process.poll()}; the screen shows:\n{self.text}"
        )

    def press(self, *keys: str) -> None:
        """Press keys by their names; any other text is typed."""
        for key in keys:
            os.write(self.master, KEYS.get(key, key).encode())

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def end(self, seconds: float = PATIENCE) -> int:
        """Wait for the program to end; return its exit status."""
        until = time.monotonic() + seconds
        while self.process.poll() is None and time.monotonic() < until:
            self.read()
        while self.read():
            pass
        if self.process.returncode is None:
            raise AssertionError(f"it does not end; the screen shows:\n{self.text}")
        return self.process.returncode

    @property
    def restored(self) -> bool:
        """Whether the terminal is as it was: its modes, the alternate screen left, the cursor shown."""
        modes = termios.tcgetattr(self.slave)[:4] == self.before[:4]
        left = self.raw.rfind(b"\x1b[?1049l") > self.raw.rfind(b"\x1b[?1049h")
        shown = self.raw.rfind(b"\x1b[?25h") > self.raw.rfind(b"\x1b[?25l")
        mouse = self.raw.rfind(b"\x1b[?1003l") >= self.raw.rfind(b"\x1b[?1003h")
        return modes and left and shown and mouse

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for number in (self.master, self.slave):
            with contextlib.suppress(OSError):
                os.close(number)
        if self._directory is not None:
            shutil.rmtree(self._directory, ignore_errors=True)


@contextlib.contextmanager
def terminal(*arguments: str, **options: object) -> Iterator[Terminal]:
    """A program that is gone when the block is left."""
    opened = Terminal(arguments, **options)  # type: ignore[arg-type]
    try:
        yield opened
    finally:
        opened.close()
