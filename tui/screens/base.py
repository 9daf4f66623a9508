"""Base of all screens: header, body, footer, the keys of a place, and a message when the terminal is too small."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.screen import Screen
from textual.widget import Widget

from namecls.language import _
from tui.screens.sizes import heed_present_size
from tui.terminal.compositor import Composed
from tui.widgets.header import Header
from tui.widgets.keybar import KeyBar
from tui.widgets.retold import Retold, Told
from tui.workbench import Workbench, bench_of

#: Columns and rows below which a screen only says that it needs more.
SMALLEST = (60, 16)


def _no_room() -> Content:
    columns, rows = SMALLEST
    told = _("namecls needs {columns} columns and {rows} rows. Still running, enlarge the terminal.")
    return Content(told.format(columns=columns, rows=rows))


class Place(Retold, Composed, Screen[None]):
    """A screen with a header above, a footer below and its body between.

    A subclass names its `PLACE` in the table of keys and sets ``BINDINGS = keys.bindings(PLACE)``; it yields
    its widgets from `body`, and says in `context` what stands at the right of the header. The app's values
    (`Workbench.dataset`, `Workbench.model`, `Workbench.training`) are watched with
    ``self.watch(self.app, "dataset", self.show_dataset)`` in `on_mount`: a watcher gets the value at once,
    and whenever it changes, also while another screen shows.
    """

    PLACE: ClassVar[str]
    TAB: ClassVar[str] = ""  # whose title the header lights up, if not this place's own
    MORE_PLACES: ClassVar[tuple[str, ...]] = ()  # of its widgets, for the footer and the help
    AUTO_FOCUS: ClassVar[str | None] = ""

    @property
    def bench(self) -> Workbench:
        """The app."""
        return bench_of(self)

    def compose(self) -> ComposeResult:
        yield Header()
        with Vertical(id="body"):
            yield from self.body()
        yield Told(_no_room, id="no-room")
        yield KeyBar(self.PLACE, *self.MORE_PLACES)

    def body(self) -> ComposeResult:
        """The widgets between header and footer."""
        yield from ()

    def under_keys(self) -> Widget | None:
        """Without a focus: the widget that the keys are about."""
        return self.query_one("#body")

    def context(self) -> str:
        """What the header says at its right: the model, the run, the file. Made safe by the header."""
        return ""

    def say(self, text: str, *, problem: bool = False) -> None:
        """Show a short notification; any text may be in it."""
        self.bench.say(text, problem=problem)

    def why_not(self, action: str) -> str:  # noqa: ARG002
        """Why an action that `check_action` forbids is not possible now, and what is; empty: its key is another's."""
        return ""

    def refresh_header(self) -> None:
        """Redraw the header after `context` changed."""
        for header in self.query(Header):
            header.redraw()

    def focus_first(self) -> Widget | None:
        """The widget in which typing does the obvious thing; focused when the screen shows for the first time."""
        return None

    def _compositor_refresh(self) -> None:
        # What Textual draws during a batch it throws away, and then thinks that it is on the screen.
        if not self.app._batch_count:
            super()._compositor_refresh()

    def action_open_file(self) -> None:
        """Let the user choose a file of names."""
        from tui.screens.file_picker import FilePicker, Picked

        def picked(answer: Picked | None) -> None:
            if answer is not None:
                self.bench.open_dataset(answer.path, answer.columns)

        data = self.bench.dataset
        self.app.push_screen(FilePicker(data.path, data.columns, data.problem), picked)

    def on_resize(self, event: events.Resize) -> None:
        heed_present_size(self, event)

    def on_screen_resume(self) -> None:
        self.refresh_header()
        if self.focused is None and (widget := self.focus_first()) is not None:
            widget.focus()
