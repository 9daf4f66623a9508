"""Rows of the open file that are probably labelled wrongly, in place of the rows that a screen lists itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from namecls.edits.edit import Edit, Reason
from namecls.errors import NameclsError
from namecls.language import _
from namecls.results import Mistake
from tui.drawing.edited import RowKey
from tui.engine.editing import NO_EDITS, Suspects, edited, row_of
from tui.jobs.suspecting import Suspecting, SuspectSearch, SuspectsFound
from tui.screens.editing import Editing

if TYPE_CHECKING:
    from namecls.data.table import NameTable
    from tui.state import DatasetState


class Suspicious(Editing):
    """A screen with a list of rows that are labelled otherwise than a model would, and a search for more of them."""

    def __init__(self) -> None:
        super().__init__()
        self.search: SuspectSearch | None = None  # that runs
        self.suspects: Suspects | None = None  # what it found, if these show
        self._searched: NameTable | None = None  # the file of the suspects
        self._edits_then = NO_EDITS  # with which they were searched for
        self._own: dict[RowKey, Mistake] = {}  # the rows of the screen, while these are listed
        self._place = (0, 0, 0.0)  # how far the search is
        self._waits = False  # for the file to be read

    # -- what a screen says of its own rows --

    def own_rows(self) -> Sequence[Mistake]:
        """The rows that it lists if no suspects show."""
        raise NotImplementedError

    def own_reason(self, row: Mistake) -> Reason:
        """By what the label is suggested that the model gave one of these."""
        raise NotImplementedError

    def relist(self) -> None:
        """List the rows anew, all of them."""
        raise NotImplementedError

    def list_nothing(self, word: str) -> None:
        """List no rows; why, in a word."""
        raise NotImplementedError

    # -- rows --

    @property
    def rows(self) -> Sequence[Mistake]:
        """What is listed, if all is."""
        return self.suspects.rows if self.suspects is not None else self.own_rows()

    @property
    def is_busy_with_suspects(self) -> bool:
        """Whether suspects show, or are searched for."""
        return self._waits or self.search is not None or self.suspects is not None

    def forget_suspects(self) -> None:
        """Stop the search, and list the screen's own rows."""
        if self.search is not None:
            self.search.close()
        self.search = self.suspects = None
        self._waits = False
        self.know()

    def know(self) -> None:
        """Other rows are listed."""
        self._own = {key_of(row): row for row in self.own_rows()} if self.suspects is None else {}
        self.marks = {}

    def proposed(self, row: RowKey) -> Sequence[Edit]:
        edits: Sequence[Edit] = ()
        if self.suspects is not None:
            edits = self.suspects.edits.get(row, ())
        elif (mistake := self._own.get(row)) is not None:
            edits = (Edit.relabel(row.name, row.label, row.line, mistake.given, self.reason(row)),)
        return [self.bench.edits.accepted(edit) for edit in edits]

    def reason(self, row: RowKey) -> Reason:
        if self.suspects is not None:
            return self.suspects.edits[row][0].why
        return self.own_reason(self._own[row])

    def duplicates(self, row: RowKey) -> Sequence[RowKey]:
        if self.suspects is None:
            return super().duplicates(row)
        return [row_of(edit) for edit in self.suspects.edits[row]]

    @property
    def shows_open_file(self) -> bool:
        """Whether suspects show, and are rows of the file that is open."""
        return self.suspects is not None and self.bench.dataset.ready is self._searched

    # -- the search --

    def action_suspects(self) -> None:
        """Search in the open file; if suspects show, or are searched for: back to the screen's own rows."""
        table = self.bench.dataset.ready
        if self.is_busy_with_suspects:
            self.forget_suspects()
            self.relist()
        elif table is None:
            self._waits = True
            self.bench.need_dataset()
            self.list_nothing(_("Reading the file ..."))
        else:
            self._begin(table)

    def hear_of_dataset(self, data: DatasetState) -> None:
        """Search as soon as the file is read, if that was waited for."""
        if self._waits and data.status == "ready" and data.table is not None:
            self._begin(data.table)
        elif self._waits and data.status == "failed":
            self._waits = False
            self.relist()
            self.say(data.problem, problem=True)

    def _begin(self, table: NameTable) -> None:
        self._waits = False
        try:
            data = edited(table, self.bench.edits)
        except NameclsError as error:
            self.say(str(error), problem=True)
            return
        self._searched, self._edits_then = table, self.bench.edits
        self.search = SuspectSearch(self.bench.engine.find_suspects(data), self.post_message)
        self.search.begin(self.app.post_message)
        self._tell(0, 0, 0.0)

    def action_pause(self) -> None:
        if self.search is not None:
            self.search.pause()
            self._tell(*self._place)

    def _tell(self, fold: int, folds: int, share: float) -> None:
        self._place = (fold, folds, share)
        where = (
            _("network {fold} of {folds}, {share:.0f} %").format(fold=fold, folds=folds, share=100 * share)
            if folds
            else _("preparing")
        )
        waits = self.search is not None and self.search.is_paused
        told = (
            _("Paused: {where}. P pauses, w stops.") if waits else _("Searching: {where}. P pauses, w stops.")
        )
        self.list_nothing(told.format(where=where))

    def on_suspecting(self, message: Suspecting) -> None:
        if message.search is self.search:
            self._tell(message.fold, message.folds, message.share)

    def on_suspects_found(self, message: SuspectsFound) -> None:
        if message.search is not self.search:
            return
        self.search = None
        self.suspects = message.found
        if self.suspects is not None and self._searched is not None:
            self.suspects = self.suspects.of_file(self._searched.labels, self._edits_then)
        self.know()
        self.relist()
        if message.found is not None:
            rows, wrong = len(message.found.rows), message.found.estimated
            self.say(
                _("{rows:,} rows are suspicious; about {wrong:,} labels are estimated to be wrong.").format(
                    rows=rows, wrong=wrong
                )
            )
        elif message.problem:
            self.say(message.problem, problem=True)

    def on_unmount(self) -> None:
        if self.search is not None:
            self.search.close()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "pause":
            return self.search is not None
        return super().check_action(action, parameters)


def key_of(row: Mistake) -> RowKey:
    """The row, as the table of the file has it."""
    return RowKey(row.line, row.name, row.label)
