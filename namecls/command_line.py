"""Settings as options of ``namecls train``: their short names, and the command line that leads to them."""

from __future__ import annotations

import dataclasses
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from namecls.config import PRESETS, TrainConfig
from namecls.paths import DEFAULT_SAVE_DIR

#: Options that are not called as their setting is.
_SHORT = {"learning_rate": "lr", "hidden_size": "hidden", "embedding_size": "embedding", "clip_norm": "clip"}
_LONG = {short: name for name, short in _SHORT.items()}


def option_of(name: str) -> str:
    """The option of a setting, without its dashes: ``lr`` of ``learning_rate``."""
    return _SHORT.get(name, name.replace("_", "-"))


def setting_of(option: str) -> str:
    """The inverse of `option_of`; the name of a setting stands for itself."""
    return _LONG.get(option, option.replace("-", "_"))


def train_command(config: TrainConfig, data: Mapping[str, Any], save_dir: Path) -> str:
    """The command that starts a training with these settings.

    :param data: the record of the file: `protocol.file_record`.
    """
    words = ["namecls", "train"]
    if data["path"] is not None:
        words += ["--data", str(data["path"])]
        columns = data["columns"]
        for what in ("name", "label"):
            if columns[what] is not None:
                words += [f"--{what}-column", str(columns[what])]
        if columns["header"] is not None:
            words.append("--header" if columns["header"] else "--no-header")
    preset = config.preset if config.preset in PRESETS else "default"
    base = PRESETS[preset].config
    if preset != "default":
        words += ["--preset", preset]
    for ours, theirs in ((config.model, base.model), (config, base)):
        for entry in dataclasses.fields(ours):
            value = getattr(ours, entry.name)
            if entry.name not in ("model", "preset", "normalization") and value != getattr(
                theirs, entry.name
            ):
                words += _option(entry.name, value)
    if save_dir != DEFAULT_SAVE_DIR:
        words += ["--save-dir", str(save_dir)]
    return shlex.join(words)


def _option(name: str, value: object) -> list[str]:
    option = option_of(name)
    if isinstance(value, bool):
        return [f"--{option}" if value else f"--no-{option}"]
    return [f"--{option}", value_text(value)]


def settings_text(settings: Mapping[str, object]) -> str:
    """Settings on one line, by their options: ``lr 0.0043  hidden 128``."""
    return "  ".join(f"{option_of(name)} {value_text(value)}" for name, value in settings.items())


def value_text(value: object) -> str:
    """A value as the options take it."""
    return str(value).lower() if isinstance(value, bool) else str(value)
