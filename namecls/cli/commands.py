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
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, cast

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from namecls.cli.completion import with_completion
from namecls.cli.console import be_verbose, draw_ascii
from namecls.cli.help import (
    ARGUMENTS,
    COMMANDS,
    OPTIONS,
    help_lines,
    record_of,
    told,
    values_of,
    with_choices,
    write_section,
)
from namecls.cli.help import USAGE as USAGE_TITLE
from namecls.errors import NameclsError
from namecls.language import LANGUAGE_VARIABLE, _, languages

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

#: That of `--verbose`.
VERBOSE = "verbose"
Verbose = Annotated[
    bool,
    typer.Option(
        "--verbose",
        envvar="NAMECLS_VERBOSE",
        show_envvar=True,
        help="Say on standard error what runs, where things lie, how long it took, and where an error comes from.",
    ),
]
#: That of `--lang`, which is looked for before anything is said, and need only be let pass here.
LANGUAGE = "lang"
Language = Annotated[
    str | None,
    typer.Option(
        "--lang",
        metavar="CODE",
        envvar=LANGUAGE_VARIABLE,
        show_envvar=True,
        help=with_choices("The language of help and messages", ", ".join(languages())),
        show_default="that of the system",
    ),
]
#: The options that every command has, with what they are if they are not given.
COMMON: dict[str, tuple[Any, object]] = {
    ASCII: (Ascii, False),
    VERBOSE: (Verbose, False),
    LANGUAGE: (Language, None),
}


class Entry(NamedTuple):
    """A command that is imported when it is called.

    :param module: of `namecls.cli`; its `build` makes the group, or the function called like it is the command.
    :param summary: the first line of its help, which stands in that of the group.
    """

    module: str
    summary: str


class Plain(TyperCommand):
    """A command whose help is what its docstring says, and its options under the titles of their panels."""

    #: What stands for ``{name}`` in the help.
    values: Mapping[str, str] = MappingProxyType({})

    def format_usage(self, ctx: Context, formatter: HelpFormatter) -> None:
        _write_usage(self, ctx, formatter)

    def invoke(self, ctx: Context) -> Any:
        try:
            return super().invoke(ctx)
        except NameclsError as error:
            for variable in _asking(ctx, str(error)):
                error.add_note(_("{variable} asks for it").format(variable=variable))
            raise

    def format_help_text(self, ctx: Context, formatter: HelpFormatter) -> None:  # noqa: ARG002
        _write_text(self.help, formatter, self.values)

    def format_options(self, ctx: Context, formatter: HelpFormatter) -> None:
        _write_options(self, ctx, formatter)


class PlainGroup(TyperGroup):
    """A group with such help; without a command it shows that, and the exit code is that of a mistake."""

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        if not args and not ctx.resilient_parsing:
            print(ctx.get_help())
            ctx.exit(USAGE)
        return super().parse_args(ctx, args)

    def format_usage(self, ctx: Context, formatter: HelpFormatter) -> None:
        _write_usage(self, ctx, formatter)

    def format_help_text(self, ctx: Context, formatter: HelpFormatter) -> None:  # noqa: ARG002
        _write_text(self.help, formatter, {})

    def format_options(self, ctx: Context, formatter: HelpFormatter) -> None:
        _write_options(self, ctx, formatter)
        summaries = [(name, _(self.summary(name))) for name in self.commands]
        write_section(formatter, _title(COMMANDS), summaries)

    def summary(self, name: str) -> str:
        """What a command does, in a line."""
        return str(self.commands[name].help).partition("\n")[0]


def command(function: Callable[..., None], name: str) -> TyperCommand:
    """A function as a command, with the options that every command has."""
    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    app.command(name, cls=Plain, help=help_of(function))(_with_common(function))
    made = cast("Plain", get_command(app))
    made.values = values_of(function)
    return made


