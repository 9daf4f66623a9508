"""Classify names by country with character-level recurrent networks.

    from namecls import load_dataset, train, Predictor, evaluate

Importing this package does not import torch: each name is fetched when it is first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from namecls.config import PRESETS, ModelConfig, TrainConfig
    from namecls.data.table import NameTable, load_dataset
    from namecls.events import EpochEnd, Finished, Metrics, Prediction, Progress, Started
    from namecls.inference.evaluation import evaluate
    from namecls.inference.prediction import Predictor
    from namecls.runs.run import Run
    from namecls.training.loop import train

__version__ = "0.1.0"

_HOMES = {
    "PRESETS": "config",
    "ModelConfig": "config",
    "TrainConfig": "config",
    "NameTable": "data.table",
    "load_dataset": "data.table",
    "evaluate": "inference.evaluation",
    "EpochEnd": "events",
    "Finished": "events",
    "Metrics": "events",
    "Prediction": "events",
    "Progress": "events",
    "Started": "events",
    "Predictor": "inference.prediction",
    "Run": "runs.run",
    "train": "training.loop",
}
__all__ = [
    "PRESETS",
    "EpochEnd",
    "Finished",
    "Metrics",
    "ModelConfig",
    "NameTable",
    "Prediction",
    "Predictor",
    "Progress",
    "Run",
    "Started",
    "TrainConfig",
    "evaluate",
    "load_dataset",
    "train",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'namecls' has no attribute {name!r}")
    return getattr(import_module(f"namecls.{_HOMES[name]}"), name)
