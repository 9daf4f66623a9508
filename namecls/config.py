"""What goes into a training: frozen values that check themselves.

A wrong value never becomes a config: the constructor raises `ConfigError` with what was wanted and what was
found. Configs are plain data; `to_json` and `from_json` are exact inverses.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from namecls.errors import ConfigError, shown
from namecls.normalization import NEWEST, RULES, Normalizer

INPUTS = ("onehot", "embedding")
CELLS = ("rnn", "lstm", "gru")
PARTS = (*CELLS, "cnn", "ngram")
POOLINGS = ("last", "mean", "max", "concat")
OPTIMIZERS = ("adam", "adamw", "sgd", "rmsprop")
SCHEDULES = ("constant", "cosine", "onecycle")
CLASS_WEIGHTS = ("none", "balanced")
OPERATING_POINTS = ("accuracy", "macro-f1")
DEVICES = ("auto", "cpu", "cuda", "mps")
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


def _choice(name: str, value: object, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise ConfigError(f"{name} must be one of {', '.join(choices)}, was: {shown(value)}")


def _integer(name: str, value: object, low: int, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ConfigError(f"{name} must be a whole number from {low:,} to {high:,}, was: {shown(value)}")


def _number(name: str, value: object, low: float, high: float, *, above: bool = False) -> None:
    """Check ``low <= value <= high``; with `above`, ``low < value <= high``."""
    fits = isinstance(value, int | float) and not isinstance(value, bool)
    if not fits or not (low <= value <= high) or (above and value == low):  # type: ignore[operator]
        wanted = f"above {low:g} and at most {high:g}" if above else f"from {low:g} to {high:g}"
        raise ConfigError(f"{name} must be a number {wanted}, was: {shown(value)}")


def _flag(name: str, value: object) -> None:
    if not isinstance(value, bool):
        raise ConfigError(f"{name} must be true or false, was: {shown(value)}")


def _text(name: str, value: object, most: int) -> None:
    if not isinstance(value, str) or len(value) > most:
        raise ConfigError(f"{name} must be a text of at most {most:,} characters, was: {shown(value)}")


def _network(value: object) -> None:
    """Check a line such as ``gru+ngram,cnn``."""
    members = [member.split("+") for member in value.split(",")] if isinstance(value, str) else []
    if not 1 <= len(members) <= _MOST_MEMBERS or any(
        kind not in PARTS or parts.count(kind) > 1 for parts in members for kind in parts
    ):
        raise ConfigError(
            f"network must be some of {', '.join(PARTS)}, with + between parts that learn as one (each once) and a "
            f"comma between at most {_MOST_MEMBERS} members that are asked together, such as gru+ngram,cnn; "
            f"was: {shown(value)}"
        )


def _build(kind: type[Config], values: Mapping[str, Any]) -> Config:
    known = {entry.name for entry in dataclasses.fields(kind)}
    unknown = sorted(set(values) - known)
    if unknown:
        raise ConfigError(f"unknown setting {shown(unknown[0])}; expected some of {', '.join(sorted(known))}")
    return kind(**values)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelConfig:
    """The network and how it reads a name.

    :raises ConfigError: if a value is not one that the setting can have.
    """

    input: str = "embedding"  # onehot: a character is one position among all; embedding: a learned vector
    embedding_size: int = 64  # numbers per character; only for input="embedding"
    network: str = "gru"  # `PARTS`; "+" between parts that learn as one, "," between members asked together
    hidden_size: int = 128  # recurrent: numbers that the cell remembers, per direction
    layers: int = 1  # recurrent: cells on top of each other
    bidirectional: bool = True  # recurrent: also read the name from its end
    pooling: str = (
        "concat"  # recurrent: which outputs speak for the name: last, mean, max, concat (all three)
    )
    filters: int = 128  # cnn: filters of each width
    widest: int = 5  # cnn: letters that the widest filter sees; the others see 2 and more
    ngram_size: int = 64  # ngram: numbers per n-gram
    ngram_shortest: int = 1  # ngram: characters, the edges of the name among them
    ngram_longest: int = 5
    ngram_words: bool = False  # ngram: each word as a whole too, for names of several words
    ngram_hidden: int = 0  # ngram: units that see which n-grams stand together, beside their mean; 0: none
    ngram_dropout: float = 0.2  # ngram: share of the n-grams of a name that training leaves out
    buckets: int = 2**17  # ngram: rows of the table that n-grams are hashed to; a power of two
    dropout: float = 0.4  # share of each part's vector (and between layers) hidden at random in training
    casefold: bool = True  # read MÜLLER and müller as one
    transliterate: bool = False  # read everything as ASCII: Müller as Muller
    normalization: int = NEWEST  # the rules by which a name is read, one of `normalization.RULES`
    alphabet: str | None = None  # the characters it knows; None: those of the training names
    min_count: int = 2  # a character rarer than this in the training names counts as unknown

    def __post_init__(self) -> None:
        _choice("input", self.input, INPUTS)
        _integer("embedding size", self.embedding_size, 1, 4096)
        _network(self.network)
        _integer("hidden size", self.hidden_size, 1, 65_536)
        _integer("layers", self.layers, 1, 16)
        _flag("bidirectional", self.bidirectional)
        _choice("pooling", self.pooling, POOLINGS)
        _integer("filters", self.filters, 1, 65_536)
        _integer("widest", self.widest, 2, 16)
        _integer("n-gram size", self.ngram_size, 1, 65_536)
        _integer("shortest n-gram", self.ngram_shortest, 1, 3)
        _integer("longest n-gram", self.ngram_longest, self.ngram_shortest, 16)
        _flag("n-gram words", self.ngram_words)
        _integer("n-gram hidden units", self.ngram_hidden, 0, 65_536)
        _number("n-gram dropout", self.ngram_dropout, 0.0, 0.95)
        _integer("buckets", self.buckets, 2**8, 2**24)
        if self.buckets & (self.buckets - 1):
            raise ConfigError(f"buckets must be a power of two, such as {2**17:,}, was: {self.buckets:,}")
        _number("dropout", self.dropout, 0.0, 0.95)
        _flag("casefold", self.casefold)
        _flag("transliterate", self.transliterate)
        _integer("normalization", self.normalization, RULES[0], NEWEST)
        if self.alphabet is not None:
            _text("alphabet", self.alphabet, 200_000)
        if self.alphabet is not None and len(set(self.alphabet)) != len(self.alphabet):
            raise ConfigError("alphabet must not name a character twice")
        if self.alphabet == "":
            raise ConfigError("alphabet must name at least one character, was empty")
        _integer("min count", self.min_count, 1, 1_000_000)

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
    """Everything that decides how a training goes: with the data and the versions, all that defines a run.

    :raises ConfigError: if a value is not one that the setting can have.
    """

    model: ModelConfig = field(default_factory=ModelConfig)
    preset: str = "default"  # where the values came from; says nothing more
    init_from: str = (
        ""  # a model whose knowledge is carried over: a directory, or "shipped"; "": from nothing
    )
    epochs: int = 10  # passes over the training names, at most
    batch_size: int = 256  # names per step
    optimizer: str = "adamw"  # adam, adamw, sgd (momentum 0.9), rmsprop
    learning_rate: float = 7e-3  # the highest one, if the schedule moves it
    weight_decay: float = 1e-2
    schedule: str = "onecycle"  # constant; cosine: from the top to 0; onecycle: up, then down to 0
    clip_norm: float = 1.0  # longest gradient, over all parameters; 0: no clipping
    class_weights: str = "none"  # none; balanced: rare labels count as much as frequent ones
    logit_adjustment: float = (
        0.0  # in the loss, times the log share of each label; 1: labels as if equally many
    )
    operating_point: str = (
        "accuracy"  # what the epoch is chosen for; macro-f1 also moves the answers to rare labels
    )
    label_smoothing: float = 0.0
    accent_dropout: float = 0.0  # share of the training names that are read without their accents
    cut_short: float = 0.0  # share of the training batches that are read as if half typed
    patience: int = 4  # epochs without a better validation accuracy before it stops; 0: never stops early
    seed: int = 0  # decides the split, the first weights and the order of the names
    valid_fraction: float = 0.1
    test_fraction: float = 0.1
    deduplicate: bool = True  # an exact (name, label) pair counts once
    report_every: int = 100  # names between two reports of running loss and accuracy
    device: str = "auto"  # auto: cuda, else mps, else cpu
    threads: int = 0  # CPU threads for the network; 0: one for each core, in the app one less

    def __post_init__(self) -> None:
        if not isinstance(self.model, ModelConfig):
            raise ConfigError(f"model must be a ModelConfig, was: {type(self.model).__name__}")
        _text("preset", self.preset, 100)
        _text("init from", self.init_from, 4096)
        _integer("epochs", self.epochs, 1, 100_000)
        _integer("batch size", self.batch_size, 1, 10_000_000)
        _choice("optimizer", self.optimizer, OPTIMIZERS)
        _number("learning rate", self.learning_rate, 0.0, 100.0, above=True)
        _number("weight decay", self.weight_decay, 0.0, 10.0)
        _choice("schedule", self.schedule, SCHEDULES)
        _number("clip norm", self.clip_norm, 0.0, 1e6)
        _choice("class weights", self.class_weights, CLASS_WEIGHTS)
        _number("logit adjustment", self.logit_adjustment, 0.0, 10.0)
        _choice("operating point", self.operating_point, OPERATING_POINTS)
        _number("label smoothing", self.label_smoothing, 0.0, 0.9)
        _number("accent dropout", self.accent_dropout, 0.0, 1.0)
        _number("cut short", self.cut_short, 0.0, 1.0)
        _integer("patience", self.patience, 0, 100_000)
        _integer("seed", self.seed, 0, 2**32 - 1)
        _number("valid fraction", self.valid_fraction, 0.0, 0.5, above=True)
        _number("test fraction", self.test_fraction, 0.0, 0.5, above=True)
        _flag("deduplicate", self.deduplicate)
        _integer("report every", self.report_every, 1, 1_000_000_000)
        _choice("device", self.device, DEVICES)
        _integer("threads", self.threads, 0, 1024)

    def to_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> TrainConfig:
        rest = dict(values)
        return _build(cls, {**rest, "model": ModelConfig.from_json(rest.get("model", {}))})


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
            "the classic tutorial's nn.RNN of 128 over 57 one-hot letters: seconds, six points less; to compare with",
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
            "character n-grams alone, a bag that knows no order; seconds, a point or two less",
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
            "a GRU of 64 that reads from both ends, and n-grams beside it: the best for its time, about a minute",
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
            "four members asked together, GRUs and filters, with and without n-grams: the best; seven times the time",
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
            "for a million full names: longer n-grams, in a table of 50 MB, and two GRUs; a quarter of an hour there",
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
