"""Slices of names: by length, script, number of words and first letter, and how well a model does on each."""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable

from namecls.data.vocab import script_of
from namecls.language import N_, _, retold
from namecls.normalization import Normalizer
from namecls.results import Mistake, Slice, SliceKind

_READ = Normalizer()
_LENGTHS = (4, 6, 8, 10, 13, 17)  # characters from which on a name is of the next slice
_MOST_WORDS = 4
#: What slices are called, for the catalogues.
_CALLED = (
    N_("{least} to {most} characters"),
    N_("{least} or more characters"),
    N_("1 word"),
    N_("{words} words"),
    N_("{words} or more words"),
)
_HEADED = {"script": N_("script {value}"), "first letter": N_("first letter {value}")}
_NONE = N_("none")
_SCRIPTS = frozenset(
    {
        *(N_("Latin"), N_("Latin beyond ASCII"), N_("Cyrillic"), N_("Greek"), N_("Armenian"), N_("Georgian")),
        *(
            N_("Arabic"),
            N_("Hebrew"),
            N_("Devanagari"),
            N_("Bengali"),
            N_("Tamil"),
            N_("Thai"),
            N_("Ethiopic"),
        ),
        *(
            N_("Cjk"),
            N_("Hiragana"),
            N_("Katakana"),
            N_("Hangul"),
            N_("Bopomofo"),
            N_("Mongolian"),
            N_("Khmer"),
        ),
    }
)
#: The letters that syllables of Hangul begin with, by their forms that stand alone.
_ALONE = {unicodedata.normalize("NFKC", chr(code)): chr(code) for code in range(0x3131, 0x314F)}


def slices_of(name: str) -> dict[SliceKind, str]:
    """The slice of each kind that a name belongs to."""
    read = _READ(name)
    letters = list(filter(str.isalpha, read))
    return {
        "length": _length(len(read)),
        "script": _scripts(letters),
        "words": _words(len(read.split())),
        "first letter": _first(letters[0]) if letters else _NONE,
    }


def slice_words(found: Slice) -> str:
    """What the names of a slice have in common, as people read it."""
    if found.kind == "script":
        parts = [_(part) if part in (*_SCRIPTS, _NONE) else part for part in found.value.split(" and ")]
        value = _(" and ").join(parts)
    else:
        value = _(_NONE) if found.value == _NONE else retold(found.value, _CALLED)
    return _(_HEADED[found.kind]).format(value=value) if found.kind in _HEADED else value


def is_of(part: Slice, row: Mistake) -> bool:
    """Whether a row is of a slice, which is one of the test rows where that is known."""
    return row.split in ("", "test") and slices_of(row.name)[part.kind] == part.value


def measure_slices(names: Iterable[str], right: Iterable[bool]) -> tuple[Slice, ...]:
    """The accuracy on each slice that has rows, those first on which it is the most surely low.

    :param right: whether the model was right, for each name.
    """
    rows: Counter[tuple[SliceKind, str]] = Counter()
    hits: Counter[tuple[SliceKind, str]] = Counter()
    total = total_right = 0
    for name, hit in zip(names, right, strict=True):
        total += 1
        total_right += hit
        for found in slices_of(name).items():
            rows[found] += 1
            hits[found] += hit
    slices = (
        Slice(kind=kind, value=value, rows=count, right=hits[kind, value], of_all=total_right / total)
        for (kind, value), count in rows.items()
    )
    return tuple(sorted(slices, key=lambda found: (found.interval.high, found.kind, found.value)))


def _first(letter: str) -> str:
    """A letter without its accents, as a capital; of a syllable of Hangul the one that it begins with."""
    plain = unicodedata.normalize("NFD", letter)[0].upper()
    return _ALONE.get(plain, plain)


def _length(characters: int) -> str:
    at = bisect_right(_LENGTHS, characters)
    least = _LENGTHS[at - 1] if at else 1
    return (
        f"{least} to {_LENGTHS[at] - 1} characters" if at < len(_LENGTHS) else f"{least} or more characters"
    )


def _words(words: int) -> str:
    return (
        "1 word"
        if words == 1
        else f"{words} words"
        if words < _MOST_WORDS
        else f"{_MOST_WORDS} or more words"
    )


def _scripts(letters: list[str]) -> str:
    """Names with Latin letters that have accents, or are of few languages, apart from those with plain ones."""
    scripts = sorted({script_of(letter).capitalize() for letter in letters})
    if scripts == ["Latin"] and not "".join(letters).isascii():
        return "Latin beyond ASCII"
    return " and ".join(scripts) or _NONE
