"""Rows of the names, page by page, that are mended by their numbers."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from namecls.edits.edit import BY_HAND, Edit, Reason
from namecls.language import N_, _, ngettext
from namecls.wide import in_a_row
from tui.drawing.edited import RowKey, suggested
from tui.engine.editing import MOST_MARKED, Suspects, row_of
from tui.engine.folds import FoldPlace
from tui.lines.house import House
from tui.lines.place import Command, Place, chosen, number_of
from tui.lines.speaking import entry, share

if TYPE_CHECKING:
    from namecls.results import Mistake

PAGE = 10


@dataclass(frozen=True, slots=True)
class Listed:
    """A row in the list, what is said of it, and what is suggested for it.

    :param why: why it is looked at.
    :param found: what a model says of it.
    """

    key: RowKey
    told: str = ""
    suggested: tuple[Edit, ...] = ()
    why: Reason = BY_HAND
    found: Mistake | None = None

    @property
    def rows(self) -> Sequence[RowKey]:
        """The rows of the file that an edit of it is of: with its exact duplicates, where these are suggested too."""
        return [row_of(edit) for edit in self.suggested] or [self.key]


class Rows(Place):
    """A list of rows; a number behind a command is a row of the page."""

    #: What is said where no row is named, marked for the catalogues.
    whence = N_("Name a row of the list by its number.")

    def __init__(self, house: House) -> None:
        super().__init__(house.speaker)
        self.house = house
        self.special: Sequence[Listed] | None = None  # instead of what is usually listed
        self._start = 0
        self._page: Sequence[Listed] = ()
        self._opened = house.opened  # of which names the list is
        self.paging = [
            Command("next", N_("the next page"), lambda _rest: self.turn(1)),
            Command("previous", N_("the page before"), lambda _rest: self.turn(-1)),
        ]
        self.mending = [
            Command("keep", N_("rows are right: their numbers, such as 1,3-5, or all"), self.edit(_keep)),
            Command("drop", N_("rows are to go: their numbers, or all"), self.edit(_drop)),
            Command("relabel", N_("another label: numbers, label"), self.edit(_relabel)),
            Command("correct", N_("another name: number, name"), self.edit(_correct)),
            Command("accept", N_("do what is suggested for rows: their numbers, or all"), self.accept),
            Command("undo", N_("undo the last edit"), lambda _rest: self.redo(undo=True)),
            Command("redo", N_("do it again"), lambda _rest: self.redo(undo=False)),
        ]

    def usual(self, start: int, stop: int) -> tuple[int, Sequence[Listed]]:
        """How many rows there are, and some of them."""
        raise NotImplementedError

    def forget(self) -> None:
        """List nothing of what was listed before."""
        self.special, self._start, self._page = None, 0, ()
        self._opened = self.house.opened

    def are_open(self) -> bool:
        """Whether the names that the list is of are still open; if not, it is forgotten."""
        if self._opened == self.house.opened:
            return True
        self.forget()
        return False

    def found(self, start: int, stop: int) -> tuple[int, Sequence[Listed]]:
        """The same of what is listed now."""
        self.are_open()
        if self.special is not None:
            return len(self.special), self.special[start:stop]
        return self.usual(start, stop)

    def turn(self, pages: int) -> None:
        """Another page; of rows that edits took out of the list, or put into it, none is passed over."""
        if not self.are_open():
            self.show()
            return
        start = self._start + pages * PAGE
        if pages > 0 and self._page:
            before = {row.key for row in self._page}
            page = self.found(self._start, self._start + PAGE)[1]
            start = self._start + max((n for n, row in enumerate(page, 1) if row.key in before), default=0)
        self.show(max(start, 0))

    def show(self, start: int = 0) -> None:
        """Say a page."""
        total, page = self.found(start, start + PAGE)
        if not page:
            self.speaker.say(_("There are no rows there."))
            if not start:
                self._start, self._page = 0, ()
            return
        self._start, self._page = start, page
        told = _("Rows {first:,} to {last:,} of {total:,}.")
        self.speaker.say(told.format(first=start + 1, last=start + len(page), total=total))
        self.speaker.number(map(self.told, page))

    def told(self, row: Listed) -> str:
        """A row in a sentence, and what it is by now."""
        state = self.house.book().state
        now = state.now(row.key)
        of_row = row.told
        if row.found is not None:
            of_row = _given(replace(row.found, given=state.label_now(row.found.given)))
            if row.suggested and row.suggested[0].op == "drop":
                drop = suggested(row.found.given, drops=True)
                of_row = in_a_row(of_row, entry(_("suggested").capitalize(), drop))
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
        return " ".join(filter(None, (told, of_row, *changes)))

    def listed(self, row: Mistake, why: Reason) -> Listed:
        """A row that a model gets wrong, with what it says."""
        key = key_of(row)
        return Listed(key, suggested=(_relabel(key, row.given, why),), why=why, found=row)

    # -- to mend --

    def rows(self, text: str) -> Sequence[Listed]:
        """The rows that are meant; none, if that is said in no way that can be read."""
        if not self.are_open():
            self.speaker.say(_("Other names are open by now; these are their rows."))
            self.show()
            return ()
        if text == "all":
            return self._all()
        places: list[int] = []
        for part in text.split(","):
            first, _dash, last = part.partition("-")
            begin = number_of(first, len(self._page))
            end = number_of(last or first, len(self._page))
            if begin is None or end is None:
                self.speaker.say(_(self.whence))
                return ()
            if begin > end:
                told = _("{rows} can't be read; the smaller number comes first.")
                self.speaker.say(told.format(rows=part))
                return ()
            places += range(begin - 1, end)
        return [self._page[at] for at in dict.fromkeys(places)]

    def _all(self) -> Sequence[Listed]:
        total, rows = self.found(0, MOST_MARKED)
        if not rows:
            self.speaker.say(_("There are no rows there."))
        if total > len(rows):
            told = _("These are the first {n:,} of {total:,} rows; {left:,} are left out.")
            self.speaker.say(told.format(n=len(rows), total=total, left=total - len(rows)))
        return rows

    def edit(self, make: Callable[[RowKey, str, Reason], Edit]) -> Callable[[str], None]:
        """What makes an edit of the rows that are named first, and of their duplicates."""

        def act(rest: str) -> None:
            numbers, _blank, value = rest.partition(" ")
            rows = self.rows(numbers)
            self._make(rows, [make(key, value.strip(), row.why) for row in rows for key in row.rows])

        return act

    def accept(self, rest: str) -> None:
        rows = self.rows(rest)
        accepted = self.house.book().state.accepted
        edits = [accepted(edit) for row in rows for edit in row.suggested]
        if rows and not edits:
            self.speaker.say(_("Nothing is suggested for it."))
        self._make(rows, edits)

    def make(self, edits: Sequence[Edit]) -> bool:
        """Make edits, as one step; whether one of them changed something."""
        made = self.house.book().make(edits)
        if not made:
            self.speaker.say(_("That is so already."))
        return made

    def _make(self, rows: Sequence[Listed], edits: Sequence[Edit]) -> None:
        if not edits or not self.make(edits):
            return
        if len(rows) <= PAGE:
            self.speaker.say(*map(self.told, rows))
        else:
            told = ngettext("{n:,} row was mended.", "{n:,} rows were mended.", len(rows))
            self.speaker.say(told.format(n=len(rows)))

    def redo(self, *, undo: bool) -> None:
        """Undo the last step, or do it again."""
        book = self.house.book()
        told = book.state.undo if undo else book.state.redo
        if not (book.undo() if undo else book.redo()):
            self.speaker.say(_("There is nothing to undo.") if undo else _("There is nothing to do again."))
        else:
            done = _("Undone: {what}.") if undo else _("Done again: {what}.")
            self.speaker.say(done.format(what=told))

    # -- rows that are probably labelled wrongly --

    def suspects(self, _rest: str) -> None:
        """Search for them, and list them."""
        self.speaker.say(_("Searching by cross-validation; ctrl+c ends the search."))
        place, told = FoldPlace(), time.monotonic()
        try:
            for event in self.house.engine.find_suspects(self.house.edited()):
                place = place.after(event)
                if isinstance(event, Suspects):
                    self._list_suspects(event)
                elif time.monotonic() - told >= self.house.every:
                    told = time.monotonic()
                    self.speaker.say(_how_far(place))
                if not self._heed(place):
                    self.speaker.say(_("The search was ended."))
                    return
        except KeyboardInterrupt:
            self.speaker.say(_("The search was ended."))

    def _list_suspects(self, event: Suspects) -> None:
        self.are_open()
        found = event.of_file(self.house.table().labels, self.house.book().state)
        rows = ((key_of(each), found.edits[key_of(each)], each) for each in found.rows)
        self.special = [Listed(key, suggested=own, why=own[0].why, found=each) for key, own, each in rows]
        told = _("{rows:,} rows are suspicious; about {wrong:,} labels are estimated to be wrong.")
        self.speaker.say(told.format(rows=len(event.rows), wrong=event.estimated))
        self.show()

    def _heed(self, place: FoldPlace) -> bool:
        """Do what is typed meanwhile; return whether the search is to continue. The lines of a script are for later."""
        words = ["pause", "go", "stop", "how"]
        line = self.speaker.line(patience=0) if self.speaker.prompts else None
        while line is not None:
            at = chosen(line, words)
            if at == words.index("stop"):
                return False
            if at == words.index("how"):
                self.speaker.say(_how_far(place))
            if at != words.index("pause"):
                return True
            self.speaker.say(_("It pauses."))
            line = self.speaker.line(_("go, or stop"))
            if line is not None and chosen(line, words) == words.index("go"):
                self.speaker.say(_("It continues."))
                return True
        return True


def key_of(found: Mistake) -> RowKey:
    """The row, as the table of the file has it."""
    return RowKey(found.line, found.name, found.label)


def _given(found: Mistake) -> str:
    """What a model says of a row, in a sentence."""
    told = _("The model says {label}, {share}.")
    return told.format(label=found.given, share=share(found.confidence))


def _how_far(place: FoldPlace) -> str:
    told = _("Network {fold} of {folds}, {share} done.")
    return told.format(fold=place.fold, folds=place.folds, share=share(place.share))


def _keep(row: RowKey, _value: str, why: Reason) -> Edit:
    return Edit.keep(row.name, row.label, row.line, why)


def _drop(row: RowKey, _value: str, why: Reason) -> Edit:
    return Edit.drop(row.name, row.label, row.line, why)


def _relabel(row: RowKey, label: str, why: Reason) -> Edit:
    return Edit.relabel(row.name, row.label, row.line, label, why)


def _correct(row: RowKey, name: str, why: Reason) -> Edit:
    return Edit.correct(row.name, row.label, row.line, name, why)
