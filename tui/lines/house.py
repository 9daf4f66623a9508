"""What all places share: the names, their edits, the model, the training in the background."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from namecls.calibration.population import DATA
from namecls.data.layout import Columns
from namecls.guarantees import COVERAGE
from namecls.language import ngettext
from namecls.runs.discarded import Discards
from tui.engine.editing import EditBook, edited, place_of
from tui.engine.library import Library
from tui.lines.numbered import Numbered
from tui.lines.speaking import Speaker

if TYPE_CHECKING:
    from namecls.answers import Prediction
    from namecls.data.table import NameTable
    from namecls.runs.listing import RunInfo
    from tui.engine.wanted import Answers, Explains


@dataclass
class House:
    """What is open.

    :param every: seconds between two sentences about a training.
    :param model: of Predict; None: the shipped one.
    :param columns: how the names are read.
    :param given_prior: a file with the shares of a population, to answer for.
    :param prior: the population that is answered for.
    :param labels: how many labels are said of a name.
    :param tried: the names that were answered, in their order.
    :param given_edits: where the edits of the names that are open first are kept; None: beside them.
    """

    speaker: Speaker
    save_dir: Path
    data: Path | None = None
    model: Path | None = None
    given_edits: Path | None = None
    every: float = 10.0
    engine: Library = field(default_factory=Library)
    columns: Columns = field(default_factory=Columns)
    given_prior: Path | None = None
    prior: str = DATA
    labels: int = 5
    coverage: float = COVERAGE
    risk: float | None = None
    tried: dict[str, Prediction] = field(default_factory=dict)
    opened: int = 0  # how often other names were opened
    places: dict[Path | None, Path] = field(default_factory=dict)  # where edits are kept that are not beside
    discards: Discards = field(default_factory=Discards)  # the runs that were deleted
    _table: NameTable | None = None
    _book: EditBook | None = None
    _answers: Answers | None = None
    _explains: Explains | None = None
    _answering: Answers | None = None  # the model, asked about the population

    def __post_init__(self) -> None:
        self.models: Numbered[RunInfo] = Numbered(
            lambda: [info for info in self.engine.list_runs(self.save_dir) if info.usable],
            lambda info: info.directory,
            self.engine.describe_run,
        )
        if self.given_edits is not None:
            self.places[self.data] = self.given_edits

    def table(self) -> NameTable:
        """The names, read when they are first wanted."""
        if self._table is None:
            self._table = self.engine.load_dataset(self.data, self.columns)
        return self._table

    def book(self) -> EditBook:
        """The edits of these names."""
        if self._book is None:
            file = self.places.get(self.data) or place_of(self.data, self.save_dir)
            self._book = EditBook(self.data, file)
            if self._book.cut_off:
                self.speaker.say(f"{file.name}: {self._book.cut_off}")
        return self._book

    def edited(self) -> NameTable:
        """The names with their edits, as they are trained on."""
        return edited(self.table(), self.book().state)

    def edits_file(self) -> Path | None:
        """Where the edits of these names are kept; None: there are none."""
        state = self.book().state
        return state.file if state.count else None

    def told(self) -> str:
        """The names that are open, in a sentence."""
        table = self.table()
        told = ngettext(
            "{title}: {n:,} row, {labels:,} labels.", "{title}: {n:,} rows, {labels:,} labels.", len(table)
        )
        return told.format(title=table.title, n=len(table), labels=len(table.labels))

    def open(self, data: Path | None, columns: Columns | None = None) -> NameTable:
        """Open other names; those before stay where they can't be read.

        :param columns: how the file is to be read; None: as it looks.
        """
        columns = columns or Columns()
        table = self.engine.load_dataset(data, columns)
        self.close()
        self.columns = columns
        self.opened += 1
        self._table, self.data = table, data
        return table

    def answers(self) -> Answers:
        """The model, loaded when it is first wanted."""
        if self._answers is None:
            self._answers = self.engine.load_predictor(self.model)
        return self._answers

    def answering(self) -> Answers:
        """The model, asked about the population that is answered for."""
        if self._answering is None and self.prior != DATA:
            self.answer_for(self.prior)
        return self._answering or self.answers()

    def answer_for(self, prior: str) -> None:
        """Answer for another population.

        :raises NameclsError: if the model can't.
        """
        self._answering = self.answers().under(prior) if prior != DATA else None
        self.prior = prior

    def tell_regions(self, path: str) -> None:
        """Tell the regions of a file.

        :raises DataError: if the file does not tell those of all labels.
        """
        self._answers = self.engine.with_regions(self.answers(), path)
        self._explains = None
        self.answer_for(self.prior)

    def explains(self) -> Explains:
        """What explains its answers."""
        if self._explains is None:
            self._explains = self.engine.explains(self.answers())
        return self._explains

    def use(self, model: Path) -> Answers:
        """Answer with another model, for the same population; the one before stays where it can't be read.

        :raises NameclsError: if it can't be read, or can't answer for the population: then it answers for its own.
        """
        answers = self.engine.load_predictor(model)
        self.model, self._answers, self._explains = model, answers, None
        prior, self._answering, self.prior = self.prior, None, DATA
        self.answer_for(prior)
        return answers

    def end(self) -> None:
        """Let others write the edits, and delete for good what was deleted."""
        self.close()
        self.discards.end()

    def close(self) -> None:
        """Let others write the edits."""
        if self._book is not None:
            self._book.close()
            self._book = None
