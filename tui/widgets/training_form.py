"""The form of a training: every setting a line, checked at every key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input

from namecls.config import PRESET, PRESETS, ModelConfig, TrainConfig
from namecls.errors import ConfigError
from namecls.language import N_, _
from namecls.runs.watched import names_in
from namecls.settings import Setting
from tui import keys
from tui.forms.advice import OTHERS, told_of
from tui.forms.training import (
    LINES,
    NOTHING,
    ORIGIN,
    Origin,
    base_of,
    changed_in,
    choices_of,
    fitting,
    read_form,
    started_from,
    texts_of,
    titles_of,
)
from tui.widgets.choice import Choice
from tui.widgets.name_input import SafeInput
from tui.widgets.said import Said


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

    class PresetAsked(Message):
        """A preset is to take the place of what was changed: first it has to be asked whether that is wanted."""

        def __init__(self, preset: str, changed: tuple[Setting, ...]) -> None:
            super().__init__()
            self.preset = preset
            self.changed = changed

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes="panel")
        self._origin = NOTHING
        self._texts = texts_of(PRESETS["default"].config)
        self._data = ""
        self._data_problem = ""
        self._names = ""
        self._problems: dict[str, str] = {}
        self._changed: tuple[Setting, ...] = ()  # those that differ from the preset
        self.watched: tuple[str, ...] = ()
        self.config: TrainConfig | None = PRESETS["default"].config

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="lines", can_focus=False):
            with Horizontal(classes="line"):
                yield Said(lambda: _("data"), classes="setting", id="of-data")
                yield SafeInput(placeholder=N_("the embedded names"), id="data")
            yield from self._line(PRESET)
            with Horizontal(classes="line"):
                yield Said(partial(self._title, ORIGIN), classes="setting", id="of-init_from")
                yield Choice(("",), "", titles={"": NOTHING.told}, id="init_from")
            for setting in LINES:
                if setting.front:
                    yield from self._line(setting)
            with Horizontal(classes="line"):
                yield Said(lambda: _("watched names"), classes="setting", id="of-watched")
                yield SafeInput(placeholder=N_("ranked every epoch: Kim, Müller"), id="watched")
            for setting in LINES:
                if not setting.front:
                    yield from self._line(setting)
        yield Said(self._word, id="wrong")

    def _line(self, setting: Setting) -> ComposeResult:
        with Horizontal(classes="line" if setting.front or setting is PRESET else "line more"):
            yield Said(partial(self._title, setting), classes="setting", id=f"of-{setting.name}")
            value = self._texts[setting.name]
            if choices := choices_of(setting):
                yield Choice(choices, value, titles=titles_of(setting), id=setting.name)
            else:
                yield SafeInput(value, id=setting.name)
            if setting.of_model and not setting.free:
                yield Said(lambda: _("fixed"), classes="fixed")

    def on_mount(self) -> None:
        self.border_title = _("a new training")
        self._tell({})

    def _title(self, setting: Setting) -> str:
        """The title of a line, marked where it differs from the preset."""
        return f"{_(setting.title)}*" if setting in self._changed else _(setting.title)

    @property
    def texts(self) -> dict[str, str]:
        """What stands in the lines, but for the file of names and the model that the training starts from."""
        return {} if self._origin.is_model else {**self._texts, "watched": self._names}

    def take(self, texts: Mapping[str, str]) -> None:
        """Fill the lines with texts from an earlier start, as far as they can be theirs."""
        preset = texts.get("preset", "")
        if preset not in PRESETS:
            return
        self.query_one("#preset", Choice).value = preset
        self._fill(texts_of(PRESETS[preset].config) | fitting(texts))
        self._names = texts.get("watched", "")
        watched = self.query_one("#watched", Input)
        with watched.prevent(Input.Changed):
            watched.value = self._names
        self._check()

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
        chosen = {self._origin.init_from: self._origin.told}
        self.query_one("#init_from", Choice).offer({"": NOTHING.told, **titles, **chosen})

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
            if self._changed:
                self.post_message(self.PresetAsked(event.choice.value, self._changed))
                event.choice.value = self._texts["preset"]
                return
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

    def catch_up(self) -> None:
        """Take what stands in the lines: a key that comes at once is there before the message of what was typed."""
        typed = {box.id: box.value for box in self.query(Input) if box.id and box.id != "data"}
        names = typed.pop("watched")
        if names != self._names or any(self._texts[name] != text for name, text in typed.items()):
            self._names = names
            self._texts = {**self._texts, **typed}
            self._check()

    @property
    def asked_data(self) -> Path | None:
        """The file that was typed and is not asked for yet."""
        text = self.query_one("#data", Input).value.strip()
        return path_of(text) if text != self._data else None

    def use_preset(self, preset: str, *, keep: bool) -> None:
        """Take the values of a preset.

        :param keep: what differs from the preset before stays as it is.
        """
        kept = {setting.name: self._texts[setting.name] for setting in self._changed if keep}
        self.query_one("#preset", Choice).value = preset
        self._fill(texts_of(base_of(preset, self._origin)) | kept)
        self._check()

    def show_problem(self) -> str:
        """Focus the first line in which something is wrong, and return what it is."""
        for name in self._problems:
            if isinstance(line := self.query_one(f"#{name}"), Choice | Input) and not line.disabled:
                line.focus()
                break
        return next(iter(self._problems.values()), "")

    def on_descendant_focus(self, _event: events.DescendantFocus) -> None:
        self._tell(self._problems)

    def on_descendant_blur(self, event: events.DescendantBlur) -> None:
        if event.widget.id == "data":
            self.post_message(self.DataAsked(path_of(self.query_one("#data", Input).value.strip())))

    def _start_from(self, origin: Origin) -> None:
        """Take the network of the model that the training starts from, and the values it was measured with."""
        self._origin = origin
        texts = started_from(self._texts, origin)
        self.query_one("#preset", Choice).value = texts["preset"]
        self._fill(texts)
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
        self._mark(changed_in(self._texts, self._origin))
        self._tell(problems)
        self.post_message(self.Changed(self.config))

    def _mark(self, changed: tuple[Setting, ...]) -> None:
        """Mark the lines that differ from the preset."""
        if changed != self._changed:
            different, self._changed = {*changed} ^ {*self._changed}, changed
            for setting in different:
                title = self.query_one(f"#of-{setting.name}", Said)
                title.set_class(setting in changed, "-changed")
                title.redraw()
            told = _("* not as in the preset {preset}").format(preset=self._texts["preset"])
            self.border_subtitle = told if changed else ""

    def _tell(self, problems: dict[str, str]) -> None:
        if self._data_problem:
            problems = {"data": self._data_problem, **problems}
        for setting in ("data", "init_from", "watched", *(setting.name for setting in LINES)):
            self.query_one(f"#of-{setting}").set_class(setting in problems, "-wrong")
        line = self.query_one("#wrong", Said)
        line.set_class(not problems, "-note")
        line.redraw()

    def _word(self) -> str:
        """What is wrong, first of all with the line in focus; else what that line does."""
        problems = {"data": self._data_problem} if self._data_problem else {}
        problems |= self._problems
        focused = self.screen.focused
        here = problems.get(focused.id or "") if focused is not None else None
        return here or next(iter(problems.values()), "") or self._note()

    def _note(self) -> str:
        """What the line in focus does; of the preset, and without a focus, what the preset or the transfer is."""
        focused = self.screen.focused
        name = (focused.id or "") if focused is not None and self in focused.ancestors else ""
        if setting := next((each for each in LINES if each.name == name), None):
            return told_of(setting)
        if name in OTHERS and not (name == "init_from" and self._origin.is_model):
            return _(OTHERS[name])
        if not self._origin.is_model:
            return _(PRESETS[self._texts["preset"]].summary)
        told = _("transfers the weights of {model}; the preset default suits that")
        return told.format(model=self._origin.title)

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