def _with_common(function: Callable[..., None]) -> Callable[..., None]:
    """The same function with the options of `COMMON`."""
    signature = inspect.signature(function, eval_str=True)
    options = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
        for name, (annotation, default) in COMMON.items()
    ]
    parameters = [*map(with_completion, signature.parameters.values()), *options]

    @functools.wraps(function)
    def called(**values: Any) -> None:
        draw_ascii(values.pop(ASCII))
        be_verbose(values.pop(VERBOSE))
        values.pop(LANGUAGE)
        function(**values)

    # Both are where Typer looks for the options of a command.
    called.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    called.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return called


def _asking(context: Context, message: str) -> Iterator[str]:
    """The variables of the environment that ask for the file or directory that an error is about."""
    for parameter in context.command.params:
        name = str(parameter.name)
        source = context.get_parameter_source(name)
        asked = source is not None and source.name == "ENVIRONMENT"
        if asked and message.startswith(f"{context.params.get(name)}:"):
            yield str(parameter.envvar)


def help_of(function: Callable[..., None]) -> str:
    """The docstring of a function; under ``python -OO``, which drops it, from the source."""
    if function.__doc__ is None:
        source = textwrap.dedent(inspect.getsource(inspect.unwrap(function)))
        (node,) = ast.parse(source).body
        return ast.get_docstring(node) or ""  # type: ignore[arg-type]
    return inspect.cleandoc(function.__doc__)


def group(name: str, summary: str, functions: Mapping[str, Callable[..., None]]) -> PlainGroup:
    """Functions as a group of commands."""
    app = typer.Typer(name=name, cls=PlainGroup, help=summary, rich_markup_mode=None, add_completion=False)
    app.callback()(_in_language)
    made = cast("PlainGroup", get_command(app))
    made.commands = cast(
        "dict[str, AnyCommand]", {each: command(functions[each], each) for each in functions}
    )
    return made


def _in_language(lang: Language = None) -> None:
    del lang  # it is spoken already


def lazy(entries: Mapping[str, Entry]) -> type[PlainGroup]:
    """A kind of group whose commands are imported when they are asked for."""

    class Lazy(PlainGroup):
        def __init__(self, **settings: Any) -> None:
            super().__init__(**settings)
            self.commands = cast("Any", _OnDemand(entries))

        def summary(self, name: str) -> str:
            return entries[name].summary

        def shell_complete(self, ctx: Context, incomplete: str) -> list[Any]:
            """What a shell may complete; no command is imported for its name."""
            commands = self.commands
            self.commands = {name: TyperCommand(name, help=entries[name].summary) for name in entries}
            try:
                return list(super().shell_complete(ctx, incomplete))
            finally:
                self.commands = commands

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


def _write_usage(self: TyperCommand | TyperGroup, ctx: Context, formatter: HelpFormatter) -> None:
    words = " ".join(self.collect_usage_pieces(ctx))
    formatter.write_usage(ctx.command_path, words, prefix=_(USAGE_TITLE))


def _write_text(text: str | None, formatter: HelpFormatter, values: Mapping[str, str]) -> None:
    """The help, so that examples stay what they are."""
    lines = help_lines(text or "", formatter.width, values)
    formatter.write("\n" + "".join(f"{line}\n" for line in lines))


def _write_options(self: TyperCommand | TyperGroup, ctx: Context, formatter: HelpFormatter) -> None:
    panels: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for param in self.get_params(ctx):
        usual = ARGUMENTS if param.param_type_name == "argument" else OPTIONS
        if record := record_of(param, ctx):
            panels[getattr(param, "rich_help_panel", None) or usual].append(record)
    for title in sorted(panels, key=_first((ARGUMENTS, OPTIONS))):
        write_section(formatter, _title(title), panels[title])


def _first(titles: Sequence[str]) -> Callable[[str], int]:
    """A key that sorts these to the front and leaves the others in their order."""
    return lambda title: titles.index(title) if title in titles else len(titles)


def _title(text: str) -> str:
    title = told(text)
    bold = sys.stdout.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"
    return f"\x1b[1m{title}\x1b[0m" if bold else title
