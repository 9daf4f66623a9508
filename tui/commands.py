"""The command palette: screens first, each command with its key, found by what people type for it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from textual.command import DiscoveryHit, Hit, Hits
from textual.screen import Screen
from textual.system_commands import SystemCommandsProvider

from tui import keys
from tui.key import Key
from tui.screens.base import Place

#: What people type for a command that has another name.
_CALLED: dict[str, str] = {
    "Quit": "exit leave close",
    "Help": "keys keyboard shortcuts bindings",
    "Light or dark": "colours colors theme mode",
    "Theme": "colours colors appearance",
    "Screenshot": "picture image svg export save",
    "Dataset": "data file table rows duplicates",
    "Tune": "optimise optimize search trials",
    "Runs": "old trainings history list",
}
#: How well a command fits of which not the title but another word begins with what was typed.
_BY_WORD = 0.2


@dataclass(frozen=True, slots=True)
class Command:
    """A command of the palette: its title, what it does with its key before, and the action."""

    title: str
    told: str
    action: str


def commands_of(screen: Screen[object]) -> Iterator[Command]:
    """What can be done on a screen at this moment, and everywhere."""
    everywhere = [_command(entry) for entry in keys.APP if entry.action != "app.command_palette"]
    yield from (command for command in everywhere if command.action.startswith("app.go("))
    if isinstance(screen, Place):
        for entry in keys.PLACES[screen.PLACE]:
            if entry.help and entry not in keys.LISTS and screen.check_action(_name(entry.action), ()):
                yield _command(entry, "screen.")
    if getattr(screen, "PLACE", "") != "predict":
        yield Command("Model", "choose the model that answers in Predict", "app.choose_model")
    if getattr(screen, "PLACE", "") not in ("tune", "compare"):
        yield Command(
            "Compare",
            "compare networks under several seeds: RNN against LSTM against GRU",
            "app.go('compare')",
        )
    yield Command("Theme", "choose among all themes", "app.change_theme")
    yield Command("Screenshot", "write this screen to an SVG file", "app.picture")
    yield from (command for command in everywhere if not command.action.startswith("app.go("))


def _command(entry: Key, owner: str = "") -> Command:
    title, _, rest = entry.help.partition(":")
    if entry.label:
        title, rest = entry.label[0].upper() + entry.label[1:], entry.help
    return Command(title, f"{entry.face} · {rest.strip()}" if rest else entry.face, owner + entry.action)


def _name(action: str) -> str:
    return action.partition("(")[0]


class Finder(SystemCommandsProvider):
    """Finds commands by their titles, and by any word of what they do or are called elsewhere."""

    async def discover(self) -> Hits:
        for title, told, callback, _ in self.app.get_system_commands(self.screen):
            yield DiscoveryHit(title, callback, help=told)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        typed = query.strip().casefold()
        for title, told, callback, _ in self.app.get_system_commands(self.screen):
            score = matcher.match(title)
            words = re.findall(r"\w+", f"{told} {_CALLED.get(title, '')}".casefold())
            if score > 0 or any(word.startswith(typed) for word in words):
                yield Hit(score or _BY_WORD, matcher.highlight(title), callback, help=told)
