"""Writing: in which script, and with which of its letters, the names of each label are written.

A script alone is no answer: seven peoples write Cyrillic. But not all of them write `ђ`, and none of them writes `α`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from namecls.data.vocab import script_of
from namecls.errors import ConfigError, shown
from namecls.language import _


@dataclass(frozen=True, slots=True)
class Alphabet:
    """What the names of a label are written with beside Latin letters.

    :param scripts: as the first words of the names of their letters have it.
    :param letters: small ones; empty: all letters of the scripts.
    """

    scripts: tuple[str, ...]
    letters: str = ""

    def writes(self, letters: Iterable[str]) -> bool:
        """Whether all these letters, small ones, are among its own."""
        if self.letters:
            return all(letter in self.letters for letter in letters)
        return all(script_of(letter) in self.scripts for letter in letters)


Writing = Mapping[str, Alphabet]


def labels_that_write(name: str, writing: Writing, labels: Sequence[str]) -> list[bool]:
    """Which labels may write a name in its script.

    :return: all False if none does, or if the letters are of none of the scripts.
    """
    letters = set(filter(str.isalpha, name.casefold()))
    return [bool(letters) and label in writing and writing[label].writes(letters) for label in labels]


def writing_to_json(writing: Writing) -> dict[str, Any]:
    """JSON values of the alphabets by label."""
    return {
        label: {"scripts": list(alphabet.scripts), "letters": alphabet.letters}
        for label, alphabet in writing.items()
    }


def writing_from_json(values: Any) -> Writing:
    """The inverse of `writing_to_json`.

    :raises ConfigError: if these are no alphabets.
    """
    if not isinstance(values, dict):
        raise ConfigError(_("writing must be alphabets by label, was: {values}").format(values=shown(values)))
    made: dict[str, Alphabet] = {}
    for label, entry in values.items():
        scripts, letters = (
            (entry.get("scripts"), entry.get("letters")) if isinstance(entry, dict) else (None, None)
        )
        if (
            not isinstance(scripts, list)
            or not all(isinstance(script, str) for script in scripts)
            or not isinstance(letters, str)
        ):
            raise ConfigError(
                _("an alphabet must have scripts and letters, was: {entry}").format(entry=shown(entry))
            )
        made[label] = Alphabet(tuple(scripts), letters)
    return made
