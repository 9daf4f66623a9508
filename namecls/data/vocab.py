"""Vocabulary: characters and labels to ids and back, with a real unknown character."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from namecls.config import ModelConfig
from namecls.errors import DataError
from namecls.language import _
from namecls.normalization import Normalizer

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: The id that fills the places after a shorter name in a batch; never part of a name.
PADDING = 0
#: The id of every character that the vocabulary does not hold.
UNKNOWN = 1
#: The id of the first known character.
FIRST = 2


class EncodedNames(NamedTuple):
    """Many encoded names, concatenated.

    *Shape:* `ids` (sum of all lengths,) int32, `lengths` (names,) int64.
    """

    ids: NDArray[np.int32]
    lengths: NDArray[np.int64]

    def choose(self, names: NDArray[np.bool_]) -> EncodedNames:
        """Some of the names. *Shape:* names (names,)"""
        import numpy as np

        if names.all():
            return self
        return EncodedNames(self.ids[np.repeat(names, self.lengths)], self.lengths[names])


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Characters and labels of a model, with their ids.

    Ids of characters: 0 is padding, 1 the unknown character, 2 the first known one. Ids of labels count from 0.

    :raises DataError: if there are no characters, or fewer than two labels.
    """

    characters: tuple[str, ...]
    labels: tuple[str, ...]
    normalizer: Normalizer
    _ids: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.characters:
            raise DataError(_("expected names with at least one known character, found none"))
        if len(self.labels) < 2:
            raise DataError(
                _(
                    "expected at least two labels to tell apart, found {labels}: add names of another label"
                ).format(labels=len(self.labels))
            )
        object.__setattr__(self, "_ids", {c: i for i, c in enumerate(self.characters, FIRST)})

    def __repr__(self) -> str:
        return f"<Vocabulary: {len(self.characters):,} characters, {len(self.labels):,} labels>"

    @classmethod
    def learn(
        cls, names: Iterable[str], labels: Iterable[str], config: ModelConfig, known: Iterable[str] = ()
    ) -> Vocabulary:
        """Build the vocabulary from the training names, and no others.

        Characters rarer than `config.min_count` are left out, so that unknown characters occur in training and
        their embedding is learned.

        :param known: characters that come first, whatever the names hold.
        """
        normalizer = config.normalizer
        if config.alphabet is not None:
            characters = tuple(config.alphabet)
        else:
            counts = Counter[str]()
            for name in names:
                counts.update(normalizer(name))
            characters = tuple(sorted(c for c, n in counts.items() if n >= config.min_count))
        characters = tuple(dict.fromkeys((*known, *characters)))
        return cls(characters, tuple(sorted(set(labels))), normalizer)

    @property
    def size(self) -> int:
        """The number of character ids, padding and unknown among them."""
        return FIRST + len(self.characters)

    def encode(self, name: str) -> list[int]:
        """Encode a name as character ids; an empty name is one unknown character, so that none is empty."""
        return [self._ids.get(c, UNKNOWN) for c in self.normalizer(name)] or [UNKNOWN]

    def encode_all(self, names: Sequence[str]) -> EncodedNames:
        """`encode` for many names."""
        return self.encode_texts(list(map(self.normalizer, names)))

    def encode_texts(self, texts: Sequence[str]) -> EncodedNames:
        """Encode names that are normalized already, by one table look-up over all their characters."""
        import numpy as np

        lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
        codes = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
        table = np.full(max(map(ord, self.characters)) + 2, UNKNOWN, dtype=np.int32)
        table[[ord(c) for c in self.characters]] = np.arange(FIRST, self.size, dtype=np.int32)
        ids: NDArray[np.int32] = table[np.minimum(codes, len(table) - 1)]
        if empty := np.flatnonzero(lengths == 0).tolist():
            ids = np.insert(ids, (lengths.cumsum() - lengths)[empty], UNKNOWN)
            lengths[empty] = 1
        return EncodedNames(ids, lengths)

    def know_a_letter(self, encoded: EncodedNames) -> NDArray[np.bool_]:
        """`knows_a_letter` for many names. *Shape:* (names,)"""
        import numpy as np

        letters = np.zeros(self.size, dtype=np.bool_)
        letters[FIRST:] = [c.isalpha() for c in self.characters]
        return _any_of_each(letters[encoded.ids], encoded.lengths)

    def hold_unknown(self, encoded: EncodedNames) -> NDArray[np.bool_]:
        """Which of many names hold a character that is not known. *Shape:* (names,)"""
        return _any_of_each(encoded.ids == UNKNOWN, encoded.lengths)

    @property
    def scripts(self) -> frozenset[str]:
        """The scripts of the known letters."""
        return frozenset(map(script_of, filter(str.isalpha, self.characters)))

    def decode(self, ids: Iterable[int]) -> str:
        """Decode ids to text; padding is nothing, an unknown character ``\N{REPLACEMENT CHARACTER}``."""
        return "".join(
            self.characters[i - FIRST] if i >= FIRST else "\N{REPLACEMENT CHARACTER}"
            for i in ids
            if i != PADDING
        )

    def unknown_characters(self, name: str) -> tuple[str, ...]:
        """The characters of a name, as they were typed, that this vocabulary does not hold, each once."""
        text = unicodedata.normalize("NFC", name)
        return tuple(dict.fromkeys(c for c in text if any(r not in self._ids for r in self.normalizer(c))))

    def knows(self, character: str) -> bool:
        """Whether a character, normalized, is known."""
        return character in self._ids

    def knows_a_letter(self, name: str) -> bool:
        """Whether at least one letter of the name is a known character."""
        return any(c.isalpha() and c in self._ids for c in self.normalizer(name))


def script_of(letter: str) -> str:
    """The script of a letter, as the first word of its name has it: ``LATIN``, ``CJK``, ``CYRILLIC``."""
    return unicodedata.name(letter, "").partition(" ")[0]


def _any_of_each(marks: NDArray[np.bool_], lengths: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether a character of each text is marked, where those of all texts stand behind each other."""
    import numpy as np

    before = np.concatenate([np.zeros(1, dtype=np.int64), marks.cumsum()])
    ends = lengths.cumsum()
    found: NDArray[np.bool_] = before[ends] > before[ends - lengths]
    return found
