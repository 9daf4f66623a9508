"""The settings of network and learning as options: one table for all commands that train.

A setting is a field of `ModelConfig` or `TrainConfig`, which say its type and check its value. One that is not
given keeps the value of the preset.
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Any

import typer

from namecls.cli.options import find_model
from namecls.config import (
    CLASS_WEIGHTS,
    DEVICES,
    INPUTS,
    OPERATING_POINTS,
    OPTIMIZERS,
    PARTS,
    POOLINGS,
    PRESETS,
    SCHEDULES,
    ModelConfig,
    TrainConfig,
)
from namecls.errors import ConfigError
from namecls.runs.origin import FREE, SHIPPED, fitted, read_network

#: The values that were given, by field.
Given = Mapping[str, object]
NOTHING: Given = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Setting:
    """A field of a config, and how it is asked for.

    :param flags: the option's names, separated by blanks; ``--yes/--no`` for a choice of two.
    :param text: what it means; the choices are added.
    :param metavar: what stands for the value in the help; None: ``WORD`` where there are choices, else ``N``.
    """

    field: str
    flags: str
    text: str
    choices: Sequence[str] = ()
    metavar: str | None = None


#: The title of the group in the help, the config, and its settings in the order in which they are shown.
GROUPS: tuple[tuple[str, type[ModelConfig | TrainConfig], tuple[Setting, ...]], ...] = (
    (
        "Network",
        ModelConfig,
        (
            Setting("input", "--input", "How a character is read", INPUTS),
            Setting("embedding_size", "--embedding", "Numbers per character."),
            Setting(
                "network",
                "--network --cell",
                f"{', '.join(PARTS)}; + joins parts that learn as one, a comma members that are asked together.",
                metavar="WORDS",
            ),
            Setting("hidden_size", "--hidden", "Numbers that the cell remembers."),
            Setting("layers", "--layers", "Cells on top of each other."),
            Setting("bidirectional", "--bidirectional/--no-bidirectional", "Also read from the end."),
            Setting("pooling", "--pooling", "Which outputs speak for it", POOLINGS),
            Setting("filters", "--filters", "cnn: filters of each width."),
            Setting("widest", "--widest", "cnn: letters of the widest filter."),
            Setting("ngram_size", "--ngram-size", "ngram: numbers per n-gram."),
            Setting("ngram_shortest", "--ngram-shortest", "ngram: characters of the shortest."),
            Setting("ngram_longest", "--ngram-longest", "ngram: characters of the longest."),
            Setting("ngram_words", "--ngram-words/--no-ngram-words", "ngram: each word as a whole too."),
            Setting("ngram_hidden", "--ngram-hidden", "ngram: units of a layer beside their mean; 0: none."),
            Setting("ngram_dropout", "--ngram-dropout", "ngram: share left out at random."),
            Setting("buckets", "--buckets", "ngram: rows of the table, a power of two."),
            Setting("dropout", "--dropout", "Share hidden at random."),
            Setting("casefold", "--casefold/--no-casefold", "Read capitals as small letters."),
            Setting("transliterate", "--transliterate/--no-transliterate", "Read everything as ASCII."),
        ),
    ),
    (
        "Learning",
        TrainConfig,
        (
            Setting(
                "init_from",
                "--init-from",
                'Carry over what a model has learned: a run, or "shipped". The network is then that one\'s.',
                metavar="MODEL",
            ),
            Setting("epochs", "--epochs -e", "Passes over the names, at most."),
            Setting("batch_size", "--batch-size", "Names per step."),
            Setting("optimizer", "--optimizer", "How weights move", OPTIMIZERS),
            Setting("learning_rate", "--lr", "The highest learning rate."),
            Setting("schedule", "--schedule", "How it changes", SCHEDULES),
            Setting("weight_decay", "--weight-decay", "Pull towards zero."),
            Setting("clip_norm", "--clip", "Longest gradient; 0: any."),
            Setting("label_smoothing", "--label-smoothing", "Share of doubt about each label."),
            Setting("accent_dropout", "--accent-dropout", "Share of names read without accents."),
            Setting("cut_short", "--cut-short", "Share of batches read as if half typed."),
            Setting("class_weights", "--class-weights", "Whether rare labels count more", CLASS_WEIGHTS),
            Setting(
                "logit_adjustment",
                "--logit-adjustment",
                "In the loss, times log share of the label; 1: all equal.",
            ),
            Setting(
                "operating_point",
                "--operating-point",
                "What the best epoch and the answers are for",
                OPERATING_POINTS,
            ),
            Setting(
                "deduplicate",
                "--deduplicate/--keep-duplicates",
                "An exact pair of name and label counts once, however many rows it has.",
            ),
            Setting("patience", "--patience", "Epochs without a better one before it stops; 0: never."),
            Setting("seed", "--seed", "Decides split, first weights and order."),
        ),
    ),
    (
        "Run",
        TrainConfig,
        (
            Setting("report_every", "--report-every", "Names between two reports."),
            Setting("device", "--device", "Where it runs", DEVICES),
            Setting("threads", "--threads", "CPU threads; 0: one for each core."),
        ),
    ),
)

_TYPES: dict[str, type] = {"int": int, "float": float, "bool": bool, "str": str}


def with_settings(*, without: Collection[str] = ()) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """A command whose parameter `settings` is to be all settings, each an option of its own.

    :param without: fields that are no option of this command.
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        signature = inspect.signature(command, eval_str=True)
        options = _options(without)
        parameters: list[inspect.Parameter] = []
        for parameter in signature.parameters.values():
            parameters += options if parameter.name == "settings" else [parameter]

        @functools.wraps(command)
        def called(**values: Any) -> None:
            settings = {option.name: values.pop(option.name) for option in options}
            command(**values, settings={field: v for field, v in settings.items() if v is not None})

        # Both are where Typer looks for the options of a command.
        called.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
        called.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
        return called

    return decorate


