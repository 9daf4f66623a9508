"""What the views of an answer give: frozen plain values without torch, so that a screen can draw them.

But for evidence, all of them tell of the network alone: what is counted beside it is not in them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from namecls.language import N_, _, ngettext

#: The parts of the data, in the order in which they are told.
PARTS = (N_("training"), N_("validation"), N_("test"))
#: The ways in which it is measured.
METHODS = ("leave_one_out", "occlusion", "integrated_gradients")
#: What is said of two pictures: by chance letters are ranked so alike at most one time in twenty, or oftener, or it
#: can't be told of so few letters.
ALIKE, UNLIKE, TOO_SHORT = N_("alike"), N_("unlike"), N_("too short")

DELETE, SWAP, REPLACE, INSERT = KINDS = ("delete", "swap", "replace", "insert")

_TOLD = 3  # labels of a part, in words

_DIGITS = 5  # of values that are ranked; more are noise
_LEAST_LETTERS = 5
_LIKELY = 1.645  # standard deviations, beyond which one in twenty is by chance


@dataclass(frozen=True, slots=True)
class Sighting:
    """How often a part of the data holds a name under a label: rows, or their bearers where these are known."""

    label: str
    part: str  # one of `PARTS`
    count: float


@dataclass(frozen=True, slots=True)
class Nearest:
    """A training name that is few edits away, with its commonest label there."""

    name: str
    label: str
    edits: int  # letters inserted, deleted, replaced, or swapped with the next


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What the data of a model hold of a name, or why that is not known.

    :param name: what was looked up: the name as it was given, or its family name if the model reads that alone.
    :param sightings: by part, the commonest label first.
    :param nearest: where it was not seen, the nearest training names.
    :param missing: why it is not known; empty if it is.
    :param started_from: the model that the training began with, which may have seen other names; empty: none.
    """

    name: str
    sightings: tuple[Sighting, ...] = ()
    nearest: tuple[Nearest, ...] = ()
    missing: str = ""
    started_from: str = ""

    @property
    def is_known(self) -> bool:
        """Whether the data were at hand."""
        return not self.missing

    @property
    def text(self) -> str:
        """In words: ``in training: Polish 12, German 2``; if it was not seen, names that are near."""
        if self.missing:
            return _("whether it was seen is not known: {why}").format(why=self.missing)
        if self.sightings:
            return _("; ").join(filter(None, map(self._of_part, PARTS)))
        if not self.nearest:
            return _("not in training, nor a name like it")
        near = _(", ").join(
            _("{name} ({label})").format(name=each.name, label=each.label) for each in self.nearest
        )
        return _("not in training; nearest: {names}").format(names=near)

    def _of_part(self, part: str) -> str:
        found = [each for each in self.sightings if each.part == part]
        told = [f"{each.label} {each.count:,.10g}" for each in found[:_TOLD]]
        if rest := len(found) - _TOLD:
            others = ngettext("{number} other", "{number} others", rest).format(number=rest)
            told += [others] * (rest > 0)
        if not found:
            return ""
        return _("in {part}: {labels}").format(part=_(part), labels=_(", ").join(told))

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "known": self.is_known,
            "missing": self.missing,
            "sightings": [
                {"part": each.part, "label": each.label, "count": each.count} for each in self.sightings
            ],
            "nearest": [
                {"name": each.name, "label": each.label, "edits": each.edits} for each in self.nearest
            ],
            "started_from": self.started_from,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Belief:
    """The probability of each label after each letter of a name, by the network alone.

    What the counts of a name would add is not in it. A prefix is read as a name of its own, so that the last column
    is the network's answer for the whole name, and each other one is its answer to one who has typed so far.

    :param letters: of the name as it is read, and `typed`, as it was typed.
    :param labels: those that are most probable for the whole name, the first of them first.
    :param probabilities: of each of these labels after each letter. *Shape:* (labels, letters)
    :param others: of all other labels together. Each column sums to 1 with it. *Shape:* (letters,)
    :param unknown: the positions of the letters that the network does not know: to it they are all alike.
    :param reads_anew: whether the network holds no state of a prefix from which it reads on, since it reads in both
        directions, or without order.
    """

    name: str
    letters: tuple[str, ...]
    typed: tuple[str, ...]
    labels: tuple[str, ...]
    probabilities: tuple[tuple[float, ...], ...]
    others: tuple[float, ...]
    unknown: tuple[int, ...]
    reads_anew: bool

    def to_json(self) -> dict[str, Any]:
        return {
            "letters": list(self.letters),
            "typed": list(self.typed),
            "labels": list(self.labels),
            "probabilities": [list(row) for row in self.probabilities],
            "others": list(self.others),
            "unknown": list(self.unknown),
            "reads_anew": self.reads_anew,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Influence:
    """How much each letter of a name speaks for a label, above 0, or against it, below; see `influence`.

    :param letters: of the name as it is read, and `typed`, as it was typed.
    :param against: the one label that it is compared with; None: all others together.
    :param logit: of the label for the name: log(p / (1 - p)), or log(p / q) against one.
    :param reference: the same for the name in which every letter is unknown.
    :param randomised: the same picture of the network with shuffled weights.
    """

    name: str
    letters: tuple[str, ...]
    typed: tuple[str, ...]
    label: str
    against: str | None
    leave_one_out: tuple[float, ...]
    occlusion: tuple[float, ...]
    integrated_gradients: tuple[float, ...]
    logit: float
    reference: float
    randomised: Influence | None = None

    def of(self, method: str) -> tuple[float, ...]:
        """The values of one of `METHODS`."""
        return dict(
            zip(METHODS, (self.leave_one_out, self.occlusion, self.integrated_gradients), strict=True)
        )[method]

    @property
    def gap(self) -> float:
        """By what integrated gradients miss logit less reference: the error of the integral."""
        return self.logit - self.reference - math.fsum(self.integrated_gradients)

    def agreement_of(self, method: str) -> float | None:
        """Spearman's rank correlation with the randomised picture, from -1 to 1; None: there is none."""
        return spearman(self.of(method), self.randomised.of(method)) if self.randomised is not None else None

    def verdict_of(self, method: str) -> str:
        """One word on how alike the two pictures are: "alike", "unlike" or "too short"; empty without the other."""
        agreement = self.agreement_of(method)
        if agreement is None:
            return "" if self.randomised is None else TOO_SHORT
        if len(self.letters) < _LEAST_LETTERS:
            return TOO_SHORT
        return ALIKE if agreement * math.sqrt(len(self.letters) - 1) > _LIKELY else UNLIKE

    @property
    def agreement(self) -> float | None:
        """That of leave one out."""
        return self.agreement_of(METHODS[0])

    @property
    def verdict(self) -> str:
        """That of leave one out."""
        return self.verdict_of(METHODS[0])

    def to_json(self) -> dict[str, Any]:
        found: dict[str, Any] = {
            "letters": list(self.letters),
            "typed": list(self.typed),
            "label": self.label,
            "against": self.against,
            "logit": self.logit,
            "reference": self.reference,
            **{method: list(self.of(method)) for method in METHODS},
            "gap": self.gap,
            "randomised": None,
        }
        if self.randomised is not None:
            found["randomised"] = {
                **{method: list(self.randomised.of(method)) for method in METHODS},
                "agreement": {method: self.agreement_of(method) for method in METHODS},
                "verdict": {method: self.verdict_of(method) for method in METHODS},
            }
        return found


class Edit(NamedTuple):
    """One edit of a name as it is read.

    :param position: of the letter; of the first of two that are swapped; of the letter that one is inserted before,
        or the length of the name.
    :param letter: that is inserted, or put in the place of another; empty for the other kinds.
    """

    kind: str  # one of `KINDS`
    position: int
    letter: str = ""

    def of(self, text: str) -> str:
        """What it makes of a text."""
        at = self.position
        if self.kind == DELETE:
            return text[:at] + text[at + 1 :]
        if self.kind == SWAP:
            return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
        return text[:at] + self.letter + text[at + (self.kind == REPLACE) :]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """An edited name.

    :param name: as one would type it: with the capitals of the name that was edited, where it has any.
    :param read_as: as the network reads it.
    :param edits: one or two, each of the name that the one before it makes.
    :param label: the label that it is about, and its probability for the edited name.
    :param is_first: whether that is the network's first answer for it.
    :param known: the labels under which the data of the model hold the edited name, the commonest first.
    """

    name: str
    read_as: str
    edits: tuple[Edit, ...]
    label: str
    probability: float
    is_first: bool
    known: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """Of the last edit; likewise `position` and `letter`."""
        return self.edits[-1].kind

    @property
    def position(self) -> int:
        return self.edits[-1].position

    @property
    def letter(self) -> str:
        return self.edits[-1].letter

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "read_as": self.read_as,
            "edits": [
                {"kind": edit.kind, "position": edit.position, "letter": edit.letter} for edit in self.edits
            ],
            "label": self.label,
            "probability": self.probability,
            "is_first": self.is_first,
            "known": list(self.known),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What edits make of the network's answer for a name; see `changes`.

    :param letters: of the name as it is read, and `typed`, as it was typed.
    :param first: the network's first answer for the name as it is, with its `probability`.
    :param tried: how many different names were scored.
    :param edits: how many edits away these are at most, 1 or 2.
    :param is_complete: whether these are all that are one edit away: of a very long name they are not.
    :param smallest: for each other label that comes first after an edit, the change that makes it most probable, the
        most probable label first; one edit where that is enough.
    :param target: the changes that make the target most probable, whether it comes first or not.
    :param falls: by how much at most the probability of the first answer falls by one edit of each letter: that
        deletes it, replaces it, or swaps it with one beside it. Below 0 where all of them make it more probable.
    """

    name: str
    letters: tuple[str, ...]
    typed: tuple[str, ...]
    first: str
    probability: float
    tried: int
    edits: int
    is_complete: bool
    smallest: tuple[Change, ...]
    target: tuple[Change, ...]
    falls: tuple[float, ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "letters": list(self.letters),
            "typed": list(self.typed),
            "first": self.first,
            "probability": self.probability,
            "tried": self.tried,
            "is_complete": self.is_complete,
            "smallest": [change.to_json() for change in self.smallest],
            "target": [change.to_json() for change in self.target],
            "falls": list(self.falls),
        }


def spearman(ours: Sequence[float], theirs: Sequence[float]) -> float | None:
    """Spearman's rank correlation, ties sharing their mean rank; None if one side has a single rank."""
    first, second = _ranks(ours), _ranks(theirs)
    spread = sum(rank**2 for rank in first) * sum(rank**2 for rank in second)
    return sum(a * b for a, b in zip(first, second, strict=True)) / math.sqrt(spread) if spread else None


def _ranks(values: Sequence[float]) -> list[float]:
    """Ranks about their mean."""
    rounded = [round(value, _DIGITS) for value in values]
    up, down = sorted(rounded), sorted(rounded, reverse=True)
    return [(up.index(value) - down.index(value)) / 2 for value in rounded]
