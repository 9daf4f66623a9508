"""Dataset without a screen: search, filter, sort, page; details, problems, and rows that are mended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from namecls.data.browse import SORTS, WEIGHTED_SORTS, Catalog, Query, Selection
from namecls.edits.edit import Edit
from namecls.language import N_, _, ngettext
from tui.drawing.edited import RowKey, side_of
from tui.engine.editing import Followed
from tui.engine.written import as_csv, new_file, write_text
from tui.lines.house import House
from tui.lines.mistakes import Mistakes
from tui.lines.opening import open_file, read_otherwise
from tui.lines.place import Command, chosen
from tui.lines.problems import Problems
from tui.lines.rows import Listed, Rows
from tui.lines.speaking import entry, full, series

if TYPE_CHECKING:
    from namecls.data.browse import Sort
    from namecls.data.inspection import LabelRows

_MOST_SAVED = 1_000_000


class Dataset(Rows):
    """The names that are open."""

    title = N_("Dataset")
    whence = N_("Name a row of the list by its number; search lists some.")

    def __init__(self, house: House) -> None:
        super().__init__(house)
        self._query = Query()
        self._followed: Followed | None = None
        self._selection: Selection | None = None
        self.commands = [
            Command("search", N_("find names that hold what follows; nothing: all names"), self.search),
            Command("label", N_("only rows of a label; nothing: of all"), self.label),
            Command("labels", N_("list the labels and their rows"), self.labels),
            *self.paging,
            Command("mistakes", N_("what the model gets wrong"), self.mistakes),
            Command("suspects", N_("search for rows that are probably labelled wrongly"), self.suspects),
            *self.mending,
            Command("open", N_("open another file of names; nothing: the embedded ones"), self.open),
            Command("how", N_("how the open file is read: columns, titles, encoding"), self.how),
            Command("sort", N_("sort by file, name, label, length or weight"), self.sort),
            Command("reverse", N_("sort the other way round"), self.reverse),
            Command("details", N_("all about the name of a row: its number"), self.details),
            Command(
                "problems",
                N_("duplicates, near-duplicates, unlike rows and others, to be mended"),
                self.problems,
            ),
            Command(
                "rename", N_("another name for the label of a row, everywhere: number, label"), self.rename
            ),
            Command("save", N_("write the rows of search and label, with their edits, to a file"), self.save),
        ]

    def greet(self) -> None:
        super().greet()
        self.speaker.say(self.house.told())
        state = self.house.book().state
        if state.count:
            self.speaker.say(entry(self.house.book().file.name, state.told))

    def open(self, rest: str) -> None:
        if open_file(self.house, rest):
            self.show()

    def how(self, rest: str) -> None:
        if read_otherwise(self.house, rest):
            self.show()

    def forget(self) -> None:
        super().forget()
        self._followed, self._selection, self._query = None, None, Query()

    # -- to browse --

    def catalog(self) -> Catalog:
        """The names that are open, to be searched as the edits have them by now."""
        self.are_open()
        if self._followed is None:
            self._followed = Followed(Catalog(self.house.table()))
        if self._followed.follow(self.house.book().state):
            self._selection = None
        return self._followed.catalog

    def usual(self, start: int, stop: int) -> tuple[int, Sequence[Listed]]:
        catalog = self.catalog()
        if self._selection is None or self._selection.query != self._query:
            self._selection = catalog.select(self._query)
        rows = self._selection.rows(start, stop)
        return len(self._selection), [Listed(RowKey(row.line, row.name, row.label)) for row in rows]

    def _ask(self, **wanted: Any) -> None:
        self.are_open()
        self._query, self.special = replace(self._query, **wanted), None
        self.show()

    def search(self, rest: str) -> None:
        self._ask(search=rest)

    def label(self, rest: str) -> None:
        labels = [found.label for found in self._label_rows()]
        at = chosen(rest, labels) if rest else None
        if rest and at is None:
            self.speaker.say(_("There is no label {label}.").format(label=rest))
            return
        self._ask(label=labels[at] if at is not None else None)

    def labels(self, _rest: str) -> None:
        self.speaker.number(map(_counted, self._label_rows()))
        if dropped := self.catalog().select(Query()).dropped:
            told = ngettext(
                "{n:,} row is dropped, and not counted.", "{n:,} rows are dropped, and not counted.", dropped
            )
            self.speaker.say(told.format(n=dropped))

    def _label_rows(self) -> Sequence[LabelRows]:
        """The labels of the file and those that edits gave."""
        return sorted(self.catalog().select(Query()).labels, key=lambda found: found.label)

    def sort(self, rest: str) -> None:
        sorts: tuple[Sort, ...] = WEIGHTED_SORTS if self.house.table().weights is not None else SORTS
        at = chosen(rest, sorts)
        if at is None:
            self.speaker.number(full(sort) for sort in sorts)
        else:
            self._ask(sort=sorts[at], descending=sorts[at] == "weight")

    def reverse(self, _rest: str) -> None:
        self._ask(descending=not self._query.descending)

    def details(self, rest: str) -> None:
        for row in self.rows(rest):
            found = self.catalog().details(self.house.book().state.now(row.key).name)
            count = sum(each.rows for each in found.labels)
            told = ngettext("{name}, {n:,} row:", "{name}, {n:,} rows:", count)
            self.speaker.say(told.format(name=found.name, n=count))
            self.speaker.say(*(full(series((each.label, f"{each.rows:,}"))) for each in found.labels))
            lines = series(f"{each.line:,}" for each in found.rows[:12])
            self.speaker.say(
                full(ngettext("line {lines}", "lines {lines}", len(found.rows)).format(lines=lines))
            )
            if found.dropped:
                told = ngettext("{n:,} row dropped", "{n:,} rows dropped", found.dropped)
                self.speaker.say(full(told.format(n=found.dropped)))
            if split := found.rows[0].split:
                self.speaker.say(_("Split: {side}.").format(side=side_of(split)))
            if found.spellings:
                self.speaker.say(_("Also spelled {names}.").format(names=series(found.spellings[:12])))

    def mistakes(self, _rest: str) -> None:
        Mistakes(self.house).run()

    def problems(self, _rest: str) -> None:
        Problems(self.house, self.catalog).run()

    # -- to mend, and to take along --

    def rename(self, rest: str) -> None:
        number, _blank, label = rest.partition(" ")
        rows = self.rows(number)
        if len(rows) != 1 or not label.strip():
            self.speaker.say(_("Name one row by its number, then the label."))
            return
        old = self.house.book().state.now(rows[0].key).label
        if self.make([Edit.rename_label(old, label.strip())]):
            self.speaker.say(_("{old} is {new} everywhere.").format(old=old, new=label.strip()))

    def save(self, _rest: str) -> None:
        now = self.house.book().state.now
        total, listed = self.usual(0, _MOST_SAVED)
        found = [now(row.key) for row in listed]
        rows = [("name", "label"), *((row.name, row.label) for row in found if row.op != "drop")]
        path = new_file("namecls-rows", ".tsv")
        write_text(path, as_csv(rows, "\t"))
        told = _("{shown:,} of {rows:,} rows").format(shown=len(rows) - 1, rows=total)
        self.speaker.say(_("Wrote {told} to {path}").format(told=told, path=path))


def _counted(found: LabelRows) -> str:
    """A label and its rows by now, in a sentence."""
    words = [found.label, f"{found.rows:,}"]
    if found.change > 0:
        words.append(_("{n:,} more than in the file").format(n=found.change))
    elif found.change:
        words.append(_("{n:,} fewer than in the file").format(n=-found.change))
    return full(series(words))
