"""Text going in and text coming out.

Two unrelated dangers live here, each with one function. `Normalizer` turns what people type into what a model
reads. `safe` turns any text into text that a terminal can show and can't obey.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

#: Code points that a terminal obeys, or that reorder or hide what stands around them: controls (Cc), format
#: characters such as bidi overrides and zero-width joiners (Cf), line and paragraph separators (Zl, Zp),
#: surrogates (Cs), private use (Co) and unassigned (Cn).
_UNSAFE_CATEGORIES = frozenset({"Cc", "Cf", "Zl", "Zp", "Cs", "Co", "Cn"})
_CONTROL_PICTURES = {code: chr(0x2400 + code) for code in range(0x20)} | {0x7F: "\u2421"}


def safe(text: str, limit: int | None = None) -> str:
    """The same text, made literal: what would steer a terminal is shown instead of sent.

    C0 controls become their pictures (``␛``), every other invisible or steering code point its number
    (``<U+202E>``). Combining marks stay, since names need them, but no more than two on one base character.
    Tabs and line ends are controls too: what comes back always fits on one line.

    :param text: anything, from anywhere.
    :param limit: at most this many characters, the last one an ellipsis if something was cut.
    """
    if limit is not None and len(text) > limit:
        text = text[: max(limit - 1, 0)] + "…"
    if text.isascii() and text.isprintable():
        return text
    shown: list[str] = []
    marks = 0
    for character in text:
        category = unicodedata.category(character)
        if category == "Mn":
            marks += 1
            shown.append(character if marks <= 2 and shown else f"<U+{ord(character):04X}>")
            continue
        marks = 0
        if category in _UNSAFE_CATEGORIES:
            shown.append(_CONTROL_PICTURES.get(ord(character)) or f"<U+{ord(character):04X}>")
        else:
            shown.append(character)
    return "".join(shown)


def has_letters(text: str) -> bool:
    """Whether there is anything in it that could be part of a name."""
    return any(map(str.isalpha, text))


def name_key(name: str) -> str:
    """What makes two spellings the same name: NFC, trimmed, case folded.

    The split keeps all rows with one key on one side.
    """
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).strip().casefold())


@dataclass(frozen=True, slots=True)
class Normalizer:
    """How a name is read by a model; a setting of the model, stored with it.

    Always: NFC, and Unicode white space trimmed at both ends and folded to single spaces inside.

    :param casefold: read ``MÜLLER``, ``Müller`` and ``müller`` as one.
    :param transliterate: read ``Müller`` as ``Muller`` and ``Иванов`` as ``Ivanov`` (ASCII, by anyascii).
    """

    casefold: bool = False
    transliterate: bool = False

    def __call__(self, name: str) -> str:
        if name.isascii():
            text = " ".join(name.split())
            return text.lower() if self.casefold else text
        text = " ".join(unicodedata.normalize("NFC", name).split())
        if self.transliterate:
            from anyascii import anyascii

            text = " ".join(anyascii(text).split())
        if self.casefold:
            text = unicodedata.normalize("NFC", text.casefold())
        return text
