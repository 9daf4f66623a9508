"""The training form without its widgets: which settings it has, and how text becomes a `TrainConfig`."""

from __future__ import annotations

import dataclasses
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from namecls.config import (
    CLASS_WEIGHTS,
    DEVICES,
    INPUTS,
    OPERATING_POINTS,
    OPTIMIZERS,
    POOLINGS,
    PRESETS,
    SCHEDULES,
    ModelConfig,
    TrainConfig,
)
from namecls.errors import ConfigError
from namecls.paths import DEFAULT_SAVE_DIR
from namecls.runs.origin import FREE, SHIPPED, fitted


@dataclass(frozen=True, slots=True)
class Setting:
    """A line of the form.

    :param name: of the field in `TrainConfig` or `ModelConfig`.
    :param kind: what its text is read as.
    :param option: of ``namecls train``.
    :param choices: all values, where they can be listed.
    :param more: shown only when asked for.
    """

    name: str
    title: str
    kind: Literal["choice", "text", "whole", "number", "flag"]
    option: str
    choices: tuple[str, ...] = ()
    more: bool = False

    @property
    def of_model(self) -> bool:
        """Whether it is a setting of the network."""
        return self.name in _MODEL_FIELDS


_MODEL_FIELDS = frozenset(entry.name for entry in dataclasses.fields(PRESETS["default"].config.model))
_FLAG = ("yes", "no")

PRESET = Setting("preset", "preset", "choice", "--preset", tuple(PRESETS))
ORIGIN = Setting("init_from", "start from", "choice", "--init-from")

SETTINGS = (
    Setting("network", "network", "text", "--network"),
    Setting("hidden_size", "hidden size", "whole", "--hidden"),
    Setting("layers", "layers", "whole", "--layers"),
    Setting("optimizer", "optimiser", "choice", "--optimizer", OPTIMIZERS),
    Setting("learning_rate", "learning rate", "number", "--lr"),
    Setting("batch_size", "batch size", "whole", "--batch-size"),
    Setting("epochs", "epochs", "whole", "--epochs"),
    Setting("seed", "seed", "whole", "--seed"),
    Setting("bidirectional", "from both ends", "flag", "--bidirectional", _FLAG, more=True),
    Setting("pooling", "pooling", "choice", "--pooling", POOLINGS, more=True),
    Setting("dropout", "dropout", "number", "--dropout", more=True),
    Setting("filters", "filters", "whole", "--filters", more=True),
    Setting("widest", "widest filter", "whole", "--widest", more=True),
    Setting("ngram_size", "n-gram size", "whole", "--ngram-size", more=True),
    Setting("ngram_longest", "longest n-gram", "whole", "--ngram-longest", more=True),
    Setting("ngram_words", "whole words", "flag", "--ngram-words", _FLAG, more=True),
    Setting("ngram_hidden", "n-gram units", "whole", "--ngram-hidden", more=True),
    Setting("ngram_dropout", "n-gram dropout", "number", "--ngram-dropout", more=True),
    Setting("buckets", "n-gram rows", "whole", "--buckets", more=True),
    Setting("input", "letters as", "choice", "--input", INPUTS, more=True),
    Setting("embedding_size", "embedding", "whole", "--embedding", more=True),
    Setting("casefold", "ignore capitals", "flag", "--casefold", _FLAG, more=True),
    Setting("transliterate", "read as ASCII", "flag", "--transliterate", _FLAG, more=True),
    Setting("schedule", "schedule", "choice", "--schedule", SCHEDULES, more=True),
    Setting("weight_decay", "weight decay", "number", "--weight-decay", more=True),
    Setting("clip_norm", "longest gradient", "number", "--clip", more=True),
    Setting("label_smoothing", "label smoothing", "number", "--label-smoothing", more=True),
    Setting("accent_dropout", "accent dropout", "number", "--accent-dropout", more=True),
    Setting("cut_short", "cut short", "number", "--cut-short", more=True),
    Setting("class_weights", "label weights", "choice", "--class-weights", CLASS_WEIGHTS, more=True),
    Setting("logit_adjustment", "logit adjustment", "number", "--logit-adjustment", more=True),
    Setting("operating_point", "best for", "choice", "--operating-point", OPERATING_POINTS, more=True),
    Setting("patience", "patience", "whole", "--patience", more=True),
    Setting("device", "device", "choice", "--device", DEVICES, more=True),
)


