"""What every form of something to be started is: a file of names and lines below it, checked at every key."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input

from namecls.language import N_, _, again
from tui import keys
from tui.forms.reading import in_the_app
from tui.widgets.choice import Choice
from tui.widgets.name_input import SafeInput
from tui.widgets.retold import Retold
from tui.widgets.said import Said


class Form(Retold, Vertical):
    """The lines of what is to be started, and below them what is wrong, or what they do.

    A subclass yields from `lines` those below the file of names, and says in `read` what they mean. The title of a line
    has the class ``setting`` and the id of its control behind ``of-``.

    :param texts: what stands in the lines at first, by their names; there is a preset among them.
    """

    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("form")
    TITLE_OF_FORM: ClassVar[str]  # marked for the catalogues, and translated where it shows

    wanted: Any  # what the lines say; None: something is invalid

    class Changed(Message):
        """The settings changed."""

    class DataAsked(Message):
        """Another file is to be opened."""

        def __init__(self, path: Path) -> None:
            super().__init__()
            self.path = path

    def __init__(self, texts: Mapping[str, str], *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes="panel")
        self._texts = dict(texts)
        self._data = ""
        self._data_problem = ""
        self._wrong = self.read(self._texts)

    def read(self, texts: Mapping[str, str]) -> dict[str, str]:
        """Take what the texts mean; return what is wrong with which line."""
        raise NotImplementedError

    def lines(self) -> ComposeResult:
        """The lines below the file of names."""
        raise NotImplementedError

    def note(self) -> str:
        """What to say while nothing is wrong."""
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="lines", can_focus=False):
            with Horizontal(classes="line"):
                yield Said(lambda: _("data"), classes="setting", id="of-data")
                yield SafeInput(placeholder=N_("the embedded names"), id="data")
            yield from self.lines()
        yield Said(self._word, id="wrong")

    def on_mount(self) -> None:
        self._tell()

    def entitle(self) -> None:
        self.border_title = _(self.TITLE_OF_FORM)

    def retell(self) -> None:
        self._wrong = {name: again(problem) for name, problem in self._wrong.items()}
        super().retell()

    @property
    def texts(self) -> dict[str, str]:
        """What stands in the lines, but for the file of names."""
        return dict(self._texts)

    @property
    def problems(self) -> dict[str, str]:
        """What is wrong, by the lines: the file of names first, if it can't be read."""
        return ({"data": self._data_problem} if self._data_problem else {}) | self._wrong

    @property
    def asked_data(self) -> Path | None:
        """The file that was typed and is not asked for yet."""
        text = self.query_one("#data", Input).value.strip()
        return path_of(text) if text != self._data else None

    def focus_first(self) -> Widget:
        return self.query_one("#preset")

    def show_data(self, name: str, problem: str) -> None:
        """Show which file was asked for, and why it can't be read."""
        box = self.query_one("#data", Input)
        with box.prevent(Input.Changed):
            # What is being typed stays, unless another file was opened meanwhile.
            if not box.has_focus or (not problem and name != self._data):
                box.value = self._data = name
        self._data_problem = problem
        self._tell()

    def show_problem(self) -> str:
        """Focus the first line in which something is wrong, and return what it is."""
        problems = self.problems
        for name in problems:
            if isinstance(line := self.query_one(f"#{name}"), Choice | Input) and not line.disabled:
                line.focus()
                break
        return next(iter(problems.values()), "")

    def take(self, texts: Mapping[str, str]) -> None:
        """Fill the lines with what stood in those of such a form."""
        self.fill(texts)
        self.check()

    def fill(self, texts: Mapping[str, str]) -> None:
        """Put texts into the lines, by their names; they are not checked yet."""
        self._texts |= texts
        for name, text in texts.items():
            box = self.query_one(f"#{name}")
            with box.prevent(Input.Changed):
                if isinstance(box, Input | Choice):
                    box.value = text

    def check(self) -> None:
        """Read what stands in the lines, show what is wrong, and tell the screen."""
        self._wrong = self.read(self._texts)
        self._tell()
        self.post_message(self.Changed())

    def catch_up(self) -> None:
        """Take what stands in the lines: a key that comes at once is there before the message of what was typed."""
        typed = {box.id: box.value for box in self.query(Input) if box.id and box.id != "data"}
        if any(self._texts[name] != text for name, text in typed.items()):
            self._texts |= typed
            self.check()

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        if event.input.id and event.input.id != "data":
            self._texts[event.input.id] = event.value
            self.check()

    def on_descendant_focus(self, _event: events.DescendantFocus) -> None:
        self._tell()

    def on_descendant_blur(self, event: events.DescendantBlur) -> None:
        if event.widget.id == "data":
            self.post_message(self.DataAsked(path_of(self.query_one("#data", Input).value.strip())))

    def _tell(self) -> None:
        problems = self.problems
        for title in self.query(".setting").results(Said):
            title.tell_wrong((title.id or "").removeprefix("of-") in problems)
        line = self.query_one("#wrong", Said)
        line.set_class(not problems, "-note")
        line.redraw()

    def _word(self) -> str:
        """What is wrong, first of all with the line in focus; else the note."""
        problems = self.problems
        focused = self.screen.focused
        here = problems.get(focused.id or "") if focused is not None else None
        return in_the_app(here or next(iter(problems.values()), "")) or self.note()

    def action_next_line(self) -> None:
        self.screen.focus_next()

    def action_line_before(self) -> None:
        self.screen.focus_previous()


def path_of(text: str) -> Path:
    """The path that a text means; the text as it is, for the reader of files to refuse, if it means none."""
    try:
        return Path(text).expanduser()
    except (RuntimeError, ValueError):  # no such user, or no such name can be
        return Path(text)
