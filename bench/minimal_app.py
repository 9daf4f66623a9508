"""Textual apps that do nothing, for comparison: a word on the screen, or a title, an input and a line of keys."""

from __future__ import annotations

import sys
from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.widgets import Footer, Header, Input, Static


class Word(App[None]):
    """The least that paints a frame."""

    def compose(self) -> ComposeResult:
        yield Static("painted")


class Plain(App[None]):
    """What namecls-tui has, with Textual's own widgets and nothing behind them."""

    TITLE = "minimal"
    BINDINGS: ClassVar[list[BindingType]] = [("f1", "help", "painted")]

    def compose(self) -> ComposeResult:
        yield Header()
        yield Input(placeholder="a family name")
        yield Static()
        yield Footer()


if __name__ == "__main__":
    (Plain if "--plain" in sys.argv else Word)().run()
