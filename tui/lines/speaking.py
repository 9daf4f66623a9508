"""Lines in, sentences out: no control sequence, no colour, nothing redrawn."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterable
from typing import TextIO

from namecls.language import _
from namecls.text import safe
from tui.drawing.cells import percent


def share(value: float) -> str:
    """A share in percent."""
    return percent(value).strip()


def full(text: str) -> str:
    """A text as a sentence."""
    return _("{text}.").format(text=text)


def entry(title: str, value: object) -> str:
    """A title and what stands for it, as a sentence."""
    return _("{title}: {value}.").format(title=title, value=value)


def series(parts: Iterable[str]) -> str:
    """Texts one after the other."""
    return _(", ").join(parts)


class Ended(Exception):  # noqa: N818 - no error
    """The input has ended."""


class Speaker:
    """Reads lines from one stream, and writes sentences to another.

    :param prompts: whether to write what is asked for before a line, as on a terminal.
    """

    def __init__(self, source: TextIO, out: TextIO, *, prompts: bool) -> None:
        self.prompts = prompts
        self._source, self._out = source, out
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._reader: threading.Thread | None = None
        self._said: list[str] = []
        self._asked = False  # whether a prompt stands there that was not answered

    def say(self, *sentences: str) -> None:
        """Write sentences, each on a line of its own; from data or not, they can't steer a terminal."""
        if self._asked:
            self._out.write("\n")
            self._asked = False
        for sentence in sentences:
            self._said.append(sentence)
            self._out.write(f"{safe(sentence)}\n")
        self._out.flush()

    def begin(self) -> None:
        """What is said from now on is what `again` repeats."""
        self._said = []

    def again(self) -> None:
        """Say once more what was said last."""
        said, self._said = self._said, []
        self.say(*said)

    def number(self, items: Iterable[str], first: int = 1) -> None:
        """Say items, each with its number."""
        self.say(*(f"{place}. {item}" for place, item in enumerate(items, first)))

    def line(self, prompt: str = "", patience: float | None = None) -> str | None:
        """The next line, without blanks around it; None: none came within `patience` seconds.

        :raises Ended: if there are no more.
        """
        if self._reader is None:  # a daemon: nothing can interrupt who waits for a terminal
            self._reader = threading.Thread(target=self._read, name="lines", daemon=True)
            self._reader.start()
        if self.prompts and prompt and not self._asked:
            self._out.write(f"{safe(prompt)}: ")
            self._out.flush()
            self._asked = True
        try:
            line = self._lines.get(timeout=patience)
        except queue.Empty:
            return None
        if line is None:
            self._lines.put(None)  # it stays ended
            self.say()
            raise Ended
        self._asked = False
        return line.strip()

    def _read(self) -> None:
        try:
            for line in self._source:
                self._lines.put(line)
        except (OSError, ValueError):
            pass  # a terminal that went away
        self._lines.put(None)
