"""Slices of names: by length, script, number of words and first letter, and how well a model does on each."""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable

from namecls.data.vocab import script_of
from namecls.normalization import Normalizer
from namecls.results import Mistake, Slice, SliceKind

_READ = Normalizer()
_LENGTHS = (4, 6, 8, 10, 13, 17)  # characters from which on a name is of the next slice
_MOST_WORDS = 4


def slices_of(name: str) -> dict[SliceKind, str]:
    """The slice of each kind that a name belongs to."""
    read = _READ(name)
    letters = list(filter(str.isalpha, read))
    return {
        "length": _length(len(read)),
        "script": _scripts(letters),
        "words": _words(len(read.split())),
        "first letter": unicodedata.normalize("NFD", letters[0])[0].upper() if letters else "none",
    }


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
    return " and ".join(scripts) or "none"
