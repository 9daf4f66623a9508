"""Help in the language of this process: paragraphs and options translated where they are shown, wrapped by cells.

Nothing of help is marked where it stands, since all of it is in the table of commands: `scripts/messages.py` walks
through that, and asks `texts_of` which texts are to be translated. English stands as it was written.
"""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from namecls.language import ENGLISH, N_, _, language
from namecls.wide import cells, padded, wrapped

if TYPE_CHECKING:
    from typer._click.core import Context
    from typer._click.core import Parameter as AnyParameter
    from typer._click.formatting import HelpFormatter

Function = TypeVar("Function", bound=Callable[..., Any])

#: An example with a remark behind it.
_REMARK = re.compile(r"( +\S.*?)( {2,})(\S.*)")
_WIDEST_FIRST = 30  # cells of the first of two columns, as typer has them
_VALUES = "help_values"


#: What the texts of `with_choices` are made of.
_parts: dict[str, tuple[str, str]] = {}


def with_choices(says: str, choices: str) -> str:
    """What an option does, and the words that it takes, which are the same in every language."""
    text = N_("{help}: {choices}.").format(help=says, choices=choices)
    _parts[text] = says, choices
    return text


def told(text: str) -> str:
    """A text of an option in the language of this process."""
    if text not in _parts or language() == ENGLISH:
        return _(text)
    says, choices = _parts[text]
    return _("{help}: {choices}.").format(help=_(says), choices=choices)


def part_of(text: str) -> str:
    """What of a text of an option is to be translated."""
    return _parts[text][0] if text in _parts else text


def with_values(**values: str) -> Callable[[Function], Function]:
    """A command in whose docstring ``{name}`` stands for a value."""

    def decorate(function: Function) -> Function:
        setattr(function, _VALUES, values)
        return function

    return decorate


def values_of(function: Callable[..., Any]) -> Mapping[str, str]:
    """What stands in the docstring of a command for its ``{name}``."""
    found: Mapping[str, str] = getattr(function, _VALUES, {})
    return found


def texts_of(text: str) -> Iterator[str]:
    """The texts of a help that are to be translated: paragraphs on one line, headings and remarks of examples."""
    for paragraph in _paragraphs(text):
        if not any(map(_is_indented, paragraph)):
            yield " ".join(paragraph)
            continue
        for line in paragraph:
            if not _is_indented(line):
                yield line
            elif remark := _REMARK.fullmatch(line):
                yield remark[3]


def help_lines(text: str, width: int, values: Mapping[str, str]) -> list[str]:
    """The lines of a help: English as it stands in the source, but for lines that are too long.

    :param values: what stands for ``{name}``.
    """
    if language() == ENGLISH:
        lines = filled(text, values).split("\n")
        broken = [
            textwrap.wrap(line, width, subsequent_indent=" " * (len(line) - len(line.lstrip())))
            for line in lines
        ]
        return [line for few in broken for line in few or [""]]
    found: list[str] = []
    for paragraph in _paragraphs(text):
        found += [""] if found else []
        if any(map(_is_indented, paragraph)):
            for line in paragraph:
                for each in filled(_example(line), values).split("\n"):
                    indent = " " * (len(each) - len(each.lstrip()))
                    found += [indent + part for part in wrapped(each.strip(), width - len(indent))]
        else:
            whole = " ".join(paragraph)
            found += wrapped(filled(_(whole), values), width)
    return found


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with values in the place of ``{name}``; other braces stay."""
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def _paragraphs(text: str) -> list[list[str]]:
    return [block.split("\n") for block in re.split(r"\n\n+", inspect.cleandoc(text)) if block]


def _is_indented(line: str) -> bool:
    return line.startswith(" ")


def _example(line: str) -> str:
    if not _is_indented(line):
        return _(line)
    remark = _REMARK.fullmatch(line)
    return f"{remark[1]}{remark[2]}{_(remark[3])}" if remark else line


def record_of(param: AnyParameter, ctx: Context) -> tuple[str, str] | None:
    """An option or argument as the help tells it: how it is written, and what it does, with default and variable."""
    record: tuple[str, str] | None = param.get_help_record(ctx)
    if record is None or language() == ENGLISH:
        return record
    name, text = record
    says, default = str(getattr(param, "help", None) or ""), getattr(param, "show_default", None)
    rest = text.removeprefix(says)
    if isinstance(default, str):
        rest = rest.replace(f"default: ({default})", _("default: {default}").format(default=told(default)))
    else:
        rest = re.sub(r"default: ([^;\]]+)", lambda m: _("default: {default}").format(default=m[1]), rest)
    rest = re.sub(r"env var: (\w+)", lambda m: _("env var: {variable}").format(variable=m[1]), rest)
    required = _("required")
    rest = re.sub(r"(; |\[)required\]", lambda m: f"{m[1]}{required}]", rest)
    return name, told(says) + rest.replace("; ", _("; "))


def write_section(formatter: HelpFormatter, title: str, rows: Sequence[tuple[str, str]]) -> None:
    """A title, and below it two columns."""
    if language() == ENGLISH:
        with formatter.section(title):
            formatter.write_dl(rows)
        return
    first = min(max(cells(name) for name, _says in rows), _WIDEST_FIRST) + 2
    lines = ["", _("{title}:").format(title=title)]
    for name, says in rows:
        texts = wrapped(says, max(formatter.width - first - 2, 10)) or [""]
        if cells(name) > first - 2:
            lines.append(f"  {name}")
        else:
            lines.append(f"  {padded(name, first)}{texts.pop(0)}")
        lines += [f"{'':{first + 2}}{line}" for line in texts]
    formatter.write("".join(f"{line}\n" for line in lines))


#: The titles of a help that are typer's own.
ARGUMENTS, OPTIONS, COMMANDS, USAGE = N_("Arguments"), N_("Options"), N_("Commands"), N_("Usage: ")
#: What typer says of its option.
SHOW_HELP = N_("Show this message and exit.")
