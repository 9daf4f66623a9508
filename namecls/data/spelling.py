"""Names as people type them: without accents, in one case, half, the other way round; and what spellings share."""

from __future__ import annotations

import unicodedata

from namecls.data.full_names import PARTICLES
from namecls.normalization import name_key

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


def has_han(text: str) -> bool:
    """Whether there is a Chinese character in a text: how it is read differs between China, Japan and Korea."""
    return any("\u3400" <= character <= "\u9fff" for character in text)


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


#: Letters that are written with two where there is no key for them.
DIGRAPHS = str.maketrans(
    {"ä": "ae", "æ": "ae", "å": "aa", "ö": "oe", "ő": "oe", "ø": "oe", "ü": "ue", "ű": "ue", "đ": "dj"}
)
#: Letters of one script that stand for each other in haste, or between keyboards.
_ALIKE = str.maketrans("ёيىكة", "еییکه")
_WITH_MARKS = ("GREEK", "ARABIC", "HEBREW")  # that are left out in a hurry
_LAST_LATIN = "\u024f"


def forms(name: str) -> tuple[str, ...]:
    """What a name has in common with other spellings of it, the plainest first.

    Without case, accents and apostrophes, with hyphens read as spaces and particles written together with what
    follows; and the same with digraphs for letters such as ``ü``. ``Müller``, ``MUELLER`` and ``Muller`` have one in
    common with each other, as have ``O'Brien``, ``O Brien`` and ``Obrien``, ``Đorđević`` and ``Djordjevic``.
    """
    return forms_of_key(name_key(name))


def forms_of_key(key: str) -> tuple[str, ...]:
    """The same of a name's key (`normalization.name_key`)."""
    if key.isascii():
        return (key if key.isalpha() else _form(key),)
    return tuple(dict.fromkeys((_form(key), _form(key.translate(DIGRAPHS)))))


def in_order(form: str) -> str:
    """A form with its words sorted, so that their order does not matter."""
    return " ".join(sorted(form.split()))


def _form(key: str) -> str:
    text = key if key.isascii() else "".join(map(_plain, unicodedata.normalize("NFC", key)))
    words = text.replace("'", "").replace("-", " ").split()
    if PARTICLES.isdisjoint(words[:-1]):
        return " ".join(words)
    return "".join(word if word in PARTICLES else f"{word} " for word in words[:-1]) + words[-1]


def _plain(character: str) -> str:
    """A letter without its marks: Latin as ASCII, other scripts as they are typed in a hurry."""
    if character.isascii():
        return character
    if character <= _LAST_LATIN or "\u1e00" <= character < "\u1f00":
        from anyascii import anyascii

        return anyascii(character).lower()
    if unicodedata.name(character, "").startswith(_WITH_MARKS):
        character = "".join(
            c for c in unicodedata.normalize("NFD", character) if not unicodedata.combining(c)
        )
    return character.translate(_ALIKE)
