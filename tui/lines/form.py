"""The settings of what is to be started, or read, listed and changed by number or name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from namecls.config import PRESETS
from namecls.language import N_, _
from tui.lines.house import House
from tui.lines.place import Command, Place, chosen
from tui.lines.speaking import entry

#: What stands for an empty value.
EMPTY = "-"


class Fields(Place):
    """The lines of a form of the app, without its widgets.

    :param texts: the values of all lines.
    """

    def __init__(self, house: House, texts: Mapping[str, str]) -> None:
        super().__init__(house.speaker)
        self.house = house
        self.texts = dict(texts)
        self.commands = [
            Command("settings", N_("list the settings and their values"), self.settings),
            Command("change", N_("change a setting: its number or name, then the value"), self.change),
        ]

    @property
    def lines(self) -> Sequence[str]:
        """The names of the settings."""
        raise NotImplementedError

    def title_of(self, name: str) -> str:
        """How a setting is called."""
        raise NotImplementedError

    def read(self, texts: Mapping[str, str]) -> tuple[Any, dict[str, str]]:
        """What the texts mean, None if something is wrong; and what is wrong with which."""
        raise NotImplementedError

    def choices_of(self, name: str) -> Sequence[str]:  # noqa: ARG002
        """All values of a setting, if they can be listed."""
        return ()

    def about(self, name: str) -> str:  # noqa: ARG002
        """What a setting does; empty: its title tells."""
        return ""

    def fixed(self, name: str) -> str:  # noqa: ARG002
        """Why a setting can't be changed; empty: it can."""
        return ""

    def changed(self) -> Sequence[str]:
        """The settings that differ from what is usual."""
        return ()

    def wanted(self) -> Any:
        """What the settings mean; None: something is wrong, and said."""
        found, problems = self.read(self.texts)
        self.speaker.say(*problems.values())
        return found

    def settings(self, _rest: str) -> None:
        changed = self.changed()
        for place, name in enumerate(self.lines, 1):
            told = entry(f"{self.title_of(name)} ({name})", self.texts[name] or EMPTY)
            self.speaker.say(f"{place}. {told} {_('Changed.')}" if name in changed else f"{place}. {told}")

    def change(self, rest: str) -> None:
        word, _blank, value = rest.replace("=", " ", 1).partition(" ")
        at = chosen(word, self.lines)
        if at is None:
            self.speaker.say(_("There is no setting {name}.").format(name=word))
            return
        name = self.lines[at]
        if why := self.fixed(name):
            self.speaker.say(why)
            return
        choices = self.choices_of(name)
        if not value.strip():
            self.speaker.say(
                entry(self.title_of(name), self.texts[name] or EMPTY), *filter(None, [self.about(name)])
            )
            if choices:
                self.speaker.number(choices)
            value = self.speaker.line(_("New value")) or self.texts[name]
        value = "" if value.strip() == EMPTY else value.strip()
        if choices and (which := chosen(value, choices)) is not None:
            value = choices[which]
        found, problems = self.read({**self.texts, name: value})
        if found is None:
            self.speaker.say(*problems.values())
            return
        self.texts[name] = value
        self.speaker.say(entry(self.title_of(name), value or EMPTY))


class Form(Fields):
    """A form with a preset.

    :param texts: the preset's name among them.
    """

    def __init__(self, house: House, texts: Mapping[str, str]) -> None:
        super().__init__(house, texts)
        preset = Command("preset", N_("choose a preset, by number or name"), self.preset)
        self.commands.insert(0, preset)

    def texts_of(self, preset: str) -> Mapping[str, str]:
        """What a preset changes in the texts."""
        raise NotImplementedError

    def changed(self) -> Sequence[str]:
        usual = {**self.texts, **self.texts_of(self.texts["preset"])}
        return [name for name in self.lines if self.texts[name] != usual[name]]

    def settings(self, rest: str) -> None:
        self.speaker.say(_("The preset is {name}.").format(name=self.texts["preset"]))
        super().settings(rest)

    def preset(self, rest: str) -> None:
        names = list(PRESETS)
        if not rest:
            self.speaker.number(entry(name, _(PRESETS[name].summary)) for name in names)
            rest = self.speaker.line(_("Which preset")) or ""
        at = chosen(rest, names)
        if at is None:
            self.speaker.say(_("The preset stays {name}.").format(name=self.texts["preset"]))
            return
        self.texts |= {"preset": names[at], **self.texts_of(names[at])}
        self.speaker.say(_("The preset is {name}.").format(name=names[at]))
