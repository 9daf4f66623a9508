"""The form of a training: every setting a line, checked at every key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
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

from namecls.config import PRESET, PRESETS, ModelConfig, TrainConfig
from namecls.errors import ConfigError
from namecls.runs.watched import names_in
from namecls.settings import Setting
from namecls.text import safe
from tui import keys
from tui.forms.training import (
    LINES,
    NOTHING,
    ORIGIN,
    Origin,
    base_of,
    choices_of,
    read_form,
    texts_of,
)
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

    class OriginAsked(Message):
        """A training is to start from a model, whose network is to be read."""

        def __init__(self, init_from: str) -> None:
            super().__init__()
            self.init_from = init_from

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes="panel")
        self._origin = NOTHING
        self._texts = texts_of(PRESETS["default"].config)
        self._data = ""
        self._data_problem = ""
        self._names = ""
        self._problems: dict[str, str] = {}
        self.watched: tuple[str, ...] = ()
        self.config: TrainConfig | None = PRESETS["default"].config

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="lines", can_focus=False):
            with Horizontal(classes="line"):
                yield Static("data", classes="setting", id="of-data")
                yield SafeInput(placeholder="the embedded names", id="data")
            yield from self._line(PRESET)
            with Horizontal(classes="line"):
                yield Static(ORIGIN.title, classes="setting", id="of-init_from")
                yield Choice(("",), "", titles={"": NOTHING.title}, id="init_from")
            for setting in LINES:
                if setting.front:
                    yield from self._line(setting)
            with Horizontal(classes="line"):
                yield Static("watched names", classes="setting", id="of-watched")
                yield SafeInput(placeholder="Kim, Müller: ranked every epoch", id="watched")
            for setting in LINES:
                if not setting.front:
                    yield from self._line(setting)
        yield Static(id="wrong")

    def _line(self, setting: Setting) -> ComposeResult:
        with Horizontal(classes="line" if setting.front or setting is PRESET else "line more"):
            yield Static(setting.title, classes="setting", id=f"of-{setting.name}")
            value = self._texts[setting.name]
            if choices := choices_of(setting):
                yield Choice(choices, value, id=setting.name)
            else:
                yield SafeInput(value, id=setting.name)
            if setting.of_model and not setting.free:
                yield Static("fixed", classes="fixed")

    def on_mount(self) -> None:
        self.border_title = "a new training"
        self._tell({})

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
        self._tell(self._problems)

    def offer_origins(self, titles: Mapping[str, str]) -> None:
        """Offer models that a training may start from; one that is chosen stays on offer."""
        chosen = {self._origin.init_from: self._origin.title}
        self.query_one("#init_from", Choice).offer({"": NOTHING.title, **titles, **chosen})

    def show_network(self, init_from: str, network: ModelConfig | None, problem: str) -> None:
        """Take the network of the model that the training is to start from, or say why it can't be read."""
        if init_from == self._origin.init_from:
            self._start_from(replace(self._origin, network=network, problem=problem))

    def show_more(self, shown: bool) -> None:
        """Show or hide the settings that seldom matter."""
        self.set_class(shown, "-more")

    def on_choice_changed(self, event: Choice.Changed) -> None:
        event.stop()
        name = event.choice.id or ""
        if name == "preset":
            self._fill(texts_of(base_of(event.choice.value, self._origin)))
        elif name == "init_from":
            self._start_from(
                Origin(event.choice.value, event.choice.title) if event.choice.value else NOTHING
            )
            if event.choice.value:
                self.post_message(self.OriginAsked(event.choice.value))
            return
        else:
            self._texts[name] = event.choice.value
        self._check()

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        if event.input.id == "watched":
            self._names = event.value
            self._check()
        elif event.input.id != "data" and event.input.id:
            self._texts[event.input.id] = event.value
            self._check()

    def on_descendant_blur(self, event: events.DescendantBlur) -> None:
        if event.widget.id == "data":
            self.post_message(self.DataAsked(path_of(self.query_one("#data", Input).value.strip())))

    def _start_from(self, origin: Origin) -> None:
        """Take the network of the model that the training starts from, and the values it was measured with."""
        self._origin = origin
        preset = "default" if origin.is_model else self._texts["preset"]
        fits = preset == self._texts["preset"]
        texts = texts_of(base_of(preset, origin))
        kept = {
            setting.name: self._texts[setting.name]
            for setting in LINES
            if setting.name == "seed"
            or setting.group == "Run"
            or (fits and (setting.free or not setting.of_model))
        }
        self.query_one("#preset", Choice).value = preset
        self._fill(texts | kept)
        for setting in LINES:
            control = self.query_one(f"#{setting.name}")
            control.disabled = origin.fixes(setting)
            if control.parent is not None:
                control.parent.set_class(control.disabled, "-fixed")
        self._check()

    def _fill(self, texts: dict[str, str]) -> None:
        self._texts = texts
        for setting in LINES:
            control = self.query_one(f"#{setting.name}")
            with control.prevent(Input.Changed):
                if isinstance(control, Choice | Input):
                    control.value = texts[setting.name]

    def _check(self) -> None:
        self.config, problems = read_form(self._texts, self._origin)
        try:
            self.watched = names_in(self._names)
        except ConfigError as error:
            self.config, problems = None, {**problems, "watched": str(error)}
        self._problems = problems
        self._tell(problems)
        self.post_message(self.Changed(self.config))

    def _tell(self, problems: dict[str, str]) -> None:
        if self._data_problem:
            problems = {"data": self._data_problem, **problems}
        for setting in ("data", "init_from", "watched", *(setting.name for setting in LINES)):
            self.query_one(f"#of-{setting}").set_class(setting in problems, "-wrong")
        focused = self.screen.focused
        here = problems.get(focused.id or "") if focused is not None else None
        word = here or next(iter(problems.values()), "")
        line = self.query_one("#wrong", Static)
        line.set_class(not problems, "-note")
        line.update(Content(safe(word if problems else self._note(), 300)))

    def _note(self) -> str:
        """Summary of the preset, or of the transfer."""
        if not self._origin.is_model:
            return PRESETS[self._texts["preset"]].summary
        return f"transfers the weights of {self._origin.title}; the preset default suits that"

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
