"""The edits of the file that is open: kept in a file of their own, each on the disk before it shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from textual.message import Message

from namecls.edits.edit import Edit, Edits
from namecls.edits.patch import SUFFIX, PatchFile, describe
from namecls.errors import NameclsError, RunBusy, RunError
from namecls.results import Mistake
from tui.drawing.edited import RowKey, RowNow

if TYPE_CHECKING:
    from namecls.data.table import NameTable
    from namecls.repair.found import Suspected


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


def row_of(edit: Edit) -> RowKey:
    """The row that an edit is of."""
    return RowKey(edit.line, edit.name, edit.label)


@dataclass(frozen=True, slots=True)
class EditState:
    """The edits in effect.

    :param file: where they are kept; None: nothing is open.
    :param rows: what those are by now that an edit was of.
    :param labels: what the labels are by now of all others.
    :param told: what they are, in a line.
    :param undo: what `undo` would undo, in a line; empty: nothing.
    :param redo: the same of `redo`.
    """

    file: Path | None = None
    edits: tuple[Edit, ...] = ()
    rows: Mapping[RowKey, RowNow] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    told: str = ""
    undo: str = ""
    redo: str = ""

    def now(self, row: RowKey) -> RowNow:
        """What a row is by now."""
        if (found := self.rows.get(row)) is not None:
            return found
        label = self.labels.get(row.label, row.label)
        return RowNow(row.name, label, "rename-label" if label != row.label else "")

    @classmethod
    def of(cls, file: Path, edits: Edits) -> EditState:
        """The state of a book of edits."""
        rows: dict[RowKey, RowNow] = {}
        labels: dict[str, str] = {}
        for edit in edits:
            if not edit.of_row:
                labels = {old: edit.to if new == edit.label else new for old, new in labels.items()}
                labels.setdefault(edit.label, edit.to)
                rows = {
                    key: RowNow(row.name, edit.to if row.label == edit.label else row.label, row.op)
                    for key, row in rows.items()
                }
                continue
            key = row_of(edit)
            before = rows.get(key, RowNow(edit.name, labels.get(edit.label, edit.label)))
            name = edit.to if edit.op == "correct" else before.name
            label = edit.to if edit.op == "relabel" else before.label
            rows[key] = RowNow(name, label, edit.op)
        undo, redo = edits.next_undo, edits.next_redo
        return cls(
            file,
            edits.in_effect,
            rows,
            labels,
            describe(edits.in_effect) if len(edits) else "",
            describe(undo.edits) if undo else "",
            describe(redo.edits) if redo else "",
        )


NO_EDITS = EditState()


@dataclass(eq=False)
class EditsRead(Message):
    """The edits of a file that was opened, or why they can't be."""

    data: Path | None
    book: EditBook | None
    problem: str = ""


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
        if file.exists():
            self._open()

    def _open(self) -> Edits:
        """:raises NameclsError: if the file is no file of edits, is held by another process, or can't be written."""
        if self._edits is None:
            try:
                self.file.parent.mkdir(parents=True, exist_ok=True)
                self._edits, self.cut_off = self._held.enter_context(PatchFile.open(self.file))
            except RunBusy:
                raise
            except (OSError, RunError) as error:
                what = error.strerror or error if isinstance(error, OSError) else error
                raise RunError(
                    f"{what}; to keep the edits elsewhere than in {self.file}: namecls-tui --edits FILE"
                ) from error
        return self._edits

    @property
    def state(self) -> EditState:
        """What they come to."""
        return EditState.of(self.file, Edits() if self._edits is None else self._edits)

    def add(self, edits: Sequence[Edit]) -> None:
        """Make edits, as one step.

        :raises NameclsError: if they can't be written; then they are not made.
        """
        self._open().add(edits)

    def undo(self) -> bool:
        """Undo the last step; whether there was one."""
        return self._edits is not None and self._edits.undo() is not None

    def redo(self) -> bool:
        """Do the step again that was undone last; whether there was one."""
        return self._edits is not None and self._edits.redo() is not None

    def close(self) -> None:
        """Let other processes write to the file."""
        self._held.close()
        self._edits = None


def edited(table: NameTable, state: EditState) -> NameTable:
    """A table with the edits in effect: what a training learns from. The same, if there are none.

    :raises NameclsError: if nothing is left of it.
    """
    if not state.edits or state.file is None:
        return table
    from namecls.edits.applying import apply_edits
    from namecls.edits.patch import read_patch

    return apply_edits(table, read_patch(state.file))


def read_edits(data: Path | None, file: Path) -> EditsRead:
    """The edits of a file that was opened."""
    try:
        return EditsRead(data, EditBook(data, file))
    except NameclsError as error:
        return EditsRead(data, None, str(error))
