"""A place: what can be done there, by number, name or first letters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from namecls.errors import NameclsError
from namecls.language import N_, _
from namecls.text import whole_number
from tui.forms.reading import asks_for_fields, in_the_app
from tui.lines.speaking import Speaker


class Broken(Exception):  # noqa: N818 - no error
    """Ctrl+C, while nothing was being done."""


class Left(Exception):  # noqa: N818 - no error
    """The program is to end."""


@dataclass(frozen=True, slots=True)
class Command:
    """What can be done.

    :param help: what it does; translated where it is shown.
    :param act: called with what stands behind the name.
    """

    name: str
    help: str
    act: Callable[[str], object]


def number_of(text: str, most: int) -> int | None:
    """A number from 1 to `most`; None: it is none."""
    try:
        found = whole_number(text)
    except ValueError:
        return None
    return found if 1 <= found <= most else None


def chosen(text: str, names: Sequence[str]) -> int | None:
    """Which of some names is meant, from 0 on: by number, by name, or by how it begins; None: none of them."""
    if (number := number_of(text, len(names))) is not None:
        return number - 1
    return named(text, names)


def named(text: str, names: Sequence[str]) -> int | None:
    """Which of some names is meant, from 0 on: by name, or by how it begins; None: none of them."""
    wanted = text.casefold()
    if not wanted:
        return None
    for place, name in enumerate(names):
        if name.casefold() == wanted:
            return place
    return next((place for place, name in enumerate(names) if name.casefold().startswith(wanted)), None)


class Place:
    """Somewhere one is. It ends by ``back``; `Left`, `Broken` and `Ended` end all.

    A number alone is a command; behind a command it is what was listed with that number.
    """

    title = ""
    hint = N_("Type ? for what can be done here.")

    def __init__(self, speaker: Speaker) -> None:
        self.speaker = speaker
        self.commands: list[Command] = []

    def greet(self) -> None:
        """Say where one is."""
        self.speaker.say(_("{place}. {hint}").format(place=_(self.title), hint=_(self.hint)))

    def other(self, text: str) -> None:
        """What is no command."""
        self.speaker.say(_("There is no {what} here. Type ? for what there is.").format(what=text))

    def run(self) -> None:
        """Read lines until one leaves."""
        self.greet()
        while True:
            try:
                line = self.speaker.line(_(self.title))
            except KeyboardInterrupt:
                raise Broken from None
            try:
                if line is not None and not self.take(line):
                    return
            except NameclsError as error:
                self.speaker.say(in_the_app(str(error)))
                if asks_for_fields(str(error)) and "how" in (each.name for each in self.commands):
                    self.speaker.say(_("how asks how the file is to be read."))
            except KeyboardInterrupt:
                self.speaker.say(_("Interrupted."))

    def take(self, line: str) -> bool:
        """Do what a line wants; return whether one stays."""
        if not line:
            self.speaker.again()
            return True
        self.speaker.begin()
        if line == "?":
            self.list_commands()
            return True
        word, _blank, rest = line.partition(" ")
        names = [each.name for each in self.commands] + ["back", "quit"]
        at = chosen(word, names) if self.is_command(word, names) else None
        if at is None:
            self.other(line)
        elif names[at] == "quit":
            raise Left
        elif names[at] == "back":
            return False
        else:
            self.commands[at].act(rest.strip())
        return True

    def is_command(self, word: str, names: Sequence[str]) -> bool:  # noqa: ARG002
        """Whether a word may be a command, and nothing else that is typed here."""
        return True

    def list_commands(self) -> None:
        """Say what can be done."""
        told = [f"{each.name}: {_(each.help)}" for each in self.commands]
        self.speaker.number([*told, _("back: one place back"), _("quit: end the program")])
        self.speaker.say(
            _("A number, a name or its first letters do it; an empty line repeats what was said last.")
        )
