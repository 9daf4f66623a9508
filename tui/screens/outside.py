"""Tune and Compare: a form, and then the work that a process of its own does, or has done."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, ClassVar

from textual.content import Content
from textual.timer import Timer
from textual.widget import Widget

from namecls.files.locks import Holder
from namecls.language import _
from namecls.text import safe
from tui.jobs.outside import Outside
from tui.screens.base import Place
from tui.state import DatasetState
from tui.widgets.lists import CursorList, Moves
from tui.widgets.retold import Told
from tui.widgets.short_form import ShortForm, ShortOutlook

#: Seconds between two drawings over a slow line.
DRAW_SELDOM = 2.0
_MOVES = ("move", "move_page", "move_first", "move_last")


class OutsideScreen(Moves, Place):
    """The screen of the one piece of work of its kind that is shown.

    A subclass yields a line ``#offer``, a form and its outlook, and what shows the work, and says in the methods below
    whose it is.
    """

    MORE_PLACES = ("form", "choice")
    STATE: ClassVar[str]  # the value of the app that is its state
    LEFT: ClassVar[str]  # what is said of one that was interrupted

    def __init__(self) -> None:
        super().__init__()
        self._due: Timer | None = None
        self._shown_phase = ""

    @property
    def job(self) -> Outside:
        """What starts, pauses and stops it."""
        raise NotImplementedError

    def begin(self, wanted: Any) -> None:
        """Start what the form says on the open file."""
        raise NotImplementedError

    def look(self) -> None:
        """Have what is in the save directory told, for `tell_left`."""
        raise NotImplementedError

    def told(self) -> tuple[str, str] | None:
        """Its name, and what it is about; None: there is none."""
        raise NotImplementedError

    def draw(self) -> None:
        """Draw the work as it stands."""
        raise NotImplementedError

    def copied(self) -> str:
        """The command of the form, while it shows."""
        return self.query_one(ShortOutlook).command if self.state.phase == "idle" else ""

    def on_mount(self) -> None:
        self.watch(self.app, "dataset", self.show_dataset)
        self.watch(self.app, self.STATE, self.show_work)
        self.watch(self.app, "edits", self._show_outlook, init=False)
        self.bench.need_dataset()
        self.look()

    def on_screen_resume(self) -> None:
        super().on_screen_resume()
        self._draw()

    @property
    def state(self) -> Any:
        """The app's value of it."""
        return getattr(self.bench, self.STATE)

    @property
    def _form(self) -> ShortForm:
        return self.query_one(ShortForm)

    def focus_first(self) -> Widget | None:
        return self._form.focus_first() if self.state.phase == "idle" else self.moved_in()

    def context(self) -> str:
        if (told := self.told()) is not None:
            name, what = told
            return what if self.has_class("-narrow") else f"{name} · {what}"
        table = self.bench.dataset.ready
        return (
            _("{table} · {rows:,} rows").format(table=table.title, rows=len(table))
            if table is not None
            else ""
        )

    # -- before --

    def show_dataset(self, dataset: DatasetState) -> None:
        name = str(dataset.path) if dataset.path is not None else ""
        self._form.show_data(name, dataset.problem if dataset.status == "failed" else "")
        self._show_outlook()
        self.refresh_header()

    def on_form_changed(self, _event: ShortForm.Changed) -> None:
        self._show_outlook()

    def on_form_data_asked(self, event: ShortForm.DataAsked) -> None:
        path = None if event.path == Path() else event.path
        if path != self.bench.dataset.path or self.bench.dataset.status == "failed":
            self.bench.open_dataset(path)

    def _show_outlook(self) -> None:
        self.query_one(ShortOutlook).show(
            self.bench.dataset, self._form.wanted, self.bench.save_dir, self.bench.edits
        )
        self.refresh_bindings()

    def tell_left(self, found: Iterable[tuple[str, Holder | None, bool]]) -> None:
        """Say above the form that one runs, or was interrupted.

        :param found: the name of each, newest first, who does it, and whether it is over.
        """
        each = list(found)
        running = next((name for name, holder, _ in each if holder is not None), None)
        left = next((name for name, holder, is_over in each if holder is None and not is_over), None)

        def told() -> Content:
            text = ""
            if running is not None:
                text = " " + _("{name} is running in a background process. F8 shows it.").format(name=running)
            elif left is not None:
                text = " " + _(self.LEFT).format(name=left)
            return Content.styled(safe(text, 300), "$warning")

        self.set_class(running is not None or left is not None, "-offer")
        self.query_one("#offer", Told).tell(told)

    # -- while it runs --

    def show_work(self, state: Any) -> None:
        """Draw what changed; over a slow line not more often than it bears."""
        live = state.phase != "idle"
        self.set_class(live, "-live")
        self.set_class(not live, "-before")
        if state.phase != self._shown_phase:
            if self._shown_phase in ("", "idle") and live:
                self.moved_in().focus()
            self._shown_phase = state.phase
            self.refresh_header()
            self._draw()
        if not live or not self.is_current:
            return
        if not self.bench.low_bandwidth:
            self._draw()
        elif self._due is None:
            self._due = self.set_timer(DRAW_SELDOM, self._draw)

    def _draw(self) -> None:
        if self._due is not None:
            self._due.stop()
            self._due = None
        if self.is_current and self.state.phase != "idle":
            self.draw()
            self.refresh_bindings()

    # -- keys --

    def moved_in(self) -> CursorList:
        """The list of what it has done."""
        raise NotImplementedError

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        state = self.state
        if action in ("start", "show_problem", "open_file"):
            wrong = bool(self._form.problems)
            ready = self.bench.dataset.ready is not None and not wrong
            can = {"start": ready, "show_problem": wrong, "open_file": True}
            return state.phase == "idle" and can[action]
        if action in (*_MOVES, "new"):
            return bool(state.phase != "idle")
        if action in ("pause", "unpause"):
            return bool(state.phase == ("running" if action == "pause" else "paused"))
        if action == "stop":
            return state.phase in ("starting", "running", "paused")
        if action == "resume":
            return bool(state.can_go_on)
        return super().check_action(action, parameters)

    def action_start(self) -> None:
        form = self._form
        form.catch_up()
        if (path := form.asked_data) is not None:
            form.post_message(ShortForm.DataAsked(path))
        elif form.problems:
            self.say(
                _("Fix the highlighted field: {problem}").format(problem=form.show_problem()), problem=True
            )
        elif form.wanted is not None:
            self.begin(form.wanted)

    action_show_problem = action_start

    def action_pause(self) -> None:
        self.job.pause()

    action_unpause = action_pause

    def action_stop(self) -> None:
        self.job.stop()

    def action_resume(self) -> None:
        if (directory := self.state.directory) is not None:
            self.job.take_up(directory)

    def action_new(self) -> None:
        self.job.forget()
        self.look()
        self._form.focus_first().focus()

    def open_chosen(self, directory: Path | None) -> None:
        """Show the one that was chosen from a list."""
        if directory is not None:
            self.job.open(directory)
