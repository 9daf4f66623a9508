"""Commands and groups of them: imported when they are called, with help as plain text.

A group that imports all of its commands makes each of them wait for the options of all others, and Typer's own help
waits for a reader of Markdown.
"""

from __future__ import annotations

import ast
import functools
import inspect
import os
import sys
import textwrap
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, cast

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from namecls.cli.console import draw_ascii

if TYPE_CHECKING:
    from typer._click.core import Command as AnyCommand
    from typer._click.core import Context
    from typer._click.formatting import HelpFormatter


#: The exit code of a mistake in the command line.
USAGE = 2


#: The parameter of `--ascii`, which all commands have.
ASCII = "ascii_only"
Ascii = Annotated[
    bool,
    typer.Option(
        "--ascii", envvar="NAMECLS_ASCII", show_envvar=True, help="Draw bars and the like with ASCII alone."
    ),
]


class Entry(NamedTuple):
    """A command that is imported when it is called.

    :param module: of `namecls.cli`; its `build` makes the group, or the function called like it is the command.
    :param summary: the first line of its help, which stands in that of the group.
    """

    module: str
    summary: str


class Plain(TyperCommand):
    """A command whose help is what its docstring says, and its options under the titles of their panels."""

    def format_help_text(self, ctx: Context, formatter: HelpFormatter) -> None:  # noqa: ARG002
        _write_text(self.help, formatter)

    def format_options(self, ctx: Context, formatter: HelpFormatter) -> None:
        _write_options(self, ctx, formatter)


class PlainGroup(TyperGroup):
    """A group with such help; without a command it shows that, and the exit code is that of a mistake."""

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        if not args and not ctx.resilient_parsing:
            print(ctx.get_help())
            ctx.exit(USAGE)
        return super().parse_args(ctx, args)

    def format_help_text(self, ctx: Context, formatter: HelpFormatter) -> None:  # noqa: ARG002
        _write_text(self.help, formatter)

    def format_options(self, ctx: Context, formatter: HelpFormatter) -> None:
        _write_options(self, ctx, formatter)
        summaries = [(name, self.summary(name)) for name in self.commands]
        with formatter.section(_title("Commands")):
            formatter.write_dl(summaries)

    def summary(self, name: str) -> str:
        """What a command does, in a line."""
        return str(self.commands[name].help).partition("\n")[0]


def command(function: Callable[..., None], name: str) -> TyperCommand:
    """A function as a command, with the options that every command has."""
    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    app.command(name, cls=Plain, help=help_of(function))(_with_ascii(function))
    return cast("TyperCommand", get_command(app))


def _with_ascii(function: Callable[..., None]) -> Callable[..., None]:
    """The same function with `--ascii`."""
    signature = inspect.signature(function, eval_str=True)
    option = inspect.Parameter(ASCII, inspect.Parameter.KEYWORD_ONLY, default=False, annotation=Ascii)
    parameters = [*signature.parameters.values(), option]

    @functools.wraps(function)
    def called(**values: Any) -> None:
        draw_ascii(values.pop(ASCII))
        function(**values)

    # Both are where Typer looks for the options of a command.
    called.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    called.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return called


def help_of(function: Callable[..., None]) -> str:
    """The docstring of a function; under ``python -OO``, which drops it, from the source."""
    if function.__doc__ is None:
        source = textwrap.dedent(inspect.getsource(inspect.unwrap(function)))
        (node,) = ast.parse(source).body
        return ast.get_docstring(node) or ""  # type: ignore[arg-type]
    return inspect.cleandoc(function.__doc__)


def group(name: str, summary: str, functions: Mapping[str, Callable[..., None]]) -> PlainGroup:
    """Functions as a group of commands."""
    commands = cast("dict[str, AnyCommand]", {each: command(functions[each], each) for each in functions})
    return PlainGroup(name=name, help=summary, commands=commands, rich_markup_mode=None)


def lazy(entries: Mapping[str, Entry]) -> type[PlainGroup]:
    """A kind of group whose commands are imported when they are asked for."""

    class Lazy(PlainGroup):
        def __init__(self, **settings: Any) -> None:
            super().__init__(**settings)
            self.commands = cast("Any", _OnDemand(entries))

        def summary(self, name: str) -> str:
            return entries[name].summary

    return Lazy


class _OnDemand(Mapping[str, "TyperCommand | TyperGroup"]):
    """The commands by name."""

    def __init__(self, entries: Mapping[str, Entry]) -> None:
        self._entries = entries

    def __getitem__(self, name: str) -> TyperCommand | TyperGroup:
        module = import_module(f"namecls.cli.{self._entries[name].module}")
        if hasattr(module, "build"):
            return cast("TyperGroup", module.build())
        return command(getattr(module, self._entries[name].module), name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)


def _write_text(text: str | None, formatter: HelpFormatter) -> None:
    """The help as it stands in the source, so that examples stay what they are; only a line too long is broken."""
    lines = inspect.cleandoc(text or "").split("\n")
    broken = [
        textwrap.wrap(line, formatter.width, subsequent_indent=" " * (len(line) - len(line.lstrip())))
        for line in lines
    ]
    formatter.write("\n" + "".join(f"{line}\n" for few in broken for line in few or [""]))


def _write_options(self: TyperCommand | TyperGroup, ctx: Context, formatter: HelpFormatter) -> None:
    panels: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for param in self.get_params(ctx):
        usual = "Arguments" if param.param_type_name == "argument" else "Options"
        if record := param.get_help_record(ctx):
            panels[getattr(param, "rich_help_panel", None) or usual].append(record)
    for title in sorted(panels, key=_first(("Arguments", "Options"))):
        with formatter.section(_title(title)):
            formatter.write_dl(panels[title])


def _first(titles: Sequence[str]) -> Callable[[str], int]:
    """A key that sorts these to the front and leaves the others in their order."""
    return lambda title: titles.index(title) if title in titles else len(titles)


def _title(text: str) -> str:
    bold = sys.stdout.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"
    return f"\x1b[1m{text}\x1b[0m" if bold else text
