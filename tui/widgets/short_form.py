"""A form of a few lines, checked at every key: data, a preset, and texts."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input

from namecls.config import PRESETS
from namecls.language import N_, _
from namecls.paths import DEFAULT_SAVE_DIR
from namecls.text import safe
from tui import keys
from tui.drawing.palette import Palette
from tui.drawing.wording import wrapped
from tui.engine.editing import NO_EDITS, EditState, told_of
from tui.state import DatasetState
from tui.widgets.choice import Choice
from tui.widgets.drawn import Drawn
from tui.widgets.name_input import SafeInput
from tui.widgets.plan_view import refusal
from tui.widgets.said import Said
from tui.widgets.training_form import path_of

if TYPE_CHECKING:
    from namecls.data.table import NameTable
    from namecls.runs.record import DataRecord


class ShortForm(Vertical):
    """The lines of what is to be started.

    A subclass names its lines, gives the first texts, and says in `read` what they mean. Titles and placeholders are
    marked for the catalogues, and translated where they show.
    """

    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("form")
    TITLE_OF_FORM: ClassVar[str]
    TITLES: ClassVar[Mapping[str, str]]
    CHOICES: ClassVar[Mapping[str, tuple[str, ...]]]
    PLACEHOLDERS: ClassVar[Mapping[str, str]] = {}

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
        self._word = ""  # what is wrong
        self._problems: dict[str, str] = {}  # by the lines
        self.read(self._texts)

    def read(self, texts: Mapping[str, str]) -> dict[str, str]:
        """Take what the texts mean; return what is wrong with which line."""
        raise NotImplementedError

    def texts_of(self, preset: str) -> dict[str, str]:
        """What a preset changes in the lines."""
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="lines", can_focus=False):
            with Horizontal(classes="line"):
                yield Said(lambda: _("data"), classes="setting", id="of-data")
                yield SafeInput(placeholder=N_("the embedded names"), id="data")
            for name, title in self.TITLES.items():
                with Horizontal(classes="line"):
                    yield Said(partial(_, title), classes="setting", id=f"of-{name}")
                    if name in self.CHOICES:
                        yield Choice(self.CHOICES[name], self._texts[name], id=name)
                    else:
                        placeholder = self.PLACEHOLDERS.get(name, "")
                        yield SafeInput(self._texts[name], placeholder=placeholder, id=name)
        yield Said(lambda: self._word or _(PRESETS[self._texts["preset"]].summary), id="wrong")

    def on_mount(self) -> None:
        self.border_title = _(self.TITLE_OF_FORM)

    @property
    def texts(self) -> dict[str, str]:
        """What stands in the lines, but for the file of names."""
        return dict(self._texts)

    def take(self, texts: Mapping[str, str]) -> None:
        """Fill the lines with what stood in those of such a form."""
        self._fill(dict(texts))
        self._tell()
        self.post_message(self.Changed())

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

    def on_choice_changed(self, event: Choice.Changed) -> None:
        event.stop()
        if event.choice.id == "preset":
            self._fill(self.texts_of(event.choice.value))
        self._take(event.choice.id or "", event.choice.value)

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        if event.input.id != "data":
            self._take(event.input.id or "", event.value)

    def catch_up(self) -> None:
        """Take what stands in the lines: a key that comes at once is there before the message of what was typed."""
        typed = {box.id: box.value for box in self.query(Input) if box.id and box.id != "data"}
        if any(self._texts[name] != text for name, text in typed.items()):
            self._texts |= typed
            self._tell()
            self.post_message(self.Changed())

    @property
    def asked_data(self) -> Path | None:
        """The file that was typed and is not asked for yet."""
        text = self.query_one("#data", Input).value.strip()
        return path_of(text) if text != self._data else None

    def show_problem(self) -> str:
        """Focus the first line in which something is wrong, and return what it is."""
        for name in self._problems:
            self.query_one(f"#{name}").focus()
            break
        return next(iter(self._problems.values()), "")

    def _fill(self, texts: dict[str, str]) -> None:
        self._texts |= texts
        for name, text in texts.items():
            box = self.query_one(f"#{name}")
            with box.prevent(Input.Changed):
                if isinstance(box, Input | Choice):
                    box.value = text

    def _take(self, name: str, text: str) -> None:
        self._texts[name] = text
        self._tell()
        self.post_message(self.Changed())

    def on_descendant_blur(self, event: events.DescendantBlur) -> None:
        if event.widget.id == "data":
            self.post_message(self.DataAsked(path_of(self.query_one("#data", Input).value.strip())))

    def _tell(self) -> None:
        problems = self.read(self._texts)
        if self._data_problem:
            problems = {"data": self._data_problem, **problems}
        self._problems = problems
        for name in ("data", *self.TITLES):
            self.query_one(f"#of-{name}").set_class(name in problems, "-wrong")
        focused = self.screen.focused
        here = problems.get(focused.id or "") if focused is not None else None
        self._word = here or next(iter(problems.values()), "")
        line = self.query_one("#wrong", Said)
        line.set_class(not self._word, "-note")
        line.redraw()

    def action_next_line(self) -> None:
        self.screen.focus_next()

    def action_line_before(self) -> None:
        self.screen.focus_previous()


class ShortOutlook(Drawn):
    """What will happen, beside such a form."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes="panel")
        self._dataset = DatasetState()
        self._wanted: Any = None
        self._save_dir = DEFAULT_SAVE_DIR
        self._edits = NO_EDITS

    def entitle(self) -> None:
        self.border_title = _("what will happen")

    def show(self, dataset: DatasetState, wanted: Any, save_dir: Path, edits: EditState) -> None:
        self._dataset, self._wanted, self._save_dir, self._edits = dataset, wanted, save_dir, edits
        self.redraw()

    def told(self, table: NameTable, wanted: Any, palette: Palette) -> list[Text]:
        """Paragraphs on what the form asks for."""
        raise NotImplementedError

    def command_of(self, wanted: Any, data: DataRecord, save_dir: Path, edits: Path | None) -> str:
        """The same on the command line."""
        raise NotImplementedError

    @property
    def command(self) -> str:
        """The command that shows, whole; empty where the form has none."""
        if self._wanted is None:
            return ""
        edits = self._edits.file if self._edits.count else None
        return self.command_of(self._wanted, self._dataset.record, self._save_dir, edits)

    def draw(self, width: int, height: int, palette: Palette) -> list[Text]:  # noqa: ARG002
        lines: list[Text] = []
        for paragraph in self._paragraphs(palette):
            lines += [*wrapped(paragraph, width), Text()]
        return lines

    def _paragraphs(self, palette: Palette) -> list[Text]:
        table, wanted = self._dataset.ready, self._wanted
        if table is None:
            if self._dataset.status == "failed":
                return refusal(self._dataset.problem, palette)
            return [Text(_("Reading the names ..."), style=palette.muted)]
        if wanted is None:
            return [Text(_("Something in the form is invalid; see there."), style=palette.warning)]
        command = Text(_("on the command line") + "\n", style=palette.muted)
        command.append(safe(self.command, 600), style=palette.primary)
        edits = [Text(safe(told, 200), style=palette.warning)] if (told := told_of(self._edits)) else []
        return [*self.told(table, wanted, palette), *edits, command]
