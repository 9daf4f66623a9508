"""What is wrong with a table, kind by kind, and the rows behind each problem, to be mended."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from namecls.data.browse import KINDS, PLAIN_KINDS, Catalog, Doubtful, Query
from namecls.data.handled import by_now, handled
from namecls.data.inspection import Duplicate, LabelCount
from namecls.data.near import UNASKED, NearDuplicate
from namecls.data.table import BadLine
from namecls.data.unlike import Unlike
from namecls.language import N_, _, ngettext
from namecls.wide import in_a_row
from tui.drawing.edited import RowKey
from tui.drawing.problem_words import HANDLED, NONE, TITLES
from tui.engine.editing import MOST_MARKED
from tui.forms.reading import in_the_app
from tui.lines.house import House
from tui.lines.place import Command, chosen, number_of
from tui.lines.rows import PAGE, Listed, Rows
from tui.lines.speaking import entry, full, series

if TYPE_CHECKING:
    from namecls.data.browse import Kind, Problem


class Problems(Rows):
    """The kinds of problems, the problems of one, and the rows of one of these.

    :param catalog: gives that of the names that are open, as the edits have them by now.
    """

    title = N_("Problems")
    hint = N_("kind lists the problems of a kind, rows the rows of one. Type ? for what can be done here.")

    def __init__(self, house: House, catalog: Callable[[], Catalog]) -> None:
        super().__init__(house)
        self._ask_catalog = catalog
        self._kind: Kind = KINDS[0]
        self._at = 0
        self._problems: Sequence[Problem] = ()
        self.commands = [
            Command("kinds", N_("the kinds of problems, and how many there are"), self.kinds),
            Command("kind", N_("the problems of a kind, by number or name"), self.kind),
            *self.paging,
            Command("rows", N_("the rows of a problem, by its number, to be mended"), self.rows_of),
            *self.mending,
        ]

    def greet(self) -> None:
        super().greet()
        self.kinds("")

    @property
    def _catalog(self) -> Catalog:
        return self._ask_catalog()

    def _count(self, kind: Kind) -> str:
        if kind in PLAIN_KINDS:
            return f"{self._catalog.problem_count(kind):,}"
        return _("kind looks for them")

    def kinds(self, _rest: str) -> None:
        self.speaker.number(entry(_(TITLES[kind]), self._count(kind)) for kind in KINDS)

    def kind(self, rest: str) -> None:
        titles = [_(TITLES[kind]) for kind in KINDS]
        at = chosen(rest, titles)
        if at is None:
            self.kinds("")
            return
        self._kind = KINDS[at]
        if self._kind not in PLAIN_KINDS and len(self._catalog.table) > UNASKED:
            self.speaker.say(_("There are many rows; this takes a while."))
        self.special = None
        self._list(0)

    def _list(self, start: int) -> None:
        total = self._catalog.problem_count(self._kind)
        if not total:
            self.speaker.say(_(NONE[self._kind]))
            return
        found = self._catalog.problems(self._kind, start, start + PAGE)
        if not found:
            self.speaker.say(_("There are no rows there."))
            return
        self._at, self._problems = start, found
        told = _("{kind}: {first:,} to {last:,} of {total:,}.")
        last = start + len(found)
        self.speaker.say(told.format(kind=_(TITLES[self._kind]), first=start + 1, last=last, total=total))
        self.speaker.number(map(self._told, found))

    def _told(self, problem: Problem) -> str:
        """A problem in a sentence, and what edits have made of it."""
        catalog = self._catalog
        done, told = handled(catalog, problem), told_problem(by_now(catalog, problem))
        return in_a_row(told, full(_(HANDLED[done]).capitalize())) if done else told

    def turn(self, pages: int) -> None:
        if self.special is not None:
            super().turn(pages)
        else:
            self._list(max(self._at + pages * PAGE, 0))

    def usual(self, start: int, stop: int) -> tuple[int, Sequence[Listed]]:  # noqa: ARG002
        return 0, ()

    def rows(self, text: str) -> Sequence[Listed]:
        if self.special is None:
            self.speaker.say(_("rows lists the rows of a problem; these can be mended."))
            return ()
        return super().rows(text)

    def rows_of(self, rest: str) -> None:
        at = number_of(rest, len(self._problems))
        if at is None:
            self.speaker.say(_("Name a problem of the list by its number; kind lists some."))
            return
        rows = self._rows_of(self._problems[at - 1])
        if rows:
            self.special = rows
            self.show()
        else:
            self.speaker.say(_("No row of the names stands behind it."))

    def _rows_of(self, problem: Problem) -> Sequence[Listed]:
        if isinstance(problem, BadLine):
            return ()
        if isinstance(problem, Doubtful):
            found = (
                self._catalog.select(Query(label=problem.label)).rows(0, MOST_MARKED) if problem.label else ()
            )
            return [Listed(RowKey(row.line, row.name, row.label)) for row in found]
        if isinstance(problem, Unlike):
            return [Listed(RowKey(problem.line, problem.name, problem.label), problem.text)]
        names = (
            [each.name for each in problem.names] if isinstance(problem, NearDuplicate) else [problem.name]
        )
        label = problem.label if isinstance(problem, Duplicate) else None
        return [
            Listed(RowKey(row.line, row.name, row.label))
            for name in names
            for row in self._catalog.details(name).rows
            if label in (None, row.label)
        ]


def told_problem(problem: Problem) -> str:
    """A problem in a sentence."""
    if isinstance(problem, BadLine):
        told = _("Line {line:,}: {reason}: {text}")
        return told.format(line=problem.line, reason=problem.reason, text=problem.text)
    if isinstance(problem, Duplicate):
        told = _("{name}, {label}, {rows:,} times, first in line {line:,}.")
        return told.format(name=problem.name, label=problem.label, rows=problem.rows, line=problem.line)
    if isinstance(problem, Doubtful):
        rows = ngettext("{rows:,} row", "{rows:,} rows", problem.rows).format(rows=problem.rows)
        of = series((problem.label, rows)) if problem.label else rows
        return entry(of, in_the_app(problem.reason))
    if isinstance(problem, Unlike):
        told = _("{name}, {label}, line {line:,}: {text}.")
        return told.format(name=problem.name, label=problem.label, line=problem.line, text=problem.text)
    if isinstance(problem, NearDuplicate):
        names = series(f"{each.name} ({_labels(each.labels)})" for each in problem.names)
        return entry(names, problem.text)
    return entry(problem.name, _labels(problem.labels))


def _labels(labels: Sequence[LabelCount]) -> str:
    return series(f"{each.label} {each.rows:,}" for each in labels)
