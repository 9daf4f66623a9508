"""A choice among a few words: all of them in sight, where there is room."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from rich.cells import cell_len
from rich.text import Text
from textual import events
from textual.binding import BindingType
from textual.message import Message

from namecls.language import again
from tui import keys
from tui.drawing.cells import cut
from tui.drawing.palette import Palette
from tui.widgets.drawn import Drawn


class Choice(Drawn, can_focus=True):
    """One of several words, changed by arrow keys or a click.

    Where they don't all fit, those around the chosen one show, and a sign where there are more.

    :param titles: how a choice is written, if not as it stands. Any text may be in it.
    """

    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("choice")

    class Changed(Message):
        """Another word was chosen."""

        def __init__(self, choice: Choice) -> None:
            super().__init__()
            self.choice = choice

        @property
        def control(self) -> Choice:
            return self.choice

    def __init__(
        self,
        choices: tuple[str, ...],
        value: str,
        *,
        titles: Mapping[str, str] | None = None,
        id: str | None = None,  # noqa: A002
    ) -> None:
        super().__init__(id=id)
        self._choices = choices
        self._titles = titles or {}
        self._value = value
        self._spots: list[tuple[int, int, str]] = []

    def retell(self) -> None:
        self._titles = {choice: again(title) for choice, title in self._titles.items()}
        super().retell()

    @property
    def title(self) -> str:
        """How the chosen one is written."""
        return self._titles.get(self._value, self._value)

    @property
    def value(self) -> str:
        return self._value

    @value.setter
    def value(self, value: str) -> None:
        self._value = value
        self.redraw()

    def offer(self, titles: Mapping[str, str]) -> None:
        """Offer other choices, with their titles; the chosen one stays."""
        self._choices, self._titles = tuple(titles), titles
        self.redraw()

    def draw(self, width: int, height: int, palette: Palette) -> list[Text]:  # noqa: ARG002
        line = Text(no_wrap=True)
        self._spots = []
        words = self._in_sight(width)
        choices = tuple(words)
        if choices and choices[0] != self._choices[0]:
            line.append("< ", style=palette.faint)
        for choice in choices:
            chosen = choice == self._value
            line.append(" " if self._spots else "")
            start = line.cell_len
            if not chosen:
                line.append(words[choice], style=palette.muted)
            else:  # in brackets, to be seen without colours too
                tint = (
                    f"bold reverse {palette.accent}" if self.has_focus else f"bold underline {palette.text}"
                )
                line.append("[").append(words[choice], style=tint).append("]")
            self._spots.append((start, line.cell_len, choice))
        if choices and choices[-1] != self._choices[-1]:
            line.append(" >", style=palette.faint)
        return [line]

    def _word(self, choice: str, room: int) -> str:
        return cut(self._titles.get(choice, choice), room, self.ascii_only).rstrip()

    def _in_sight(self, width: int) -> dict[str, str]:
        """As many choices as there is room for, as they are written: the first ones, if the chosen one is among them.

        There may be thousands: none is looked at that has no chance.
        """

        def fits(begin: int, end: int) -> bool:
            left = width - 1 - 2 * (begin > 0) - 2 * (end < count)
            for at in range(begin, end):
                left -= cell_len(self._word(self._choices[at], width - 6)) + 1
                if left < 0:
                    return False
            return True

        count = len(self._choices)
        at = self._choices.index(self._value) if self._value in self._choices else 0
        begin, end = max(at - width, 0), at + 1
        while begin < at and not fits(begin, end):
            begin += 1
        while end < count and (fits(begin, end + 1) or fits(begin, count)):
            end += 1
        return {each: self._word(each, width - 6) for each in self._choices[begin:end]}

    def watch_has_focus(self, has_focus: bool) -> None:
        super().watch_has_focus(has_focus)
        self.redraw()

    def on_click(self, event: events.Click) -> None:
        for start, end, choice in self._spots:
            if start <= event.x < end:
                self._choose(choice)

    def action_change(self, step: int) -> None:
        at = self._choices.index(self._value) if self._value in self._choices else 0
        self._choose(self._choices[(at + step) % len(self._choices)])

    def _choose(self, value: str) -> None:
        if value != self._value:
            self.value = value
            self.post_message(self.Changed(self))
