"""Problems: what is wrong with a table of names, kind by kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar, cast

from rich.cells import cell_len
from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.geometry import Size
from textual.widget import Widget

from namecls.data.browse import KINDS, OR, PLAIN_KINDS, Doubtful, Kind, Problem
from namecls.data.inspection import Ambiguous, Duplicate, LabelCount
from namecls.data.near import UNASKED, NearDuplicate
from namecls.data.table import BadLine
from namecls.data.unlike import Unlike
from namecls.language import N_, _, again, ngettext
from namecls.text import safe
from tui import keys
from tui.drawing.cells import cut
from tui.drawing.palette import Palette
from tui.drawing.problem_words import HANDLED, NONE, TITLES
from tui.engine.browsing import Browsing, ProblemsFound, ProblemsWanted
from tui.forms.reading import in_the_app
from tui.screens.base import Place
from tui.state import DatasetState
from tui.widgets.drawn import Drawn, Spot
from tui.widgets.lists import CursorList, Moves

if TYPE_CHECKING:
    from namecls.data.handled import Handled
    from namecls.data.table import NameTable

_HEADS: dict[Kind, tuple[str, str, str]] = {
    "bad lines": (N_("line"), N_("reason"), N_("what stands there")),
    "duplicates": (N_("times"), N_("name"), N_("label, first line")),
    "several labels": (N_("labels"), N_("name"), N_("rows per label")),
    "doubts": (N_("rows"), N_("label"), N_("what looks wrong")),
    "near, labels differ": (N_("names"), N_("which"), N_("differ in, rows per label of each")),
    "near, one label": (N_("names"), N_("which"), N_("differ in, rows per label of each")),
    "unlike": (N_("line"), N_("name"), N_("label, what is unlike")),
}


class Kinds(Drawn):
    """The kinds of problems with their numbers, as far as they are known; a click turns to one."""

    def __init__(self, counts: dict[Kind, int]) -> None:
        super().__init__(id="kinds")
        self.counts = counts
        self.kind: Kind = KINDS[0]
        self._spots: list[tuple[int, int, int, Kind]] = []

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002
        return len(self._lines(width))

    def _lines(self, width: int) -> list[list[tuple[Kind, str]]]:
        """The kinds with their titles, on as many lines as they need."""
        lines: list[list[tuple[Kind, str]]] = [[]]
        for kind in KINDS:
            count = self.counts.get(kind)
            title = f" {_(TITLES[kind])} {'...' if count is None else f'{count:,}'} "
            if sum(cell_len(each) + 2 for _, each in lines[-1]) + cell_len(title) > width:
                lines.append([])
            lines[-1].append((kind, title))
        return lines

    def draw(self, width: int, height: int, palette: Palette) -> list[Text]:  # noqa: ARG002
        drawn = []
        self._spots = []
        for row, kinds in enumerate(self._lines(width)):
            line = Text(no_wrap=True)
            for kind, title in kinds:
                line.append("  " if line else "")
                start = line.cell_len
                named, _, count = title.strip().rpartition(" ")
                here = kind == self.kind
                style = f"bold {palette.accent}" if here else palette.muted
                line.append(f"[{named}" if here else f" {named}", style=style)
                line.append(f" {count}", style=palette.text)
                line.append("]" if here else " ", style=style)
                self._spots.append((row, start, line.cell_len, kind))
            drawn.append(line)
        return drawn

    def spots(self) -> Iterator[Spot]:
        for row, start, _end, kind in self._spots:
            yield Spot(start, row, partial(self._turn, kind))

    def on_click(self, event: events.Click) -> None:
        for row, start, end, kind in self._spots:
            if event.y == row and start <= event.x < end:
                self._turn(kind)

    def _turn(self, kind: Kind) -> None:
        cast("ProblemsScreen", self.screen).show_kind(kind)


class ProblemList(CursorList):
    """The problems of one kind, one page of them at a time."""

    HEAD: ClassVar[int] = 1
    FOOT: ClassVar[int] = 1

    def __init__(self, repeated: int, rows: int) -> None:
        super().__init__(id="problems")
        self._rows = rows
        self._repeated = repeated
        self._kind: Kind = KINDS[0]
        self._known = True
        self._problems: tuple[Problem, ...] = ()
        self._handled: tuple[Handled, ...] = ()
        self._start = 0

    @property
    def current(self) -> Problem | None:
        """The problem under the cursor, if it is here."""
        return self._problem(self.cursor)

    @property
    def wanted(self) -> ProblemsWanted | None:
        """The problems that should be fetched; None if none is missing."""
        start, stop = self.showing
        if start >= self._start and stop <= self._start + len(self._problems):
            return None
        return ProblemsWanted(self._kind, max(start - self.room, 0), stop + self.room)

    def turn(self, kind: Kind, count: int | None) -> None:
        """Another kind, of which there are so many; None: it is not known."""
        self._kind, self._problems, self._start = kind, (), 0
        self._known = count is not None
        self.set_count(count or 0)

    def show(
        self, wanted: ProblemsWanted, problems: tuple[Problem, ...], handled: tuple[Handled, ...]
    ) -> None:
        """Some of the problems, and what edits have made of each."""
        if wanted.kind == self._kind:
            self._problems, self._handled, self._start = problems, handled, wanted.start
            self.redraw()

    def head(self, width: int, palette: Palette) -> list[Text]:
        first, second, third = map(_, _HEADS[self._kind])
        line = self._columns(Text(first), Text(second), Text(third), width - 1)
        line.stylize(palette.muted)
        return [Text(" ").append_text(line)]

    def item(self, place: int, width: int, palette: Palette) -> Text:
        problem = self._problem(place)
        if problem is None:
            return Text("…", style=palette.faint)
        if isinstance(problem, BadLine):
            number, what = Text(f"{problem.line:,}"), Text(again(problem.reason), style=palette.warning)
            rest = Text(cut(problem.text, max(width, 8)).rstrip(), style=palette.muted)
        elif isinstance(problem, Duplicate):
            number, what = Text(f"{problem.rows:,}"), Text(cut(problem.name, 40).rstrip(), style=palette.text)
            rest = Text(cut(problem.label, 24).rstrip(), style=palette.label(problem.label))
            rest.append("  " + _("line {line:,}").format(line=problem.line), style=palette.muted)
        elif isinstance(problem, Doubtful):
            reason = cut(in_the_app(problem.reason), max(width, 8)).rstrip()
            number, rest = Text(f"{problem.rows:,}"), Text(reason, style=palette.warning)
            if not problem.label:
                number.align("right", 9)
                return Text("  ", no_wrap=True).join((number, rest))
            what = Text(cut(problem.label, 40).rstrip(), style=palette.label(problem.label))
        elif isinstance(problem, Unlike):
            number, what = Text(f"{problem.line:,}"), Text(cut(problem.name, 40).rstrip(), style=palette.text)
            rest = Text(cut(problem.label, 24).rstrip(), style=palette.label(problem.label))
            rest.append(f"  {cut(problem.text, max(width, 8)).rstrip()}", style=palette.warning)
        elif isinstance(problem, NearDuplicate):
            number, rest = Text(f"{len(problem.names)}"), Text(problem.text, style=palette.muted)
            names = " / ".join(cut(each.name, 30).rstrip() for each in problem.names[:4])
            what = Text(names, style=palette.text)
            for each in problem.names[:4]:
                rest.append("  " if each is problem.names[0] else " / ", style=palette.muted)
                rest.append_text(_rows_of(each.labels[:4], palette))
        else:
            number, what = (
                Text(f"{len(problem.labels)}"),
                Text(cut(problem.name, 40).rstrip(), style=palette.text),
            )
            rest = _rows_of(problem.labels[:12], palette)
        if done := self._handled[place - self._start]:
            rest = Text("  ").join((Text(_(HANDLED[done]), style=palette.accent), rest))
        return self._columns(number, what, rest, width)

    def _columns(self, first: Text, second: Text, third: Text, width: int) -> Text:
        middle = min(max(width * 2 // 5, 20), 44)
        first.align("right", 9)
        second.truncate(middle, overflow="ellipsis", pad=True)
        third.truncate(max(width - middle - 13, 4), overflow="ellipsis")
        return Text("  ", no_wrap=True).join((first, second, third))

    def empty(self, width: int, palette: Palette) -> list[Text]:  # noqa: ARG002
        told = _(NONE[self._kind])
        if not self._known:
            option = "--unlike" if self._kind == "unlike" else "--near"
            command = f"namecls data inspect FILE {option}"
            told = (
                _("In more than {rows:,} rows: {command}").format(rows=UNASKED, command=command)
                if self._rows > UNASKED
                else _("Looking for them ...")
            )
        return [Text(f" {told}", style=palette.muted, no_wrap=True)]

    def foot(self, width: int, palette: Palette) -> list[Text]:  # noqa: ARG002
        start, stop = self.showing
        dash = "-" if self.ascii_only else "–"
        shown = ""
        if self.count:
            shown = " " + _("{first:,}{dash}{last:,} of {count:,}").format(
                first=start + 1, dash=dash, last=stop, count=self.count
            )
        if self.count and self._kind == "duplicates":
            shown += ngettext(
                "; {n:,} row repeats another", "; {n:,} rows repeat another", self._repeated
            ).format(n=self._repeated)
        return [Text(shown, style=palette.muted, no_wrap=True)]

    def _problem(self, place: int) -> Problem | None:
        at = place - self._start
        return self._problems[at] if 0 <= at < len(self._problems) else None


def _rows_of(labels: Sequence[LabelCount], palette: Palette) -> Text:
    """Labels with their numbers of rows."""
    line = Text()
    for found in labels:
        line.append("  " if line else "")
        line.append(cut(found.label, 24).rstrip(), style=palette.label(found.label))
        line.append(f" {found.rows:,}", style=palette.muted)
    return line


class ProblemsScreen(Moves, Place):
    """Unusable lines, duplicates, names under several labels, labels in doubt, near-duplicates, rows unlike all others.

    :param counts: how many of each kind there are, as far as it is known.
    :param repeated: how many rows the duplicates repeat.
    :param show_name: called with the name that the user wants to see among the rows, or several with `OR` between.
    :param show_label: called with the label whose rows the user wants to see.
    """

    PLACE = "problems"
    TAB = "dataset"
    CSS_PATH = "problems.tcss"
    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("problems")

    def __init__(
        self,
        table: NameTable,
        browsing: Browsing,
        counts: dict[Kind, int],
        repeated: int,
        show_name: Callable[[str], None],
        show_label: Callable[[str], None],
    ) -> None:
        super().__init__()
        self._repeated = repeated
        self._table = table
        self._browsing = browsing
        self._counts = counts
        self._show_name, self._show_label = show_name, show_label

    def body(self) -> ComposeResult:
        yield Kinds(self._counts)
        yield ProblemList(self._repeated, len(self._table))

    def on_mount(self) -> None:
        self.watch(self.app, "dataset", self.show_dataset)
        self.show_kind(next((kind for kind in PLAIN_KINDS if self._counts[kind]), KINDS[0]))

    def focus_first(self) -> Widget | None:
        return self.query_one(ProblemList)

    def context(self) -> str:
        title = self._table.title if self.app.size.width >= 100 else safe(self._table.title, 12)
        return _("{table} · {n:,} problems").format(
            table=title, n=sum(self._counts[kind] for kind in PLAIN_KINDS)
        )

    def show_dataset(self, data: DatasetState) -> None:
        """These problems are those of one table; with another one open they are of no use."""
        if data.table is not self._table and self.is_active:
            self.dismiss()

    def on_screen_resume(self) -> None:
        self.show_dataset(self.bench.dataset)

    def show_kind(self, kind: Kind) -> None:
        """The problems of a kind."""
        kinds = self.query_one(Kinds)
        kinds.kind = kind
        kinds.redraw()
        self.query_one(ProblemList).turn(kind, self._counts.get(kind))
        self._fetch()

    def show_counts(self, counts: dict[Kind, int]) -> None:
        """What takes longest to find is found."""
        kinds = self.query_one(Kinds)
        unknown = kinds.kind not in self._counts
        self._counts = kinds.counts = counts
        kinds.redraw()
        kinds.refresh(layout=True)
        if unknown:
            self.show_kind(kinds.kind)

    def _fetch(self) -> None:
        wanted = self.query_one(ProblemList).wanted
        if wanted is not None and wanted.stop:
            self._browsing.ask(wanted, self.post_message)
        self.refresh_bindings()

    def on_cursor_list_moved(self, _message: CursorList.Moved) -> None:
        self._fetch()

    def on_problems_found(self, message: ProblemsFound) -> None:
        if message.table is self._table:
            self.query_one(ProblemList).show(message.wanted, message.problems, message.handled)
            self.refresh_bindings()

    def on_cursor_list_chosen(self, _message: CursorList.Chosen) -> None:
        self.action_choose()

    def action_choose(self) -> None:
        problem = self.query_one(ProblemList).current
        if isinstance(problem, NearDuplicate):
            self.dismiss()
            self._show_name(OR.join(each.name for each in problem.names))
        elif isinstance(problem, Duplicate | Ambiguous | Unlike):
            self.dismiss()
            self._show_name(problem.name)
        elif isinstance(problem, Doubtful) and problem.label:
            self.dismiss()
            self._show_label(problem.label)

    def action_turn(self, step: int) -> None:
        here = KINDS.index(self.query_one(Kinds).kind)
        self.show_kind(KINDS[(here + step) % len(KINDS)])

    def moved_in(self) -> ProblemList:
        return self.query_one(ProblemList)

    def action_back(self) -> None:
        self.dismiss()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        if action == "choose":
            problem = self.query_one(ProblemList).current
            if isinstance(problem, Doubtful):
                return bool(problem.label)
            return isinstance(problem, Duplicate | Ambiguous | NearDuplicate | Unlike)
        return True
