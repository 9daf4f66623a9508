"""Make text literal on a terminal, and pure ASCII in JSON where it could steer one.

`safe` turns any text into text that a terminal can show and can't obey; `stand_ins` does so character by character.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Iterator
from typing import TypeVar

T = TypeVar("T")

#: Code points that a terminal obeys, or that reorder or hide what stands around them: controls (Cc), format
#: characters such as bidi overrides and zero-width joiners (Cf), line and paragraph separators (Zl, Zp),
#: surrogates (Cs), private use (Co) and unassigned (Cn); and marks that may or may not take a cell (Mc, Me).
_UNSAFE_CATEGORIES = frozenset({"Cc", "Cf", "Zl", "Zp", "Cs", "Co", "Cn", "Mc", "Me"})
#: Those of them that are escaped in JSON wherever it goes.
_STEERING = frozenset({"Cc", "Cf", "Zl", "Zp", "Cs"})
#: Letters, marks and signs that can't be seen (fillers, variation selectors, the empty Braille cell), and those
#: whose width terminals don't agree on: Hangul vowels and finals on their own, the halves of flags, skin tones.
_UNSAFE_RANGES = (
    (0x034F, 0x034F), (0x115F, 0x11FF), (0x17B4, 0x17B5), (0x180B, 0x180F), (0x2800, 0x2800), (0x3164, 0x3164),
    (0xD7B0, 0xD7FF), (0xFE00, 0xFE0F), (0xFFA0, 0xFFA0), (0x1F1E6, 0x1F1FF), (0x1F3FB, 0x1F3FF),
    (0xE0100, 0xE01EF),
)  # fmt: skip
_UNSAFE = frozenset(chr(code) for first, last in _UNSAFE_RANGES for code in range(first, last + 1))
_MOST_DIGITS = 10
_MOST_MARKS = 2  # on one base character
_CONTROL_PICTURES = {chr(code): chr(0x2400 + code) for code in range(0x20)} | {"\x7f": "\u2421"}


def safe(text: str, limit: int | None = None) -> str:
    """The same text, made literal: what would steer a terminal is shown instead of sent.

    C0 controls become their pictures (``␛``), every other invisible or steering code point its number
    (``<U+202E>``), so that nothing is dropped and two names that differ look different. Tabs and line ends are
    controls too: what comes back always fits on one line.

    Columns have to stay in place on every terminal, and terminals disagree about what is drawn in how many
    cells: a Devanagari vowel sign (Mc) takes none in some and one in others, a family of emoji two or eight. What
    they disagree about is shown by number; what is left has a width that all agree on. Other marks stay, since
    names need them, but only on a character that is there to carry them, and no more than two.

    Text that is safe stays as it is. What already reads ``<U+202E>`` can't be told from what is shown so.

    :param text: anything, from anywhere.
    :param limit: at most this many characters, the last one an ellipsis if something was cut; no number and no
        picture is cut in two.
    """
    if text.isascii() and text.isprintable():
        return text if limit is None or len(text) <= limit else text[: max(limit - 1, 0)] + "…"
    shown: list[str] = []
    length = 0
    for unit in _units(text):
        shown.append(unit)
        length += len(unit)
        if limit is not None and length > limit:
            while shown and length > limit - 1:
                length -= len(shown.pop())
            shown.append("…")
            break
    return "".join(shown)


def stand_ins(text: str) -> str:
    """The same text with one visible character for each that `safe` would show as something else.

    For inputs, where the cursor has to find its character.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(unit if len(unit) == 1 else "\ufffd" for unit in _units(text))


def whole_number(text: str) -> int:
    """A number from 0 on in the digits 0 to 9, and nothing else: `int` takes signs, blanks, ``1_0`` and ``٣``.

    :raises ValueError: if the text is none, or has more than ten digits.
    """
    if not (text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS):
        raise ValueError(f"expected a whole number, found {text!r}")
    return int(text)


def number(text: str, kind: Callable[[str], T]) -> T:
    """A number as `int` or `float` read it, in the digits 0 to 9 alone.

    :raises ValueError: if the text is none.
    """
    if not text.isascii():
        raise ValueError(f"expected a number in the digits 0 to 9, found {text!r}")
    return kind(text)


def json_text(value: object, *, indent: int | None = None, for_terminal: bool = False) -> str:
    """A value as JSON, on a screen and in a file: what steers a terminal is escaped, the data are the same.

    Letters stay readable; control and format characters, line and paragraph separators and half characters are
    written as ``\\u202e``.

    :param indent: as `json.dumps` has it; None: one line.
    :param for_terminal: escape all that `safe` would show as something else.
    """
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    if text.isascii():  # JSON itself escapes the ASCII controls, all but DEL
        return text.replace("\x7f", "\\u007f")
    for character in set(text) - {"\n"}:
        if unicodedata.category(character) in _STEERING or (for_terminal and safe(character) != character):
            text = text.replace(character, json.dumps(character)[1:-1])
    return text


def _units(text: str) -> Iterator[str]:
    """What is shown for each character of a text."""
    room = 0  # for marks, on the character before
    for character in text:
        if " " <= character <= "~":
            room = _MOST_MARKS
            yield character
            continue
        category = unicodedata.category(character)
        if character in _UNSAFE or category in _UNSAFE_CATEGORIES or (category == "Mn" and not room):
            if category != "Mn":
                room = 0
            yield _CONTROL_PICTURES.get(character) or f"<U+{ord(character):04X}>"
        else:
            room = room - 1 if category == "Mn" else _MOST_MARKS
            yield character


def has_letters(text: str) -> bool:
    """Whether there is anything in it that could be part of a name."""
    return any(map(str.isalpha, text))