def configure(preset: str, settings: Given) -> TrainConfig:
    """The preset's values, with those that were given in their place.

    :raises typer.BadParameter: if there is no such preset, or a value is not one that its setting can have.
    :raises ModelFileError: if there is no model to start from.
    """
    if preset not in PRESETS:
        raise typer.BadParameter(f"preset must be one of {', '.join(PRESETS)}, was: {preset!r}")
    base = PRESETS[preset].config
    network, learning = (
        {f.name: settings[f.name] for f in dataclasses.fields(kind) if f.name in settings}
        for kind in (ModelConfig, TrainConfig)
    )
    try:
        if learning.get("init_from"):
            learning["init_from"] = origin = _origin(str(learning["init_from"]))
            base = dataclasses.replace(base, model=_network_of(origin, base.model, network))
        model = dataclasses.replace(base.model, **network)  # type: ignore[arg-type]  # checked by the constructor
        return dataclasses.replace(base, model=model, **learning)  # type: ignore[arg-type]
    except ConfigError as error:
        raise typer.BadParameter(str(error)) from error


def _origin(model: str) -> str:
    """The model to start from, as a config names it."""
    found = find_model(model) if model != SHIPPED else None
    return SHIPPED if found is None else str(found.resolve())


def _network_of(origin: str, base: ModelConfig, given: Mapping[str, object]) -> ModelConfig:
    """The network of the model to start from, which is not to be chosen."""
    if chosen := [field for field in given if field not in FREE]:
        option = next(s.flags for _, _, group in GROUPS for s in group if s.field == chosen[0]).split()[0]
        raise typer.BadParameter(
            f"--init-from has the network of the model that it names: leave out {option.split('/')[0]}"
        )
    return fitted(read_network(origin), base)


def _options(without: Collection[str]) -> list[inspect.Parameter]:
    """An option for each setting that is left, by the name of its field."""
    options = []
    for panel, config, settings in GROUPS:
        types = {
            entry.name: _TYPES[str(entry.type)]
            for entry in dataclasses.fields(config)
            if str(entry.type) in _TYPES
        }
        options += [
            inspect.Parameter(
                setting.field,
                inspect.Parameter.POSITIONAL_OR_KEYWORD,
                default=None,
                annotation=Annotated[types[setting.field] | None, _option(setting, panel)],
            )
            for setting in settings
            if setting.field not in without
        ]
    return options


def _option(setting: Setting, panel: str) -> Any:
    return typer.Option(
        *setting.flags.split(),
        rich_help_panel=panel,
        help=f"{setting.text}: {', '.join(setting.choices)}." if setting.choices else setting.text,
        metavar=setting.metavar or (None if "/" in setting.flags else "WORD" if setting.choices else "N"),
        show_default=False,
    )
