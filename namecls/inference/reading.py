"""How names are read before they are ranked: what of them, in which script, and whether there is enough to go by."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from anyascii import anyascii
from numpy.typing import NDArray

from namecls.arrays import Array, copied, namespace
from namecls.data.vocab import EncodedNames, Vocabulary, script_of
from namecls.data.writing import labels_that_write
from namecls.inference.family_names import family_names, with_family_names
from namecls.inference.rankings import (
    HAS_NO_LETTERS,
    HAS_UNKNOWN_LETTERS,
    IS_OK,
    IS_TOO_LITTLE,
    IS_UNKNOWN_SCRIPT,
)
from namecls.runs.model_files import FAMILY, LoadedModel
from namecls.text import has_letters

#: What is left to all labels where those are known that write a name with its letters.
OTHER_LABELS = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Unranked:
    """Names with what is known of them before they are ranked: see `Rankings`.

    :param typed: what is read of each name, as it was given: all of it, or the family name.
    :param names: what the network reads: the same, or its transliteration.
    :param texts: what is looked up in the counts, normalized.
    :param read: what is told to be read, normalized.
    """

    typed: Sequence[str]
    names: Sequence[str]
    texts: Sequence[str]
    read: Sequence[str]
    statuses: NDArray[np.int8]
    strange: NDArray[np.bool_]  # whether there is an unknown character in it
    foreign: NDArray[np.bool_]  # whether the network knows no letter of it
    writers: Mapping[int, list[bool]]  # the labels that write it, by place, where it is in another script
    family: Mapping[int, str]  # what was taken for the family name, by place

    def part(self, start: int, end: int) -> Unranked:
        """Some of them."""
        some, inside = slice(start, end), range(start, end)
        return Unranked(
            self.typed[some],
            self.names[some],
            self.texts[some],
            self.read[some],
            self.statuses[some],
            self.strange[some],
            self.foreign[some],
            {place - start: labels for place, labels in self.writers.items() if place in inside},
            {place - start: name for place, name in self.family.items() if place in inside},
        )

    def narrowed(self, places: Sequence[int], probabilities: Array) -> Array:
        """The probabilities of names at some places, where they are in another script rather of those who write it.

        *Shape:* (places, labels)
        """
        rows = [row for row, place in enumerate(places) if place in self.writers] if self.writers else []
        if not rows:
            return probabilities
        writers = namespace(probabilities).asarray([self.writers[places[row]] for row in rows])
        theirs = probabilities[rows] * writers
        theirs /= theirs.sum(1, keepdims=True).clip(min=1e-30)
        narrowed = copied(probabilities)
        narrowed[rows] = (1 - OTHER_LABELS) * theirs + OTHER_LABELS * probabilities[rows]
        return narrowed


def read_names(
    names: Sequence[str], loaded: LoadedModel, network: Callable[[Sequence[str]], Array]
) -> tuple[Unranked, EncodedNames]:
    """Read names as a model does.

    In a script of which the network knows no letter, a name is read by its transliteration, if it is recorded which
    labels are written with its letters; else it is answered only if it is counted.

    :param network: the probabilities that the network gives names. *Shape:* (names, labels)
    :return: and what the network reads, encoded.
    """
    vocabulary = loaded.vocabulary
    counts = loaded.counted.counts if loaded.counted is not None else None
    family: Mapping[int, str] = {}
    if loaded.names == FAMILY:
        family = family_names(names, vocabulary.labels, counts, network)
    typed = with_family_names(names, family)
    texts = list(map(vocabulary.normalizer, typed))
    encoded = vocabulary.encode_texts(texts)
    letters = np.fromiter((t[:1].isalpha() or has_letters(t) for t in texts), np.bool_, len(texts))
    statuses = np.where(letters, IS_OK, HAS_NO_LETTERS).astype(np.int8)
    strange = vocabulary.hold_unknown(encoded)
    foreign = letters & ~vocabulary.know_a_letter(encoded)
    writers = _writers(np.flatnonzero(foreign).tolist(), texts, loaded)
    doubtful = np.flatnonzero(letters & strange).tolist()
    counted = set()
    if counts is not None and doubtful:
        found = counts.of_names([texts[place] for place in doubtful]).sum(1)
        counted = {place for place, bearers in zip(doubtful, found.tolist(), strict=True) if bearers}
    known_scripts = vocabulary.scripts if len(doubtful) else frozenset()
    for place in doubtful:
        if place in counted:
            continue
        if foreign[place] and place not in writers:
            scripts = map(script_of, filter(str.isalpha, texts[place]))
            statuses[place] = IS_UNKNOWN_SCRIPT if known_scripts.isdisjoint(scripts) else HAS_UNKNOWN_LETTERS
        elif _says_too_little(texts[place], vocabulary, in_its_script=place in writers):
            statuses[place] = IS_TOO_LITTLE
    if not writers:
        return Unranked(typed, typed, texts, texts, statuses, strange, foreign, {}, family), encoded
    as_read = {place: anyascii(typed[place]) for place in writers}
    told, by_network = list(texts), with_family_names(typed, as_read)
    for place, name in as_read.items():
        foreign[place] = False
        if place not in counted:
            told[place] = vocabulary.normalizer(name)
    unranked = Unranked(typed, by_network, texts, told, statuses, strange, foreign, writers, family)
    return unranked, vocabulary.encode_all(by_network)


def _writers(places: Sequence[int], texts: Sequence[str], loaded: LoadedModel) -> dict[int, list[bool]]:
    """The labels that write each of the names at these places, where any does."""
    found: dict[int, list[bool]] = {}
    for place in places if loaded.writing else ():
        labels = labels_that_write(texts[place], loaded.writing, loaded.vocabulary.labels)
        if any(labels) and loaded.vocabulary.knows_a_letter(anyascii(texts[place])):
            found[place] = labels
    return found


def _says_too_little(text: str, vocabulary: Vocabulary, *, in_its_script: bool) -> bool:
    """Whether letters and digits that are not known are no fewer than the known letters."""
    letters = list(filter(str.isalpha, text))
    known = letters if in_its_script else [c for c in letters if vocabulary.knows_a_letter(c)]
    strange = len(letters) - len(known) + sum(c.isnumeric() and not vocabulary.knows(c) for c in text)
    return strange >= len(known)
