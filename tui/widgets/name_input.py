"""An input whose text can't steer the terminal, whatever was pasted into it."""

from __future__ import annotations

import unicodedata

from rich.text import Text
from textual import events
from textual.binding import Binding
from textual.widgets import Input

#: Stand-ins of one cell each, so that the cursor stays where it belongs.
_HIDDEN = frozenset({"Cf", "Zl", "Zp", "Cs", "Co", "Cn"})

#: The keys that edit, with their actions; enter belongs to the screen.
_EDITING = {
    key.strip(): binding.action
    for binding in Input.BINDINGS
    if isinstance(binding, Binding) and binding.action != "submit"
    for key in binding.key.split(",")
}


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

    async def _on_key(self, event: events.Key) -> None:
        # Textual inserts a letter at once, but runs the other keys of an input when they have gone up to the app
        # and back. Of keys that arrive together, as over a slow line, a letter would overtake a backspace.
        action = _EDITING.get(event.key)
        if action is not None:
            event.stop()
            event.prevent_default()
            await self.run_action(action)
