"""A terminal that misbehaves: hostile text, sizes that change all the time, bytes that mean nothing, endless pastes."""

from __future__ import annotations

import contextlib
import fcntl
import os
import random
import re
import select
import signal
import struct
import tempfile
import termios
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.library import SMALL, small_file
from tests.terminal.harness import Terminal
from tests.terminal.payloads import PAYLOADS, leaks
from tui.terminal.driver import LONG_PAUSE

Say = Callable[[str], None]

#: What the app writes itself when an input's text is copied.
_COPIED = re.compile(rb"\x1b\]52;c;[A-Za-z0-9+/=]*\x07")
_TRIES = 30  # to leave, two seconds each: after two million lines it has much to read
_SCREENS = {"f2": "F5 start", "f3": "F5 model", "f4": "label"}


def run(full: bool, say: Say) -> dict[str, int]:
    """All of it; the short way takes some seconds.

    :param say: takes a line of progress.
    """
    counts = Counter({"crashes": 0, "escapes leaked": 0})
    with tempfile.TemporaryDirectory() as directory:
        place = _Place(Path(directory))
        for seed in range(8 if full else 1):
            say(f"sizes, {seed}")
            _sizes(place, random.Random(seed), 200 if full else 60, counts)
        for seed in range(8 if full else 1):
            say(f"bytes, {seed}")
            _bytes(place, random.Random(seed), 5_000 if full else 2_500, counts)
        say("pastes")
        _pastes(place, 2_000_000 if full else 100_000, counts)
        say("payloads")
        _payloads(place, counts)
    return dict(counts)


class _Place:
    """A small file, a small model, and the app on them."""

    def __init__(self, root: Path) -> None:
        from namecls.data.table import load_dataset
        from namecls.runs.run import Run
        from namecls.training.loop import train

        self.root = root
        self.data = small_file(root)
        made = Run.create(root / "models", SMALL, "small")
        for _ in train(SMALL, load_dataset(self.data), made):
            pass
        self.model = made.directory

    @contextlib.contextmanager
    def app(self, *arguments: str, columns: int = 100, rows: int = 30) -> Iterator[Terminal]:
        """The app. The terminal shows nothing by itself: all that comes from it was written by the app."""
        runs = tempfile.mkdtemp(dir=self.root)
        opened = Terminal(
            ("--data", str(self.data), "--model", str(self.model), "--save-dir", runs, *arguments),
            columns=columns,
            rows=rows,
            environment={
                "OMP_NUM_THREADS": "1",
                "XDG_STATE_HOME": str(self.root / "state"),
                "NAMECLS_QUIET": "1",  # no notification of a training that is finished
            },
            echo=False,
        )
        try:
            yield opened
        finally:
            opened.close()


def _drain(opened: Terminal, seconds: float = 0.0) -> None:
    """Take what the program writes, without looking at it, until it writes nothing for a while."""
    until = time.monotonic() + seconds
    while True:
        if select.select([opened.master], [], [], 0.01)[0]:
            with contextlib.suppress(OSError):  # the other side is closed
                opened.raw += os.read(opened.master, 65_536)
        elif time.monotonic() >= until or opened.process.poll() is not None:
            return


def _type(opened: Terminal, content: bytes) -> None:
    """Type, and take what comes meanwhile, so that neither side waits for the other."""
    view = memoryview(content)

    def write() -> None:
        with contextlib.suppress(OSError):
            at = 0
            while at < len(view):
                at += os.write(opened.master, view[at : at + 4096])

    writer = threading.Thread(target=write, daemon=True)
    writer.start()
    while writer.is_alive() and opened.process.poll() is None:
        _drain(opened)


def _leave(place: _Place, opened: Terminal, counts: Counter[str]) -> None:
    """End the app as a user would; whatever lies over its screens is left before."""
    if opened.process.poll() is None:
        for key in ("escape", "escape", "f3", "escape", "ctrl+q"):
            opened.press(key)
            _drain(opened, 0.3)
    for _ in range(_TRIES):
        if opened.process.poll() is None:
            opened.press("l")  # leave now, if it asks
            _drain(opened, 1.0)
            opened.press("ctrl+q")
            _drain(opened, 1.0)
    status = opened.process.poll()
    if status != 0 or not opened.restored:  # None: it hangs
        counts["crashes"] += 1
        print(f"  CRASH: ended with {status}, restored: {opened.restored}; {opened.raw[-300:]!r}", flush=True)
        for log in (place.root / "state").rglob("*.log"):
            print(log.read_text(encoding="utf-8")[-6000:], flush=True)
    if found := leaks(_COPIED.sub(b"", bytes(opened.raw))):
        counts["escapes leaked"] += len(found)
        print(f"  LEAKED: {found!r}", flush=True)


