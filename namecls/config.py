"""Configuration of network and training: frozen dataclasses that check their values; presets.

A wrong value never becomes a config: the constructor raises `ConfigError` with what was wanted and what was
found. Configs are plain data; `to_json` and `from_json` are exact inverses. To add a setting, add a field here:
checks, options, forms, searches and printed commands follow from it.
"""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from namecls.errors import ConfigError, shown
from namecls.language import _
from namecls.normalization import NEWEST, RULES, Normalizer
from namecls.settings import Setting, setting, settings_of, value_text

INPUTS = ("onehot", "embedding")
CELLS = ("rnn", "lstm", "gru")
PARTS = (*CELLS, "cnn", "ngram")
POOLINGS = ("last", "mean", "max", "concat")
OPTIMIZERS = ("adam", "adamw", "sgd", "rmsprop")
SCHEDULES = ("constant", "cosine", "onecycle")
#: How a recipe is tested. grouped: no name stands on two sides; rows: each row for itself, as in much of the
#: literature; published: the three parts are given.
PROTOCOLS = ("grouped", "rows", "published")

_MOST_MEMBERS = 16

#: The 57 characters of the classic tutorial: ASCII letters, and space, comma, semicolon, full stop, apostrophe.
TUTORIAL_ALPHABET = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ .,;'"


def core_count() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


Config = TypeVar("Config", "ModelConfig", "TrainConfig")


def _network_rule(value: str) -> str:
    """What a line such as ``gru+ngram,cnn`` must be; "" if it is."""
    members = [member.split("+") for member in value.split(",")]
    if len(members) <= _MOST_MEMBERS and all(
        kind in PARTS and parts.count(kind) == 1 for parts in members for kind in parts
    ):
        return ""
    return _(
        "some of {parts}, with + between parts trained jointly (each once) and a comma between at most "
        "{members} ensemble members (gru+ngram,cnn)"
    ).format(parts=_(", ").join(PARTS), members=_MOST_MEMBERS)


def _buckets_rule(value: int) -> str:
    return _("a power of two, such as {example:,}").format(example=2**17) if value & (value - 1) else ""


def _alphabet_rule(value: str) -> str:
    return "" if value and len(set(value)) == len(value) else _("one character or more, each once")


def _build(kind: type[Config], values: Mapping[str, Any]) -> Config:
    known = {entry.name for entry in dataclasses.fields(kind)}
    unknown = sorted(set(values) - known)
    if unknown:
        raise ConfigError(
            _("unknown setting {found}; expected some of {known}").format(
                found=shown(unknown[0]), known=_(", ").join(sorted(known))
            )
        )
    return kind(**values)


def _shown(config: ModelConfig | TrainConfig) -> str:
    """A config as the call that makes it, without what is usual."""
    fields = [(entry.name, getattr(config, entry.name)) for entry in dataclasses.fields(config)]
    usual = type(config)()
    given = [f"{name}={value!r}" for name, value in fields if value != getattr(usual, name)]
    return f"{type(config).__name__}({', '.join(given)})"


