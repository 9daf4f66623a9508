"""Dataset without a screen: search, filter, page; rows that are mended, mistakes and suspects."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from namecls.data.browse import Catalog, Query, Selection
from namecls.edits.edit import Edit
from namecls.language import N_, _
from namecls.paths import model_directory, packaged_model
from tui.drawing.edited import RowKey
from tui.engine.editing import Suspects
from tui.lines.house import House
from tui.lines.opening import open_file, read_otherwise
from tui.lines.place import Command, Place, chosen, number_of
from tui.lines.speaking import share
from tui.memory import lasting

if TYPE_CHECKING:
    from namecls.results import Mistake

_PAGE = 10


@dataclass(frozen=True, slots=True)
class Listed:
    """A row in the list, what is said of it, and what is suggested for it."""

    key: RowKey
    told: str = ""
    suggested: tuple[Edit, ...] = ()


class Dataset(Place):
    """The names, page by page; a number behind a command is a row of the list."""

    title = N_("Dataset")

    def __init__(self, house: House) -> None:
        super().__init__(house.speaker)
        self.house = house
        self._query, self._start = Query(), 0
        self._catalog: Catalog | None = None
        self._selection: Selection | None = None
        self._special: list[Listed] = []  # mistakes or suspects, instead of what is searched for
        self._page: list[Listed] = []
        self.commands = [
            Command("search", N_("find names that hold what follows; nothing: all names"), self.search),
            Command("label", N_("only rows of a label; nothing: of all"), self.label),
            Command("labels", N_("list the labels and their rows"), self.labels),
            Command("next", N_("the next page"), lambda _rest: self.turn(1)),
            Command("previous", N_("the page before"), lambda _rest: self.turn(-1)),
            Command("mistakes", N_("list what the model gets wrong"), self.mistakes),
            Command("suspects", N_("search for rows that are probably labelled wrongly"), self.suspects),
            Command("keep", N_("a row is right: its number"), self.edit(lambda r, _v: Edit.keep(*r))),
            Command("drop", N_("a row is to go: its number"), self.edit(lambda r, _v: Edit.drop(*r))),
            Command(
                "relabel", N_("another label: number, label"), self.edit(lambda r, v: Edit.relabel(*r, v))
            ),
            Command("correct", N_("another name: number, name"), self.edit(lambda r, v: Edit.correct(*r, v))),
            Command("accept", N_("do what is suggested for a row: its number"), self.accept),
            Command("undo", N_("undo the last edit"), lambda _rest: self.redo(undo=True)),
            Command("redo", N_("do it again"), lambda _rest: self.redo(undo=False)),
            Command("open", N_("open another file of names; nothing: the embedded ones"), self.open),
            Command("how", N_("how the open file is read: columns, titles, encoding"), self.how),
        ]

    def greet(self) -> None:
        super().greet()
        self.speaker.say(self.house.told())
        state = self.house.book().state
        if state.count:
            self.speaker.say(f"{self.house.book().file.name}: {state.told}.")

    def open(self, rest: str) -> None:
        if open_file(self.house, rest):
            self._catalog, self._query, self._special = None, Query(), []
            self._show(0)

    def how(self, rest: str) -> None:
        if read_otherwise(self.house, rest):
            self._catalog, self._query, self._special = None, Query(), []
            self._show(0)

    # -- to browse --

    def search(self, rest: str) -> None:
        self._query, self._special = replace(self._query, search=rest), []
        self._show(0)

    def label(self, rest: str) -> None:
        labels = self.house.table().labels
        at = chosen(rest, labels) if rest else None
        if rest and at is None:
            self.speaker.say(_("There is no label {label}.").format(label=rest))
            return
        self._query, self._special = replace(self._query, label=labels[at] if at is not None else None), []
        self._show(0)

    def labels(self, _rest: str) -> None:
        counts = self.house.table().label_counts
        self.speaker.number(f"{label}, {counts[label]:,}." for label in self.house.table().labels)

    def turn(self, pages: int) -> None:
        self._show(max(self._start + pages * _PAGE, 0))

    def _found(self, start: int) -> tuple[int, list[Listed]]:
        if self._special:
            return len(self._special), self._special[start : start + _PAGE]
        if self._catalog is None or self._catalog.table is not self.house.table():
            self._catalog, self._selection = Catalog(self.house.table()), None
        if self._selection is None or self._selection.query != self._query:
            self._selection = self._catalog.select(self._query)
        rows = self._selection.rows(start, start + _PAGE)
        return len(self._selection), [Listed(RowKey(row.line, row.name, row.label)) for row in rows]

    def _show(self, start: int) -> None:
        total, page = self._found(start)
        if not page:
            self.speaker.say(_("There are no rows there."))
            return
        self._start, self._page = start, page
        told = _("Rows {first:,} to {last:,} of {total:,}.")
        self.speaker.say(told.format(first=start + 1, last=start + len(page), total=total))
        self.speaker.number(map(self._told, page))

    def _told(self, row: Listed) -> str:
        now = self.house.book().state.now(row.key)
        told = _("{name}, {label}, line {line}.").format(
            name=row.key.name, label=row.key.label, line=row.key.line
        )
        changes = []
        if now.op == "drop":
            changes.append(_("Dropped."))
        elif now.op == "keep":
            changes.append(_("Kept."))
        if now.label != row.key.label:
            changes.append(_("Now {label}.").format(label=now.label))
        if now.name != row.key.name:
            changes.append(_("Now {name}.").format(name=now.name))
        return " ".join(filter(None, (told, row.told, *changes)))

    # -- to mend --

    def mistakes(self, _rest: str) -> None:
        model = self.house.model or packaged_model()
        directory = model_directory(str(model), self.house.save_dir) or model
        found = self.house.engine.find_mistakes(directory)
        if lasting(found.data) != lasting(self.house.data):
            table = self.house.open(found.data, found.columns)
            self.speaker.say(_("These are rows of {file}, which is open now.").format(file=table.title))
        self._special = [Listed(_key(each), _given(each)) for each in found.mistakes.rows]
        self._show(0)

    def suspects(self, _rest: str) -> None:
        self.speaker.say(_("Searching by cross-validation; ctrl+c ends the search."))
        try:
            for event in self.house.engine.find_suspects(self.house.table()):
                if isinstance(event, Suspects):
                    self._special = [
                        Listed(_key(each), _given(each), event.edits[_key(each)]) for each in event.rows
                    ]
                    self._show(0)
        except KeyboardInterrupt:
            self.speaker.say(_("The search was ended."))

    def _row(self, text: str) -> Listed | None:
        at = number_of(text, len(self._page))
        if at is None:
            self.speaker.say(_("Name a row of the list by its number; search lists some."))
            return None
        return self._page[at - 1]

    def edit(self, make: Callable[[tuple[str, str, int], str], Edit]) -> Callable[[str], None]:
        """What makes an edit of the row that is named first."""

        def act(rest: str) -> None:
            number, _blank, value = rest.partition(" ")
            if (row := self._row(number)) is not None:
                self._make(row, [make((row.key.name, row.key.label, row.key.line), value.strip())])

        return act

    def accept(self, rest: str) -> None:
        if (row := self._row(rest)) is None:
            return
        if row.suggested:
            self._make(row, row.suggested)
        else:
            self.speaker.say(_("Nothing is suggested for it."))

    def _make(self, row: Listed, edits: Sequence[Edit]) -> None:
        self.house.book().add(edits)
        self.speaker.say(self._told(row))

    def redo(self, *, undo: bool) -> None:
        """Undo the last step, or do it again."""
        book = self.house.book()
        told = book.state.undo if undo else book.state.redo
        if not (book.undo() if undo else book.redo()):
            self.speaker.say(_("There is nothing to undo.") if undo else _("There is nothing to do again."))
        else:
            done = _("Undone: {what}.") if undo else _("Done again: {what}.")
            self.speaker.say(done.format(what=told))


def _key(found: Mistake) -> RowKey:
    return RowKey(found.line, found.name, found.label)


def _given(found: Mistake) -> str:
    told = _("The model says {label}, {share}.")
    return told.format(label=found.given, share=share(found.confidence))
