"""The real program in a real pseudo-terminal, with the time of every piece that it writes.

A thread does nothing but read and note the time; what the bytes show on the screen is worked out afterwards, so
that measuring takes next to nothing from what is measured.
"""

from __future__ import annotations

import contextlib
import os
import select
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from bench.lines import Options
from tests.terminal.harness import KEYS, Terminal

#: Seconds to wait for what should happen soon.
PATIENCE = 60.0
#: Seconds that the last key has.
LAST = 2.0


class Recorded(Terminal):
    """A terminal that keeps what a program writes, with the times.

    :param arguments: of the program; see `Terminal` for the rest.
    """

    def __init__(self, arguments: Sequence[str] = (), **options: object) -> None:
        self.pieces: list[tuple[float, bytes]] = []
        self._shown = 0  # pieces that are on the screen
        self._came = threading.Condition()
        self._over = False
        self.began = time.perf_counter()
        self.rows = int(options.get("rows", 24))  # type: ignore[call-overload]
        super().__init__(arguments, **options)  # type: ignore[arg-type]
        self._reader = threading.Thread(target=self._read_on, daemon=True)
        self._reader.start()

    def _read_on(self) -> None:
        while not self._over:
            if not select.select([self.master], [], [], 0.2)[0]:
                continue
            try:
                piece = os.read(self.master, 65_536)
            except OSError:  # the other side is closed
                return
            with self._came:
                self.pieces.append((time.perf_counter(), piece))
                self._came.notify_all()

    def close(self) -> None:
        self._over = True
        self._reader.join()
        super().close()

    # -- the screen, brought up to date only when somebody looks --

    def advance(self, before: Callable[[float], None] | None = None) -> Iterator[float]:
        """Show the pieces that came, one after the other; the time of each.

        :param before: called with that time before the piece shows.
        """
        while self._shown < len(self.pieces):
            at, piece = self.pieces[self._shown]
            if before is not None:
                before(at)
            self._shown += 1
            self._stream.feed(piece)
            yield at

    def read(self, seconds: float = 0.05) -> bytes:
        with self._came:
            self._came.wait_for(lambda: self._shown < len(self.pieces), seconds)
        before = self._shown
        for _ in self.advance():
            pass
        return b"".join(piece for _, piece in self.pieces[before : self._shown])

    def line(self, row: int) -> str:
        """A line of the screen."""
        cells = self._screen.buffer[row]
        return "".join(cells[column].data for column in range(self._screen.columns)).rstrip()

    def settle(self, quiet: float = 0.5, seconds: float = 20.0) -> None:
        """Wait until nothing has been written for a while."""
        until = time.monotonic() + seconds
        while time.monotonic() < until and self.read(quiet):
            pass

    def first(self, found: Callable[[Recorded], bool], seconds: float = PATIENCE) -> float:
        """When the screen first showed what is looked for, in seconds since the program was started.

        :raises RuntimeError: if it never does.
        """
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for at in self.advance():
                if found(self):
                    return at - self.began
            with self._came:
                self._came.wait_for(lambda: self._shown < len(self.pieces), 0.05)
        raise RuntimeError(f"it does not come; the screen shows:\n{self.text}")

    def bytes_between(self, start: float, stop: float) -> int:
        """Bytes written in a span of `time.perf_counter`."""
        return sum(len(piece) for at, piece in self.pieces if start <= at < stop)


@contextlib.contextmanager
def recorded(*arguments: str, **options: object) -> Iterator[Recorded]:
    """A program that is gone when the block is left."""
    opened = Recorded(arguments, **options)
    try:
        yield opened
    finally:
        opened.close()


def app(
    options: Options, save_dir: Path, *arguments: str, columns: int = 120, rows: int = 40
) -> AbstractContextManager[Recorded]:
    """`namecls-tui`, started as a user starts it, unless what it takes means nothing."""
    words = [
        "--save-dir",
        str(save_dir),
        *(["--data", str(options.data)] if options.data else []),
        *arguments,
    ]
    return recorded(*words, columns=columns, rows=rows, anew=not options.quick)


@dataclass(frozen=True)
class Press:
    """A key, and how the screen looks when it has done its work."""

    key: str  # its name, or a text
    shows: Sequence[
        Callable[[Recorded], bool]
    ] = ()  # one for each thing that is timed; none: the key is not timed


def press_and_watch(terminal: Recorded, presses: Sequence[Press], every: float) -> list[list[float]]:
    """Press keys, and see how long each took; see `press_all` and `latencies`."""
    return latencies(terminal, presses, press_all(terminal, presses, every))


def press_all(terminal: Recorded, presses: Sequence[Press], every: float) -> list[float]:
    """Press keys at their times, and give the last of them time to show; when each was written."""
    terminal.read(0)
    written: list[float] = []
    began = time.perf_counter()
    for number, press in enumerate(presses):
        time.sleep(max(0.0, began + number * every - time.perf_counter()))
        written.append(time.perf_counter())
        os.write(terminal.master, KEYS.get(press.key, press.key).encode())
    time.sleep(LAST)
    return written


def latencies(terminal: Recorded, presses: Sequence[Press], written: Sequence[float]) -> list[list[float]]:
    """Show piece after piece, and find for each key the first one after which its work stands on the screen.

    A key whose work was overtaken by that of the next one counts until then. What shows already when the key is
    pressed is left out: there is nothing to wait for.

    :return: for each thing that is timed, seconds from the write of each key; infinite for what never came.
    """
    kinds = range(max((len(press.shows) for press in presses), default=0))
    waiting: list[list[int]] = [[] for _ in kinds]
    found: list[list[float]] = [[] for _ in kinds]
    pressed = 0

    def press_until(at: float) -> None:
        nonlocal pressed
        while pressed < len(written) and written[pressed] <= at:
            for kind, shows in enumerate(presses[pressed].shows):
                if not shows(terminal):
                    waiting[kind].append(pressed)
            pressed += 1

    for at in terminal.advance(press_until):
        for kind in kinds:
            for place in range(len(waiting[kind]) - 1, -1, -1):
                if presses[waiting[kind][place]].shows[kind](terminal):
                    found[kind] += [at - written[key] for key in waiting[kind][: place + 1]]
                    del waiting[kind][: place + 1]
                    break
    for kind in kinds:
        found[kind] += [float("inf")] * len(waiting[kind])
    return found
