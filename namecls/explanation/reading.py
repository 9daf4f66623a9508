"""What the network reads of a name, letter by letter."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from namecls.errors import DataError, shown
from namecls.inference.prediction import Predictor
from namecls.inference.reading import read_names
from namecls.text import has_letters

#: Letters of a name that is explained; each has a column of every picture.
MOST_LETTERS = 200


@dataclass(frozen=True, slots=True)
class ReadName:
    """A name as the network reads it.

    :param name: as it was given.
    :param read: what of it is read: all, the family name of a full one, or its transliteration.
    :param letters: the characters that the network is given, normalized.
    :param typed: the same as they were typed, where each stands for one; else as `letters`.
    """

    name: str
    read: str
    letters: tuple[str, ...]
    typed: tuple[str, ...]


def read_letters(predictor: Predictor, name: str) -> ReadName:
    """A name as the network of a predictor reads it.

    :raises DataError: if it has no letters, or too many to be shown one by one.
    """
    if not isinstance(name, str) or not has_letters(name):
        raise DataError(f"expected a name with letters to explain, found {shown(name)}")
    unranked, _ = read_names([name], predictor.loaded, predictor.network_probabilities)
    read, normalizer = unranked.names[0], predictor.vocabulary.normalizer
    letters = tuple(normalizer(read)) or ("?",)
    if len(letters) > MOST_LETTERS:
        raise DataError(
            f"expected a name of at most {MOST_LETTERS} letters to explain, found {len(letters):,}: {shown(name)}"
        )
    typed = tuple(" ".join(unicodedata.normalize("NFC", read).split()))
    fits = tuple(c if c == " " else normalizer(c) for c in typed) == letters
    return ReadName(name, read, letters, typed if fits else letters)
