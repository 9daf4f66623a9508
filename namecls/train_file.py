"""The settings of a training as a file: TOML, a line each, by the names of their options.

preset = "default"
hidden = 128
lr = 0.004
data = "mine.tsv"
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from namecls.config import PRESET, PRESETS, SETTINGS, TrainConfig, option_of, setting_of
from namecls.errors import ConfigError, RunError, shown
from namecls.files.opening import open_plain, size_of
from namecls.language import N_, _
from namecls.system import reason_of

#: The file in the directory of a run.
TRAIN_FILE = "train.toml"
_LARGEST = 2**20  # bytes
#: What an option of another kind than a setting may be, by its type.
_WANTED = {
    bool: N_("true or false"),
    str: N_("a text"),
    Path: N_("a path, as text"),
    int: N_("a whole number or a text"),
}


@dataclass(frozen=True, slots=True)
class TrainFile:
    """What a file says.

    :param settings: values of settings, the preset among them, by name.
    :param options: values of other options, by the names of their parameters.
    """

    settings: Mapping[str, object]
    options: Mapping[str, object]


def read_train_file(path: Path, options: Mapping[str, type]) -> TrainFile:
    """Read the settings of a training, each checked.

    :param options: what else the file may say, by the names of the parameters: bool, str, Path, or int, which may be a
        text too. Paths are taken from the directory of the file.
    :raises ConfigError: if it is no TOML, says something unknown, or a value that can't be; with the line.
    :raises RunError: if it can't be read.
    """
    import tomllib

    try:
        with open_plain(path.resolve()) as file:
            if size_of(file) > _LARGEST:
                raise ConfigError(
                    _("{path}: expected settings of at most {largest:,} bytes, found more").format(
                        path=path, largest=_LARGEST
                    )
                )
            text = file.read().decode()
    except UnicodeDecodeError as error:
        raise ConfigError(
            _("{path}: expected UTF-8, found other bytes at {start:,}").format(path=path, start=error.start)
        ) from error
    except OSError as error:
        raise RunError(
            _("{path}: could not be read: {reason}").format(path=path, reason=reason_of(error))
        ) from error
    try:
        values = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise ConfigError(
            _("{path}: expected TOML, lines such as epochs = 10, found: {reason}").format(
                path=path, reason=str(error) or _("too much in itself")
            )
        ) from error
    kinds = {PRESET.name: PRESET, **{name: told for name, told in SETTINGS.items() if name != PRESET.name}}
    known = [*map(_key, kinds), *map(_key, options)]
    settings: dict[str, object] = {}
    others: dict[str, object] = {}
    for key, value in values.items():
        where = f"{path}{_line_of(key, text)}"
        name = setting_of(key) if setting_of(key) in kinds else key.replace("-", "_")
        if name in settings or name in others:
            raise ConfigError(
                _("{where}: {key} was said already, by its other name; leave one out").format(
                    where=where, key=shown(key)
                )
            )
        if name in kinds:
            try:
                kinds[name].check(value)
            except ConfigError as error:
                raise ConfigError(_("{where}: {error}").format(where=where, error=error)) from error
            settings[name] = float(value) if kinds[name].kind is float else value
        elif name in options:
            others[name] = _option(where, key, value, options[name], path.parent)
        else:
            near = difflib.get_close_matches(key, known, 1)
            said = (
                _("did you mean {near}?").format(near=near[0])
                if near
                else _("they are the options of: namecls train --help")
            )
            raise ConfigError(
                _("{where}: expected a setting, found {key}; {said}").format(
                    where=where, key=shown(key), said=said
                )
            )
    return TrainFile(settings, others)


def train_file(config: TrainConfig, options: Mapping[str, str | bool] | None = None) -> str:
    """The text of such a file, which says what differs from the preset.

    :param options: what else it is to say, by the names of the parameters.
    """
    preset = config.preset if config.preset in PRESETS else "default"
    base = PRESETS[preset].config
    values: dict[str, object] = {PRESET.name: preset}
    for name, told in SETTINGS.items():
        value = config.value_of(name)
        fixed = config.init_from and told.of_model and not told.free  # as the model has it
        if name != PRESET.name and not fixed and value not in (base.value_of(name), None):
            values[_key(name)] = value
    values |= {_key(name): value for name, value in (options or {}).items()}
    lines = [f"{key} = {_toml(value)}\n" for key, value in values.items()]
    return "".join(["# namecls train --config FILE\n", *lines])


def _key(name: str) -> str:
    return option_of(name) or name.replace("_", "-")


def _option(where: str, key: str, value: object, kind: type, directory: Path) -> str | bool:
    fits = (str,) if kind is Path else (int, str) if kind is int else (kind,)
    if not isinstance(value, fits) or (isinstance(value, bool) and kind is not bool):
        raise ConfigError(
            _("{where}: {key} must be {wanted}, was: {found}").format(
                where=where, key=key, wanted=_(_WANTED[kind]), found=shown(value)
            )
        )
    if isinstance(value, bool):
        return value
    return str(directory / str(value)) if kind is Path else str(value)


def _line_of(key: str, text: str) -> str:
    """Where a key stands, for an error."""
    pattern = re.compile(rf"""\s*["']?{re.escape(key)}["']?\s*[.=]|\s*\[+\s*["']?{re.escape(key)}\b""")
    for number, line in enumerate(text.splitlines(), 1):
        if pattern.match(line):
            return f", line {number}"
    return ""


def _toml(value: object) -> str:
    """A value as TOML: texts as JSON has them, but for one character."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return str(value).lower() if isinstance(value, bool) else repr(value)
