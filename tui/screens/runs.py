"""Runs: all of the save directory, their curves over each other, what stands out, and what differs."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Horizontal
from textual.content import Content
from textual.message import Message
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Input

from namecls.language import N_, _, ngettext
from tui import keys
from tui.drawing.run_columns import COLUMNS, MADE, haystack, listed
from tui.drawing.run_facts import FIGURE_TITLES
from tui.engine.listing import SOON, RunsFollower
from tui.engine.messages import RunsListed
from tui.engine.threads import spawn
from tui.screens.run_actions import RunActions
from tui.widgets.lists import CursorList, Moves
from tui.widgets.name_input import SafeInput
from tui.widgets.retold import Told
from tui.widgets.run_curves import AXES, SMOOTHINGS, Overlaid, RunCurves
from tui.widgets.run_list import RunList
from tui.widgets.run_words import RunWords

if TYPE_CHECKING:
    from namecls.runs.listing import RunInfo
    from namecls.runs.notes import Notes
    from tui.engine.looking import Looked

#: Runs whose curves may lie over each other, each with a digit and a colour of its own.
MOST_MARKED = 9
#: Seconds that the cursor has to rest on a run before that is read.
_RESTS = 0.12
_OF_CURVES = ("figure", "axis", "smooth", "read")
_VIEWS = ("about", "curves", "differs")


@dataclass(eq=False)
class LookedAt(Message):
    """What record and history tell of a run.

    :param number: of the look; what an earlier one tells counts no more.
    """

    directory: Path
    looked: Looked
    number: int


class RunsScreen(Moves, RunActions):
    """The list of runs above; below it curves, and words on the run under the cursor."""

    PLACE = "runs"
    TAB = "train"
    CSS_PATH = "runs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("runs")

    def __init__(self) -> None:
        super().__init__()
        self._runs: list[tuple[RunInfo, str]] = []
        self._names: dict[Path, str] = {}
        self._shown: list[RunInfo] = []
        self._sort, self._down = MADE, True
        self._view = _VIEWS[0]
        self._marks: dict[Path, int] = {}  # the number of each
        self._baseline: Path | None = None
        self._looked: dict[Path, Looked] = {}
        self._asked: dict[Path, int] = {}  # the number of the look
        self._looks = 0
        self._problem = ""
        self._turn = 0  # of listing
        self._follower: RunsFollower | None = None
        self._back: Path | None = None  # a run that came back, to which the cursor goes
        self._resting: Timer | None = None

    def body(self) -> ComposeResult:
        with Horizontal(id="asking"):
            yield Told(lambda: _("filter"), classes="label")
            yield SafeInput(placeholder=N_("words, #tag"), id="filter")
            yield Told(self._counted, id="counted")
        yield RunList()
        with Container(id="below"):
            yield RunCurves()
            yield RunWords()

    def retell(self) -> None:
        self._runs = [(info, haystack(info)) for info, _hay in self._runs]
        super().retell()

    def focus_first(self) -> Widget | None:
        return self._list

    def on_screen_resume(self) -> None:
        self.list_again()

    def on_screen_suspend(self) -> None:
        if self._follower is not None:
            self._follower.rest()

    def on_unmount(self) -> None:
        if self._follower is not None:
            self._follower.close()

    def context(self) -> str:
        return str(self.bench.save_dir)

    @property
    def _list(self) -> RunList:
        return self.query_one(RunList)

    @property
    def _curves(self) -> RunCurves:
        return self.query_one(RunCurves)

    @property
    def pointed(self) -> RunInfo | None:
        return self._list.current if self._runs else None  # else it may not be there yet

    # -- the list --

    def list_again(self) -> None:
        """List the runs, in a thread, and whatever changes as long as the screen shows."""
        self._turn += 1
        self._forget(info for info, _ in self._runs if info.status not in ("finished", "damaged"))
        if self._follower is None:
            bench = self.bench
            self._follower = RunsFollower(
                bench.engine, bench.save_dir, self.post_message, self.app.post_message
            )
        self._follower.again(self._turn)

    def on_runs_listed(self, message: RunsListed) -> None:
        if message.turn == self._turn and (message.whole or len(message.runs) > len(self._runs)):
            if message.whole and not message.problem:
                there = {info.directory for info in message.runs}
                self._marks = {place: number for place, number in self._marks.items() if place in there}
                self._baseline = self._baseline if self._baseline in there else None
            self._take(message.runs, message.problem)
            self._back = None

    def _take(self, runs: Sequence[RunInfo], problem: str = "") -> None:
        """Show these runs; cursor and scroll stay on the run, or where it was. What has changed is read again."""
        self._problem = problem
        known = {info.directory: (info, hay) for info, hay in self._runs}
        self._runs = []
        changed = []
        for info in runs:
            before = known.get(info.directory)
            if before is None or (before[0] is not info and before[0] != info):
                changed.append(info)
                before = info, haystack(info)
            self._runs.append(before)
        self._names = {info.directory: info.name for info in runs}
        self._looked = {place: looked for place, looked in self._looked.items() if place in self._names}
        self._forget(changed)
        anew = not known or len(runs) <= SOON
        self._list.fit(runs if anew else changed, anew=anew)
        self._arrange(self._list.cursor)

    def _forget(self, runs: Iterable[RunInfo]) -> None:
        """Have these read again when they show next; what was read of them shows until then."""
        for info in runs:
            self._asked.pop(info.directory, None)

    def _arrange(self, place: int = 0) -> None:
        """Filter and sort; the cursor stays on its run.

        :param place: where it goes if that is not there.
        """
        words = self._words
        wanted = self._back or (self.pointed.directory if self.pointed is not None else None)
        self._shown = listed(self._runs, words, self._sort, down=self._down)
        name = wanted.name if wanted is not None else ""  # a text is sooner compared than a path
        places = (at for at, info in enumerate(self._shown) if info.name == name and info.directory == wanted)
        word = self._problem or (
            _("No run has all of these words.") if words else _("No runs here yet: F2 trains one.")
        )
        self._list.show(self._shown, next(places, place), self._sort, self._down, word)
        self.query_one("#counted", Told).entitle()
        self._moved()

    @property
    def _words(self) -> list[str]:
        """Of the filter."""
        return self.query_one("#filter", Input).value.casefold().split()

    def _counted(self) -> Content:
        """How many show."""
        shown, runs, column = len(self._shown), len(self._runs), _(COLUMNS[self._sort].title)
        counted = (
            ngettext(
                "{shown:,} of {runs:,} run, sorted by {column}",
                "{shown:,} of {runs:,} runs, sorted by {column}",
                runs,
            )
            if self._words
            else ngettext("{shown:,} run, sorted by {column}", "{shown:,} runs, sorted by {column}", shown)
        )
        return Content(counted.format(shown=shown, runs=runs, column=column))

    def on_input_changed(self, _event: Input.Changed) -> None:
        self._arrange()

    def on_run_list_title_clicked(self, message: RunList.TitleClicked) -> None:
        self._sort_by(message.column)

    def _sort_by(self, column: int) -> None:
        self._down = not self._down if column == self._sort else COLUMNS[column].down
        self._sort = column
        self._arrange()

    def action_sort(self) -> None:
        self._sort_by((self._sort + 1) % len(COLUMNS))

    def action_reverse(self) -> None:
        self._sort_by(self._sort)

    def action_filter(self) -> None:
        box = self.query_one("#filter", Input)
        box.focus()
        box.action_select_all()

    def moved_in(self) -> CursorList:
        return self._list

    # -- what shows of them --

    def on_cursor_list_moved(self, _event: CursorList.Moved) -> None:
        self._moved()

    def _moved(self) -> None:
        """Show what is known of the run under the cursor, and read it as soon as the cursor rests on it."""
        self.moved_on()
        self._tell()
        if self._resting is not None:
            self._resting.stop()
        self._resting = self.set_timer(_RESTS, self._look)

    @property
    def _overlaid(self) -> list[tuple[str, int, Path]]:
        """The runs whose curves show: the baseline, then those that are marked, or else that under the cursor."""
        found = [("B", -1, self._baseline)] if self._baseline is not None else []
        marked = sorted(self._marks.items(), key=lambda mark: mark[1])
        found += [(str(number), number - 1, place) for place, number in marked if place != self._baseline]
        if not self._marks and self.pointed is not None and self.pointed.directory != self._baseline:
            found.append(("o", 0, self.pointed.directory))
        return found

    def _look(self) -> None:
        """Have those read of which it is not known yet what they tell."""
        engine, save_dir = self.bench.engine, self.bench.save_dir
        wanted = [place for _, _, place in self._overlaid]
        wanted += [self.pointed.directory] if self.pointed is not None else []
        for place in dict.fromkeys(wanted):
            if place not in self._asked:
                self._looks += 1
                self._asked[place] = number = self._looks
                spawn(
                    "look",
                    lambda place=place, number=number: self.post_message(  # type: ignore[misc]
                        LookedAt(place, engine.look_at(place, save_dir), number)
                    ),
                    self.app.post_message,
                    behind=True,
                )

    def on_looked_at(self, message: LookedAt) -> None:
        if self._asked.get(message.directory) == message.number:
            self._looked[message.directory] = message.looked
            self._tell()

    def _tell(self) -> None:
        names = self._names
        signs = {place: str(number) for place, number in self._marks.items()}
        if self._baseline is not None:
            signs[self._baseline] = f"{signs.get(self._baseline, '')}B"
        self._list.sign(signs)
        shown = [
            (sign, colour, place, self._looked.get(place))
            for sign, colour, place in self._overlaid
            if place in names
        ]
        figure = self._curves.figure
        self._curves.show(
            [
                Overlaid(
                    sign, names[place], colour, looked.curves.get(figure) if looked is not None else None
                )
                for sign, colour, place, looked in shown
            ]
        )
        info = self.pointed
        settings = [
            (f"{sign} {names[place]}", colour, looked.settings)
            for sign, colour, place, looked in shown
            if looked is not None and looked.settings
        ]
        looked = self._looked.get(info.directory) if info is not None else None
        rows = {each.rows for _, _, _, each in shown if each is not None and each.rows}
        self.query_one(RunWords).show(info, looked, settings, other_rows=len(rows) > 1)
        self.refresh_bindings()

    def action_view(self) -> None:
        """The next view; where curves and words stand side by side, only the words have two."""
        side_by_side = self.has_class("-wide") or self.has_class("-vast")
        views = ("about", "differs") if side_by_side else _VIEWS
        at = views.index(self._view) if self._view in views else 0
        self._show_view(views[(at + 1) % len(views)])

    def _show_view(self, view: str) -> None:
        self._view = view
        self.set_class(view == "curves", "-curves")
        self.query_one(RunWords).turn(view == "differs")

    def action_zoom(self) -> None:
        self.toggle_class("-zoom")

    def action_mark(self) -> None:
        info = self.pointed
        if info is None:
            return
        if info.directory in self._marks:
            del self._marks[info.directory]
        elif len(self._marks) == MOST_MARKED:
            self.say(
                _("{most} runs are marked; space on one of them unmarks it.").format(most=MOST_MARKED),
                problem=True,
            )
            return
        else:
            numbers = set(range(1, MOST_MARKED + 1)).difference(self._marks.values())
            self._marks[info.directory] = min(numbers)
        self._list.move(1)

    def action_pin(self) -> None:
        info = self.pointed
        if info is not None:
            self._baseline = None if self._baseline == info.directory else info.directory
            self._moved()

    def action_figure(self) -> None:
        figures = list(FIGURE_TITLES)
        self._curves.turn(figure=figures[(figures.index(self._curves.figure) + 1) % len(figures)])
        self._tell()

    def action_axis(self) -> None:
        axes = list(AXES)
        self._curves.turn(axis=axes[(axes.index(self._curves.axis) + 1) % len(axes)])

    def action_smooth(self) -> None:
        at = SMOOTHINGS.index(self._curves.smoothing)
        self._curves.turn(smoothing=SMOOTHINGS[(at + 1) % len(SMOOTHINGS)])

    def action_read(self, step: int) -> None:
        self._curves.read(step)

    # -- what is done with a run --

    async def action_show(self) -> None:
        """Show the run in Train; out of the filter, go to the list first."""
        if self.focused is self._list:
            await super().action_show()
        else:
            self._list.focus()

    def on_cursor_list_chosen(self, _event: CursorList.Chosen) -> None:
        self.call_later(self.run_action, "screen.show")

    def looked_at(self, directory: Path) -> Looked | None:
        return self._looked.get(directory)

    def noted(self, info: RunInfo, notes: Notes) -> None:
        after = dataclasses.replace(info, note=notes.note, tags=notes.tags)
        self._take([after if each.directory == info.directory else each for each, _ in self._runs])
        self.list_again()  # what is being listed may be from before

    def deleted(self, directory: Path) -> None:
        self._marks.pop(directory, None)
        self._baseline = None if self._baseline == directory else self._baseline
        self._take([info for info, _ in self._runs if info.directory != directory])

    def restored(self, directory: Path) -> None:
        self._back = directory

    def action_back(self) -> None:
        """One step out: of the filter, of the marks, of the screen."""
        box = self.query_one("#filter", Input)
        if self.focused is box:
            self._list.focus()
        elif box.value:
            box.value = ""
        elif self.has_class("-zoom"):
            self.remove_class("-zoom")
        elif self._marks:
            self._marks.clear()
            self._moved()
        else:
            self.call_later(self.bench.action_go, "train")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in ("mark", "pin"):
            return self.pointed is not None
        if action in _OF_CURVES:
            return any(curves.display for curves in self.query(RunCurves))
        return super().check_action(action, parameters)

    def why_not(self, action: str) -> str:
        if action in _OF_CURVES:
            return _("The curves don't show; v shows them.")
        return super().why_not(action)
