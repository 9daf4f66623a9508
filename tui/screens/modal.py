"""Screens that lie over others, and close themselves and nothing else."""

from __future__ import annotations

from typing import TypeVar

from textual import events
from textual.await_complete import AwaitComplete
from textual.command import CommandPalette, ProviderSource
from textual.screen import ModalScreen

from namecls.language import _
from tui.screens.sizes import heed_present_size
from tui.terminal.compositor import Composed

Answer = TypeVar("Answer")


class Modal(Composed, ModalScreen[Answer]):
    """A screen that answers once.

    Textual closes whatever screen lies on top, not the one that asks for it. A key that waited while its screen
    closed, or the answer of a thread after the user went elsewhere, would close another one, or the last.
    """

    def dismiss(self, result: Answer | None = None) -> AwaitComplete:
        return super().dismiss(result) if self.is_active else AwaitComplete()

    def on_resize(self, event: events.Resize) -> None:
        heed_present_size(self, event)


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

    def on_screen_resume(self) -> None:
        if self._calling_screen is None:
            self.dismiss()

    def dismiss(self, result: None = None) -> AwaitComplete:
        return super().dismiss(result) if self.is_active else AwaitComplete()

    def on_resize(self, event: events.Resize) -> None:
        heed_present_size(self, event)
