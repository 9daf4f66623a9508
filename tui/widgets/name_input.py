"""An input whose text can't steer the terminal, whatever was pasted into it."""

from __future__ import annotations

import unicodedata
from typing import ClassVar

from rich.text import Text
from textual import events
from textual.binding import Binding, BindingType
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


class SafeInput(Input, inherit_bindings=False):
    """An input that keeps its value as it was typed or pasted and shows it literally.

    Keys act in the order in which they were pressed. Textual handles a letter in the input, but sends
    backspace and its like all the way up to the app first: over a slow line, where many keys come at once, it
    would overtake them with the letters behind them.
    """

    # Enter, and the arrows up and down, belong to the screen.
    BINDINGS: ClassVar[list[BindingType]] = [
        binding for binding in Input.BINDINGS if isinstance(binding, Binding) and binding.key != "enter"
    ]

    def __init__(self, value: str = "", *, placeholder: str = "", id: str | None = None) -> None:  # noqa: A002
        super().__init__(value=value, placeholder=placeholder, id=id, compact=True)
        self.cursor_blink = False

    async def _on_key(self, event: events.Key) -> None:
        active = None if event.is_printable else self.screen.active_bindings.get(event.key)
        if active is not None and active.enabled:
            event.stop()
            event.prevent_default()
            await self.app.run_action(active.binding.action, active.node)

    @property
    def _value(self) -> Text:
        return Text(literal(self.value), no_wrap=True, overflow="ignore", end="")
