"""The command palette: screens first, each command with its key, found by what people type for it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from textual.command import DiscoveryHit, Hit, Hits
from textual.screen import Screen
from textual.system_commands import SystemCommandsProvider

from namecls.language import N_, _, languages, name_of
from tui import keys
from tui.key import Key
from tui.screens.base import Place

#: What people type for a command that has another name: by its title in English, which they may type, too.
_CALLED: dict[str, str] = {
    "Quit": "exit leave close",
    "Help": "keys keyboard shortcuts bindings",
    "Light or dark": "colours colors theme mode",
    "Theme": "colours colors appearance",
    "High contrast": "colours colors accessibility vision visibility theme",
    "Notifications": "bell sound ring quiet osc desktop",
    "Screenshot": "picture image svg export save",
    "Dataset": "data file table rows duplicates",
    "Tune": "optimise optimize search trials",
    "Runs": "old trainings history list",
    "Terminal cursor": "accessibility caret screen reader magnifier zoom",
    "Language": "translation locale english chinese 中文 语言",
}
#: How well a command fits of which not the title but another word begins with what was typed.
_BY_WORD = 0.2


@dataclass(frozen=True, slots=True)
class Command:
    """A command of the palette: its title, what it does with its key before, the action, and its title in English."""

    title: str
    told: str
    action: str
    english: str

    @property
    def words(self) -> list[str]:
        """By which it is found, apart from its title."""
        english = f"{self.english} " if self.english != self.title else ""
        return re.findall(r"\w+", f"{english}{self.told} {_CALLED.get(self.english, '')}".casefold())


def commands_of(screen: Screen[object]) -> Iterator[Command]:
    """What can be done on a screen at this moment, and everywhere."""
    everywhere = [command_of(entry) for entry in keys.PLACES["app"] if entry.action != "app.command_palette"]
    yield from (command for command in everywhere if command.action.startswith("app.go("))
    if isinstance(screen, Place):
        for entry in keys.PLACES[screen.PLACE]:
            if entry.help and entry not in keys.LISTS and screen.check_action(_name(entry.action), ()):
                yield command_of(entry, "screen.")
    if getattr(screen, "PLACE", "") != "predict":
        yield _command(N_("Model"), N_("choose the model that answers in Predict"), "app.choose_model")
    if getattr(screen, "PLACE", "") not in ("tune", "compare"):
        yield _command(
            N_("Compare"),
            N_("compare networks under several seeds: RNN against LSTM against GRU"),
            "app.go('compare')",
        )
    yield _command(N_("Theme"), N_("choose among all themes"), "app.change_theme")
    yield _command(
        N_("High contrast"),
        N_("all text at 7:1 and more against its ground, dark or light; again: as before"),
        "app.change_contrast",
    )
    yield Command(
        _("Language"), " · ".join(name_of(code) for code in languages()), "app.change_language", "Language"
    )
    yield _command(
        N_("Notifications"),
        N_("let a finished training ring and notify, or tell of it on the screen alone"),
        "app.switch_notifications",
    )
    yield _command(
        N_("Terminal cursor"),
        N_("show it where the focus is, for screen readers and magnifiers; again: hide it"),
        "app.switch_cursor",
    )
    yield _command(N_("Screenshot"), N_("write this screen to an SVG file"), "app.picture")
    yield from (command for command in everywhere if not command.action.startswith("app.go("))


def _command(title: str, told: str, action: str) -> Command:
    return Command(_(title), _(told), action, title)


def command_of(entry: Key, owner: str = "") -> Command:
    """What a key does, as a command: by its label, or else by the beginning of its help."""
    title, rest = _parted(entry.told)
    english, _rest = _parted(entry.help)
    if entry.label:
        title, rest = _capital(entry.called), entry.told
        english = _capital(entry.label)
    told = f"{entry.face} · {rest}" if rest else entry.face
    return Command(title, told, owner + entry.action, english)


def _parted(help: str) -> tuple[str, str]:  # noqa: A002
    """What stands before the first colon or semicolon of a help, and what behind it."""
    title, *rest = re.split("[:：;；]", help, maxsplit=1)
    return title, rest[0].strip() if rest else ""


def _capital(label: str) -> str:
    return label[0].upper() + label[1:]


def _name(action: str) -> str:
    return action.partition("(")[0]


class Finder(SystemCommandsProvider):
    """Finds commands by their titles, and by any word of what they do or are called elsewhere."""

    async def discover(self) -> Hits:
        for command in commands_of(self.screen):
            yield DiscoveryHit(command.title, self._run(command), help=command.told)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        typed = query.strip().casefold()
        for command in commands_of(self.screen):
            score = matcher.match(command.title)
            if score > 0 or any(word.startswith(typed) for word in command.words):
                told = matcher.highlight(command.title)
                yield Hit(score or _BY_WORD, told, self._run(command), help=command.told)

    def _run(self, command: Command) -> Callable[[], object]:
        return partial(self.app.call_later, self.app.run_action, command.action)
