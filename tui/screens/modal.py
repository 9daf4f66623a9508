"""Screens that lie over others, and close themselves and nothing else."""

from __future__ import annotations

from functools import partial
from typing import TypeVar

from rich.align import Align
from rich.text import Text
from textual import events
from textual.await_complete import AwaitComplete
from textual.command import CommandList, CommandPalette, ProviderSource
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets.option_list import Option

from namecls.language import _
from tui.key import Key
from tui.screens.sizes import heed_present_size
from tui.terminal.compositor import Composed
from tui.widgets.retold import Retold

Answer = TypeVar("Answer")


class Modal(Retold, Composed, ModalScreen[Answer]):
    """A screen that answers once.

    Textual closes whatever screen lies on top, not the one that asks for it. A key that waited while its screen
    closed, or the answer of a thread after the user went elsewhere, would close another one, or the last.
    """

    def dismiss(self, result: Answer | None = None) -> AwaitComplete:
        return super().dismiss(result) if self.is_active else AwaitComplete()

    def on_resize(self, event: events.Resize) -> None:
        heed_present_size(self, event)


def line_of(key: Key, room: int) -> Content:
    """A key and what it does, in a line of such a screen.

    :param room: cells of the key.
    """
    return Content.assemble((f"{key.face:>{room}}", "$accent"), f"  {key.told}")


class Commands(Composed, CommandPalette):
    """The command palette. The same, and without a name of its own in the tree, which there can't be twice.

    Textual takes the screen below for that which it was opened on. If a key that went to another place came before it
    was there, it isn't, and there may be none: then it closes as soon as it comes to the top.
    """

    def __init__(self, *, providers: ProviderSource | None = None, placeholder: str = "") -> None:
        super().__init__(providers=providers, placeholder=placeholder or _("Search for commands…"))

    def _on_mount(self, event: events.Mount) -> None:
        if self.app.screen is not self:
            event.prevent_default()  # Textual's own would look for that screen

    def _start_no_matches_countdown(self, search_value: str) -> None:
        # Textual's own speaks English, and gives no other place for its words.
        self._stop_no_matches_countdown()
        self._no_matches_timer = self.set_timer(
            self._NO_MATCHES_COUNTDOWN, partial(self._say_that_none_fits, searched=bool(search_value))
        )

    def _say_that_none_fits(self, *, searched: bool) -> None:
        if searched:
            told = Align.center(Text(_("No matches found"), style="not bold"))
            self.query_one(CommandList).add_option(Option(told, disabled=True, id=self._NO_MATCHES))
        self._list_visible = searched

    def on_screen_resume(self) -> None:
        if self._calling_screen is None:
            self.dismiss()

    def dismiss(self, result: None = None) -> AwaitComplete:
        return super().dismiss(result) if self.is_active else AwaitComplete()

    def on_resize(self, event: events.Resize) -> None:
        heed_present_size(self, event)
