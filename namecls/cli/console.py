"""What the commands print: tables and bars on a terminal, plain lines in a pipe, JSON for machines.

Results go to standard output; progress and messages go to standard error. Text that comes from data is made
safe in all that is for people, in a pipe too; JSON escapes what steers a terminal, CSV and TSV keep the data.
"""

from __future__ import annotations

import contextlib
import csv
import io
import os
import re
import sys
import textwrap
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from namecls.cli.markup import aside, foot, head, row
from namecls.data.cells import quote_cell
from namecls.language import ENGLISH, _, english, language, ngettext
from namecls.locales import terminal_encoding
from namecls.text import json_text, safe
from namecls.wide import cells, wrapped

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

#: One of `markup.MARKUPS`, if what is shown is to be that.
_markup: ContextVar[str | None] = ContextVar("markup", default=None)
#: Whether to draw with ASCII alone, whatever the terminal has.
_ascii: ContextVar[bool] = ContextVar("ascii", default=False)
#: Whether to say what would help to find out why something goes wrong.
_verbose: ContextVar[bool] = ContextVar("verbose", default=False)
#: Left-aligned eighths of a block, from none to seven.
_EIGHTHS = " ▏▎▍▌▋▊▉"
_NEGATIVE = re.compile(r"-[0-9]+(\.[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its title, whether it holds numbers, and whether its cells may be folded."""

    title: str
    number: bool = False
    style: str = ""
    folds: bool = True
    #: Its cells are words of ours; a pipe gets them, and the titles, in English, since programs read it.
    words: bool = False
    #: Its title is data, such as a label.
    of_data: bool = False


def prepare_streams() -> None:
    """Make standard output and standard error take any text.

    A pipe or file gets UTF-8 whatever the locale says, since JSON and TSV are UTF-8. A terminal gets what the locale
    says, as the user set it; what it can't show is escaped. Half characters in file names are escaped everywhere, the
    way that JSON writes them.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # closed by whoever started this process
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115, PTH123
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        own = isinstance(stream, io.TextIOWrapper) and stream is getattr(sys, f"__{name}__")
        if own and isinstance(stream.buffer, io.RawIOBase):
            # PYTHONUNBUFFERED: what a write is cut short of would be lost.
            spoken = stream.encoding
            stream = io.TextIOWrapper(io.BufferedWriter(stream.detach()), spoken, line_buffering=True)
            setattr(sys, name, stream)
        if isinstance(stream, io.TextIOWrapper):
            encoding = terminal_encoding(stream.encoding) if stream.isatty() else "utf-8"
            stream.reconfigure(encoding=encoding, errors="backslashreplace", newline="\n")


def draw_ascii(wanted: bool) -> None:
    """Draw bars and the like with ASCII from here on; texts stay what they are."""
    _ascii.set(wanted)


def be_verbose(wanted: bool) -> None:
    """Say from here on what would help to find out why something goes wrong; at once, what runs and where."""
    _verbose.set(wanted)
    if wanted:
        from namecls.surroundings import surroundings

        for line in surroundings():
            say(line, style="dim")


def is_verbose() -> bool:
    """Whether `--verbose` was given."""
    return _verbose.get()


def console(**settings: Any) -> Console:
    """A console for what is literal: no markup, nothing highlighted. It speaks ASCII where that is wanted."""
    from rich.console import Console

    class Ascii(Console):
        encoding = "ascii"

    kind = Ascii if _ascii.get() else Console
    return kind(highlight=False, markup=False, emoji=False, **settings)


def output() -> Console:
    """The console of the results."""
    return console()


def messages() -> Console:
    """The console of progress and messages."""
    return console(stderr=True)


def is_terminal() -> bool:
    """Whether the results go to a person's screen."""
    return sys.stdout.isatty()


def literal(text: str) -> str:
    """Text from anywhere as a terminal can show it: made safe, and escaped where its encoding lacks a character.

    The stream would escape it as well, but too late for a table that has its columns measured.
    """
    shown = safe(text)
    encoding = sys.stdout.encoding or "ascii"
    return shown.encode(encoding, "backslashreplace").decode(encoding)


def fit(text: str, width: int) -> str:
    """Text from anywhere, literal, in exactly `width` cells of a terminal; an ellipsis where something was cut."""
    from rich.cells import cell_len, set_cell_size

    shown = literal(text)
    if cell_len(shown) > width:
        shown = set_cell_size(shown, max(width - 1, 0)).rstrip() + (
            "~" if _ascii.get() else literal("…")[:1].replace("\\", "~")
        )
    return set_cell_size(shown, width)


@contextlib.contextmanager
def written_as(markup: str | None) -> Iterator[None]:
    """A context in which `show` and `show_table` write Markdown or LaTeX; None changes nothing."""
    before = _markup.set(markup)
    try:
        yield
    finally:
        _markup.reset(before)


def say(text: str, style: str = "") -> None:
    """One line on standard error. If nobody is there any more to read it, it is dropped."""
    from rich.text import Text

    with contextlib.suppress(OSError):
        messages().print(Text(safe(text), style=style), soft_wrap=True)


def show(*parts: str | tuple[str, str]) -> None:
    """One line on standard output, of texts and (text, style) pairs, all made safe."""
    if markup := _markup.get():
        sys.stdout.write(aside(markup, "".join(part if isinstance(part, str) else part[0] for part in parts)))
        return
    from rich.text import Text

    line = Text()
    for part in parts:
        text, style = (part, "") if isinstance(part, str) else part
        line.append(safe(text), style=style)
    out = output()
    for broken in _lines(line, out.width):
        out.print(broken, soft_wrap=True)


def _lines(line: Text, width: int) -> Iterator[Text]:
    """The lines that a terminal would cut within words and numbers of Chinese; a command to be copied stays whole."""
    from rich.text import Text

    plain = line.plain
    if language() == ENGLISH or not is_terminal() or cells(plain) <= width or "namecls " in plain:
        yield line
        return
    at = len(plain) - len(plain.lstrip())
    margin = plain[:at]
    for part in wrapped(plain[at:], max(width - at, 20)):
        at = plain.index(part, at)
        yield Text(margin).append_text(line[at : at + len(part)])
        at += len(part)


def show_paragraph(text: str, indent: int) -> None:
    """A text on standard output, indented; on a terminal broken between words, in a pipe one line."""
    from rich.text import Text

    margin = " " * indent
    out = output()
    wrap = textwrap.wrap if language() == ENGLISH else wrapped
    lines = wrap(safe(text), max(out.width - indent, 20)) if is_terminal() else [safe(text)]
    for line in lines:
        out.print(Text(margin + line), soft_wrap=True)


def loss_text(value: float) -> str:
    """A loss in at most ten cells; one that left all bounds with an exponent."""
    return f"{value:.4f}" if abs(value) < 10_000 else f"{value:.3e}"


def show_json(value: object, *, indent: int | None = 1) -> None:
    """A JSON value on standard output; `indent` None makes it one line, flushed at once."""
    sys.stdout.write(json_text(english(value), indent=indent, for_terminal=is_terminal()) + "\n")
    if indent is None:
        sys.stdout.flush()


def show_table(columns: Sequence[Column], rows: Iterable[Sequence[str]], *, title: str = "") -> None:
    """A table on a terminal; in a pipe one line per row, the cells separated by tabs, a line of titles first.

    Both are for people: all text is made safe.
    """
    titles = [column.title for column in columns]
    titles = [
        title if column.of_data else translated(title) for column, title in zip(columns, titles, strict=True)
    ]
    if any(column.words for column in columns):
        rows = (
            [translated(cell) if c.words else cell for c, cell in zip(columns, cells, strict=True)]
            for cells in rows
        )
    if markup := _markup.get():
        sys.stdout.write(head(markup, titles, [column.number for column in columns]))
        sys.stdout.writelines(row(markup, cells) for cells in rows)
        sys.stdout.write(foot(markup))
        return
    if not is_terminal():
        if any(titles):  # which may be labels, also above numbers
            write_rows([list(map(safe, titles))])
        numbers = {at for at, column in enumerate(columns) if column.number}
        write_rows(([safe(cell) for cell in cells] for cells in rows), numbers=numbers)
        return
    from rich.table import Table
    from rich.text import Text

    table = Table(
        title=Text(literal(title), style="bold") if title else None,
        title_justify="left",
        box=None,
        header_style="dim",
        show_header=any(titles),
        pad_edge=False,
        padding=(0, 2, 0, 0),
    )
    for column, shown in zip(columns, titles, strict=True):
        table.add_column(
            Text(literal(shown)),
            justify="right" if column.number else "left",
            style=column.style or None,
            no_wrap=column.number or not column.folds,
            overflow="fold",
        )
    for each in rows:
        table.add_row(*(Text(literal(cell)) for cell in each))
    output().print(table)


def write_rows(
    rows: Iterable[Sequence[str]], *, safe_cells: bool = True, numbers: Collection[int] = ()
) -> None:
    """Tab-separated rows on standard output, as data: a cell with a tab, a quote or a line end in it is quoted.

    :param safe_cells: put an apostrophe before what a spreadsheet would run; see `namecls.data.cells`. A negative
        number is what it is to a spreadsheet, too.
    :param numbers: the columns that hold numbers that the program made, such as +3.6, which need none.
    """
    cell = quote_cell if safe_cells else str
    writer = csv.writer(sys.stdout, dialect="excel-tab", lineterminator="\n")
    writer.writerows(
        [text if at in numbers or _NEGATIVE.fullmatch(text) else cell(text) for at, text in enumerate(texts)]
        for texts in rows
    )


def bar(share: float, width: int, *, ascii_only: bool = False) -> str:
    """A horizontal bar for a share in 0..1, `width` characters at most, in steps of an eighth."""
    share = min(max(share, 0.0), 1.0)
    if ascii_only:
        return "#" * round(share * width)
    eighths = round(share * width * 8)
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()


def percent(share: float | None) -> str:
    """``78.1 %``, or a dash where nothing was measured."""
    return "-" if share is None else f"{share * 100:.1f} %"


def translated(text: str) -> str:
    """A text of a table, in the language of this process where people read it: a table in a pipe is for programs."""
    return _(text) if is_terminal() or _markup.get() else text


def counted(number: int, one: str, many: str) -> str:
    """One of two texts with ``{n:,}`` in them: ``1 line``, ``2,080 lines``."""
    return ngettext(one, many, number).format(n=number)


def rows_of(number: int) -> str:
    """``1 row``, ``2,080 rows``."""
    return counted(number, "{n:,} row", "{n:,} rows")


def labels_of(number: int) -> str:
    """``1 label``, ``90 labels``."""
    return counted(number, "{n:,} label", "{n:,} labels")
