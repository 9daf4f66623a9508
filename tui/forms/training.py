"""The training form without its widgets: which settings it has, and how text becomes a `TrainConfig`."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from namecls.config import PRESETS, SETTINGS, ModelConfig, TrainConfig
from namecls.errors import ConfigError
from namecls.language import N_, _
from namecls.runs.origin import fitted
from namecls.settings import Setting, value_text

ORIGIN = SETTINGS["init_from"]
#: The lines of the form below those of data, preset and origin.
LINES = tuple(
    sorted(
        (s for s in SETTINGS.values() if s.option and s is not ORIGIN),
        key=lambda s: (not s.front, not s.of_model),
    )
)
_YES, _NO = "yes", "no"


def titles_of(setting: Setting) -> dict[str, str]:
    """How its choices are written, where that is not as they stand."""
    return {_YES: _("yes"), _NO: _("no")} if setting.kind is bool else {}


def choices_of(setting: Setting) -> tuple[str, ...]:
    """All texts that a line may hold, where they can be listed."""
    return (_YES, _NO) if setting.kind is bool else setting.choices


@dataclass(frozen=True, slots=True)
class Origin:
    """What a training starts from: the weights of another model (transfer), or random ones.

    :param init_from: as `TrainConfig` has it.
    :param title: the model's.
    :param network: the model's, as soon as it is read.
    :param problem: why it can't be read.
    """

    init_from: str = ""
    title: str = N_("nothing")
    network: ModelConfig | None = None
    problem: str = ""

    @property
    def told(self) -> str:
        """What it is, in words."""
        return self.title if self.is_model else _(self.title)

    @property
    def is_model(self) -> bool:
        return self.init_from != ""

    def fixes(self, setting: Setting) -> bool:
        """Whether the model has decided a setting."""
        return self.is_model and setting.of_model and not setting.free


NOTHING = Origin()


def base_of(preset: str, origin: Origin = NOTHING) -> TrainConfig:
    """The config that a form begins with: a preset's, with the network of the model that the training starts from."""
    base = PRESETS[preset].config
    if origin.network is None:
        return base
    return dataclasses.replace(base, init_from=origin.init_from, model=fitted(origin.network, base.model))


def texts_of(config: TrainConfig) -> dict[str, str]:
    """Format a config for the form."""
    return {"preset": config.preset} | {
        setting.name: _text(setting, config.value_of(setting.name)) for setting in LINES
    }


def started_from(texts: Mapping[str, str], origin: Origin) -> dict[str, str]:
    """The texts after another origin is chosen: its network, its values, and what it leaves free as it was."""
    preset = "default" if origin.is_model else texts["preset"]
    fits = preset == texts["preset"]
    kept = {
        setting.name: texts[setting.name]
        for setting in LINES
        if setting.name == "seed"
        or setting.group == "Run"
        or (fits and (setting.free or not setting.of_model))
    }
    return texts_of(base_of(preset, origin)) | kept


def fitting(texts: Mapping[str, str]) -> dict[str, str]:
    """Those texts that a line may hold: of a setting that there is, and one of its choices where it has some."""
    return {
        setting.name: texts[setting.name]
        for setting in LINES
        if setting.name in texts and (texts[setting.name] in choices_of(setting) or not choices_of(setting))
    }


def changed_in(texts: Mapping[str, str], origin: Origin = NOTHING) -> tuple[Setting, ...]:
    """The settings whose value differs from the preset's."""
    usual = texts_of(base_of(texts["preset"], origin))
    return tuple(
        setting
        for setting in LINES
        if not origin.fixes(setting)
        and setting.read(texts[setting.name].strip()) != setting.read(usual[setting.name])
    )


def _text(setting: Setting, value: object) -> str:
    return value_text(value) if setting.kind is not bool else _YES if value else _NO


def read_form(
    texts: Mapping[str, str], origin: Origin = NOTHING
) -> tuple[TrainConfig | None, dict[str, str]]:
    """Parse the texts to a config, and collect what is wrong with which setting.

    There is a config only if nothing is wrong. Of settings that the origin fixes the texts don't count.
    """
    base = base_of(texts["preset"], origin)
    problems: dict[str, str] = {}
    if origin.is_model and origin.network is None:
        problems["init_from"] = origin.problem or _("reading {model} ...").format(model=origin.title)
    given: dict[str, Any] = {}
    usual = texts_of(base)
    for setting in LINES:
        text = texts[setting.name].strip()
        if origin.fixes(setting) or text == usual[setting.name]:
            continue
        given[setting.name] = setting.read(text)
        try:
            setting.check(given[setting.name])
        except ConfigError as error:
            problems[setting.name] = str(error)
    if problems:
        return None, problems
    try:
        return base.changed(given), {}
    except ConfigError as error:  # settings that are right one by one, but not together
        return None, {"preset": str(error)}
