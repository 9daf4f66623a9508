"""The commands that start a training or a search again: what differs from a preset, as options."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from namecls.config import PRESETS, SETTINGS, TrainConfig, option_of
from namecls.errors import RunError
from namecls.language import _
from namecls.paths import DATA_VARIABLE, save_directory
from namecls.runs.record import SIDES, DataRecord
from namecls.runs.run import EDITS, Run
from namecls.runs.watched import watched_names
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
    words = [*_beginning("train", data), *(["--preset", preset] if preset != "default" else [])]
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


def repeat_command(run: Run, save_dir: Path) -> str:
    """The command that trains a run again, on the same rows.

    :raises RunError: if it was imported, so that nobody knows how it was trained, or its record can't be read.
    """
    record = run.record()
    if record.imported is not None:
        raise RunError(
            _("{directory}: was imported: no command of namecls trains it again").format(
                directory=run.directory
            )
        )
    edits = run.directory / EDITS if record.edits is not None else None
    watched = [name for name in watched_names(run) if "," not in name]  # which no command can say
    data = record.given["train"] if record.given else record.data
    if data.path is None and (
        record.given or not data.is_embedded
    ):  # nobody knows where it lies on this machine
        data = replace(data, path=Path(data.file))
    command = train_command(record.train, data, save_dir, watched, edits)
    sides = [(side, record.given[side]) for side in SIDES[1:] if record.given]
    beside = [word for side, data in sides for word in (f"--{side}", str(data.path or data.file))]
    return " ".join(filter(None, (command, shlex.join(beside))))


def tune_command(
    base: TrainConfig,
    texts: Mapping[str, str],
    objective: str,
    budget: str,
    data: Path | DataRecord | None,
    save_dir: Path,
    edits: Path | None = None,
) -> str:
    """The command that starts a search.

    :param base: the preset that it starts from, under its seed.
    :param texts: what is searched, as `SPACE` tells it.
    """
    words = _beginning("tune", data)
    words += ["--preset", base.preset] if base.preset != "default" else []
    words += ["--objective", objective] if objective != OBJECTIVES[0] else []
    words += ["--budget", budget]
    words += SETTINGS["seed"].words(base.seed) if base.seed else []
    if len(texts) < len(SPACE):
        words += ["--only", ",".join(map(option_of, texts))]
    for name, text in texts.items():
        words += ["--space", f"{option_of(name)}={text}"] if text != SPACE[name] else []
    words += ["--edits", str(edits)] if edits is not None else []
    return shlex.join([*words, *_save_dir_words(save_dir)])


def compare_command(
    base: TrainConfig,
    networks: Sequence[str],
    seeds: Sequence[int],
    data: Path | DataRecord | None,
    save_dir: Path,
    edits: Path | None = None,
) -> str:
    """The command that starts a comparison.

    :param base: a preset with other epochs, perhaps.
    """
    words = _beginning("compare", data)
    words += ["--cells", ",".join(networks), "--seeds", ",".join(map(str, seeds))]
    words += ["--preset", base.preset] if base.preset != "tutorial" else []
    usual = PRESETS[base.preset if base.preset in PRESETS else "tutorial"].config
    words += SETTINGS["epochs"].words(base.epochs) if base.epochs != usual.epochs else []
    words += ["--edits", str(edits)] if edits is not None else []
    return shlex.join([*words, *_save_dir_words(save_dir)])


def _beginning(command: str, data: Path | DataRecord | None) -> list[str]:
    """A command with its data."""
    record = DataRecord(file="", path=data) if not isinstance(data, DataRecord) else data
    words = ["namecls", command]
    if record.path is None:  # which no option says, only that there is none
        return [f"{DATA_VARIABLE}=", *words] if os.environ.get(DATA_VARIABLE) else words
    columns = record.columns
    words += ["--data", str(record.path)]
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
    return ["--save-dir", str(save_dir)] if save_dir != save_directory() else []


def _shorter(init_from: str, save_dir: Path) -> str:
    """A model as one would write it: a run of the save directory by where that stands."""
    path = Path(init_from)
    return str(save_dir / path.name) if path.parent == save_dir.resolve() else init_from
