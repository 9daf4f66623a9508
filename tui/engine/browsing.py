"""The thread beside Dataset: it owns the catalog of the open table and answers questions about it, of its rows as edits
have them by now.

Of each kind of question only the latest waits. An answer carries its question and its table, so that whoever asked
can drop what is no longer wanted.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from textual.message import Message

from namecls.data.browse import KINDS, PLAIN_KINDS, Catalog, Details, Kind, Problem, Query, Row, Selection
from namecls.data.doubts import Doubt
from namecls.data.handled import Handled, by_now, handled, problems_left
from namecls.data.inspection import LabelRows
from namecls.data.near import UNASKED
from tui.engine.editing import NO_EDITS, EditState, Followed
from tui.engine.threads import Answering, Post, spawn

if TYPE_CHECKING:
    from namecls.data.table import NameTable


@dataclass(frozen=True, slots=True)
class RowsWanted:
    """The rows from `start` to before `stop` of what a query finds.

    :param line: of a row that the cursor is to be on: as many rows around it; 0: the first.
    """

    query: Query
    start: int
    stop: int
    line: int = 0


@dataclass(frozen=True, slots=True)
class EveryWanted(RowsWanted):
    """The same, to mark them or to write them: it takes the place of no question for the rows that show."""

    to_save: bool = False


@dataclass(frozen=True, slots=True)
class DetailsWanted:
    """All about a name."""

    name: str


@dataclass(frozen=True, slots=True)
class ProblemsWanted:
    """The problems of a kind from `start` to before `stop`."""

    kind: Kind
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class LeftWanted:
    """How many problems of the plain kinds edits have not dealt with."""


Question = RowsWanted | DetailsWanted | ProblemsWanted | LeftWanted


@dataclass(eq=False)
class RowsFound(Message):
    """`total` rows answer the query; these are the ones asked for. `labels` counts them whatever their label.

    :param dropped: how many of those that `labels` counts are dropped, and not counted.
    :param cursor: the place of the row that the cursor is to be on.
    """

    table: NameTable
    wanted: RowsWanted
    total: int
    labels: tuple[LabelRows, ...]
    rows: tuple[Row, ...]
    dropped: int = 0
    cursor: int = 0


@dataclass(eq=False)
class EveryFound(Message):
    """The rows of `EveryWanted`, of `total` that answer the query."""

    table: NameTable
    query: Query
    total: int
    rows: tuple[Row, ...]
    to_save: bool


@dataclass(eq=False)
class DetailsFound(Message):
    """All about a name."""

    table: NameTable
    details: Details


@dataclass(eq=False)
class ProblemsFound(Message):
    """The problems that were asked for, and what edits have made of each."""

    table: NameTable
    wanted: ProblemsWanted
    problems: tuple[Problem, ...]
    handled: tuple[Handled, ...]


@dataclass(eq=False)
class ProblemsLeft(Message):
    """So many problems of the plain kinds edits have not dealt with."""

    table: NameTable
    problems: int


@dataclass(eq=False)
class TableStudied(Message):
    """What takes longer is known too: the split of each row, how many problems of each plain kind there are, and
    how many rows the duplicates repeat."""

    table: NameTable
    problems: dict[Kind, int]
    repeated: int
    different: dict[str, int]  # rows of each label, exact duplicates counted once
    doubts: tuple[Doubt, ...]


@dataclass(eq=False)
class ProblemsCounted(Message):
    """How many problems there are of the kinds that take longest to find."""

    table: NameTable
    problems: dict[Kind, int]


class Browsing(Answering):
    """The thread, and the way to talk to it.

    :param post: where `TableStudied`, `ProblemsCounted` and errors go.
    """

    def __init__(self, post: Post) -> None:
        super().__init__()
        self._post = post
        self._table: NameTable | None = None
        self._edits = NO_EDITS
        self._questions: dict[tuple[type, bool], tuple[Question, Post]] = {}

    def open(self, table: NameTable) -> None:
        """Answer about another table."""
        with self._asking():
            self._table = table
            self._questions.clear()

    def edit(self, edits: EditState) -> None:
        """Answer what is asked from now on as these edits have the rows."""
        with self._asking():
            self._edits = edits

    def ask(self, question: Question, post: Post) -> None:
        """Have a question answered, by a message to `post`. It takes the place of one of its kind that waits."""
        with self._asking():
            to_save = isinstance(question, EveryWanted) and question.to_save
            self._questions[type(question), to_save] = question, post

    def run(self) -> None:
        """Body of the thread."""
        followed: Followed | None = None
        selection: Selection | None = None
        studied = False
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._closed or self._table or self._questions)
                if self._closed:
                    return
                if self._table is not None:
                    followed, selection, studied = Followed(Catalog(self._table)), None, False
                    self._table = None
                    continue
                # What was asked first; but what is judged one by one waits until nobody asks for rows.
                asked = min(self._questions, key=lambda kind: kind[0] is LeftWanted)
                question, post = self._questions.pop(asked)
                edits = self._edits
            if followed is None:
                continue
            if followed.follow(edits):
                selection = None
            catalog = followed.catalog
            if isinstance(question, RowsWanted):
                if selection is None or selection.query != question.query:
                    selection = catalog.select(question.query)
                found = _rows(catalog, selection, question)
                if isinstance(question, EveryWanted):
                    post(EveryFound(found.table, question.query, found.total, found.rows, question.to_save))
                else:
                    post(found)
            elif isinstance(question, DetailsWanted):
                post(DetailsFound(catalog.table, catalog.details(question.name)))
            elif isinstance(question, LeftWanted):
                left = sum(problems_left(catalog, kind) for kind in PLAIN_KINDS)
                post(ProblemsLeft(catalog.table, left))
            else:
                problems = tuple(catalog.problems(question.kind, question.start, question.stop))
                done = tuple(handled(catalog, problem) for problem in problems)
                shown = tuple(by_now(catalog, problem) for problem in problems)
                post(ProblemsFound(catalog.table, question, shown, done))
            if not studied:
                studied = True
                self._study(catalog)

    def _study(self, catalog: Catalog) -> None:
        """In a thread of its own, since it may take seconds and questions come meanwhile."""

        def study() -> None:
            catalog.find_sides()
            counts: dict[Kind, int] = {kind: catalog.problem_count(kind) for kind in PLAIN_KINDS}
            table, different = catalog.table, catalog.different_rows
            self._post(TableStudied(table, counts, catalog.repeated_rows, different, catalog.doubts))
            if len(table) <= UNASKED:
                self._post(ProblemsCounted(table, {kind: catalog.problem_count(kind) for kind in KINDS}))

        spawn("study", study, self._post)


def _rows(catalog: Catalog, selection: Selection, wanted: RowsWanted) -> RowsFound:
    cursor = 0
    if wanted.line:
        cursor, count = selection.place_of(wanted.line), wanted.stop - wanted.start
        start = max(cursor - count // 2, 0)
        wanted = replace(wanted, start=start, stop=start + count)
    rows = tuple(selection.rows(wanted.start, wanted.stop))
    labels, dropped = selection.labels, selection.dropped
    return RowsFound(catalog.table, wanted, len(selection), labels, rows, dropped, cursor)
