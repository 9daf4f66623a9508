"""Text in columns, a record a line: split all at once, and with quotes line by line."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from namecls.data import reasons
from namecls.data.cells import RISKY, unquote_cell
from namecls.data.layout import ABOVE_NUMBERS, Columns, Layout, choose, cut, separator_sign
from namecls.data.sniffing import Rewrite, Split, fields, is_fast_text, rewritten, sniff
from namecls.data.titles import are_titles, best

if TYPE_CHECKING:
    import polars as pl

_NUMBER = re.compile(r"[-+]?\d[\d.,]*%?")
_NOTHING = frozenset({"", "-", "na", "n/a", "nan", "none", "null"})  # for a number that is not known
_SAMPLE = 1000  # lines that decide on the separator and the columns

#: A name, a label, why there are none, and a weight.
Parsed = tuple[str | None, str | None, str | None, str | None]


@dataclass(frozen=True, slots=True)
class Delimited:
    """Text in columns.

    :param layout: what was decided.
    :param least: the columns that a line has at least.
    :param first: the line of the titles if there are any, else the line that may be found to be titles when all is
        read; 0 for none.
    :param heading: its text.
    :param row: its fields.
    :param rewrite: how a line becomes one with a tab.
    """

    layout: Layout
    least: int
    first: int
    heading: str
    row: tuple[str, ...]
    rewrite: Rewrite | None

    @classmethod
    def of(cls, path: Path, lines: pl.DataFrame, columns: Columns, encoding: str, usual: str) -> Delimited:
        """What the first lines of a file show.

        :param usual: the separator if they show none.
        :raises DataError: if they don't have the columns that were asked for, or nothing tells the names from others.
        """
        import polars as pl

        sound = lines.filter(pl.col("reason").is_null()).head(_SAMPLE)
        sample = sound["text"].to_list()
        split = sniff(sample, separator_sign(columns.separator)) or Split(usual, 2, 2, 0, 0)
        shown = rewritten(sample, split.rewrite) if split.rewrite else sample
        separator = "\t" if split.rewrite else split.separator
        width, least = split.width, split.least
        row = (fields(shown[0], separator) or []) if shown else []
        rows = [found for line in shown[1:] if len(found := fields(line, separator) or []) == width]
        header = bool(row) and _has_header(row, columns)
        why = _above_numbers(row, rows) if columns.header is None and not header else ""
        header = header or bool(why)
        if header:
            if len(row) == width - 1 and rows and all(cells[0].strip('" ').isdecimal() for cells in rows):
                row = ["", *row]  # as R writes it: the numbers of the rows have no title
            if len(row) > width:
                least, width = min(least, width), len(row)
                rows = [[*cells, *[""] * (width - len(cells))] for cells in rows]
            row += [""] * (width - len(row))
        first: Sequence[str] = row if len(row) == width else ()
        titles = first if header or _is_told(first, rows) else ()
        name, label, weight = choose(path, columns, titles, width, rows or ([first] if first else []), first)
        layout = Layout(
            form="fastText" if is_fast_text(sample) and split.rewrite else "text",
            encoding=encoding,
            separator=split.separator,
            width=width,
            name=name,
            label=label,
            titles=tuple(row) if header else (),
            header=header,
            why=why,
            weight=weight,
        )
        asked = columns.header is not None or layout.form == "fastText"
        line = sound["line"][0] if header or (first and not asked) else 0
        heading = sample[0] if header else ""
        return cls(layout, min(least, width), line, heading, tuple(row), split.rewrite)

    @property
    def _separator(self) -> str:
        return "\t" if self.rewrite else self.layout.separator

    @property
    def _cells(self) -> str:
        return "cells" if self.rewrite else "text"

    def read(self, lines: pl.DataFrame) -> pl.DataFrame:
        """The names and labels of a block of lines."""
        import polars as pl

        text = pl.col("text")
        if self.heading:
            again = pl.when(text == self.heading).then(pl.lit(reasons.TITLES_AGAIN))
            lines = lines.filter(pl.col("line") != self.first).with_columns(
                reason=pl.coalesce("reason", again)
            )
        if self.rewrite is not None:
            lines = lines.with_columns(cells=_rewrite(text, self.rewrite))
        quoted = pl.col("reason").is_null() & text.str.contains('"', literal=True)
        plain = self._split(lines.filter(~quoted))
        if plain.height == lines.height:
            return plain
        weighted = self.layout.weight is not None
        parsed = parse_each(lines.filter(quoted), self._parser(), self._cells, weighted=weighted)
        return pl.concat([plain, parsed]).sort("line")

    def _split(self, lines: pl.DataFrame) -> pl.DataFrame:
        import polars as pl

        cells, found = pl.col("fields"), pl.col("fields").list.len()
        lines = lines.with_columns(
            fields=pl.when(pl.col("reason").is_null()).then(pl.col(self._cells).str.split(self._separator))
        )
        width = self.layout.width
        wrong = found != width
        odd = lines.select(wrong.any()).item()
        if odd:  # the last columns may be left out, and what is beyond them may be nothing
            beyond = cells.list.slice(width).list.join("").str.strip_chars() != ""
            wrong = (found < self.least) | ((found > width) & beyond)
        why = [pl.col("reason")]
        if odd:
            why.append(pl.when(wrong).then(pl.format(self._wrong("{}"), found)))
        if self.layout.form == "fastText":
            several = pl.col("cells").str.contains("__label__", literal=True)
            why.append(pl.when(several).then(pl.lit(reasons.SEVERAL_LABELS)))
        places = {"name": self.layout.name, "label": self.layout.label}
        if self.layout.weight is not None:
            places["weight"] = self.layout.weight
        found_cells = {key: _unquoted(cells.list.get(at, null_on_oob=True)) for key, at in places.items()}
        return lines.with_columns(**found_cells, reason=pl.coalesce(why)).select(
            columns_of(self.layout.weight is not None)
        )

    def _wrong(self, found: object) -> str:
        return reasons.WRONG_WIDTH.format(wanted=self.layout.width, width=found)

    def _parser(self) -> Callable[[str], Parsed]:
        """What reads a line with quotes."""
        separator, width, least = self._separator, self.layout.width, self.least
        name, label, weight = self.layout.name, self.layout.label, self.layout.weight

        def parse(text: str) -> Parsed:
            parts = fields(text, separator)
            if parts is None:
                return None, None, reasons.BAD_QUOTES, None
            if len(parts) != width:
                if len(parts) < least or any(map(str.strip, parts[width:])):
                    return None, None, self._wrong(len(parts)), None
                parts += [""] * (width - len(parts))
            counts = unquote_cell(parts[weight]) if weight is not None else None
            return unquote_cell(parts[name]), unquote_cell(parts[label]), None, counts

        return parse


def _has_header(row: Sequence[str], columns: Columns) -> bool:
    if columns.header is not None:
        return columns.header
    if any(isinstance(c, str) and not c.isdecimal() for c in (columns.name, columns.label, columns.weight)):
        return True
    return len(row) >= 2 and are_titles(row)


def _above_numbers(row: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Why a row of three columns or more is titles, if it is words above numbers; else nothing."""
    if len(row) < 3 or len(rows) < 2 or len(row) != len(rows[0]):
        return ""
    for at, cell in enumerate(row):
        is_word = cell.strip().casefold() not in _NOTHING and not _is_number(cell)
        if is_word and all(_is_number(cells[at]) for cells in rows):
            return ABOVE_NUMBERS.format(title=repr(cut(cell)))
    return ""


