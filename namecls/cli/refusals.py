"""What typer says of a mistake in the command line, in the language of this process."""

from __future__ import annotations

import re
from collections.abc import Mapping

from namecls.language import ENGLISH, N_, _, language

#: Its messages, the more special before the others.
_MESSAGES = (
    N_("Missing argument {what}."),
    N_("Missing option {what}."),
    N_("Missing command."),
    N_("No such option: {option} (Possible options: {others})"),
    N_("No such option: {option}"),
    N_("Option {option} requires an argument."),
    N_("Option {option} does not take a value."),
    N_("Got unexpected extra argument(s) ({arguments})"),
    N_("No such command {command}. Did you mean {others}?"),
    N_("No such command {command}."),
    N_("Invalid value for {what}: {problem}"),
    N_("Invalid value: {problem}"),
    N_("{value} is not one of {choices}."),
    N_("Value {value} is not a valid {kind}."),
)


def translated(message: str) -> str:
    """A message of typer's; one that is not known, and what it quotes, stays as it is."""
    if language() == ENGLISH:
        return message
    for template in _MESSAGES:
        if found := _pattern(template).fullmatch(message):
            return _(template).format(**_inside(found.groupdict()))
    return message


def _inside(values: Mapping[str, str]) -> dict[str, str]:
    """The values of a message, of which the problem is one itself."""
    return {name: translated(value) if name == "problem" else value for name, value in values.items()}


def _pattern(template: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.+?)", re.escape(template)), re.DOTALL)
