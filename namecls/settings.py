"""Settings, each declared once: its values, its option, its line in a form, what a search tries of it.

A setting is a field of `ModelConfig` or `TrainConfig` whose default is a call of `setting`. The checks of the configs,
the options of the commands, the forms of the app, the space of a search and the commands that are printed are made
from these declarations.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from namecls.errors import ConfigError, shown
from namecls.language import _
from namecls.text import number

T = TypeVar("T")
_KEY = "setting"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """All that is said of a setting.

    :param name: of the field.
    :param of_model: whether it is a field of `ModelConfig`.
    :param kind: int, float, bool or str.
    :param flags: the names of the option, with blanks between; ``--yes/--no`` for a bool; "": it has none.
    :param title: a word or two: in a form, and in what is said of a wrong value.
    :param help: one sentence.
    :param span: the lowest and the highest number, or how many characters a text may have.
    :param above: the lowest number is itself too low.
    :param rule: what else a value must be, in words; "" if it is.
    :param metavar: what stands for the value in the help.
    :param group: of the options and lines that it stands among.
    :param front: shown in a form without being asked for.
    :param search: the values that a search tries unless others are asked for; "": it leaves the setting alone.
    :param same: the same in all trials of a search, which could not be compared otherwise.
    :param needs: another setting and the value without which this one means nothing.
    :param free: one of the network that may be chosen anew when a training starts from a model.
    """

    name: str = ""
    of_model: bool = False
    kind: type
    default: object
    title: str
    help: str
    flags: str | None = None
    choices: tuple[str, ...] = ()
    span: tuple[float, float] = (0, 100)
    above: bool = False
    rule: Callable[[Any], str] | None = None
    metavar: str = "N"
    group: str = "Learning"
    front: bool = False
    search: str = ""
    same: bool = False
    needs: tuple[str, str] | None = None
    free: bool = False

    @property
    def option(self) -> str:
        """The option without its dashes: ``lr`` of ``learning_rate``."""
        return (self.flags or "").split("/")[0].split(" ")[0].removeprefix("--")

    @property
    def searchable(self) -> bool:
        """Whether a search may try values of it."""
        return bool(self.flags) and not self.same

    def is_default(self, value: object) -> bool:
        """Whether it is the value that the setting has unless another is given."""
        return type(value) is type(self.default) and value == self.default

    def check(self, value: object) -> None:
        """:raises ConfigError: if the setting can't have this value."""
        if wanted := self._wanted(value):
            raise ConfigError(
                _("{title} must be {wanted}, was: {value}").format(
                    title=_(self.title), wanted=wanted, value=shown(value)
                )
            )

    def _wanted(self, value: object) -> str:
        """What the value is not and must be."""
        low, high = self.span
        if value is None and self.default is None:
            return ""
        if self.choices:
            known = _(", ").join(self.choices)
            return _("one of {choices}").format(choices=known) if value not in self.choices else ""
        if self.kind is bool:
            return _("true or false") if not isinstance(value, bool) else ""
        if self.kind is str:
            if not isinstance(value, str) or len(value) > high:
                return _("a text of at most {most:,} characters").format(most=high)
        elif self.kind is int:
            if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
                return _("a whole number from {low:,} to {high:,}").format(low=low, high=high)
        elif (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or not low <= value <= high
            or (self.above and value == low)
        ):
            wanted = (
                _("a number above {low:g} and at most {high:g}")
                if self.above
                else _("a number from {low:g} to {high:g}")
            )
            return wanted.format(low=low, high=high)
        return self.rule(value) if self.rule is not None else ""

    def read(self, text: str) -> object:
        """The value that a text means; the text itself, for `check` to refuse, if it means none."""
        try:
            if self.kind is bool:
                return {"yes": True, "true": True, "no": False, "false": False}[text]
            if self.kind is int:
                return number(text.replace("_", "").replace(",", ""), int)
            return number(text, float) if self.kind is float else text
        except (KeyError, ValueError):
            return text

    def words(self, value: object) -> list[str]:
        """The option with a value, as words of a command."""
        if self.kind is not bool:
            return [f"--{self.option}", value_text(value)]
        return [(self.flags or "").split(" ")[0].split("/")[not value]]


def setting(default: T, title: str, help: str, **said: Any) -> T:  # noqa: A002
    """A field of a config, with all that is said of it as a setting; see `Setting`."""
    kind = str if default is None else type(default)
    told = Setting(kind=kind, default=default, title=title, help=help, **said)
    return dataclasses.field(default=default, metadata={_KEY: told})


def settings_of(config: type[Any], **said: Any) -> dict[str, Setting]:
    """The settings among the fields of a config, by name.

    :param said: what is to be said of all of them.
    """
    return {
        field.name: dataclasses.replace(told, name=field.name, flags=_flags(field.name, told), **said)
        for field in dataclasses.fields(config)
        if (told := field.metadata.get(_KEY)) is not None
    }


def _flags(name: str, told: Setting) -> str:
    if told.flags is not None:
        return told.flags
    word = name.replace("_", "-")
    return f"--{word}/--no-{word}" if told.kind is bool else f"--{word}"


def value_text(value: object) -> str:
    """A value as options, forms and spaces take it: the shortest text that means it."""
    if isinstance(value, bool):
        return str(value).lower()
    return short if isinstance(value, float) and float(short := f"{value:g}") == value else str(value)
