"""An input whose text can't steer the terminal, whatever was pasted into it."""

from __future__ import annotations

import unicodedata

from rich.text import Text
from textual.widgets import Input

#: Stand-ins of one cell each, so that the cursor stays where it belongs.
_HIDDEN = frozenset({"Cf", "Zl", "Zp", "Cs", "Co", "Cn"})


def literal(text: str) -> str:
    """The text with one visible character for every one that a terminal would obey or hide."""
    if text.isprintable():
        return text
    return "".join(map(_stand_in, text))


def _stand_in(character: str) -> str:
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\u2421"
    return "\ufffd" if unicodedata.category(character) in _HIDDEN | {"Cc"} else character


class SafeInput(Input):
    """An input that keeps its value as it was typed or pasted and shows it literally."""

    def __init__(self, value: str = "", *, placeholder: str = "", id: str | None = None) -> None:  # noqa: A002
        super().__init__(value=value, placeholder=placeholder, id=id, compact=True)
        self.cursor_blink = False

    @property
    def _value(self) -> Text:
        return Text(literal(self.value), no_wrap=True, overflow="ignore", end="")
