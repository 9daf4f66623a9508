"""The edits of the file that is open: kept in a file of their own, each on the disk before it shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from namecls.edits.edit import Edit, Edits, Operation, Step
from namecls.edits.patch import SUFFIX, PatchFile, describe, describe_counts
from namecls.errors import RunBusy, RunError
from namecls.language import _, again
from namecls.system import reason_of
from tui.drawing.edited import RowKey, RowNow

if TYPE_CHECKING:
    from namecls.data.alphabet import Change
    from namecls.data.browse import Catalog
    from namecls.data.table import NameTable
    from namecls.repair.found import Suspected
    from namecls.results import Mistake


@dataclass(frozen=True, slots=True)
class Suspects:
    """Rows that are probably labelled wrongly, the most suspicious first.

    :param rows: each with the label that is suggested as the one that was given, and its probability.
    :param edits: what is suggested for each of these: an edit of it, and of all its exact duplicates.
    :param estimated: how many labels are estimated to be wrong.
    """

    rows: tuple[Mistake, ...]
    edits: Mapping[RowKey, tuple[Edit, ...]]
    estimated: int

    @property
    def drops(self) -> frozenset[RowKey]:
        """Rows that are rather to be dropped."""
        return frozenset(row for row, edits in self.edits.items() if edits[0].op == "drop")

    @classmethod
    def of(cls, found: Suspected, suggested: Iterable[Edit]) -> Suspects:
        """What was found, and what `namecls.repair.suspects.suggest` makes of it."""
        from namecls.results import Mistake

        following = iter(suggested)
        rows, edits = [], {}
        for suspect in found.suspects:
            own = tuple(islice(following, len(suspect.lines)))
            key = row_of(own[0])
            edits[key] = own
            rows.append(
                Mistake(
                    split="",
                    line=key.line,
                    name=key.name,
                    label=key.label,
                    given=suspect.suggested,
                    confidence=suspect.probability,
                    of_label=suspect.self_confidence,
                )
            )
        return cls(tuple(rows), edits, found.estimated)

    def of_file(self, labels: Iterable[str], state: EditState) -> Suspects:
        """The same, with what was suggested as a label of the file, which may be renamed meanwhile.

        :param labels: of the file.
        :param state: the edits with which they were searched for.
        """
        own = tuple(labels)
        was = {state.label_now(label): label for label in own}
        was |= {label: label for label in own if label == state.label_now(label)}
        rows = tuple(replace(row, given=was.get(row.given, row.given)) for row in self.rows)
        edits = {
            row: tuple(replace(edit, to=was.get(edit.to, edit.to)) for edit in edits)
            for row, edits in self.edits.items()
        }
        return replace(self, rows=rows, edits=edits)


def row_of(edit: Edit) -> RowKey:
    """The row that an edit is of."""
    return RowKey(edit.line, edit.name, edit.label)


@dataclass(frozen=True, slots=True, eq=False)
class EditState:
    """The edits in effect.

    :param file: where they are kept; None: nothing is open.
    :param count: how many there are.
    :param rows: what those are by now that an edit was of.
    :param labels: what the labels are by now of all others.
    :param told: what they are, in a line.
    :param undo: what `undo` would undo, in a line; empty: nothing.
    :param redo: the same of `redo`.
    :param touched: the rows that became others, one after the other, and more by later edits; another list: so did
        others, whose labels were renamed.
    :param steps: how many of `touched` are of these edits.
    """

    file: Path | None = None
    count: int = 0
    rows: Mapping[RowKey, RowNow] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    told: str = ""
    undo: str = ""
    redo: str = ""
    touched: Sequence[RowKey] = field(default_factory=list)
    steps: int = 0

    def has(self, edit: Edit) -> bool:
        """Whether a row, or a label, is already what an edit would make of it."""
        if not edit.of_row:
            return edit.label == edit.to
        now = self.rows.get(RowKey(edit.line, edit.name, edit.label))
        if now is None or now.op != edit.op:
            return False
        return edit.op in ("drop", "keep") or edit.to == (now.name if edit.op == "correct" else now.label)

    def labels_now(self, labels: Iterable[str]) -> tuple[str, ...]:
        """The labels that there are by now, of those of the file.

        :param labels: of the file.
        """
        found = dict.fromkeys(map(self.label_now, labels))
        return (*found, *dict.fromkeys(row.label for row in self.rows.values() if row.label not in found))

    def label_now(self, label: str) -> str:
        """What a label of the file is by now."""
        return self.labels.get(label, label)

    def accepted(self, edit: Edit) -> Edit:
        """What was suggested, made now: of a label of the file what that is by now."""
        edit = edit.accepted()
        return replace(edit, to=self.label_now(edit.to)) if edit.op == "relabel" else edit

    def now(self, row: RowKey) -> RowNow:
        """What a row is by now."""
        if (found := self.rows.get(row)) is not None:
            return found
        label = self.label_now(row.label)
        return RowNow(row.name, label, "rename-label" if label != row.label else "")


class Effect:
    """What steps of edits come to. A step, or to undo it, costs what its own edits do, not all those before them."""

    def __init__(self, edits: Edits) -> None:
        self._edits = edits
        self._begin()

    def _begin(self) -> None:
        """Do all steps, from the first one on."""
        self._rows: dict[RowKey, RowNow] = {}
        self._labels: dict[str, str] = {}
        self._counts: Counter[Operation] = Counter()
        self._before: list[list[tuple[RowKey, RowNow | None]] | None] = []  # of each step; None: of labels
        self._touched: list[RowKey] = []
        for step in self._edits.steps:
            self.do(step)
        self._touched = []

    def do(self, step: Step) -> None:
        """Another step is in effect."""
        before: list[tuple[RowKey, RowNow | None]] = []
        of_rows = True
        for edit in step.edits:
            self._counts[edit.op] += 1
            if not edit.of_row:
                self._rename(edit)
                of_rows = False
                continue
            key = row_of(edit)
            found = self._rows.get(key)
            before.append((key, found))
            was = found or RowNow(edit.name, self._labels.get(edit.label, edit.label))
            name = edit.to if edit.op == "correct" else was.name
            label = edit.to if edit.op == "relabel" else was.label
            self._rows[key] = RowNow(name, label, edit.op)
            self._touched.append(key)
        self._before.append(before if of_rows else None)

    def undo(self, step: Step) -> None:
        """The last step is undone."""
        before = self._before.pop()
        if before is None:  # what a label was renamed from is not known any more
            self._begin()
            return
        self._counts.subtract(edit.op for edit in step.edits)
        for key, found in reversed(before):
            if found is None:
                del self._rows[key]
            else:
                self._rows[key] = found
            self._touched.append(key)

    def state(self, file: Path) -> EditState:
        """As a value."""
        undo, redo = self._edits.next_undo, self._edits.next_redo
        count = self._counts.total()
        return EditState(
            file,
            count,
            self._rows.copy(),
            self._labels.copy(),
            describe_counts(self._counts) if count else "",
            describe(undo.edits) if undo else "",
            describe(redo.edits) if redo else "",
            self._touched,
            len(self._touched),
        )

    def _rename(self, edit: Edit) -> None:
        self._labels = {old: edit.to if new == edit.label else new for old, new in self._labels.items()}
        self._labels.setdefault(edit.label, edit.to)
        self._rows = {
            key: RowNow(row.name, edit.to if row.label == edit.label else row.label, row.op)
            for key, row in self._rows.items()
        }
        self._touched = []


class Followed:
    """A catalog whose rows are taken for what edits made of them."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self._touched: Sequence[RowKey] | None = None  # of the edits before
        self._steps = 0

    def follow(self, state: EditState) -> bool:
        """Take up other edits; whether they may be others. It costs what those do that were made since."""
        before, self._touched = self._touched, state.touched
        since, self._steps = self._steps, state.steps
        if before is state.touched and since <= state.steps:
            rows = dict.fromkeys(state.touched[since : state.steps])
            if rows:
                self.catalog.change([_change(row, state.now(row)) for row in rows])
            return bool(rows)
        if before is None and not state.rows and not state.labels:
            return False
        self.catalog.change([_change(*row) for row in state.rows.items()], state.labels)
        return True


