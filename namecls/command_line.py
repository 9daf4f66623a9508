"""The commands that start a training or a search again: what differs from a preset, as options."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

from namecls.config import PRESETS, SETTINGS, TrainConfig, option_of
from namecls.paths import DEFAULT_SAVE_DIR
from namecls.runs.record import DataRecord
from namecls.search.space import SPACE
from namecls.search.study import OBJECTIVES


def train_command(
    config: TrainConfig,
    data: Path | DataRecord | None,
    save_dir: Path,
    watched: Sequence[str] = (),
    edits: Path | None = None,
) -> str:
    """The command that starts a training with these settings.

    :param data: the file of names, or its record as `protocol.file_record` makes it; None: the embedded dataset.
    :param watched: names that are ranked after every epoch; none has a comma.
    :param edits: the file of the edits of these names; None: there are none.
    """
    preset = config.preset if config.preset in PRESETS else "default"
    base = PRESETS[preset].config
    words = ["namecls", "train", *_data_words(data), *(["--preset", preset] if preset != "default" else [])]
    for name, setting in SETTINGS.items():
        value = config.value_of(name)
        fixed = config.init_from and setting.of_model and not setting.free  # as the model has it
        if name == "init_from" and value:
            words += setting.words(_shorter(value, save_dir))
        elif setting.option and not fixed and value != base.value_of(name):
            words += setting.words(value)
    words += ["--edits", str(edits)] if edits is not None else []
    words += ["--watch", ",".join(watched)] if watched else []
    return shlex.join([*words, *_save_dir_words(save_dir)])


def tune_command(
    base: TrainConfig,
    texts: Mapping[str, str],
    objective: str,
    budget: str,
    data: Path | DataRecord | None,
    save_dir: Path,
) -> str:
    """The command that starts a search.

    :param base: the preset that it starts from, under its seed.
    :param texts: what is searched, as `SPACE` tells it.
    """
    words = ["namecls", "tune", *_data_words(data)]
    words += ["--preset", base.preset] if base.preset != "default" else []
    words += ["--objective", objective] if objective != OBJECTIVES[0] else []
    words += ["--budget", budget]
    words += SETTINGS["seed"].words(base.seed) if base.seed else []
    if len(texts) < len(SPACE):
        words += ["--only", ",".join(map(option_of, texts))]
    for name, text in texts.items():
        words += ["--space", f"{option_of(name)}={text}"] if text != SPACE[name] else []
    return shlex.join([*words, *_save_dir_words(save_dir)])


def compare_command(
    base: TrainConfig,
    networks: Sequence[str],
    seeds: Sequence[int],
    data: Path | DataRecord | None,
    save_dir: Path,
) -> str:
    """The command that starts a comparison.

    :param base: a preset with other epochs, perhaps.
    """
    words = ["namecls", "compare", *_data_words(data)]
    words += ["--cells", ",".join(networks), "--seeds", ",".join(map(str, seeds))]
    words += ["--preset", base.preset] if base.preset != "tutorial" else []
    usual = PRESETS[base.preset if base.preset in PRESETS else "tutorial"].config
    words += SETTINGS["epochs"].words(base.epochs) if base.epochs != usual.epochs else []
    return shlex.join([*words, *_save_dir_words(save_dir)])


def _data_words(data: Path | DataRecord | None) -> list[str]:
    record = DataRecord(file="", path=data) if not isinstance(data, DataRecord) else data
    if record.path is None:
        return []
    columns = record.columns
    words = ["--data", str(record.path)]
    for what, value in (
        ("name-column", columns.name),
        ("label-column", columns.label),
        ("weight-column", columns.weight),
    ):
        words += [f"--{what}", str(value)] if value is not None else []
    if columns.header is not None:
        words.append("--header" if columns.header else "--no-header")
    for what, value in (("separator", columns.separator), ("encoding", columns.encoding)):
        words += [f"--{what}", value] if value is not None else []
    return words


def _save_dir_words(save_dir: Path) -> list[str]:
    return ["--save-dir", str(save_dir)] if save_dir != DEFAULT_SAVE_DIR else []


def _shorter(init_from: str, save_dir: Path) -> str:
    """A model as one would write it: a run of the save directory by where that stands."""
    path = Path(init_from)
    return str(save_dir / path.name) if path.parent == save_dir.resolve() else init_from
