"""What separates the columns of a text, as its first lines show."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

#: Signs that may separate columns; the first are the least likely to be part of a name or a label.
SIGNS = "\t|;,"
#: How lines without any of these are rewritten with a tab: `re` and polars take the same patterns.
FAST_TEXT = (r"^\s*__label__(\S+)[\s,]+(.*)$", (2, 1))
FAST_TEXT_LAST = (r"^(.*\S)[\s,]+__label__(\S+)\s*$", (1, 2))
TWO_SPACES = (r"^\s*(\S.*?)\s{2,}(\S.*?)\s*$", (1, 2))
LAST_WORD = (r"^\s*(\S.*?)\s+(\S+)\s*$", (1, 2))

Rewrite = tuple[str, tuple[int, int]]

_MOST = 0.9  # of the lines: nearly all
_ABOUT = 0.15  # by how much labels may come again less often
_REPEATED = 0.8  # share of rows whose label has to be another row's too, where only a space separates it
_FEW = 10  # lines, of which a space may separate anything


@dataclass(frozen=True, slots=True)
class Split:
    """How lines are split.

    :param separator: one character; a space stands for runs of spaces.
    :param width: the number of columns that most lines have.
    :param least: the number that they have at least: the last ones may be left out.
    :param share: of the lines that have this width.
    :param repeated: the share of rows that are not the first with their label, in the column where it is highest.
    :param rewrite: how a line becomes one with a tab.
    """

    separator: str
    width: int
    least: int
    share: float
    repeated: float
    rewrite: Rewrite | None = None


def fields(line: str, separator: str) -> list[str] | None:
    """The fields of one line, quotes undone; None if the quotes are wrong."""
    if '"' not in line:
        return line.split(separator)
    try:
        return next(csv.reader((line,), delimiter=separator, strict=True))
    except csv.Error:
        return None


def rewritten(lines: Sequence[str], rewrite: Rewrite) -> list[str]:
    """Lines with a tab where this pattern finds a name and a label."""
    pattern, (name, label) = rewrite
    return [re.sub(pattern, rf"\{name}\t\{label}", line) for line in lines]


def is_fast_text(sample: Sequence[str]) -> bool:
    """Whether lines are what fastText is trained on."""
    return bool(sample) and 2 * sum("__label__" in line for line in sample) > len(sample)


def sniff(sample: Sequence[str], asked: str | None = None) -> Split | None:
    """How lines are split: by what gives nearly all of them the same number of columns, and labels that come again.

    :param asked: the separator, if it is known.
    """
    if asked in (None, " ") and is_fast_text(sample):
        first = sum(line.lstrip().startswith("__label__") for line in sample)
        return _by_pattern(sample, FAST_TEXT if 2 * first >= len(sample) else FAST_TEXT_LAST)
    if asked == " ":
        return _by_spaces(sample)
    if asked is not None:
        return _by_sign(sample, asked) or Split(asked, 2, 2, 0, 0)
    found = [split for sign in SIGNS if (split := _by_sign(sample, sign)) is not None]
    if not found:
        spaces = _by_spaces(sample)
        return (
            spaces if len(sample) >= _FEW and spaces.share >= _MOST and spaces.repeated >= _REPEATED else None
        )
    most = max(split.share for split in found)
    found = [split for split in found if split.share >= _MOST * most]
    # "Kowalski, Anna;Polish" and "Kowalski;Polish;0,5": a comma there separates nothing.
    found = [split for split in found if not is_prose(sample, split.separator)] or found
    repeated = max(split.repeated for split in found)
    return next(split for split in found if split.repeated >= repeated - _ABOUT)


def _by_sign(sample: Sequence[str], sign: str) -> Split | None:
    rows = [row for line in sample if sign in line and (row := fields(line, sign)) is not None]
    counts = Counter(len(row) for row in rows if len(row) >= 2)
    if not counts:
        return None
    width, lines = max(counts.items(), key=lambda item: (item[1], -item[0]))
    rows = [row for row in rows if len(row) == width]
    filled = [next((at for at in range(width, 2, -1) if row[at - 1].strip()), 2) for row in rows]
    short = sum(count < width for count in filled)
    least = min(filled) if 10 * short >= len(rows) else width
    return Split(sign, width, least, lines / len(sample), _repeated(rows))


def _by_pattern(sample: Sequence[str], rewrite: Rewrite) -> Split:
    rows = [row for line in rewritten(sample, rewrite) if len(row := line.split("\t")) == 2]
    share = len(rows) / max(len(sample), 1)
    return Split(" ", 2, 2, share, _repeated([row[1:] for row in rows]), rewrite)


def _by_spaces(sample: Sequence[str]) -> Split:
    """By two or more spaces if nearly all lines have some, else before the last word."""
    wide = _by_pattern(sample, TWO_SPACES)
    return wide if wide.share >= _MOST else _by_pattern(sample, LAST_WORD)


def _repeated(rows: Sequence[Sequence[str]]) -> float:
    """The share of rows whose cell stood there before, in the column of words where it is highest."""
    best = 0.0
    for column in zip(*rows, strict=True):
        if 2 * sum(any(map(str.isalpha, cell)) for cell in column) >= len(column):
            best = max(best, 1 - len({cell.strip() for cell in column}) / len(column))
    return best


def is_prose(sample: Sequence[str], sign: str) -> bool:
    """Whether a sign nearly always stands before a space, or within a number."""
    if sign == "\t":
        return False
    text = "\n".join(sample)
    of_prose = len(re.findall(rf"{re.escape(sign)} |(?<=\d){re.escape(sign)}(?=\d)", text))
    return of_prose >= _MOST * text.count(sign)
