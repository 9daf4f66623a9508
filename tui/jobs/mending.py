"""The edits of the open file: read when it is opened, made, undone, and what a training gets of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from namecls.errors import NameclsError
from namecls.language import _
from tui.engine.editing import EditBook, EditState, place_of
from tui.engine.messages import EditsRead
from tui.engine.threads import fetch
from tui.jobs.desk import Desk

if TYPE_CHECKING:
    from namecls.edits.edit import Edit


class Mending:
    """The edits of one file at a time.

    :param given: where those of the first file are kept; None: beside it.
    :param desk: the app; `edits` is set here and nowhere else.
    """

    def __init__(self, given: Path | None, save_dir: Path, desk: Desk) -> None:
        self._save_dir, self._desk = save_dir, desk
        self._given = given
        self._places: dict[Path | None, Path] = {}  # of the first file, if it is given
        self._book: EditBook | None = None
        self._problem = ""

    def open(self, data: Path | None) -> None:
        """Read the edits of a file, unless they are read already."""
        if self._book is not None and self._book.data == data:
            return
        self.close()
        if self._given is not None:
            self._places, self._given = {data: self._given}, None
        file = self._places.get(data) or place_of(data, self._save_dir)
        fetch(
            "edits",
            lambda: EditsRead(data, EditBook(data, file)),
            lambda problem: EditsRead(data, None, problem),
            self._desk.post_message,
        )

    def read(self, message: EditsRead, data: Path | None) -> None:
        """They are read.

        :param data: the file that is open by now.
        """
        if message.data != data or self._book is not None:
            if message.book is not None:
                message.book.close()
            return
        self._book, self._problem = message.book, message.problem
        if message.problem:
            self._desk.say(
                _("Its edits can't be used: {problem}").format(problem=message.problem), problem=True
            )
        elif message.book is not None:
            self._tell()
            if message.book.cut_off:
                self._desk.say(f"{message.book.file.name}: {message.book.cut_off}", problem=True)
            if self._desk.edits.count:
                self._desk.say(
                    _("{file}: {edits}; a training here uses them.").format(
                        file=message.book.file.name, edits=self._desk.edits.told
                    )
                )

    def make(self, edits: Sequence[Edit]) -> bool:
        """Make those edits that change something, as one step; whether they could be written."""
        if self._book is None:
            self._desk.say(self._problem or _("The file is being read; wait a moment."), problem=True)
            return False
        book = self._book
        return self._do(lambda: book.make(edits))

    def undo(self) -> None:
        """Undo the last step."""
        told = self._desk.edits.undo
        if self._book is not None and self._do(self._book.undo) and told:
            self._desk.say(_("Undone: {edit}").format(edit=told))

    def redo(self) -> None:
        """Do the step again that was undone last."""
        told = self._desk.edits.redo
        if self._book is not None and self._do(self._book.redo) and told:
            self._desk.say(_("Done again: {edit}").format(edit=told))

    def close(self) -> None:
        """Let other processes write to the file."""
        if self._book is not None:
            self._book.close()
        self._book, self._problem = None, ""
        self._desk.edits = EditState()

    def _do(self, change: Callable[[], object]) -> bool:
        try:
            change()
        except NameclsError as error:
            self._desk.say(str(error), problem=True)
            return False
        self._tell()
        return True

    def _tell(self) -> None:
        if self._book is not None:
            self._desk.edits = self._book.state
