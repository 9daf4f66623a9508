"""Edits of a table of names, with undo and redo: values in memory, which know no file.

    edits = Edits()
    edits.add([Edit.relabel("To The First Page", "Russian", 9001, "English")])
    edits.undo()
    edits.in_effect      # ()

An edit of a row says which one it means by what stands in the file: name, label and line. So edits can be reviewed, and
applied to a newer version of the file. To rename a label means all rows that have it by then, those that were
relabelled before included; to merge two labels is to rename one into the other.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, get_args

from namecls.data.reasons import LINE_ENDS, MAX_LABEL, MAX_NAME
from namecls.errors import DataError, shown
from namecls.language import _
from namecls.normalization import Normalizer

Operation = Literal["keep", "drop", "relabel", "rename-label", "correct"]
Source = Literal["hand", "suspects"]
OPERATIONS: tuple[Operation, ...] = get_args(Operation)
SOURCES: tuple[Source, ...] = get_args(Source)

#: The largest number of a line or of a step.
MOST = 2**32 - 1

_RENAME: Operation = "rename-label"
_WITH_LABEL = ("relabel", _RENAME)  # what names another label
_HASH = re.compile(r"[0-9a-f]{64}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)")
_AS_READ = Normalizer()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a row was edited.

    :param by: ``hand``, or ``suspects``: it was suggested by `repair.suspects`.
    :param score: the rank score of the suspect; the lower, the more suspicious. None: by hand.
    :param model: SHA-256 of the weights that it was suggested by; empty: by hand.
    """

    by: Source = "hand"
    score: float | None = None
    model: str = ""

    def __post_init__(self) -> None:
        if self.by not in SOURCES:
            raise DataError(
                _("why must be one of {sources}, was: {by}").format(
                    sources=_(", ").join(SOURCES), by=shown(self.by)
                )
            )
        if self.score is not None and not (type(self.score) in (int, float) and abs(self.score) <= 1):
            raise DataError(
                _("score must be a number from -1 to 1, was: {score}").format(score=shown(self.score))
            )
        if self.model and not (isinstance(self.model, str) and _HASH.fullmatch(self.model)):
            raise DataError(
                _("model must be a SHA-256 in hexadecimal, was: {model}").format(model=shown(self.model))
            )


BY_HAND = Reason()


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """An edit of a row, or of a label everywhere.

    :param op: ``keep`` (it was looked at, and is right), ``drop``, ``relabel``, ``correct`` (the name), or
        ``rename-label`` (everywhere).
    :param name: of the row, as the table of the file has it; empty for ``rename-label``.
    :param label: of the row, as the table of the file has it; for ``rename-label`` the one that is renamed.
    :param line: of the row, as the table of the file counts them; 0 for ``rename-label``.
    :param to: the other label, or the corrected name; else empty.
    :param when: ISO 8601, UTC; empty: not known.
    :raises DataError: if it can't be one.
    """

    op: Operation
    label: str
    name: str = ""
    line: int = 0
    to: str = ""
    why: Reason = BY_HAND
    when: str = field(default_factory=_now)

    def __post_init__(self) -> None:
        if self.op not in OPERATIONS:
            raise DataError(
                _("an edit must be one of {operations}, was: {op}").format(
                    operations=_(", ").join(OPERATIONS), op=shown(self.op)
                )
            )
        of_row = self.op != _RENAME
        if not (type(self.line) is int and (1 <= self.line <= MOST if of_row else self.line == 0)):
            raise DataError(_("line must be a number from 1, was: {line}").format(line=shown(self.line)))
        _check_label("label", self.label)
        if of_row:
            _check_name("name", self.name)
        elif self.name != "":
            raise DataError(
                _("{rename} concerns no name, was of {name}").format(rename=_RENAME, name=shown(self.name))
            )
        if self.op in _WITH_LABEL:
            _check_label("to", self.to)
        elif self.op == "correct":
            _check_name("to", self.to)
        elif self.to != "":
            raise DataError(_("{op} has nothing to become, was: {to}").format(op=self.op, to=shown(self.to)))
        if not (isinstance(self.when, str) and (not self.when or _TIME.fullmatch(self.when))):
            raise DataError(
                _("when must be a time such as {now}, was: {when}").format(now=_now(), when=shown(self.when))
            )

    def accepted(self) -> Edit:
        """The same, made now: what was suggested has the time at which it was found."""
        return replace(self, when=_now())

    @classmethod
    def keep(cls, name: str, label: str, line: int, why: Reason = BY_HAND) -> Edit:
        """A row that is right as it is, and no suspect any more."""
        return cls(op="keep", name=name, label=label, line=line, why=why)

    @classmethod
    def drop(cls, name: str, label: str, line: int, why: Reason = BY_HAND) -> Edit:
        """A row that is to go."""
        return cls(op="drop", name=name, label=label, line=line, why=why)

    @classmethod
    def relabel(cls, name: str, label: str, line: int, to: str, why: Reason = BY_HAND) -> Edit:
        """Another label for a row."""
        return cls(op="relabel", name=name, label=label, line=line, to=_AS_READ(to), why=why)

    @classmethod
    def correct(cls, name: str, label: str, line: int, to: str, why: Reason = BY_HAND) -> Edit:
        """Another name for a row."""
        return cls(op="correct", name=name, label=label, line=line, to=to.strip(), why=why)

    @classmethod
    def rename_label(cls, label: str, to: str) -> Edit:
        """Another label for all rows of a label; one that is there already merges the two."""
        return cls(op=_RENAME, label=label, to=_AS_READ(to))

    @property
    def of_row(self) -> bool:
        """Whether it concerns one row, not a label everywhere."""
        return self.op != _RENAME


