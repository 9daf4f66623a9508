"""What stands between the terminal and Textual, so that no bytes that come in can bring the app down.

Textual's own reader gives up at bytes that are not UTF-8 and at escape sequences with numbers too large, takes
control characters in a paste for keys, and turns every character of a flood into an event, for hours.
"""

from __future__ import annotations

import codecs
import contextlib
import os
import re
import selectors
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial

from textual import events
from textual._xterm_parser import BRACKETED_PASTE_END, BRACKETED_PASTE_START, XTermParser
from textual.drivers.linux_driver import LinuxDriver
from textual.geometry import Size
from textual.message import Message

from namecls.language import _
from tui.engine.messages import Crashed

#: Columns and rows that are drawn at most, whatever a terminal says of itself.
LARGEST = (1000, 500)

#: Seconds in which changes of the size are taken for one.
RESIZE_AFTER = 0.05

#: Characters of one paste that are handed on.
MOST_PASTED = 1_000_000

#: Characters without a pause that are taken for typing; more of them are a paste that the terminal did not mark.
MOST_TYPED = 4096

#: Seconds in which nothing comes that end such a flood; and a paste whose end never comes, for lines may be slow.
PAUSE, LONG_PAUSE = 0.5, 5.0

_SEQUENCE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|O?.)", re.DOTALL)


class Incoming:
    """Bytes of a terminal in, messages for the app out; no bytes make it fail.

    :param tell: takes a word for the user, about what was left out.
    :param clock: seconds that never run backwards.
    """

    def __init__(self, tell: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._tell = tell
        self._clock = clock
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._parser = XTermParser()
        self._tail = ""  # the last characters, in which a paste may have begun to begin
        self._pasted: list[str] | None = None  # while a paste goes on
        self._room = 0  # for what is pasted
        self._held = ""  # of a paste, what may be the beginning of its end
        self._typed = 0  # characters without a pause
        self._last = clock()

    def feed(self, data: bytes) -> Iterator[Message]:
        """What these bytes mean."""
        text = self._decode(data)
        while text:
            if self._pasted is not None:
                messages, text = self._paste(text)
            else:
                messages, text = self._type(text)
            yield from messages
        self._last = self._clock()

    def idle(self) -> Iterator[Message]:
        """What it means that nothing is there to be read."""
        pause = self._clock() - self._last
        if pause >= PAUSE:
            if self._typed > MOST_TYPED:
                self._tell(
                    _(
                        "{typed:,} characters came at once, more than anyone types. All but the first {most:,} "
                        "were left out. For many names: namecls predict --input FILE"
                    ).format(typed=self._typed, most=MOST_TYPED)
                )
            self._typed = 0
        if pause >= LONG_PAUSE and self._pasted is not None:
            yield from self._end_paste()
        yield from self._parsed(self._parser.tick)

    def _type(self, text: str) -> tuple[list[Message], str]:
        """The messages of what is typed, and what comes behind it: the inside of a paste."""
        seen = self._tail + text
        begins = seen.find(BRACKETED_PASTE_START)
        if begins < 0:
            self._tail = seen[1 - len(BRACKETED_PASTE_START) :]
            return self._keys(text), ""
        end = begins + len(BRACKETED_PASTE_START) - len(self._tail)
        self._tail = ""
        messages = self._parsed(partial(self._parser.feed, text[:end]))
        self._pasted, self._held, self._room = [], "", MOST_PASTED
        return messages, text[end:]

    def _keys(self, text: str) -> list[Message]:
        """The keys, unless a flood of them comes. Mice and function keys speak in sequences, which don't count."""
        before = self._typed
        self._typed += len(_SEQUENCE.sub("", text))
        if self._typed > MOST_TYPED:
            text = text[: max(MOST_TYPED - before, 0)]
        return self._parsed(partial(self._parser.feed, text)) if text else []

    def _paste(self, text: str) -> tuple[list[Message], str]:
        """Gather what is pasted; at its end, the paste as one message, and what comes behind it."""
        inside, end, rest = (self._held + text).partition(BRACKETED_PASTE_END)
        self._held = ""
        if not end:
            held = next(
                (n for n in range(len(BRACKETED_PASTE_END) - 1, 0, -1) if inside.endswith(BRACKETED_PASTE_END[:n])),
                0,
            )  # fmt: skip
            inside, self._held = inside[: len(inside) - held], inside[len(inside) - held :]
        if self._pasted is not None:
            self._pasted.append(inside[: self._room])
            self._room -= min(len(inside), self._room)
        return (self._end_paste() if end else []), rest

    def _end_paste(self) -> list[Message]:
        text = "".join(self._pasted or []) + self._held[: self._room]
        self._pasted, self._held = None, ""
        # The parser has seen the beginning of the paste, and nothing of what was in it.
        self._parsed(partial(self._parser.feed, BRACKETED_PASTE_END))
        return [events.Paste(text)] if text else []

    def _parsed(self, parse: Callable[[], Iterable[Message]]) -> list[Message]:
        """What the parser makes of it; if it fails at a sequence that no terminal sends, nothing."""
        try:
            return [message for message in parse() if not _is_absurd(message)]
        except Exception:  # it comes from bytes alone, and the parser can't go on after any
            self._parser = XTermParser()
            return []


def _is_absurd(message: Message) -> bool:
    """Whether it is a size that no terminal has, or half a character."""
    if isinstance(message, events.Key):
        return message.character is not None and "\ud800" <= message.character[:1] <= "\udfff"
    return isinstance(message, events.Resize) and not (
        0 < message.size.width <= LARGEST[0] and 0 < message.size.height <= LARGEST[1]
    )


class SturdyDriver(LinuxDriver):
    """Textual's driver with a reader of its own, and patience with a terminal whose size changes all the time."""

    _resize_due = False

    def start_application_mode(self) -> None:
        super().start_application_mode()  # type: ignore[no-untyped-call]
        signal.signal(signal.SIGWINCH, self._resized)

    def _resized(self, *_: object) -> None:
        if not self._in_band_window_resize:
            self._loop.call_soon_threadsafe(self._resize_soon)

    def _resize_soon(self) -> None:
        if not self._resize_due:
            self._resize_due = True
            self._loop.call_later(RESIZE_AFTER, self._resize_now)

    def _resize_now(self) -> None:
        """Tell the app its size; once, however often it changed while the app was busy."""
        self._resize_due = False
        size = Size(*self._get_terminal_size())
        self._app.post_message(events.Resize(size, size))

    def _get_terminal_size(self) -> tuple[int, int]:
        """What the terminal says. COLUMNS and LINES, which may tell of another one, count where it says nothing."""
        columns = rows = 0
        with contextlib.suppress(OSError):
            columns, rows = os.get_terminal_size(self.fileno)
        if not (columns and rows):
            columns, rows = super()._get_terminal_size()
        return min(columns, LARGEST[0]), min(rows, LARGEST[1])

    def _run_input_thread(self) -> None:
        try:
            self.run_input_thread()
        except Exception as error:
            self._app.call_later(self._app.post_message, Crashed(error))

    def run_input_thread(self) -> None:
        """Read until the app ends, or the terminal."""
        incoming = Incoming(self._tell)
        with selectors.DefaultSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                messages = incoming.idle()
                if selector.select(0.1):
                    data = b""
                    with contextlib.suppress(OSError):  # it hung up
                        data = os.read(self.fileno, 65_536)
                    if not data:
                        return
                    messages = incoming.feed(data)
                for message in messages:
                    self.process_message(message)

    def _tell(self, word: str) -> None:
        self._app.call_later(partial(self._app.notify, word, severity="warning", markup=False))