def _change(row: RowKey, now: RowNow) -> Change:
    from namecls.data.alphabet import Change

    return Change(*row, now.name, now.label, dropped=now.op == "drop", kept=now.op == "keep")


NO_EDITS = EditState()

#: The most rows that are edited at once.
MOST_MARKED = 100_000


def place_of(data: Path | None, save_dir: Path) -> Path:
    """Where the edits of a file are kept: beside it; those of the embedded dataset beside the runs."""
    return (save_dir / f"names{SUFFIX}") if data is None else data.with_name(data.stem + SUFFIX)


class EditBook:
    """The edits of one file of names. Not safe for threads.

    :param file: where they are kept. It is made, and held against other processes, when there is something to write.
    """

    def __init__(self, data: Path | None, file: Path) -> None:
        self.data, self.file = data, file
        self.cut_off = ""
        self._held = ExitStack()
        self._edits: Edits | None = None
        self._effect = Effect(Edits())
        if file.exists():
            self._open()

    def _open(self) -> Edits:
        """:raises NameclsError: if the file is no file of edits, is held by another process, or can't be written."""
        if self._edits is None:
            try:
                self.file.parent.mkdir(parents=True, exist_ok=True)
                self._edits, self.cut_off = self._held.enter_context(PatchFile.open(self.file))
                self._effect = Effect(self._edits)
            except RunBusy:
                raise
            except (OSError, RunError) as error:
                what = reason_of(error)
                raise RunError(
                    _("{what}; to keep the edits elsewhere than in {file}: namecls-tui --edits FILE").format(
                        what=what, file=self.file
                    )
                ) from error
        return self._edits

    @property
    def state(self) -> EditState:
        """What they come to."""
        return self._effect.state(self.file)

    def add(self, edits: Sequence[Edit]) -> None:
        """Make edits, as one step.

        :raises NameclsError: if they can't be written; then they are not made.
        """
        step = self._open().add(edits)
        self._effect.do(step)

    def make(self, edits: Iterable[Edit]) -> bool:
        """Make those edits that change something by now, as one step; whether there were any.

        :raises NameclsError: if they can't be written; then they are not made.
        """
        state = self.state
        new = [edit for edit in edits if not state.has(edit)]
        if new:
            self.add(new)
        return bool(new)

    def undo(self) -> bool:
        """Undo the last step; whether there was one."""
        step = self._edits.undo() if self._edits is not None else None
        if step is not None:
            self._effect.undo(step)
        return step is not None

    def redo(self) -> bool:
        """Do the step again that was undone last; whether there was one."""
        step = self._edits.redo() if self._edits is not None else None
        if step is not None:
            self._effect.do(step)
        return step is not None

    def close(self) -> None:
        """Let other processes write to the file."""
        self._held.close()
        self._edits = None


def told_of(state: EditState) -> str:
    """How many edits there are, and where they are kept; empty: there are none."""
    if not state.count or state.file is None:
        return ""
    return _("{edits} by {file}").format(edits=again(state.told), file=state.file.name)


def edited(table: NameTable, state: EditState) -> NameTable:
    """A table with the edits in effect: what a training learns from. The same, if there are none.

    :raises NameclsError: if nothing is left of it.
    """
    if not state.count or state.file is None:
        return table
    from namecls.edits.applying import apply_edits
    from namecls.edits.patch import read_patch

    return apply_edits(table, read_patch(state.file))
