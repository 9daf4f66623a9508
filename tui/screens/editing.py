"""What the screens have in common on which rows are mended: marks, edits, undo and redo."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from namecls.edits.edit import BY_HAND, Edit, Reason
from namecls.errors import NameclsError
from namecls.language import _
from tui.drawing.edited import RowKey
from tui.screens.base import Place


class Editing(Place):
    """A screen with a list of rows that can be mended. What is marked is edited at once, as one step."""

    def __init__(self) -> None:
        super().__init__()
        self.marks: dict[RowKey, None] = {}

    # -- what a screen says of its rows --

    def pointed(self) -> RowKey | None:
        """The row under the cursor, if the keys are for rows now."""
        raise NotImplementedError

    def proposed(self, row: RowKey) -> Sequence[Edit]:  # noqa: ARG002
        """The edits that are suggested for a row, with the labels that there are by now."""
        return ()

    def reason(self, row: RowKey) -> Reason:  # noqa: ARG002
        """Why the row is looked at."""
        return BY_HAND

    def duplicates(self, row: RowKey) -> Sequence[RowKey]:
        """The rows of the file that an edit of a row is of."""
        return (row,)

    def marks_changed(self) -> None:
        """Draw the marks."""
        raise NotImplementedError

    def step_on(self) -> None:
        """Go to the next row."""

    def ready_to_edit(self) -> bool:
        """Whether the rows are those of the file that is open; if not, it is opened, and said."""
        return True

    # -- the keys --

    @property
    def _chosen(self) -> list[RowKey]:
        row = self.pointed()
        return list(self.marks) or ([row] if row is not None else [])

    def _of_each(self, make: Callable[[RowKey, Reason], Edit]) -> list[Edit]:
        """An edit of each row that is chosen, and of its duplicates."""
        return [make(each, self.reason(row)) for row in self._chosen for each in self.duplicates(row)]

    def action_mark(self) -> None:
        if (row := self.pointed()) is not None:
            if row in self.marks:
                del self.marks[row]
            else:
                self.marks[row] = None
            self.step_on()
            self.marks_changed()

    def action_mark_all(self) -> None:
        """Mark all rows that the list is of; if some are marked, none."""
        raise NotImplementedError

    def mark_these(self, rows: Sequence[RowKey]) -> None:
        """Mark these rows, and no others."""
        self.marks = dict.fromkeys(rows)
        self.marks_changed()

    def action_drop(self) -> None:
        self._edit(self._of_each(lambda row, why: Edit.drop(row.name, row.label, row.line, why)))

    def action_keep(self) -> None:
        self._edit(self._of_each(lambda row, why: Edit.keep(row.name, row.label, row.line, why)))

    def action_accept(self) -> None:
        """What is suggested."""
        self._edit([edit for row in self._chosen for edit in self.proposed(row)])

    def action_relabel(self) -> None:
        from tui.screens.relabel import RelabelScreen

        rows = [each for row in self._chosen for each in self.duplicates(row)]
        suggested = next((edit.to for row in self._chosen for edit in self.proposed(row)), "")
        first = suggested or (self.bench.edits.now(rows[0]).label if rows else "")
        table = self.bench.dataset.table
        if not rows or not self.ready_to_edit():
            return
        title = _("a label for {rows:,} rows").format(rows=len(rows))
        if len(rows) == 1:
            title = _("a label for {name}").format(name=rows[0].name)

        def answered(label: str | None) -> None:
            if label is not None:
                others = [row for row in rows if self.bench.edits.now(row).label != label]
                self._edit_each(lambda row: Edit.relabel(row.name, row.label, row.line, label), others)

        labels = self.bench.edits.labels_now(table.labels if table is not None else ())
        self.app.push_screen(RelabelScreen(title, labels, first), answered)

    def action_correct(self) -> None:
        from tui.screens.relabel import CorrectScreen

        row = self.pointed()
        if row is None or not self.ready_to_edit():
            return

        def answered(name: str | None) -> None:
            if name is not None:
                self._edit_each(lambda row: Edit.correct(row.name, row.label, row.line, name), [row])

        self.app.push_screen(CorrectScreen(self.bench.edits.now(row).name), answered)

    def action_undo(self) -> None:
        self.bench.mending.undo()

    def action_redo(self) -> None:
        self.bench.mending.redo()

    def _edit_each(self, make: Callable[[RowKey], Edit], rows: Sequence[RowKey]) -> None:
        """Make an edit of each row, of what was typed: it may be no label, or no name."""
        try:
            edits = [make(row) for row in rows]
        except NameclsError as error:
            self.say(str(error), problem=True)
        else:
            self._edit(edits)

    def _edit(self, edits: Sequence[Edit]) -> None:
        if not edits or not self.ready_to_edit():
            return
        if self.bench.mending.make(edits):
            one = not self.marks
            self.marks = {}
            self.marks_changed()
            if one:
                self.step_on()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in ("mark", "mark_all", "drop", "keep", "relabel", "correct", "accept"):
            return self.pointed() is not None
        if action == "undo":
            return bool(self.bench.edits.undo)
        if action == "redo":
            return bool(self.bench.edits.redo)
        return super().check_action(action, parameters)
