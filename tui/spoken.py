"""An app that can be told another language: all that shows says its words again, and nothing else changes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.widget import Widget

from namecls.language import _, again, language, languages, name_of, set_language, stay_changeable
from namecls.text import safe
from namecls.wide import wrapped
from tui.memory import Remembered
from tui.themed import Themed
from tui.widgets.retold import Retold

_NOTIFICATION = 70  # cells of one at most, as the style sheet has it


class Languages(Provider):
    """The languages that there are, each by its own name."""

    @property
    def _commands(self) -> list[tuple[str, Callable[[], None]]]:
        app: Any = self.app
        return [(name_of(code), partial(app.call_later, app.speak, code)) for code in languages()]

    async def discover(self) -> Hits:
        for command in self._commands:
            yield DiscoveryHit(*command)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for name, callback in self._commands:
            if (score := matcher.match(name)) > 0:
                yield Hit(score, matcher.highlight(name), callback)


class Spoken(Themed):
    """An app whose language can be changed while it runs."""

    remembered: Remembered

    def __init__(self) -> None:
        stay_changeable()
        super().__init__()
        self._said: dict[str, tuple[str, bool]] = {}  # what notifications were made of, by what they show

    def action_change_language(self) -> None:
        from tui.screens.modal import Commands

        self.push_screen(Commands(providers=[Languages], placeholder=_("Search for languages…")))

    def speak(self, code: str) -> None:
        """Speak this language from now on, on all screens that there are."""
        if code == language():
            return
        self.remembered.keep(language=code)
        set_language(code)
        with self.batch_update():
            for notification in self._notifications:
                if (said := self._said.get(notification.message)) is not None:
                    notification.message = self._shown(*said)
            for stack in self._screen_stacks.values():
                for screen in stack:
                    for node in screen.walk_children(with_self=True):
                        if isinstance(node, Retold):
                            node.retell()
                        if isinstance(node, Widget):
                            node.refresh(layout=True)  # words may decide how high it is

    def say(self, text: str, *, problem: bool = False) -> None:
        """Show a short notification; any text may be in it."""
        shown = self._shown(text, problem)
        there = {notification.message for notification in self._notifications}
        self._said = {told: said for told, said in self._said.items() if told in there}
        self._said[shown] = (text, problem)
        self.notify(shown, severity="error" if problem else "information", markup=False)

    def _shown(self, text: str, problem: bool) -> str:
        text = again(text)
        told = f"! {safe(text, 400)}" if problem else safe(text, 400)
        if told.isascii():
            return told
        # Textual breaks lines at blanks alone.
        return "\n".join(wrapped(told, min(self.size.width * 85 // 100, _NOTIFICATION) - 6))