@dataclass(frozen=True, slots=True)
class Step:
    """Edits that were made at once, and are undone at once."""

    number: int
    edits: tuple[Edit, ...]


@dataclass(frozen=True, slots=True)
class Undo:
    """That a step was undone."""

    step: int


@dataclass(frozen=True, slots=True)
class Redo:
    """That a step that was undone counts again."""

    step: int


Entry = Step | Undo | Redo


class Edits:
    """Steps of edits, those in effect and those that were undone.

    :param write: keeps each entry before it counts, such as `patch.PatchFile.append`; what it raises leaves all as it
        was.
    """

    def __init__(self, write: Callable[[Entry], None] | None = None) -> None:
        self.write = write
        self._done: list[Step] = []
        self._undone: list[Step] = []
        self._last = 0

    def __len__(self) -> int:
        """How many edits are in effect."""
        return sum(len(step.edits) for step in self._done)

    def __iter__(self) -> Iterator[Edit]:
        return (edit for step in self._done for edit in step.edits)

    @property
    def steps(self) -> Sequence[Step]:
        """The steps in effect, in the order in which they were made."""
        return tuple(self._done)

    @property
    def in_effect(self) -> tuple[Edit, ...]:
        """The edits that count, in the order in which they were made."""
        return tuple(self)

    @property
    def next_undo(self) -> Step | None:
        """The step that `undo` would undo."""
        return self._done[-1] if self._done else None

    @property
    def next_redo(self) -> Step | None:
        """The step that `redo` would do again."""
        return self._undone[-1] if self._undone else None

    def add(self, edits: Sequence[Edit]) -> Step:
        """Make edits, as one step. What was undone before can't be done again then.

        :raises DataError: if there are none.
        """
        if not edits:
            raise DataError(_("a step needs an edit at least"))
        return self._keep(Step(self._last + 1, tuple(edits)))

    def undo(self) -> Step | None:
        """Undo the last step in effect; None: there is none."""
        step = self.next_undo
        return self._keep(Undo(step.number)) if step is not None else None

    def redo(self) -> Step | None:
        """Do the step again that was undone last; None: there is none, or others were made since."""
        step = self.next_redo
        return self._keep(Redo(step.number)) if step is not None else None

    def take(self, entry: Entry) -> Step:
        """What an entry does, without keeping it anywhere; the step that it concerns.

        :raises DataError: if it does not follow on what was taken before.
        """
        if isinstance(entry, Step):
            if not self._last < entry.number <= MOST:
                raise DataError(
                    _("the number of a step must be above {last:,}, was: {number:,}").format(
                        last=self._last, number=entry.number
                    )
                )
            self._done.append(entry)
            self._undone.clear()
            self._last = entry.number
            return entry
        source, target = self._done, self._undone
        said = _("expected step {last}, the last that is in effect, found step {step:,}")
        if isinstance(entry, Redo):
            source, target = target, source
            said = _("expected step {last}, the last that is undone, found step {step:,}")
        if not source or source[-1].number != entry.step:
            last = f"{source[-1].number:,}" if source else _("none")
            raise DataError(said.format(last=last, step=entry.step))
        target.append(source.pop())
        return target[-1]

    def _keep(self, entry: Entry) -> Step:
        if self.write is not None:
            self.write(entry)
        return self.take(entry)


def _check_label(what: str, label: object) -> None:
    if not isinstance(label, str) or _AS_READ(label) != label:
        raise DataError(
            _("{what} must be a label as the table has it, was: {label}").format(
                what=what, label=shown(label)
            )
        )
    _check_text(what, label, MAX_LABEL)


def _check_name(what: str, name: object) -> None:
    if not isinstance(name, str) or name.strip() != name:
        raise DataError(
            _("{what} must be a name without blanks around it, was: {name}").format(
                what=what, name=shown(name)
            )
        )
    _check_text(what, name, MAX_NAME)
    if not any(map(str.isalpha, name)):
        raise DataError(_("{what} must have a letter, was: {name}").format(what=what, name=shown(name)))


def _check_text(what: str, text: str, most: int) -> None:
    if not 1 <= len(text) <= most or re.search(LINE_ENDS, text):
        raise DataError(
            _("{what} must be a line of 1 to {most} characters, was: {text}").format(
                what=what, most=most, text=shown(text)
            )
        )
