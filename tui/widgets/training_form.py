"""The form of a training: every setting a line, checked at every key."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Static

from namecls.config import PRESETS, TrainConfig
from namecls.text import safe
from tui import keys
from tui.form import PRESET, SETTINGS, Setting, read_form, texts_of
from tui.widgets.choice import Choice
from tui.widgets.name_input import SafeInput


class TrainingForm(Vertical):
    """The settings of the next training."""

    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("form")

    class Changed(Message):
        """The settings changed: to a config, or to something that is none."""

        def __init__(self, config: TrainConfig | None) -> None:
            super().__init__()
            self.config = config

    class DataAsked(Message):
        """Another file is to be opened."""

        def __init__(self, path: Path) -> None:
            super().__init__()
            self.path = path

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes="panel")
        self._texts = texts_of(PRESETS["default"].config)
        self._data_problem = ""
        self.config: TrainConfig | None = PRESETS["default"].config

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="lines", can_focus=False):
            with Horizontal(classes="line"):
                yield Static("data", classes="setting", id="of-data")
                yield SafeInput(placeholder="the embedded names", id="data")
            yield from self._line(PRESET)
            for setting in SETTINGS:
                yield from self._line(setting)
        yield Static(id="wrong")

    def _line(self, setting: Setting) -> ComposeResult:
        with Horizontal(classes="line more" if setting.more else "line"):
            yield Static(setting.title, classes="setting", id=f"of-{setting.name}")
            value = self._texts[setting.name]
            if setting.choices:
                yield Choice(setting.choices, value, id=setting.name)
            else:
                yield SafeInput(value, id=setting.name)

    def on_mount(self) -> None:
        self.border_title = "a new training"

    def focus_first(self) -> Widget:
        return self.query_one("#preset")

    def show_data(self, name: str, problem: str) -> None:
        """Show which file is open, or why it is not the one that was asked for."""
        box = self.query_one("#data", Input)
        with box.prevent(Input.Changed):
            if not problem and not box.has_focus:
                box.value = name
        self._data_problem = problem
        self._tell({} if self.config else read_form(self._texts)[1])

    def show_more(self, shown: bool) -> None:
        """Show or hide the settings that seldom matter."""
        self.set_class(shown, "-more")

    def on_choice_changed(self, event: Choice.Changed) -> None:
        event.stop()
        name = event.choice.id or ""
        if name == "preset":
            self._fill(texts_of(PRESETS[event.choice.value].config))
        else:
            self._texts[name] = event.choice.value
        self._check()

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        if event.input.id != "data" and event.input.id:
            self._texts[event.input.id] = event.value
            self._check()

    def on_descendant_blur(self, event: events.DescendantBlur) -> None:
        if event.widget.id == "data":
            self.post_message(self.DataAsked(path_of(self.query_one("#data", Input).value.strip())))

    def _fill(self, texts: dict[str, str]) -> None:
        self._texts = texts
        for setting in SETTINGS:
            control = self.query_one(f"#{setting.name}")
            with control.prevent(Input.Changed):
                if isinstance(control, Choice | Input):
                    control.value = texts[setting.name]

    def _check(self) -> None:
        self.config, problems = read_form(self._texts)
        self._tell(problems)
        self.post_message(self.Changed(self.config))

    def _tell(self, problems: dict[str, str]) -> None:
        if self._data_problem:
            problems = {"data": self._data_problem, **problems}
        for setting in ("data", *(setting.name for setting in SETTINGS)):
            self.query_one(f"#of-{setting}").set_class(setting in problems, "-wrong")
        focused = self.screen.focused
        here = problems.get(focused.id or "") if focused is not None else None
        first = here or next(iter(problems.values()), "")
        self.query_one("#wrong", Static).update(Content(safe(first, 300)))

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
