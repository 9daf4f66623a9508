"""What typer says of a mistake in the command line, in the language of this process."""

from __future__ import annotations

from namecls.language import N_, retold

_LEFT_OVER = N_("Got unexpected extra argument(s) ({arguments})")
#: Its messages, the more special before the others.
_MESSAGES = (
    N_("Missing argument {what}."),
    N_("Missing option {what}."),
    N_("Missing command."),
    N_("No such option: {option} (Possible options: {others})"),
    N_("No such option: {option}"),
    N_("Option {option} requires an argument."),
    N_("Option {option} does not take a value."),
    _LEFT_OVER,
    N_("No such command {command}. Did you mean {others}?"),
    N_("No such command {command}."),
    N_("Invalid value for {what}: {problem}"),
    N_("Invalid value: {problem}"),
    N_("{value} is not one of {choices}."),
    N_("Value {value} is not a valid {kind}."),
)


def translated(message: str) -> str:
    """A message of typer's; one that is not known, and what it quotes, stays as it is."""
    return retold(message, _MESSAGES, lambda name, value: translated(value) if name == "problem" else value)


def left_over(message: str) -> str:
    """The arguments that a command does not take, as a message of typer's tells them; nothing, if it tells of none."""
    before, _name, after = _LEFT_OVER.partition("{arguments}")
    return message.removeprefix(before).removesuffix(after) if message.startswith(before) else ""
