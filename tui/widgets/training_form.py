"""The form of a training: every setting a line, checked at every key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message

from namecls.config import PRESET, PRESETS, ModelConfig, TrainConfig
from namecls.errors import ConfigError
from namecls.language import N_, _
from namecls.runs.watched import names_in
from namecls.settings import Setting
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
from tui.widgets.form import Form
from tui.widgets.name_input import SafeInput
from tui.widgets.said import Said


class TrainingForm(Form):
    """The settings of the next training."""

    TITLE_OF_FORM = N_("a new training")

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
        self._origin = NOTHING
        self._changed: tuple[Setting, ...] = ()  # those that differ from the preset
        self.watched: tuple[str, ...] = ()
        self.wanted: TrainConfig | None = None
        super().__init__({**texts_of(PRESETS["default"].config), "watched": ""}, id=id)

    @property
    def config(self) -> TrainConfig | None:
        """The config that the lines say; None: something is invalid."""
        return self.wanted

    def read(self, texts: Mapping[str, str]) -> dict[str, str]:
        self.wanted, problems = read_form(texts, self._origin)
        try:
            self.watched = names_in(texts["watched"])
        except ConfigError as error:
            self.wanted, problems = None, {**problems, "watched": str(error)}
        return problems

    def lines(self) -> ComposeResult:
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

    def entitle(self) -> None:
        super().entitle()
        told = _("* not as in the preset {preset}").format(preset=self._texts["preset"])
        self.border_subtitle = told if self._changed else ""

    def _title(self, setting: Setting) -> str:
        """The title of a line, marked where it differs from the preset."""
        return f"{_(setting.title)}*" if setting in self._changed else _(setting.title)

    @property
    def texts(self) -> dict[str, str]:
        """What stands in the lines, but for the file of names and the model that the training starts from."""
        return {} if self._origin.is_model else super().texts

    def take(self, texts: Mapping[str, str]) -> None:
        """Fill the lines with texts from an earlier start, as far as they can be theirs."""
        if (preset := texts.get("preset", "")) in PRESETS:
            watched = {"watched": texts.get("watched", "")}
            super().take(texts_of(PRESETS[preset].config) | fitting(texts) | watched)

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
            self.fill(texts_of(base_of(event.choice.value, self._origin)))
        elif name == "init_from":
            self._start_from(
                Origin(event.choice.value, event.choice.title) if event.choice.value else NOTHING
            )
            if event.choice.value:
                self.post_message(self.OriginAsked(event.choice.value))
            return
        else:
            self._texts[name] = event.choice.value
        self.check()

    def use_preset(self, preset: str, *, keep: bool) -> None:
        """Take the values of a preset.

        :param keep: what differs from the preset before stays as it is.
        """
        kept = {setting.name: self._texts[setting.name] for setting in self._changed if keep}
        self.fill(texts_of(base_of(preset, self._origin)) | kept)
        self.check()

    def _start_from(self, origin: Origin) -> None:
        """Take the network of the model that the training starts from, and the values it was measured with."""
        self._origin = origin
        self.fill(started_from(self._texts, origin))
        for setting in LINES:
            control = self.query_one(f"#{setting.name}")
            control.disabled = origin.fixes(setting)
            if control.parent is not None:
                control.parent.set_class(control.disabled, "-fixed")
        self.check()

    def check(self) -> None:
        super().check()
        self._mark(changed_in(self._texts, self._origin))

    def _mark(self, changed: tuple[Setting, ...]) -> None:
        """Mark the lines that differ from the preset."""
        if changed != self._changed:
            different, self._changed = {*changed} ^ {*self._changed}, changed
            for setting in different:
                title = self.query_one(f"#of-{setting.name}", Said)
                title.set_class(setting in changed, "-changed")
                title.redraw()
            self.entitle()

    def note(self) -> str:
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
