"""An app that can be told another language: all screens are made anew, and what runs is not touched."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.screen import Screen

from namecls.language import _, language, languages, name_of, set_language
from tui.memory import Remembered
from tui.themed import Themed

#: A mode with an empty screen, in which the app is while the screen that shows is made anew.
_BETWEEN = "between"


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
    kept: dict[
        str, dict[str, Any]
    ]  # what screens that were taken down leave to those made anew, by their places

    def action_change_language(self) -> None:
        from tui.screens.modal import Commands

        self.push_screen(Commands(providers=[Languages], placeholder=_("Search for languages…")))

    async def speak(self, code: str) -> None:
        """Speak this language from now on.

        Screens are taken down, and made anew when they are gone to. What runs belongs to the app: it sees none of it.
        """
        if code == language():
            return
        self.remembered.keep(language=code)
        set_language(code)
        with self.batch_update():
            while len(self.screen_stack) > 1:
                await self.pop_screen()
            here = self.current_mode
            self.add_mode(_BETWEEN, Screen)
            self._keep(here)
            await self.switch_mode(_BETWEEN)
            for mode, screen in self.MODES.items():
                self._keep(mode)
                await self.remove_mode(mode)
                self.add_mode(mode, screen)
            await self.switch_mode(here)
            await self.remove_mode(_BETWEEN)

    def _keep(self, mode: str) -> None:
        """Have the screen of a mode leave what it would lose, if there is one."""
        stack = self._screen_stacks.get(mode)
        if stack and mode not in self.kept:
            self.kept[mode] = getattr(stack[0], "leave", dict)()
