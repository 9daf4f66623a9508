"""Dataset: the names and labels of the file that is open, searched as you type."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Horizontal
from textual.widget import Widget
from textual.widgets import Input

from namecls.data.browse import SORTS, WEIGHTED_SORTS, Kind, Query
from namecls.edits.edit import Edit
from namecls.language import N_, _, ngettext
from namecls.text import safe
from tui import keys
from tui.drawing.edited import RowKey
from tui.engine.browsing import (
    Browsing,
    DetailsFound,
    DetailsWanted,
    EveryFound,
    EveryWanted,
    LeftWanted,
    ProblemsCounted,
    ProblemsLeft,
    RowsFound,
    RowsWanted,
    TableStudied,
)
from tui.engine.editing import MOST_MARKED, EditState
from tui.engine.threads import spawn
from tui.engine.written import as_csv
from tui.screens.editing import Editing
from tui.screens.saving import save_text
from tui.state import DatasetState
from tui.widgets.about_table import AboutTable
from tui.widgets.asked import Asked
from tui.widgets.details import DetailsPanel
from tui.widgets.label_list import LabelList
from tui.widgets.lists import CursorList, Moves
from tui.widgets.name_input import SafeInput
from tui.widgets.name_rows import NameRows
from tui.widgets.retold import Told

if TYPE_CHECKING:
    from namecls.data.browse import Row
    from namecls.data.doubts import Doubt
    from namecls.data.table import NameTable

_MOST_SAVED = 200_000  # rows


class DatasetScreen(Moves, Editing):
    """Search, labels, rows and details. A thread answers; what is no longer asked is dropped."""

    PLACE = "dataset"
    CSS_PATH = "dataset.tcss"
    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("dataset")

    def __init__(self) -> None:
        super().__init__()
        self._browsing = Browsing(self.post_message)
        self._table: NameTable | None = None
        self._asked = Query()
        self._chosen_order: Query | None = None  # while a name is shown in another one
        self._label_before: str | None = None  # the filter before the labels were gone through
        self._problems: dict[Kind, int] | None = None
        self._left: int | None = None  # problems that edits have not dealt with
        self._different: dict[str, int] = {}  # rows of each label, exact duplicates counted once
        self._wanted = ""  # a name to search for as soon as the names are read
        self._doubts: tuple[Doubt, ...] = ()
        self._details_of: tuple[object, ...] = ()  # what decides of the details that were asked for
        self._repeated = 0  # rows that say what a row before them said

    def body(self) -> ComposeResult:
        with Horizontal(id="asking"):
            yield Told(lambda: _("search"), classes="label")
            yield SafeInput(placeholder=N_("part of a name"), id="search")
            yield Asked(id="asked")
        yield AboutTable(id="about")
        with Horizontal(id="middle"):
            yield LabelList(id="labels")
            with Container(id="right"):
                yield NameRows(id="rows")
                yield DetailsPanel(id="details")

    def on_mount(self) -> None:
        spawn("browsing", self._browsing.run, self.app.post_message)
        self.bench.need_dataset()
        self.watch(self.app, "dataset", self.show_dataset)
        self.watch(self.app, "edits", self._show_edits)
        self.set_class(self._is_wide, "-detailed")

    def on_unmount(self) -> None:
        self._browsing.close()

    @property
    def _is_wide(self) -> bool:
        """Whether the details stand beside the rows, and not below them."""
        return self.app.size.width >= 100

    def focus_first(self) -> Widget | None:
        return self.query_one("#search")

    def context(self) -> str:
        data = self.bench.dataset
        if data.status == "reading":
            return (
                _("reading {file}").format(file=data.path.name)
                if data.path
                else _("reading the embedded names")
            )
        if data.table is None:
            return _("no names")
        edits = self.bench.edits.count
        told = ngettext("{n:,} edit", "{n:,} edits", edits).format(n=edits) if edits else ""
        rows = _("{rows:,} rows").format(rows=len(data.table))
        if not self._is_wide:
            return f"{safe(data.table.title, 16)} · {told or rows}"
        words = (data.table.title, rows, _("{labels:,} labels").format(labels=len(data.table.labels)), told)
        return " · ".join(filter(None, words))

    # -- the table --

    def show_dataset(self, data: DatasetState) -> None:
        """Another file is open, or being read, or could not be."""
        self.refresh_header()
        self._tell_problem(data.problem)
        rows = self.query_one(NameRows)
        if data.table is None:
            rows.say(
                _("Reading ...")
                if data.status == "reading"
                else _("No names are open. F6 opens a file of them.")
            )
        elif data.table is not self._table:
            self._table = data.table
            self.marks = {}
            self._problems, self._left, self._different, self._doubts = None, None, {}, ()
            self.query_one(AboutTable).tell_layout(data.table.layout)
            self._tell_doubts()
            self._browsing.open(data.table)
            rows.clear()
            rows.say("")
            rows.set_labels(data.table.labels, weighted=data.table.weights is not None)
            self.query_one(LabelList).set_count(0)
            self.query_one(DetailsPanel).show(None)
            with self.prevent(Input.Changed):
                self.query_one("#search", Input).value = ""
            self._ask(Query())
            if self._wanted:
                self.show_name(self._wanted)
                self._wanted = ""
            self.refresh_bindings()

    def _tell_problem(self, problem: str) -> None:
        """Why a file could not be read, until another one is tried or escape is pressed."""
        self.query_one(AboutTable).tell_problem(problem, others=self.bench.dataset.table is not None)

    def _tell_doubts(self) -> None:
        """What looks wrong with labels of which there are rows by now."""
        gone = {found.label for found in self.query_one(LabelList).labels if found.gone}
        there = (doubt.without(gone) for doubt in self._doubts)
        self.query_one(AboutTable).tell_doubts([doubt for doubt in there if doubt is not None])

    @property
    def _different_now(self) -> dict[str, int]:
        """Rows of each label without duplicates, where the labels tell of all rows."""
        return {} if self._asked.search else self._different

    def _ask(self, query: Query, line: int = 0) -> None:
        """Ask for other rows. Those before stay until the answer is here, so that nothing flickers."""
        if (query.sort, query.descending) != (self._asked.sort, self._asked.descending):
            self._chosen_order = None
        self._asked = query
        room = self.query_one(NameRows).room
        self._browsing.ask(RowsWanted(query, 0, 2 * room, line), self.post_message)
        self._tell_asked()

    def _ask_again(self) -> None:
        """Ask for the same rows: edits, or what was studied, made others of them."""
        rows = self.query_one(NameRows)
        if rows.answers == self._asked:
            self._browsing.ask(RowsWanted(self._asked, *rows.around), self.post_message)
        elif self._table is not None:
            self._ask(self._asked)

    def _tell_asked(self) -> None:
        self.query_one(Asked).show(self._asked, self._left)

    def on_rows_found(self, message: RowsFound) -> None:
        if message.table is not self._table or message.wanted.query != self._asked:
            return
        rows = self.query_one(NameRows)
        first = rows.answers != self._asked
        rows.show(self._asked, message.total, message.wanted.start, message.rows, message.cursor)
        labels = self.query_one(LabelList)
        if first:
            rows.say_nothing_of(self._asked)
        if first or labels.labels != message.labels:
            # Who goes through the labels may be further by now: the cursor stays, and what it is on is asked next.
            here = labels.current if self.focused is labels else self._asked.label
            labels.show(message.labels, here, message.dropped, self._different_now)
            self._tell_doubts()
        self._follow_cursor()

    def on_table_studied(self, message: TableStudied) -> None:
        if message.table is not self._table:
            return
        self._problems, self._repeated = message.problems, message.repeated
        self._different = message.different
        self._doubts = message.doubts
        self._browsing.ask(LeftWanted(), self.post_message)
        self._tell_doubts()
        self.query_one(LabelList).tell_different(self._different_now)
        self._tell_asked()
        self.refresh_bindings()
        self._ask_again()  # since now they come with their split

    def on_problems_left(self, message: ProblemsLeft) -> None:
        if message.table is self._table and self._problems is not None:
            self._left = message.problems
            self._tell_asked()

    def on_problems_counted(self, message: ProblemsCounted) -> None:
        from tui.screens.problems import ProblemsScreen

        if message.table is self._table:
            self._problems = message.problems
            for screen in self.app.screen_stack:
                if isinstance(screen, ProblemsScreen):
                    screen.show_counts(message.problems)

    def on_cursor_list_moved(self, message: CursorList.Moved) -> None:
        if isinstance(message.source, NameRows):
            if (wanted := message.source.wanted) and message.source.answers == self._asked:
                self._browsing.ask(RowsWanted(self._asked, *wanted), self.post_message)
            self._follow_cursor()
        elif isinstance(message.source, LabelList) and message.source.has_focus:
            self._show_label(message.source.current)

    def _follow_cursor(self) -> None:
        """Show the details of the name under the cursor, where they show at all."""
        row = self.query_one(NameRows).current
        panel = self.query_one(DetailsPanel)
        if row is None:
            panel.show(None)
        elif panel.display:
            asked = (self._name_of(row), self._table, self.bench.edits, self._problems is None)
            if asked != self._details_of:
                self._details_of = asked
                self._browsing.ask(DetailsWanted(asked[0]), self.post_message)

    def _name_of(self, row: Row) -> str:
        """The name that a row has by now."""
        return self.bench.edits.now(RowKey(row.line, row.name, row.label)).name

    def on_details_found(self, message: DetailsFound) -> None:
        row = self.query_one(NameRows).current
        details = message.details
        if message.table is self._table and details.rows and row and self._name_of(row) == details.name:
            self.query_one(DetailsPanel).show(details)

    # -- rows that are mended --

    def _show_edits(self, edits: EditState) -> None:
        self.marks_changed()
        self.refresh_header()
        self._browsing.edit(edits)
        self.call_after_refresh(self._ask_again)  # what became of the row shows first
        if self._problems is not None:
            self._browsing.ask(LeftWanted(), self.post_message)

    def pointed(self) -> RowKey | None:
        rows = self.query_one(NameRows)
        row = rows.current if self.focused is rows else None
        return RowKey(row.line, row.name, row.label) if row is not None else None

    def action_mark_all(self) -> None:
        if self.marks:
            self.mark_these([])
        else:
            self._browsing.ask(EveryWanted(self._asked, 0, MOST_MARKED), self.post_message)

    def action_save(self) -> None:
        """Write the rows that answer search and label, with their edits, to a file."""
        self._browsing.ask(EveryWanted(self._asked, 0, _MOST_SAVED, to_save=True), self.post_message)

    def on_every_found(self, message: EveryFound) -> None:
        if message.table is not self._table or message.query != self._asked:
            return
        if message.to_save:
            now = self.bench.edits.now
            found = [now(RowKey(row.line, row.name, row.label)) for row in message.rows]
            rows = [("name", "label"), *((row.name, row.label) for row in found if row.op != "drop")]
            told = _("{shown:,} of {rows:,} rows").format(shown=len(rows) - 1, rows=message.total)
            save_text(self, "namecls-rows", ".tsv", as_csv(rows, "\t"), told)
            return
        self.mark_these([RowKey(row.line, row.name, row.label) for row in message.rows])
        if message.total > len(message.rows):
            self.say(
                _("The first {marked:,} of {rows:,} rows are marked; search for fewer to mark.").format(
                    marked=len(message.rows), rows=message.total
                )
            )

    def marks_changed(self) -> None:
        self.query_one(NameRows).decorate(self.bench.edits, self.marks)
        self.refresh_bindings()

    def step_on(self) -> None:
        self.query_one(NameRows).move(1)

    def ready_to_edit(self) -> bool:
        return self.bench.dataset.ready is self._table

    def action_rename_label(self) -> None:
        """Rename the label of the row under the cursor everywhere; the name of another label merges the two."""
        from tui.screens.relabel import RelabelScreen

        row = self.pointed()
        if row is None or self._table is None:
            return
        old = self.bench.edits.now(row).label

        def answered(label: str | None) -> None:
            if label is not None and label != old:
                self.marks = {}
                self._edit_each(lambda _: Edit.rename_label(old, label), [row])

        self.app.push_screen(
            RelabelScreen(_("another name for {label}, everywhere").format(label=old), self._table.labels),
            answered,
        )

    # -- what the user does --

    def on_input_changed(self, event: Input.Changed) -> None:
        query, line = replace(self._asked, search=event.value.strip()), 0
        if not query.search and (order := self._chosen_order) is not None:
            self._chosen_order, row = None, self.query_one(NameRows).current
            query, line = replace(order, search="", label=query.label), row.line if row else 0
        self._ask(query, line)

    def _show_label(self, label: str | None) -> None:
        if label != self._asked.label:
            self._ask(replace(self._asked, label=label))

    def moved_in(self) -> CursorList:
        """The list that the keys move in: that which has the focus, or else the rows."""
        return self.focused if isinstance(self.focused, CursorList) else self.query_one(NameRows)

    def action_search(self) -> None:
        box = self.query_one("#search", Input)
        box.focus()
        box.action_select_all()

    def action_focus_labels(self) -> None:
        self._label_before = self._asked.label
        self.query_one(LabelList).focus()

    def action_keep_label(self) -> None:
        self.query_one(NameRows).focus()

    def action_sort(self) -> None:
        weighted = self._table is not None and self._table.weights is not None
        sorts = WEIGHTED_SORTS if weighted else SORTS
        after = sorts[(sorts.index(self._asked.sort) + 1) % len(sorts)]
        self._ask(replace(self._asked, sort=after, descending=after == "weight"))  # the most borne first

    def on_name_rows_head_clicked(self, message: NameRows.HeadClicked) -> None:
        if message.sort == self._asked.sort:
            self.action_reverse()
        else:
            self._ask(replace(self._asked, sort=message.sort, descending=message.sort == "weight"))

    def action_reverse(self) -> None:
        self._ask(replace(self._asked, descending=not self._asked.descending))

    def action_details(self) -> None:
        self.toggle_class("-detailed")
        self.call_after_refresh(self._follow_cursor)

    def action_show_problems(self) -> None:
        from tui.screens.problems import ProblemsScreen

        if self._table is not None and self._problems is not None:
            screen = ProblemsScreen(
                *(self._table, self._browsing, self._problems, self._repeated),
                show_name=self.show_name,
                show_label=self.show_label,
            )
            self.app.push_screen(screen)

    def show_name(self, name: str) -> None:
        """Search for a name and show its details: the name itself comes first, the order stays for later."""
        if self.bench.dataset.status == "reading":
            self._wanted = name
            return
        with self.prevent(Input.Changed):
            self.query_one("#search", Input).value = name
        self.query_one(NameRows).focus()
        self.add_class("-detailed")
        order = self._chosen_order or self._asked
        self._ask(Query(search=name))
        self._chosen_order = order

    def show_label(self, label: str) -> None:
        """Show all rows of a label."""
        with self.prevent(Input.Changed):
            self.query_one("#search", Input).value = ""
        self.set_focus(self.query_one(NameRows))
        self._ask(Query(label=label))

    def action_back(self) -> None:
        """One step out: of the input, of the labels, then of the filter and the search, one at a time."""
        rows, box = self.query_one(NameRows), self.query_one("#search", Input)
        if self.query_one(AboutTable).tells_problem:
            self._tell_problem("")
        elif isinstance(self.focused, LabelList):
            self._show_label(self._label_before)
            self.set_focus(rows)
        elif self.focused is not rows:
            rows.focus()
        elif self._asked.label is not None:
            self._show_label(None)
        elif box.value:
            box.value = ""
        elif self.has_class("-detailed") and not self._is_wide:
            self.remove_class("-detailed")
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        labels = isinstance(self.focused, LabelList)
        if action == "search":
            return not isinstance(self.focused, Input)
        if action == "keep_label":
            return labels
        if action == "details":
            return not labels and self._table is not None
        if action in ("focus_labels", "sort", "reverse"):
            return self._table is not None and not (labels and action == "focus_labels")
        if action == "show_problems":
            return self._problems is not None
        if action == "rename_label":
            return self.pointed() is not None
        return super().check_action(action, parameters)
