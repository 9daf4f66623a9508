"""What the network reads of a name, letter by letter."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from anyascii import anyascii

from namecls.data.reasons import MAX_NAME
from namecls.errors import DataError, shown
from namecls.inference.prediction import Predictor
from namecls.inference.reading import read_names
from namecls.language import _
from namecls.text import has_letters

#: Letters of a name that is explained; each has a column of every picture.
MOST_LETTERS = MAX_NAME


@dataclass(frozen=True, slots=True)
class ReadName:
    """A name as the network reads it.

    :param name: as it was given.
    :param read: what of it is read: all, the family name of a full one, or its transliteration.
    :param letters: the characters that the network is given, normalized.
    :param typed: for each of them the letter that was typed for it, as `letters` where that can't be told.
    :param written: what of it is read, before any transliteration.
    """

    name: str
    read: str
    letters: tuple[str, ...]
    typed: tuple[str, ...]
    written: str

    @property
    def text(self) -> str:
        """The letters as one text."""
        return "".join(self.letters)


def read_letters(predictor: Predictor, name: str) -> ReadName:
    """A name as the network of a predictor reads it.

    :raises DataError: if it has no letters, or too many to be shown one by one.
    """
    if not isinstance(name, str) or not has_letters(name):
        raise DataError(_("expected a name with letters to explain, found {name}").format(name=shown(name)))
    unranked, _encoded = read_names([name], predictor.loaded, predictor.network_probabilities)
    read, written, normalizer = unranked.names[0], unranked.typed[0], predictor.vocabulary.normalizer
    letters = tuple(normalizer(read))
    if not letters:  # of those that it has, none is left by the transliteration
        raise DataError(_("expected a name with letters to explain, found {name}").format(name=shown(name)))
    if len(letters) > MOST_LETTERS:
        raise DataError(
            _(
                "expected a name of at most {most_letters} letters to explain, found {letters:,}: {name}"
            ).format(most_letters=MOST_LETTERS, letters=len(letters), name=shown(name))
        )
    transliterated = read != written
    pairs: list[tuple[str, str]] = []
    for character in " ".join(unicodedata.normalize("NFC", written).split()):
        made = " " if character == " " else normalizer(anyascii(character) if transliterated else character)
        if made:  # nothing is made of what can't be seen
            pairs.append((made, character))
    fits = tuple(letter for letter, _ in pairs) == letters
    return ReadName(name, read, letters, tuple(typed for _, typed in pairs) if fits else letters, written)
