"""The settings of network and learning as options of all commands that train, made from `config.SETTINGS`.

One that is not given keeps the value of the preset.
"""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any

import typer

from namecls.cli.completion import choices as completed_by
from namecls.cli.help import with_choices
from namecls.cli.options import expanded, find_model, parameter
from namecls.config import PRESET, PRESETS, SETTINGS, ModelConfig, TrainConfig
from namecls.errors import ConfigError
from namecls.language import _
from namecls.runs.origin import fitted, read_network
from namecls.runs.record import SHIPPED
from namecls.settings import Setting

#: The values that were given, by name of the setting.
Given = Mapping[str, object]
NOTHING: Given = MappingProxyType({})


def with_settings(
    *, only: Collection[str] = SETTINGS, without: Collection[str] = ()
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """A command whose parameter `settings` is to be all settings, each an option of its own.

    :param only: settings that are options of this command, of which those of `without` are none.
    """

    options = [
        _parameter(setting)
        for name, setting in sorted(SETTINGS.items(), key=lambda item: not item[1].of_model)
        if setting.option and name in only and name not in without
    ]
    return expanded("settings", options, lambda values: {n: v for n, v in values.items() if v is not None})


def configure(preset: str, settings: Given, save_dir: Path | None = None) -> TrainConfig:
    """The preset's values, with those that were given in their place.

    :param save_dir: where the model to start from lies, if it is named; None: where the environment says.
    :raises typer.BadParameter: if there is no such preset, or a value is not one that its setting can have.
    :raises ModelFileError: if there is no model to start from.
    """
    try:
        PRESET.check(preset)
        base = PRESETS[preset].config
        if model := settings.get("init_from"):
            origin = _origin(str(model), save_dir)
            settings = {**settings, "init_from": origin}
            base = dataclasses.replace(base, model=_network_of(origin, base.model, settings))
        return base.changed(settings)
    except ConfigError as error:
        raise typer.BadParameter(str(error)) from error


def _origin(model: str, save_dir: Path | None) -> str:
    """The model to start from, as a config names it."""
    found = find_model(model, save_dir) if model != SHIPPED else None
    return SHIPPED if found is None else str(found.resolve())


def _network_of(origin: str, base: ModelConfig, given: Mapping[str, object]) -> ModelConfig:
    """The network of the model to start from, which is not to be chosen."""
    for setting in map(SETTINGS.__getitem__, given):
        if setting.of_model and not setting.free:
            raise typer.BadParameter(
                _("--init-from has the network of the model that it names: leave out --{option}").format(
                    option=setting.option
                )
            )
    return fitted(read_network(origin), base)


def option(setting: Setting, *, panel: str | None, default: bool | str) -> Any:
    """The option of a setting.

    :param default: what the help says of it.
    """
    choices = ", ".join(setting.choices)
    return typer.Option(
        *str(setting.flags).split(),
        rich_help_panel=panel,
        help=with_choices(setting.help, choices) if choices else setting.help,
        metavar=None if setting.kind is bool else "WORD" if choices else setting.metavar,
        show_default=default,
        autocompletion=completed_by(*setting.choices) if choices else None,
    )


def _parameter(setting: Setting) -> inspect.Parameter:
    """A parameter of a command, by the name of the setting."""
    return parameter(
        setting.name,
        Annotated[setting.kind | None, option(setting, panel=setting.group, default=False)],
    )