def _sizes(place: _Place, chance: random.Random, many: int, counts: Counter[str]) -> None:
    """Change the size all the time, while a training runs and a user types and goes about."""
    with place.app("--screen", "train", columns=120, rows=40) as opened:
        opened.wait("on this machine")
        opened.press("f5")
        for _ in range(many):
            columns, rows = chance.choice(
                [
                    (chance.randint(1, 300), chance.randint(1, 100)),
                    (1, 1),
                    (20, 5),
                    (60, 16),
                    (500, 200),
                    (65_535, 3),
                ]
            )
            fcntl.ioctl(opened.slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
            with contextlib.suppress(ProcessLookupError):
                opened.send(signal.SIGWINCH)
            counts["resizes"] += 1
            if chance.random() < 0.2:
                opened.press(chance.choice(["f2", "f3", "f4", "f9", "f1", "tab", "Bor", "p"]))
            _drain(opened)
        fcntl.ioctl(opened.slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        _drain(opened, 0.5)
        _leave(place, opened, counts)


_ODD_SEQUENCES = (
    b"\x1b[99999999999u", b"\x1b[48;9999;9999;0;0t", b"\x1b[48;10;10;0;0t", b"\x1b[55296u", b"\x1b[?2048;1$y",
    b"\x1b[200~", b"\x1b[201~", b"\x1b[I", b"\x1b[O", b"\x1bOQ", b"\x1bOR", b"\x1bOS", b"\x1bOP", b"\x1b[15~",
    b"\x1b[17~", b"\x1b[18~", b"\x1b[19~", b"\r", b"\t", b"\x10", b"\xff\xfe", b"\x1b[A", b"\x1b[B", b"\x1b\x1b",
)  # fmt: skip


def _bytes(place: _Place, chance: random.Random, many: int, counts: Counter[str]) -> None:
    """Bytes at random, sequences that look right and are not, keys and mice.

    Not ctrl+q and ctrl+z: they work. So do their names in the palette, which random keys may find: then the app is
    started again.
    """
    sent = 0
    while sent < many:
        sent += _some_bytes(place, chance, many - sent, counts)


def _some_bytes(place: _Place, chance: random.Random, many: int, counts: Counter[str]) -> int:
    """Type until it were so many bytes, or the app was left; how many it were."""
    with place.app() as opened:
        opened.wait("Type a family name", "small · ")
        sent = 0
        while sent < many and opened.process.poll() is None:
            some = chance.randint(1, 40)
            content = chance.choice(
                [
                    bytes(chance.randrange(256) for _ in range(some)),
                    b"\x1b[" + bytes(chance.choice(b"0123456789;:<?>mMuRt~ABCHPQSy$ ") for _ in range(some // 2 + 1)),
                    b"\x1b[<%d;%d;%d%c"
                    % (chance.randrange(130), chance.randrange(3000), chance.randrange(900), chance.choice(b"mM")),
                    chance.choice(_ODD_SEQUENCES),
                ]
            ).replace(b"\x11", b"").replace(b"\x1a", b"")  # fmt: skip
            _type(opened, content)
            sent += len(content)
        counts["random bytes typed"] += sent
        _drain(opened, LONG_PAUSE + 0.5)  # a paste may have begun
        _leave(place, opened, counts)
        return sent


def _pastes(place: _Place, lines: int, counts: Counter[str]) -> None:
    """Many lines, as a paste and as if typed, and one line of 10 MB: a word says what was left out."""
    with place.app() as opened:
        opened.wait("Type a family name", "small · ")
        for content, word in (
            (b"\x1b[200~" + b"Borski\n" * lines + b"\x1b[201~", "10,000 names, 10,000 answered"),
            (b"\x1b[200~" + b"x" * (10_000_000 if lines > 1_000_000 else 500_000) + b"\x1b[201~", "left out"),
            (b"Borski\r" * lines, "came at once"),
        ):
            before = len(opened.raw)
            _type(opened, content)
            # It may have come and gone while the rest was typed.
            opened.wait(
                lambda text, word=word, before=before: word in text or word.encode() in opened.raw[before:]
            )
            counts["lines pasted"] += content.count(b"Borski")
            if word.endswith("answered"):  # they are listed
                opened.press("escape")
                opened.wait(lambda text: "names pasted" not in text)
            opened.press("ctrl+u")
        _leave(place, opened, counts)


def _payloads(place: _Place, counts: Counter[str]) -> None:
    """Every payload into the inputs of every screen."""
    with place.app(columns=150, rows=40) as opened:
        opened.wait("Type a family name", "small · ")
        for key, word in _SCREENS.items():
            opened.press(key)
            opened.wait(word)
            counts["screens"] += 1
            for payload in PAYLOADS.values():
                opened.press("ctrl+u")
                _type(opened, f"\x1b[200~Bor{payload}ski\x1b[201~".encode("utf-8", "surrogatepass"))
                _drain(opened, 0.05)
                counts["payloads shown"] += 1
        _leave(place, opened, counts)
