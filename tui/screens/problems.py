"""Problems: what is wrong with a table of names, kind by kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, cast

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widget import Widget

from namecls.data.browse import KINDS, Doubtful, Kind, Problem
from namecls.data.inspection import Ambiguous, Duplicate
from namecls.data.table import BadLine
from namecls.text import safe
from tui import keys
from tui.drawing.cells import cut
from tui.drawing.palette import Palette
from tui.engine.browsing import Browsing, ProblemsFound, ProblemsWanted
from tui.forms.reading import in_the_app
from tui.screens.base import Place
from tui.state import DatasetState
from tui.widgets.drawn import Drawn
from tui.widgets.lists import CursorList, Moves

if TYPE_CHECKING:
    from namecls.data.table import NameTable

_TITLES: dict[Kind, str] = {
    "bad lines": "unusable lines",
    "duplicates": "duplicates",
    "several labels": "several labels",
    "doubts": "labels in doubt",
}
_NONE: dict[Kind, str] = {
    "bad lines": "Every line of the file could be used.",
    "duplicates": "No name stands twice under the same label.",
    "several labels": "Every name stands under one label.",
    "doubts": "No two labels look alike, and all have names enough.",
}
_HEADS: dict[Kind, tuple[str, str, str]] = {
    "bad lines": ("line", "reason", "what stands there"),
    "duplicates": ("times", "name", "label, first line"),
    "several labels": ("labels", "name", "rows per label"),
    "doubts": ("rows", "label", "what looks wrong"),
}


class Kinds(Drawn):
    """The kinds of problems with their numbers; a click turns to one."""

    def __init__(self, counts: dict[Kind, int]) -> None:
        super().__init__(id="kinds")
        self._counts = counts
        self.kind: Kind = KINDS[0]
        self._spots: list[tuple[int, int, Kind]] = []

    def draw(self, width: int, height: int, palette: Palette) -> list[Text]:  # noqa: ARG002
        line = Text(no_wrap=True)
        self._spots = []
        for kind in KINDS:
            line.append("  " if line else " ")
            start = line.cell_len
            here = kind == self.kind
            line.append(
                f"[{_TITLES[kind]}" if here else f" {_TITLES[kind]}",
                style=f"bold {palette.accent}" if here else palette.muted,
            )
            line.append(f" {self._counts[kind]:,}", style=palette.text)
            line.append("]" if here else " ", style=f"bold {palette.accent}")
            self._spots.append((start, line.cell_len, kind))
        return [line]

    def on_click(self, event: events.Click) -> None:
        for start, end, kind in self._spots:
            if start <= event.x < end:
                cast("ProblemsScreen", self.screen).show_kind(kind)


class ProblemList(CursorList):
    """The problems of one kind, one page of them at a time."""

    HEAD: ClassVar[int] = 1
    FOOT: ClassVar[int] = 1

    def __init__(self, repeated: int) -> None:
        super().__init__(id="problems")
        self._repeated = repeated
        self._kind: Kind = KINDS[0]
        self._problems: tuple[Problem, ...] = ()
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

    def turn(self, kind: Kind, count: int) -> None:
        """Another kind, of which there are so many."""
        self._kind, self._problems, self._start = kind, (), 0
        self.set_count(count)

    def show(self, wanted: ProblemsWanted, problems: tuple[Problem, ...]) -> None:
        """Some of the problems."""
        if wanted.kind == self._kind:
            self._problems, self._start = problems, wanted.start
            self.redraw()

    def head(self, width: int, palette: Palette) -> list[Text]:
        first, second, third = _HEADS[self._kind]
        line = self._columns(Text(first), Text(second), Text(third), width - 1)
        line.stylize(palette.muted)
        return [Text(" ").append_text(line)]

    def item(self, place: int, width: int, palette: Palette) -> Text:
        problem = self._problem(place)
        if problem is None:
            return Text("…", style=palette.faint)
        if isinstance(problem, BadLine):
            number, what = Text(f"{problem.line:,}"), Text(problem.reason, style=palette.warning)
            rest = Text(cut(problem.text, max(width, 8)).rstrip(), style=palette.muted)
        elif isinstance(problem, Duplicate):
            number, what = Text(f"{problem.rows:,}"), Text(cut(problem.name, 40).rstrip(), style=palette.text)
            rest = Text(cut(problem.label, 24).rstrip(), style=palette.label(problem.label))
            rest.append(f"  line {problem.line:,}", style=palette.muted)
        elif isinstance(problem, Doubtful):
            reason = cut(in_the_app(problem.reason), max(width, 8)).rstrip()
            number, rest = Text(f"{problem.rows:,}"), Text(reason, style=palette.warning)
            if not problem.label:
                number.align("right", 9)
                return Text("  ", no_wrap=True).join((number, rest))
            what = Text(cut(problem.label, 40).rstrip(), style=palette.label(problem.label))
        else:
            number, what = (
                Text(f"{len(problem.labels)}"),
                Text(cut(problem.name, 40).rstrip(), style=palette.text),
            )
            rest = Text()
            for found in problem.labels[:12]:
                rest.append("  " if rest else "")
                rest.append(cut(found.label, 24).rstrip(), style=palette.label(found.label))
                rest.append(f" {found.rows:,}", style=palette.muted)
        return self._columns(number, what, rest, width)

    def _columns(self, first: Text, second: Text, third: Text, width: int) -> Text:
        middle = min(max(width * 2 // 5, 20), 44)
        first.align("right", 9)
        second.truncate(middle, overflow="ellipsis", pad=True)
        third.truncate(max(width - middle - 13, 4), overflow="ellipsis")
        return Text("  ", no_wrap=True).join((first, second, third))

    def empty(self, width: int, palette: Palette) -> list[Text]:  # noqa: ARG002
        return [Text(f" {_NONE[self._kind]}", style=palette.muted, no_wrap=True)]

    def foot(self, width: int, palette: Palette) -> list[Text]:  # noqa: ARG002
        start, stop = self.showing
        dash = "-" if self.ascii_only else "–"
        shown = f" {start + 1:,}{dash}{stop:,} of {self.count:,}" if self.count else ""
        if self.count and self._kind == "duplicates":
            shown += f"; {self._repeated:,} rows say again what a row before them said"
        return [Text(shown, style=palette.muted, no_wrap=True)]

    def _problem(self, place: int) -> Problem | None:
        at = place - self._start
        return self._problems[at] if 0 <= at < len(self._problems) else None


class ProblemsScreen(Moves, Place):
    """Unusable lines, duplicates, names under several labels, labels in doubt.

    :param counts: how many of each kind there are.
    :param repeated: how many rows the duplicates repeat.
    :param show_name: called with the name that the user wants to see among the rows.
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
    ) -> None:
        super().__init__()
        self._repeated = repeated
        self._table = table
        self._browsing = browsing
        self._counts = counts
        self._show_name = show_name

    def body(self) -> ComposeResult:
        yield Kinds(self._counts)
        yield ProblemList(self._repeated)

    def on_mount(self) -> None:
        self.watch(self.app, "dataset", self.show_dataset)
        self.show_kind(next((kind for kind in KINDS if self._counts[kind]), KINDS[0]))

    def focus_first(self) -> Widget | None:
        return self.query_one(ProblemList)

    def context(self) -> str:
        title = self._table.title if self.app.size.width >= 100 else safe(self._table.title, 12)
        return f"{title} · {sum(self._counts.values()):,} problems"

    def show_dataset(self, data: DatasetState) -> None:
        """These problems are those of one table; with another one open they are of no use."""
        if data.table is not self._table and self.is_active:
            self.dismiss()

    def on_screen_resume(self) -> None:
        super().on_screen_resume()
        self.show_dataset(self.bench.dataset)

    def show_kind(self, kind: Kind) -> None:
        """The problems of a kind."""
        kinds = self.query_one(Kinds)
        kinds.kind = kind
        kinds.redraw()
        self.query_one(ProblemList).turn(kind, self._counts[kind])
        self._fetch()

    def _fetch(self) -> None:
        wanted = self.query_one(ProblemList).wanted
        if wanted is not None and wanted.stop:
            self._browsing.ask(wanted, self.post_message)
        self.refresh_bindings()

    def on_cursor_list_moved(self, _message: CursorList.Moved) -> None:
        self._fetch()

    def on_problems_found(self, message: ProblemsFound) -> None:
        if message.table is self._table:
            self.query_one(ProblemList).show(message.wanted, message.problems)
            self.refresh_bindings()

    def on_cursor_list_chosen(self, _message: CursorList.Chosen) -> None:
        self.action_choose()

    def action_choose(self) -> None:
        problem = self.query_one(ProblemList).current
        if isinstance(problem, Duplicate | Ambiguous):
            self.dismiss()
            self._show_name(problem.name)

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
            return isinstance(problem, Duplicate | Ambiguous)
        return True