def _check(config: ModelConfig | TrainConfig) -> None:
    is_model = isinstance(config, ModelConfig)
    for name, told in SETTINGS.items():
        # A list of runs reads thousands of configs, and most of their values are the usual ones.
        if told.of_model == is_model and not told.is_default(value := getattr(config, name)):
            told.check(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelConfig:
    """Hyperparameters of the network, and how names are normalized.

    :raises ConfigError: if a value is not one that the setting can have.
    """

    # fmt: off
    network: str = setting("gru", "network",
        f"{', '.join(PARTS)}; + joins parts trained jointly, a comma ensemble members.",
        span=(1, 1000), rule=_network_rule, flags="--network --cell", metavar="WORDS", front=True,
        search="gru,gru+ngram,lstm+ngram,cnn+ngram")
    hidden_size: int = setting(128, "hidden units", "rnn, lstm, gru: hidden units per direction.",
        span=(1, 65_536), flags="--hidden", front=True, search="64,96,128,192,256")
    layers: int = setting(1, "layers", "rnn, lstm, gru: stacked layers.", span=(1, 16), front=True, search="1,2")
    bidirectional: bool = setting(True, "bidirectional", "rnn, lstm, gru: read the name in both directions.")
    input: str = setting("embedding", "input", "Input of a character: one-hot, or a learned embedding",
        choices=INPUTS)
    embedding_size: int = setting(64, "embedding size", "Size of a character's embedding.",
        span=(1, 4096), flags="--embedding", search="16,32,64,96,128", needs=("input", "embedding"))
    pooling: str = setting("concat", "pooling", "rnn, lstm, gru: pooling over time steps; concat is all three",
        choices=POOLINGS, search=",".join(POOLINGS))
    filters: int = setting(128, "filters", "cnn: filters of each width.", span=(1, 65_536))
    widest: int = setting(5, "widest filter", "cnn: width of the widest filter; others from 2.", span=(2, 16))
    ngram_size: int = setting(64, "n-gram size", "ngram: size of an n-gram's embedding.", span=(1, 65_536))
    ngram_shortest: int = setting(1, "shortest n-gram", "ngram: characters of the shortest, edges among them.",
        span=(1, 3))
    ngram_longest: int = setting(5, "longest n-gram", "ngram: characters of the longest.", span=(1, 16))
    ngram_words: bool = setting(False, "n-gram words", "ngram: each word as a whole too.")
    ngram_hidden: int = setting(0, "n-gram units", "ngram: hidden units of a layer beside their mean; 0: none.",
        span=(0, 65_536))
    ngram_dropout: float = setting(0.2, "n-gram dropout", "ngram: share of a name's n-grams dropped in training.",
        span=(0, 0.95), free=True)
    buckets: int = setting(2**17, "buckets", "ngram: rows of the hash table, a power of two.",
        span=(2**8, 2**24), rule=_buckets_rule)
    dropout: float = setting(0.4, "dropout", "Dropout on each part's vector, and between layers.",
        span=(0, 0.95), free=True, search="0..0.6")
    casefold: bool = setting(True, "case folding", "Read capitals as small letters.")
    transliterate: bool = setting(False, "transliteration", "Read everything as ASCII: Müller as Muller.")
    normalization: int = setting(NEWEST, "normalization", "The rules by which a name is read.",
        span=(RULES[0], NEWEST), flags="")
    alphabet: str | None = setting(None, "alphabet",
        "The characters that it knows; None: those of the training names.",
        span=(1, 200_000), rule=_alphabet_rule, flags="")
    min_count: int = setting(2, "min count", "A character rarer than this in the training names is unknown.",
        span=(1, 1_000_000), flags="")
    # fmt: on

    __repr__ = _shown

    def __post_init__(self) -> None:
        _check(self)
        if self.ngram_longest < self.ngram_shortest:
            raise ConfigError(
                _("longest n-gram must be at least the shortest, {shortest}, was: {longest}").format(
                    shortest=self.ngram_shortest, longest=self.ngram_longest
                )
            )

    @property
    def normalizer(self) -> Normalizer:
        return Normalizer(self.casefold, self.transliterate, self.normalization)

    @property
    def members(self) -> tuple[tuple[str, ...], ...]:
        """The kinds of the parts of each member."""
        return tuple(tuple(member.split("+")) for member in self.network.split(","))

    @property
    def title(self) -> str:
        """A short name for the network: ``gru-128``, ``bi-lstm-256x2``, ``bi-gru-128+ngram-64``."""
        return ",".join("+".join(map(self._title_of, kinds)) for kinds in self.members)

    @property
    def brief_title(self) -> str:
        """As many whole parts of the title as 16 characters hold, for names that lists show to their end."""
        parts = re.split(r"(?=[+,])", self.title)
        lengths = [len("".join(parts[:count])) for count in range(1, len(parts) + 1)]
        return self.title[: max((length for length in lengths if length <= 16), default=16)]

    def _title_of(self, kind: str) -> str:
        if kind == "ngram":
            return f"ngram-{self.ngram_size}"
        if kind == "cnn":
            return f"cnn-{self.filters}"
        depth = f"x{self.layers}" if self.layers > 1 else ""
        return f"{'bi-' if self.bidirectional else ''}{kind}-{self.hidden_size}{depth}"

    def to_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> ModelConfig:
        # What does not name the rules is from before there was a choice, and keeps them.
        return _build(cls, {"normalization": RULES[0], **values})


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainConfig:
    """Hyperparameters of a training; with the data and the versions, all that defines a run.

    :raises ConfigError: if a value is not one that the setting can have.
    """

    model: ModelConfig = field(default_factory=ModelConfig)
    # fmt: off
    preset: str = setting("default", "preset", "Where values not given come from", flags="")
    init_from: str = setting("", "start from",
        'Transfer from a model: a run, or "shipped". The network is then that one\'s.',
        span=(0, 4096), metavar="MODEL", same=True)
    optimizer: str = setting("adamw", "optimizer", "Optimizer", choices=OPTIMIZERS, front=True)
    learning_rate: float = setting(7e-3, "learning rate", "The highest learning rate.",
        span=(0, 100), above=True, flags="--lr", front=True, search="0.001..0.02 log")
    schedule: str = setting("onecycle", "schedule", "Learning-rate schedule", choices=SCHEDULES)
    batch_size: int = setting(256, "batch size", "Names per step.",
        span=(1, 10_000_000), front=True, search="64,128,256,512")
    epochs: int = setting(10, "epochs", "Passes over the training names, at most.",
        span=(1, 100_000), flags="--epochs -e", front=True, search="6,8,10,12,16")
    weight_decay: float = setting(1e-2, "weight decay", "Weight decay.", span=(0, 10), search="0.0001..0.1 log")
    clip_norm: float = setting(1.0, "max gradient norm", "Max gradient norm; 0 disables clipping.",
        span=(0, 1e6), flags="--clip")
    label_smoothing: float = setting(0.0, "label smoothing", "Label smoothing of the loss.",
        span=(0, 0.9), search="0..0.2")
    accent_dropout: float = setting(0.0, "accent dropout", "Share of training names read without accents.",
        span=(0, 1))
    cut_short: float = setting(0.0, "cut short", "Share of batches read as if half typed.", span=(0, 1))
    class_weights: str = setting("none", "class weights", "Class weights in the loss", choices=("none", "balanced"))
    row_weighting: str = setting("sqrt", "row weighting",
        "How a row counts in the loss by its weight, if it has one: alike, its square root, or its logarithm",
        choices=("none", "sqrt", "log"))
    logit_adjustment: float = setting(0.0, "logit adjustment",
        "Log prior of each label added to its logit in the loss, times this.",
        span=(0, 10))
    operating_point: str = setting("accuracy", "selection metric",
        "Model-selection metric; of equal epochs the lower loss is kept; macro-f1 also moves answers to rare labels",
        choices=("accuracy", "macro-f1"), same=True)
    deduplicate: bool = setting(True, "deduplication",
        "An exact pair of name and label counts once, however many rows it has.",
        flags="--deduplicate/--keep-duplicates", same=True)
    name_counts: bool = setting(True, "name counts",
        "Answer names that several people bear from counts of the training rows; where rows have weights or repeat.",
        flags="--name-counts/--no-name-counts --memory/--no-memory", same=True)
    refit: bool = setting(False, "refit",
        "After the test, train on all rows and keep that, with the figures of the model that was measured.", same=True)
    patience: int = setting(4, "patience",
        "Early stopping: epochs without improvement of the selection metric; 0 disables.",
        span=(0, 100_000))
    seed: int = setting(0, "seed", "Decides split, first weights and order.",
        span=(0, 2**32 - 1), front=True, same=True)
    split_seed: int = setting(-1, "split seed", "Decides the split alone; -1: the seed does.",
        span=(-1, 2**32 - 1), flags="", same=True)
    split: str = setting("names", "split",
        "What is held out: names, or rows (people), whose names may be among the training rows",
        choices=("names", "rows"), same=True)
    valid_fraction: float = setting(0.1, "valid fraction", "Share of the names to validate on.",
        span=(0, 0.5), above=True, flags="")
    test_fraction: float = setting(0.1, "test fraction", "Share of the names to test on.",
        span=(0, 0.5), above=True, flags="")
    report_every: int = setting(100, "report every", "Names between two reports.",
        span=(1, 1_000_000_000), group="Run", same=True)
    device: str = setting("auto", "device", "Where it runs",
        choices=("auto", "cpu", "cuda", "mps"), group="Run", same=True)
    threads: int = setting(0, "CPU threads", "CPU threads; 0: one for each core.",
        span=(0, 1024), group="Run", same=True)
    # fmt: on

    __repr__ = _shown

    def __post_init__(self) -> None:
        if not isinstance(self.model, ModelConfig):
            raise ConfigError(
                _("model must be a ModelConfig, was: {found}").format(found=type(self.model).__name__)
            )
        _check(self)

    def to_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> TrainConfig:
        rest = dict(values)
        return _build(cls, {**rest, "model": ModelConfig.from_json(rest.get("model", {}))})

    @property
    def split_by(self) -> int:
        """The seed of the split."""
        return self.split_seed if self.split_seed >= 0 else self.seed

    def value_of(self, name: str) -> Any:
        """The value of a setting of the training or of its network."""
        return getattr(self.model if SETTINGS[name].of_model else self, name)

    def changed(self, values: Mapping[str, Any]) -> TrainConfig:
        """The same training with other values of some settings, its own or its network's.

        :raises ConfigError: if one of them can't have its value, or is no setting.
        """
        if unknown := sorted(set(values) - set(SETTINGS)):
            raise ConfigError(_("unknown setting {found}").format(found=shown(unknown[0])))
        of_model = {name: value for name, value in values.items() if SETTINGS[name].of_model}
        rest = {name: value for name, value in values.items() if name not in of_model}
        return dataclasses.replace(self, model=dataclasses.replace(self.model, **of_model), **rest)


#: All settings, by name.
SETTINGS: Mapping[str, Setting] = {
    **settings_of(TrainConfig),
    **settings_of(ModelConfig, of_model=True, group="Network"),
}
_BY_OPTION = {told.option: name for name, told in SETTINGS.items() if told.option}


def option_of(name: str) -> str:
    """The option of a setting, without its dashes: ``lr`` of ``learning_rate``."""
    return name.replace("_", "-") if name not in SETTINGS else SETTINGS[name].option


def setting_of(option: str) -> str:
    """The inverse of `option_of`; the name of a setting stands for itself."""
    return _BY_OPTION.get(option, option.replace("-", "_"))


def settings_text(values: Mapping[str, object]) -> str:
    """Values on one line, by their options: ``lr 0.0043  hidden 128``."""
    return "  ".join(f"{option_of(name)} {value_text(value)}" for name, value in values.items())


@dataclass(frozen=True, slots=True)
class Preset:
    """A named starting point, with what it brings and what it costs."""

    name: str
    summary: str
    config: TrainConfig


PRESETS: Mapping[str, Preset] = {
    preset.name: preset
    for preset in (
        Preset(
            "tutorial",
            "the classic tutorial's nn.RNN of 128 over 57 one-hot letters: six points less; to compare with",
            TrainConfig(
                preset="tutorial",
                model=ModelConfig(
                    input="onehot",
                    network="rnn",
                    hidden_size=128,
                    bidirectional=False,
                    pooling="last",
                    dropout=0.0,
                    casefold=False,
                    alphabet=TUTORIAL_ALPHABET,
                ),
                epochs=15,
                batch_size=64,
                optimizer="adam",
                learning_rate=1e-3,
                weight_decay=0.0,
                schedule="constant",
            ),
        ),
        Preset(
            "fast",
            "character n-grams alone, a bag that knows no order: a point or two less, in a fifth of the time",
            TrainConfig(
                preset="fast",
                model=ModelConfig(network="ngram", ngram_dropout=0.3, dropout=0.2, buckets=2**16),
                epochs=8,
                learning_rate=2e-2,
                accent_dropout=0.25,
                cut_short=0.1,
                patience=0,
            ),
        ),
        Preset(
            "default",
            "a bidirectional GRU of 64, and n-grams beside it: the best for its time",
            TrainConfig(
                model=ModelConfig(
                    network="gru+ngram", hidden_size=64, ngram_size=48, ngram_longest=4, buckets=2**16
                ),
                epochs=12,
                accent_dropout=0.25,
                cut_short=0.1,
                patience=0,
            ),
        ),
        Preset(
            "strong",
            "an ensemble of four, GRUs and CNNs, with and without n-grams: the best, in seven times the time",
            TrainConfig(
                preset="strong",
                model=ModelConfig(
                    network="gru+ngram,cnn+ngram,gru,cnn", ngram_size=48, ngram_longest=4, buckets=2**16
                ),
                epochs=12,
                learning_rate=5e-3,
                accent_dropout=0.25,
                cut_short=0.1,
                patience=0,
            ),
        ),
        Preset(
            "large",
            "for a million full names: longer n-grams, in a table of 50 MB, and two GRUs",
            TrainConfig(
                preset="large",
                model=ModelConfig(
                    network="gru,gru+ngram",
                    hidden_size=128,
                    ngram_size=96,
                    ngram_words=True,
                    ngram_hidden=256,
                    ngram_dropout=0.1,
                    buckets=2**18,
                    dropout=0.2,
                ),
                epochs=3,
                batch_size=512,
                learning_rate=1e-2,
                patience=0,
            ),
        ),
    )
}

#: The preset as a setting with all that it can be; a config from elsewhere may name one that there is no longer.
PRESET = dataclasses.replace(SETTINGS["preset"], flags="--preset", choices=tuple(PRESETS))
