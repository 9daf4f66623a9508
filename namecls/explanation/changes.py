"""Changes: what the network would answer for every name that is one edit away, or two.

An edit inserts a letter, deletes one, replaces one, or swaps two that stand side by side. The letters are those that
the model knows. Every name is scored, exactly, by the network alone. Two edits are tried from the best names of the
first edit alone (a beam), so that a better pair of them may be missed.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from namecls.errors import ConfigError
from namecls.explanation.letters import ReadName, read_letters
from namecls.explanation.logits import label_id, probabilities_of_texts
from namecls.explanation.views import DELETE, INSERT, REPLACE, SWAP, Change, Changes, Edit
from namecls.language import _
from namecls.text import has_letters

if TYPE_CHECKING:
    from namecls.explanation.evidence import TrainingNames
    from namecls.inference.prediction import Predictor
    from namecls.normalization import Normalizer

_TOLD = 10  # changes that are kept for the target
_BEAM = 4  # names of which a second edit is tried
_MOST = 2**18  # letters of all names that are tried after one edit


def changes(
    predictor: Predictor,
    name: str,
    target: str | None = None,
    known: TrainingNames | None = None,
    *,
    edits: int = 1,
) -> Changes:
    """What the network would answer for all names that are one edit away, or, by a beam, two.

    :param target: a label that the name is to be changed to.
    :param known: the data of the model, to mark edited names that stand in them.
    :param edits: 1 or 2.
    :raises DataError: if the name has no letters, or the model does not know the target.
    :raises ConfigError: if edits is another number.
    """
    if edits not in (1, 2):
        raise ConfigError(_("edits must be 1 or 2, was: {edits!r}").format(edits=edits))
    read = read_letters(predictor, name)
    wanted = label_id(predictor, target) if target is not None else None
    alphabet = _alphabet(predictor)
    once, is_complete = edited(read.text, alphabet, predictor.vocabulary.normalizer)
    texts = list(once)
    found = probabilities_of_texts(predictor, [read.text, *texts])
    whole, found = found[0], found[1:]
    first = int(whole.argmax())
    paths: dict[str, tuple[Edit, ...]] = {text: (some[0],) for text, some in once.items()}
    falls = _falls(len(read.letters), once, (whole[first] - found[:, first]).tolist())
    tried, probabilities = texts, found
    if edits == 2 and texts:
        best = (-found[:, first] if wanted is None else found[:, wanted]).argsort(
            descending=True, stable=True
        )
        twice = dict(paths)
        for row in best[:_BEAM].tolist():
            more, _edits = edited(texts[row], alphabet, predictor.vocabulary.normalizer)
            for text, some in more.items():
                twice.setdefault(text, (*paths[texts[row]], some[0]))
        twice.pop(read.text, None)
        tried = list(twice)
        paths = twice
        probabilities = torch.cat([found, probabilities_of_texts(predictor, tried[len(texts) :])])
    told = _Told(predictor, read, tried, paths, probabilities, known)
    return Changes(
        name=name,
        letters=read.letters,
        typed=read.typed,
        first=predictor.labels[first],
        probability=float(whole[first]),
        tried=len(tried),
        edits=edits,
        is_complete=is_complete,
        smallest=told.smallest(first, len(texts)),
        target=told.target(wanted) if wanted is not None else (),
        falls=falls,
    )


class _Told:
    """Makes changes of the names that were tried."""

    def __init__(
        self,
        predictor: Predictor,
        read: ReadName,
        tried: Sequence[str],
        paths: dict[str, tuple[Edit, ...]],
        probabilities: Tensor,
        known: TrainingNames | None,
    ) -> None:
        self._predictor, self._read, self._known = predictor, read, known
        self._tried, self._paths, self._probabilities = tried, paths, probabilities
        self._first = probabilities.argmax(1) if len(tried) else torch.empty(0, dtype=torch.int64)

    def smallest(self, first: int, once: int) -> tuple[Change, ...]:
        """The best change for each label that comes first after one, of one edit where that is enough."""
        best: dict[int, tuple[bool, float, int]] = {}
        values = (
            self._probabilities.gather(1, self._first[:, None])[:, 0].tolist() if len(self._tried) else []
        )
        for row, (label, value) in enumerate(zip(self._first.tolist(), values, strict=True)):
            entry = (row < once, value, row)
            if label != first and (label not in best or entry[:2] > best[label][:2]):
                best[label] = entry
        rows = [(row, label) for label, (_, _, row) in best.items()]
        return self._changes(sorted(rows, key=lambda e: (len(self._paths[self._tried[e[0]]]), -values[e[0]])))

    def target(self, label: int) -> tuple[Change, ...]:
        """The changes that make a label most probable."""
        order = self._probabilities[:, label].argsort(descending=True, stable=True)[:_TOLD].tolist()
        return self._changes([(row, label) for row in order])

    def _changes(self, rows: Iterable[tuple[int, int]]) -> tuple[Change, ...]:
        found = []
        for row, label in rows:
            text = self._tried[row]
            found.append(
                Change(
                    name=as_typed(self._read, self._paths[text], self._predictor.vocabulary.normalizer),
                    read_as=text,
                    edits=self._paths[text],
                    label=self._predictor.labels[label],
                    probability=float(self._probabilities[row, label]),
                    is_first=int(self._first[row]) == label,
                )
            )
        if self._known is None:
            return tuple(found)
        labels = self._known.labels_of([change.name for change in found])
        return tuple(replace(change, known=labels.get(change.name, ())) for change in found)


def _alphabet(predictor: Predictor) -> list[str]:
    """The letters that the model knows: characters that are read as they are."""
    normalizer = predictor.vocabulary.normalizer
    return [c for c in predictor.vocabulary.characters if c == " " or normalizer(c) == c]


def edited(text: str, alphabet: Sequence[str], normalizer: Normalizer) -> tuple[dict[str, list[Edit]], bool]:
    """The names that are one edit away from one, each with the edits that lead to it, and whether these are all.

    Names that would be read as others are left out, such as those that begin with a blank, and names without letters.
    Of a long name letters are inserted and replaced near its ends alone.
    """
    length = len(text)
    plain = {c for c in {*text, *alphabet} if _is_plain(c)}
    is_plain = plain.issuperset(text)
    found: dict[str, list[Edit]] = {}

    def add(edit: Edit, made: str, *, is_read_so: bool) -> None:
        if made in found:
            found[made].append(edit)
        elif is_read_so or (made != text and normalizer(made) == made and has_letters(made)):
            found[made] = [edit]

    for edit in (*map(partial(Edit, DELETE), range(length)), *map(partial(Edit, SWAP), range(length - 1))):
        add(edit, edit.of(text), is_read_so=False)
    room = max(_MOST - 2 * length**2, 0) // max(length * len(alphabet), 1)  # places that there is time for
    places = [(INSERT, place) for place in range(length + 1)] + [(REPLACE, place) for place in range(length)]
    places.sort(key=lambda kind_and_place: min(kind_and_place[1], length - kind_and_place[1]))
    for kind, place in places[:room]:
        head, tail = text[:place], text[place + (kind == REPLACE) :]
        reads_letters = is_plain and has_letters(head + tail)
        for letter in alphabet:
            if kind == INSERT or letter != text[place]:
                edit = Edit(kind, place, letter)
                add(edit, head + letter + tail, is_read_so=reads_letters and letter in plain)
    return found, room >= len(places)


def _is_plain(character: str) -> bool:
    """Whether a character is read the same whatever stands beside it: no blank, and nothing that composes."""
    code = ord(character)
    return "!" <= character <= "~" or (character.isalpha() and not 0x1100 <= code <= 0x11FF)


def _falls(length: int, once: Mapping[str, list[Edit]], fallen: Sequence[float]) -> tuple[float, ...]:
    """The most that is lost by an edit of each letter.

    :param fallen: by each of the names.
    """
    most = [-math.inf] * length
    for edits, value in zip(once.values(), fallen, strict=True):
        for edit in edits:
            if edit.kind != INSERT:
                for place in range(edit.position, edit.position + 1 + (edit.kind == SWAP)):
                    most[place] = max(most[place], value)
    return tuple(value if value > -math.inf else 0.0 for value in most)


def as_typed(read: ReadName, edits: Iterable[Edit], normalizer: Normalizer) -> str:
    """The edited name with the capitals of the name that was typed; as it is read, if that can't be told."""
    text, typed = read.text, list(read.typed)
    capitals = len(typed) > 1 and all(c.isupper() for c in typed if c.isalpha())
    for edit in edits:
        at, text = edit.position, edit.of(text)
        starts = at == 0 or typed[at - 1] == " "
        if edit.kind == SWAP:
            one, other = typed[at : at + 2]
            typed[at : at + 2] = _cased(other, one), _cased(one, other)
        elif edit.kind == REPLACE:
            typed[at] = _cased(edit.letter, typed[at])
        elif edit.kind == DELETE:
            gone = typed.pop(at)
            if starts and at < len(typed) and gone.isupper():
                typed[at] = typed[at].upper()
        else:
            typed.insert(at, edit.letter)
            if starts and at + 1 < len(typed):
                typed[at] = _cased(edit.letter, typed[at + 1])
                typed[at + 1] = typed[at + 1].lower()
    made = "".join(typed)
    made = made.upper() if capitals else made
    return made if normalizer(made) == text else text


def _cased(letter: str, like: str) -> str:
    return letter.upper() if like.isupper() else letter.lower()
