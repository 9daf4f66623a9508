"""What trackers are told of a training: settings, figures, the confusion matrix."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from namecls.config import SETTINGS
from namecls.events import EpochEnd, Event, Finished, Gradients, Progress
from namecls.pictures.charts import pictures
from namecls.pictures.matplotted import drawn
from namecls.runs.run import Run

#: What a search among runs is about.
GOALS = ("test/accuracy", "test/macro-F1")
_MOST_LABELS = 200  # of a confusion matrix that one can read


def settings_of(run: Run) -> dict[str, Any]:
    """The settings of a run, by name."""
    config = run.config()
    return {name: config.value_of(name) for name in SETTINGS}


def confusion_of(run: Run) -> bytes | None:
    """The confusion matrix of a tested run as a PNG file; None: it was not tested, or has too many labels."""
    if (metrics := run.metrics()) is None or len(metrics.per_label) > _MOST_LABELS:
        return None
    (confusion,) = pictures("confusion", [run])
    return drawn([confusion], "png")


def figures_of(event: Event) -> tuple[int, float | None, Mapping[str, float]]:
    """The figures of an event, by name; with them the step, or at the end the epochs, and the seconds of training.

    The seconds are None where an event does not tell them: then it is of the moment of the one before.
    """
    if isinstance(event, Progress):
        names = {"loss/training": event.loss, "accuracy/training": event.accuracy}
        more = {"speed/names a second": event.names_per_second, "learning rate": event.learning_rate}
        return event.step, event.elapsed, names | more
    if isinstance(event, EpochEnd):
        figures = {
            "loss/validation": event.valid_loss,
            "accuracy/validation": event.valid_accuracy,
            "macro-F1/validation": event.valid_macro_f1,
            "epoch": float(event.epoch),
        }
        return event.step, event.elapsed, figures
    if isinstance(event, Gradients):
        return (
            event.step,
            None,
            {f"gradient norm/{n}": v for n, v in zip(event.layers, event.norms, strict=True)},
        )
    if isinstance(event, Finished):
        test = dataclasses.asdict(dataclasses.replace(event.test, per_label=(), reliability=()))
        titles = {
            "accuracy": "accuracy",
            "macro_f1": "macro-F1",
            "top_3": "top-3",
            "loss": "loss",
            "ece": "ECE",
        }
        return event.epochs, event.seconds, {f"test/{title}": test[name] for name, title in titles.items()}
    return 0, None, {}
