"""A choice among a few words, all of them in sight."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual import events
from textual.binding import BindingType
from textual.message import Message

from tui import keys
from tui.palette import Palette
from tui.widgets.drawn import Drawn


class Choice(Drawn, can_focus=True):
    """One of several words, changed by arrow keys or a click."""

    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("choice")

    class Changed(Message):
        """Another word was chosen."""

        def __init__(self, choice: Choice) -> None:
            super().__init__()
            self.choice = choice

        @property
        def control(self) -> Choice:
            return self.choice

    def __init__(self, choices: tuple[str, ...], value: str, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._choices = choices
        self._value = value

    @property
    def value(self) -> str:
        return self._value

    @value.setter
    def value(self, value: str) -> None:
        self._value = value
        self.redraw()

    def draw(self, width: int, height: int, palette: Palette) -> list[Text]:  # noqa: ARG002
        line = Text(no_wrap=True)
        for choice in self._choices:
            line.append(" " if line else "")
            if choice != self._value:
                line.append(choice, style=palette.muted)
            elif self.has_focus:
                line.append(choice, style=f"bold reverse {palette.accent}")
            else:
                line.append(choice, style=f"bold underline {palette.text}")
        return [line]

    def watch_has_focus(self, has_focus: bool) -> None:
        super().watch_has_focus(has_focus)
        self.redraw()

    def on_click(self, event: events.Click) -> None:
        start = 0
        for choice in self._choices:
            if start <= event.x < start + len(choice):
                self._choose(choice)
            start += len(choice) + 1

    def action_change(self, step: int) -> None:
        at = self._choices.index(self._value) if self._value in self._choices else 0
        self._choose(self._choices[(at + step) % len(self._choices)])

    def _choose(self, value: str) -> None:
        if value != self._value:
            self.value = value
            self.post_message(self.Changed(self))