@dataclass(frozen=True, slots=True)
class Origin:
    """What a training starts from: a model whose knowledge is carried over, or nothing.

    :param init_from: as `TrainConfig` has it.
    :param network: the model's, as soon as it is read.
    :param problem: why it can't be read.
    """

    init_from: str = ""
    title: str = "nothing"
    network: ModelConfig | None = None
    problem: str = ""

    @property
    def is_model(self) -> bool:
        return self.init_from != ""

    def fixes(self, setting: Setting) -> bool:
        """Whether the model has decided a setting."""
        return self.is_model and setting.of_model and setting.name not in FREE


NOTHING = Origin()


def base_of(preset: str, origin: Origin = NOTHING) -> TrainConfig:
    """The config that a form begins with: a preset's, with the network of the model that the training starts from."""
    base = PRESETS[preset].config
    if origin.network is None:
        return base
    return dataclasses.replace(base, init_from=origin.init_from, model=fitted(origin.network, base.model))


def texts_of(config: TrainConfig) -> dict[str, str]:
    """A config as the form writes it."""
    texts = {"preset": config.preset}
    for setting in SETTINGS:
        value = getattr(config.model if setting.of_model else config, setting.name)
        if setting.kind == "flag":
            texts[setting.name] = "yes" if value else "no"
        elif setting.kind == "number":
            texts[setting.name] = f"{value:g}"
        else:
            texts[setting.name] = str(value)
    return texts


def read_form(
    texts: Mapping[str, str], origin: Origin = NOTHING
) -> tuple[TrainConfig | None, dict[str, str]]:
    """The config that the texts mean, and what is wrong with which setting.

    There is a config only if nothing is wrong. Of settings that the origin fixes the texts don't count.
    """
    base = base_of(texts["preset"], origin)
    problems: dict[str, str] = {}
    if origin.is_model and origin.network is None:
        problems["init_from"] = origin.problem or f"reading {origin.title} ..."
    of_model: dict[str, Any] = {}
    of_training: dict[str, Any] = {}
    for setting in SETTINGS:
        text = texts[setting.name].strip()
        if origin.fixes(setting) or text == texts_of(base)[setting.name]:
            continue
        value = _read(setting, text)
        try:
            if setting.of_model:
                of_model |= _checked(base.model, setting.name, value)
            else:
                of_training |= _checked(base, setting.name, value)
        except ConfigError as error:
            problems[setting.name] = str(error)
    if problems:
        return None, problems
    try:
        return dataclasses.replace(base, model=dataclasses.replace(base.model, **of_model), **of_training), {}
    except ConfigError as error:  # settings that are right one by one, but not together
        return None, {"preset": str(error)}


def _checked(base: ModelConfig | TrainConfig, name: str, value: object) -> dict[str, Any]:
    """The value under its name, if the config takes it."""
    given: dict[str, Any] = {name: value}
    dataclasses.replace(base, **given)
    return given


def _read(setting: Setting, text: str) -> object:
    """The value that a text means; the text itself, for the config to refuse, if it means none."""
    if setting.kind == "flag":
        return text == "yes"
    if setting.kind in ("choice", "text"):
        return text
    try:
        return int(text.replace("_", "").replace(",", "")) if setting.kind == "whole" else float(text)
    except ValueError:
        return text


def command_line(config: TrainConfig, data: Path | None, save_dir: Path) -> str:
    """The command that starts the same training."""
    words = ["namecls", "train"]
    if data is not None:
        words += ["--data", str(data)]
    if config.preset != "default":
        words += ["--preset", config.preset]
    if config.init_from:
        words += ["--init-from", _origin_word(config.init_from, save_dir)]
    texts, base = texts_of(config), texts_of(PRESETS[config.preset].config)
    for setting in SETTINGS:
        if Origin(config.init_from).fixes(setting) or texts[setting.name] == base[setting.name]:
            continue
        if setting.kind == "flag":
            words.append(setting.option if texts[setting.name] == "yes" else f"--no-{setting.option[2:]}")
        else:
            words += [setting.option, texts[setting.name]]
    if save_dir != DEFAULT_SAVE_DIR:
        words += ["--save-dir", str(save_dir)]
    return shlex.join(words)


def _origin_word(init_from: str, save_dir: Path) -> str:
    """A model as one would write it: a run of the save directory by where that stands."""
    if init_from == SHIPPED:
        return init_from
    path = Path(init_from)
    return str(save_dir / path.name if path.parent == save_dir.resolve() else path)