def _is_number(cell: str) -> bool:
    return _NUMBER.fullmatch(cell.strip()) is not None


def _is_told(row: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Whether a row that may hold titles has one over what looks most like labels."""
    at = best(row, "label")
    if at is None or not rows:
        return False
    below = [{cell.strip() for cell in column} for column in zip(*rows, strict=True)]
    return row[at].strip() not in below[at] and len(below[at]) == min(map(len, below)) <= len(rows) // 2


def _rewrite(text: pl.Expr, rewrite: Rewrite) -> pl.Expr:
    pattern, (name, label) = rewrite
    return text.str.replace(pattern, f"${{{name}}}\t${{{label}}}")


def _unquoted(cells: pl.Expr) -> pl.Expr:
    """What `namecls.data.cells.unquote_cell` does, for a whole column."""
    import polars as pl

    quoted = cells.str.starts_with("'")
    return pl.when(quoted).then(cells.str.replace(f"^'({RISKY})", "$1")).otherwise(cells)


def columns_of(weighted: bool) -> list[str]:
    """The columns of a block of records."""
    return ["line", "name", "label", "text", "reason", *(["weight"] if weighted else [])]


def parse_each(
    lines: pl.DataFrame, parse: Callable[[str], Parsed], column: str = "text", *, weighted: bool = False
) -> pl.DataFrame:
    """Lines that need more than a split, one by one: those with quotes, and JSON."""
    import polars as pl

    parsed = [parse(text) for text in lines[column]]
    found = [
        pl.Series(key, [row[i] for row in parsed], pl.String)
        for i, key in enumerate(("name", "label", "reason", "weight"))
    ]
    return lines.with_columns(found).select(columns_of(weighted))
