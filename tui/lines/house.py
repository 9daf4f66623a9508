"""What all places share: the names, their edits, the model, the training in the background."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from namecls.data.layout import Columns
from tui.engine.editing import EditBook, place_of
from tui.engine.library import Library
from tui.lines.speaking import Speaker

if TYPE_CHECKING:
    from namecls.data.table import NameTable
    from tui.engine.wanted import Answers, Explains


@dataclass
class House:
    """What is open.

    :param every: seconds between two sentences about a training.
    :param model: of Predict; None: the shipped one.
    :param columns: how the names are read.
    :param given_edits: where the edits of the names are kept; None: beside them.
    """

    speaker: Speaker
    save_dir: Path
    data: Path | None = None
    model: Path | None = None
    given_edits: Path | None = None
    every: float = 10.0
    engine: Library = field(default_factory=Library)
    columns: Columns = field(default_factory=Columns)
    _table: NameTable | None = None
    _book: EditBook | None = None
    _answers: Answers | None = None
    _explains: Explains | None = None

    def table(self) -> NameTable:
        """The names, read when they are first wanted."""
        if self._table is None:
            self._table = self.engine.load_dataset(self.data, self.columns)
        return self._table

    def book(self) -> EditBook:
        """The edits of these names."""
        if self._book is None:
            self._book = EditBook(self.data, self.given_edits or place_of(self.data, self.save_dir))
        return self._book

    def open(self, data: Path | None, columns: Columns | None = None) -> NameTable:
        """Open other names; those before stay where they can't be read.

        :param columns: how the file is to be read; None: as it looks.
        """
        columns = columns or Columns()
        table = self.engine.load_dataset(data, columns)
        self.close()
        self.columns = columns
        self._table, self.data, self.given_edits = table, data, None
        return table

    def answers(self) -> Answers:
        """The model, loaded when it is first wanted."""
        if self._answers is None:
            self._answers = self.engine.load_predictor(self.model)
        return self._answers

    def explains(self) -> Explains:
        """What explains its answers."""
        if self._explains is None:
            self._explains = self.engine.explains(self.answers())
        return self._explains

    def use(self, model: Path) -> Answers:
        """Answer with another model; the one before stays where it can't be read."""
        answers = self.engine.load_predictor(model)
        self.model, self._answers, self._explains = model, answers, None
        return answers

    def close(self) -> None:
        """Let others write the edits."""
        if self._book is not None:
            self._book.close()
            self._book = None
