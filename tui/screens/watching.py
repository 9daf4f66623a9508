"""The list of watched names of a training, to be edited while it trains."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input

from namecls.errors import ConfigError
from namecls.events import MOST_WATCHED
from namecls.language import _, again
from namecls.runs.watched import names_in
from namecls.text import safe
from tui import keys
from tui.drawing.wording import Paragraph
from tui.engine.threads import fetch
from tui.screens.modal import Modal
from tui.widgets.name_input import SafeInput
from tui.widgets.retold import Told
from tui.workbench import bench_of


@dataclass(eq=False)
class WatchedRead(Message):
    """The names that are watched, or why they can't be read."""

    names: tuple[str, ...]
    problem: str = ""


@dataclass(eq=False)
class WatchedWritten(Message):
    """Others are watched from now on, or `problem` says why not."""

    problem: str = ""


class WatchingScreen(Modal[None]):
    """A line of names, with commas between."""

    PLACE = "watching"
    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("watching")
    DEFAULT_CSS = """
    WatchingScreen {
        align: center middle;
        #box { width: 72; max-width: 100%; height: auto; background: $background; padding: 1 2; }
        SafeInput { height: 1; width: 100%; background: $panel; }
        #word { color: $muted; margin: 1 0 0 0; }
        #word.-wrong { color: $error; }
    }
    """

    def __init__(self, directory: Path) -> None:
        super().__init__()
        self._directory = directory

    def compose(self) -> ComposeResult:
        with Vertical(id="box", classes="panel"):
            yield SafeInput(placeholder="Kim, Müller, Kowalski", id="names")
            yield Told(id="word")

    def entitle(self) -> None:
        self.query_one("#box").border_title = _("watched names")

    def on_mount(self) -> None:
        self._say("")
        engine, directory = bench_of(self).engine, self._directory
        fetch(
            "watched",
            lambda: WatchedRead(engine.watched_names(directory)),
            lambda problem: WatchedRead((), problem),
            self.post_message,
            self.app.post_message,
        )

    def on_watched_read(self, message: WatchedRead) -> None:
        box = self.query_one(Input)
        if not box.value:
            box.value = ", ".join(message.names)
            box.cursor_position = len(box.value)
        if message.problem:
            self._say(message.problem)

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self._say("")

    def action_take(self) -> None:
        try:
            names = names_in(self.query_one(Input).value)
        except ConfigError as error:
            self._say(str(error))
            return
        engine, directory = bench_of(self).engine, self._directory

        def write() -> WatchedWritten:
            engine.watch_names(directory, names)
            return WatchedWritten()

        fetch("watch", write, WatchedWritten, self.post_message, self.app.post_message)

    def on_watched_written(self, message: WatchedWritten) -> None:
        if message.problem:
            self._say(message.problem)
        else:
            self.dismiss(None)

    def action_back(self) -> None:
        self.dismiss(None)

    def _say(self, problem: str) -> None:
        line = self.query_one("#word", Told)
        line.set_class(problem != "", "-wrong")

        def told() -> Paragraph:
            usual = _(
                "At most {most} names, with commas between, ranked after every epoch from this one on. "
                "enter watches them, esc leaves the list as it is."
            ).format(most=MOST_WATCHED)
            return Paragraph(safe(again(problem) or usual, 300))

        line.tell(told)
