"""Normalize names: everything that people and programs write differently and mean alike, made one.

The same rules serve everywhere: training and prediction, the grouping of the split, duplicates, and the search in a
table. They are numbered, and a model keeps the number of those that it was trained with.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

#: The numbers of the rules: 1 composes (NFC), trims and folds white space; 2 also does what `FOLDS` says.
RULES = (1, 2)
NEWEST = RULES[-1]

#: The characters for an apostrophe: quotation marks, primes, accents on their own, letters that look like one.
APOSTROPHES = (
    "'`\u00b4\u02b9\u02bb\u02bc\u02bd\u02be\u02bf\u02c8\u02ca\u02cb\u055a\u05f3\u1fbd\u1fbf\u1ffe"
    "\u2018\u2019\u201a\u201b\u2032\u2035\ua78b\ua78c\uff07\uff40"
)
#: The characters for a hyphen: hyphens, dashes, minus signs.
HYPHENS = (
    "-\u02d7\u058a\u05be\u1806\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212"
    "\u2e17\u2e3a\u2e3b\ufe58\ufe63\uff0d"
)
#: What can't be seen: format characters (direction, zero width, soft hyphen), variation selectors, fillers. Written
#: out, since a later Unicode may know more of them, and a model must read a name the same on every Python.
INVISIBLE = (
    (0x00AD, 0x00AD), (0x034F, 0x034F), (0x061C, 0x061C), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F),
    (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF),
    (0xFFA0, 0xFFA0), (0xFFF9, 0xFFFB), (0x1BCA0, 0x1BCA3), (0xE0000, 0xE007F),
    (0xE0100, 0xE01EF),
)  # fmt: skip
#: Full-width ASCII, half-width Katakana and Hangul.
WIDTHS = range(0xFF01, 0xFFDD)


def _folds() -> dict[int, str]:
    """What takes the place of each character, under the second rules."""
    return (
        {code: unicodedata.normalize("NFKC", chr(code)) for code in WIDTHS}
        | {ord(character): "'" for character in APOSTROPHES}
        | {ord(character): "-" for character in HYPHENS}
        | {code: "" for first, last in INVISIBLE for code in range(first, last + 1)}
    )


FOLDS = _folds()
_FOLDED = frozenset(map(chr, FOLDS)) - {"'", "-"}
#: ASCII names that stay what they are, as the table library writes patterns.
_AS_IT_IS = r"\A(?:[!-_a-~]+(?: [!-_a-~]+)*)?\z"

#: Letters whose stroke or shape no Unicode decomposition takes away.
_PLAIN = dict(zip("łøđħŧıðəŋ", "lodhtiden", strict=True)) | {
    "ß": "ss",
    "æ": "ae",
    "œ": "oe",
    "þ": "th",
}


@dataclass(frozen=True, slots=True)
class Normalizer:
    """How a name is read by a model; a setting of the model, stored with it.

    Always: NFC, and Unicode white space trimmed at both ends and folded to single spaces inside.

    :param casefold: read ``MÜLLER``, ``Müller`` and ``müller`` as one.
    :param transliterate: read ``Müller`` as ``Muller`` and ``Иванов`` as ``Ivanov`` (ASCII, by anyascii).
    :param rules: one of `RULES`. With the second, every apostrophe and prime is read as ``'``, every hyphen and dash
        as ``-``, full- and half-width forms as their usual ones, and what can't be seen is left out.
    """

    casefold: bool = False
    transliterate: bool = False
    rules: int = NEWEST

    def __call__(self, name: str) -> str:
        if name.isascii():
            text = " ".join(name.split())
            if self.rules > 1 and "`" in text:
                text = text.replace("`", "'")
            return text.lower() if self.casefold else text
        text = unicodedata.normalize("NFC", name)
        if self.transliterate:
            from anyascii import anyascii

            text = anyascii(text)
        if self.casefold:
            text = unicodedata.normalize("NFC", text.casefold())
        if self.rules > 1 and not _FOLDED.isdisjoint(text):
            text = unicodedata.normalize("NFC", text.translate(FOLDS))
        return " ".join(text.split())


def name_key(name: str, rules: int = NEWEST) -> str:
    """What makes two spellings the same name: as it is read, case folded.

    The split keeps all rows with one key on one side.
    """
    if rules == 1:
        return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).strip().casefold())
    return _KEY(name)


_KEY = Normalizer(casefold=True)
_SPELLING = Normalizer()


def name_keys(names: pl.Series, rules: int = NEWEST) -> pl.Series:
    """`name_key` of each name; the many that are plain ASCII without a detour through Python."""
    plain = names.str.len_bytes() == names.str.len_chars() if rules == 1 else names.str.contains(_AS_IT_IS)
    return _replaced(names.str.to_lowercase(), names, plain, lambda name: name_key(name, rules))


def spellings(names: pl.Series, rules: int = NEWEST) -> pl.Series:
    """Each name as it is read, in the case in which it stands: what makes two rows duplicates of each other.

    Under the first rules that is the name itself.
    """
    return names if rules == 1 else _replaced(names, names, names.str.contains(_AS_IT_IS), _SPELLING)


def _replaced(
    made: pl.Series, names: pl.Series, are_made: pl.Series, make: Callable[[str], str]
) -> pl.Series:
    """What was made of the names, with the others made one by one."""
    import polars as pl

    if are_made.all():
        return made
    others = pl.Series([make(name) for name in names.filter(~are_made)], dtype=pl.String)
    return made.clone().scatter((~are_made).arg_true(), others)


def fold(names: pl.Series) -> pl.Series:
    """Names as they are read, without case and accents: what a search compares. ``Müller`` becomes ``muller``."""
    return without_accents(spellings(names))


def without_accents(spelled: pl.Series) -> pl.Series:
    """Names that are as they are read (`spellings`), without case and accents."""
    lower = spelled.str.to_lowercase()
    plain = lower.str.len_bytes() == lower.str.len_chars()
    if plain.all():
        return lower
    bare = lower.filter(~plain).str.normalize("NFKD").str.replace_all(r"\p{Mn}", "")
    return lower.scatter((~plain).arg_true(), bare.str.replace_many(_PLAIN))
