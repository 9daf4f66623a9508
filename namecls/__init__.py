"""Classify names by country with character-level recurrent networks.

    from namecls import PRESETS, Predictor, evaluate, fit, load_dataset

    predictor = fit(PRESETS["fast"].config, load_dataset("names.tsv"))
    predictor.predict(["Yamamoto", "Kowalski"])

Importing this package does not import torch: each name is fetched when it is first asked for. No function here changes
what a process has but once: threads, seeds and random numbers are the caller's own before and after a call.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from namecls.answers import Prediction
    from namecls.config import PRESETS, ModelConfig, Preset, TrainConfig
    from namecls.data.batching import NameDataset, collate
    from namecls.data.split import Splits, split_table
    from namecls.data.table import NameTable, load_dataset
    from namecls.data.vocab import Vocabulary
    from namecls.errors import (
        ConfigError,
        DataError,
        DiskFull,
        Diverged,
        ModelFileError,
        NameclsError,
        ProcessLost,
        RunBusy,
        RunError,
        TrainingError,
    )
    from namecls.events import EpochEnd, Finished, Progress, Refitting, Stalled, Started
    from namecls.explanation.together import Explanation, explain
    from namecls.inference.evaluation import evaluate
    from namecls.inference.fitting import fit
    from namecls.inference.prediction import Predictor
    from namecls.nn.model import NameClassifier
    from namecls.results import Metrics
    from namecls.runs.run import Run
    from namecls.training.loop import finish, train

__version__ = "0.1.0"

_NAMES = {
    "answers": ("Prediction",),
    "config": ("PRESETS", "ModelConfig", "Preset", "TrainConfig"),
    "data.batching": ("NameDataset", "collate"),
    "data.split": ("Splits", "split_table"),
    "data.table": ("NameTable", "load_dataset"),
    "data.vocab": ("Vocabulary",),
    "errors": (
        *("ConfigError", "DataError", "DiskFull", "Diverged", "ModelFileError"),
        *("NameclsError", "ProcessLost", "RunBusy", "RunError", "TrainingError"),
    ),
    "events": (
        *("EpochEnd", "Finished", "Gradients", "Progress", "Refitting", "Stalled", "Started", "Watched"),
    ),
    "results": ("Metrics",),
    "explanation.together": ("Explanation", "explain"),
    "inference.evaluation": ("evaluate",),
    "inference.fitting": ("fit",),
    "inference.prediction": ("Predictor",),
    "nn.model": ("NameClassifier",),
    "runs.run": ("Run",),
    "training.loop": ("finish", "train"),
}
_HOMES = {name: home for home, names in _NAMES.items() for name in names}
__all__ = [
    "PRESETS",
    "ConfigError",
    "DataError",
    "DiskFull",
    "Diverged",
    "EpochEnd",
    "Explanation",
    "Finished",
    "Gradients",
    "Metrics",
    "ModelConfig",
    "ModelFileError",
    "NameClassifier",
    "NameDataset",
    "NameTable",
    "NameclsError",
    "Prediction",
    "Predictor",
    "Preset",
    "ProcessLost",
    "Progress",
    "Refitting",
    "Run",
    "RunBusy",
    "RunError",
    "Splits",
    "Stalled",
    "Started",
    "TrainConfig",
    "TrainingError",
    "Vocabulary",
    "Watched",
    "collate",
    "evaluate",
    "explain",
    "finish",
    "fit",
    "load_dataset",
    "split_table",
    "train",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'namecls' has no attribute {name!r}")
    return getattr(import_module(f"namecls.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
