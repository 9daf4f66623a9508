"""`namecls train --config` and `--save-config`: its options from a file, and into one."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from namecls.cli.console import say
from namecls.cli.destination import destination, is_stdout
from namecls.cli.settings import Given
from namecls.config import PRESET, SETTINGS, TrainConfig
from namecls.language import _
from namecls.train_file import read_train_file, train_file

_SETTINGS = "namecls.settings"
#: Options that stand in no such file: what is done, and not what is trained.
_BESIDE = {
    "config",
    "save_config",
    "resume",
    "detach",
    "gradients",
    "log_to",
    "json",
    "ascii_only",
    "verbose",
    "lang",
    "help",
}
#: What may be a text or a number.
_COLUMNS = {"name_column", "label_column", "weight_column"}


def _take(context: typer.Context, path: Path | None) -> Path | None:
    """Take what a file says as if it was given, unless the command line says otherwise."""
    if path is None or context.resilient_parsing:
        return path
    kinds = {}
    for parameter in context.command.params:
        name = str(parameter.name)
        if name not in SETTINGS and name not in _BESIDE:
            is_flag, is_path = getattr(parameter, "is_flag", False), parameter.metavar in ("FILE", "DIR")
            kinds[name] = bool if is_flag else Path if is_path else int if name in _COLUMNS else str
    told = read_train_file(path, kinds)
    context.meta[_SETTINGS] = told.settings
    preset = {PRESET.name: told.settings[PRESET.name]} if PRESET.name in told.settings else {}
    context.default_map = {**told.options, **preset}
    for parameter in context.command.params:
        if parameter.name in told.options:
            parameter.envvar = None  # what a file says that was asked for is no less than an option
    return path


def given_by(context: typer.Context, settings: Given) -> Given:
    """The settings of the file and of the command line, which wins."""
    told = {name: value for name, value in context.meta.get(_SETTINGS, {}).items() if name != PRESET.name}
    return {**told, **settings}


def save_train_file(context: typer.Context, config: TrainConfig, output: Path) -> None:
    """Write what would train the same again."""
    there = None if is_stdout(output) else Path(os.path.abspath(output)).parent  # noqa: PTH100
    options: dict[str, str | bool] = {}
    for parameter in context.command.params:
        name = str(parameter.name)
        value = context.params.get(name)
        if name in SETTINGS or name in (*_BESIDE, "name") or value in (None, parameter.default):
            continue
        options[name] = value if isinstance(value, bool) else str(value)
        if isinstance(value, Path):
            options[name] = _seen_from(there, value)
    with destination(output) as out:
        out.write(train_file(config, options))
    if not is_stdout(output):
        say(_("written: {file}").format(file=output), style="dim")


def _seen_from(directory: Path | None, path: Path) -> str:
    """A path as it may stand in a file of a directory."""
    whole = os.path.abspath(path)  # noqa: PTH100 - a link stays what it is
    return os.path.relpath(whole, directory) if directory in Path(whole).parents else whole


TrainFileOption = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        help="A file of settings, TOML, a line each: epochs = 10. What the command line says wins.",
        callback=_take,
        is_eager=True,
    ),
]
SaveTrainFile = Annotated[
    Path | None,
    typer.Option("--save-config", metavar="FILE", help="Write such a file of this training; -: print it."),
]
