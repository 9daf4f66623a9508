"""Texts of ours in the cells of a terminal, of which Chinese characters take two: widths, and where lines may end.

Without Rich, which `--help` does not wait for.
"""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Iterator
from itertools import pairwise

#: Signs that no line begins with, and those that none ends with.
CLOSING = frozenset("，。；：！？、）》」』”’…％—·,.;:!?)]%")
OPENING = frozenset("（《「『“‘([")


@functools.cache
def _cell(character: str) -> int:
    return 0 if unicodedata.combining(character) else 1 + (unicodedata.east_asian_width(character) in "WF")


def cells(text: str) -> int:
    """How many cells of a terminal a text of ours takes."""
    return len(text) if text.isascii() else sum(map(_cell, text))


def padded(text: str, width: int, *, right: bool = False) -> str:
    """A text of ours in at least so many cells.

    :param right: it stands at their end.
    """
    room = " " * (width - cells(text))
    return room + text if right else text + room


def in_a_row(*sentences: str) -> str:
    """Sentences one after the other, without those that are empty: a blank between, but none after a wide stop."""
    told = ""
    for sentence in filter(None, sentences):
        told += f" {sentence}" if told and _cell(told[-1]) == 1 else sentence
    return told


def wrapped(text: str, width: int) -> list[str]:
    """A text in lines of at most so many cells: broken at blanks, and between characters that are two cells wide."""
    lines, line = [], ""
    for piece in pieces(text):
        if line and cells(line) + cells(piece.rstrip()) > width:
            lines.append(line.rstrip())
            line = ""
        line += piece if line else piece.lstrip()
    return [*lines, line.rstrip()] if line.strip() else lines


def pieces(text: str) -> Iterator[str]:
    """What may stand on a line of its own: a word with the blanks behind it, or a wide character."""
    piece = ""
    for character, following in pairwise(f"{text} "):
        piece += character
        wide = _cell(following) == 2 or (_cell(character) == 2 and _cell(following) > 0)
        if (character == " " and following != " ") or (
            wide and character not in OPENING and following not in CLOSING and following != " "
        ):
            yield piece
            piece = ""
    if piece:
        yield piece
