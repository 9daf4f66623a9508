"""Tables for papers and pages: Markdown and LaTeX, a line at a time."""

from __future__ import annotations

from collections.abc import Sequence

from namecls.text import safe

MARKUPS = ("markdown", "latex")

_MARKDOWN = {ord(sign): f"\\{sign}" for sign in "\\|*_`<>[]"}
_LATEX = {ord(sign): f"\\{sign}" for sign in "&%$#_{}"} | {
    ord("\\"): "\\textbackslash{}",
    ord("~"): "\\textasciitilde{}",
    ord("^"): "\\textasciicircum{}",
    ord("<"): "\\textless{}",
    ord(">"): "\\textgreater{}",
    # After the \\ of the row before, these two would be its arguments.
    ord("["): "{[}",
    ord("*"): "{*}",
}


def head(markup: str, titles: Sequence[str], numbers: Sequence[bool]) -> str:
    """What stands above the rows.

    :param numbers: which columns hold numbers.
    """
    if markup == "markdown":
        return f"{row(markup, titles)}|{'|'.join(' ---: ' if number else ' --- ' for number in numbers)}|\n"
    columns = "".join("r" if number else "l" for number in numbers)
    return f"\\begin{{tabular}}{{{columns}}}\n\\hline\n{row(markup, titles)}\\hline\n"


def row(markup: str, cells: Sequence[str]) -> str:
    """A row, of any texts."""
    texts = [escaped(markup, cell) for cell in cells]
    return f"| {' | '.join(texts)} |\n" if markup == "markdown" else f"{' & '.join(texts)} \\\\\n"


def foot(markup: str) -> str:
    """What stands below the rows."""
    return "" if markup == "markdown" else "\\hline\n\\end{tabular}\n"


def aside(markup: str, text: str) -> str:
    """A line that stands beside tables, a paragraph or a comment."""
    if not text:
        return "\n"
    return f"\n{escaped(markup, text)}\n\n" if markup == "markdown" else f"% {safe(text)}\n"


def escaped(markup: str, text: str) -> str:
    """Any text as what it is."""
    return safe(text).translate(_MARKDOWN if markup == "markdown" else _LATEX)
