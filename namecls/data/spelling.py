"""Names as people type them: without accents, in one case, half, the other way round."""

from __future__ import annotations

import unicodedata

_SCRIPTS = ("LATIN", "GREEK")  # whose accents are left out in a hurry; elsewhere marks are vowels


def bare_letter(character: str) -> str:
    """A Latin or Greek letter as it is typed without accents: ``ü`` as ``u``, ``ł`` as ``l``; others as they are.

    A letter that takes two to write, such as ``ß``, stays too.
    """
    if character.isascii() or not unicodedata.name(character, "").startswith(_SCRIPTS):
        return character
    base = unicodedata.normalize("NFD", character)[0]
    if base == character and unicodedata.name(character).startswith("LATIN"):
        from anyascii import anyascii

        base = anyascii(character)
    return base if len(base) == 1 else character


def without_accents(name: str) -> str:
    """A name with each letter bare: ``Müller`` as ``Muller``, ``Wałęsa`` as ``Walesa``."""
    return "".join(map(bare_letter, unicodedata.normalize("NFC", name)))


def half_typed(name: str) -> str:
    """The first half of a name, rounded up."""
    return name[: (len(name) + 1) // 2]


def last_word_first(name: str) -> str:
    """``Hans Müller`` as ``Müller Hans``."""
    *first, last = name.split() or [name]
    return " ".join([last, *first])
