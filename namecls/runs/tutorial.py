"""Export a training as the RNN tutorial does: running means of loss and accuracy, and the time."""

from __future__ import annotations

from typing import Any

from namecls.errors import RunError
from namecls.events import EpochEnd, Finished, Progress
from namecls.language import _
from namecls.runs.run import Run

#: Names between two of the tutorial's values.
EVERY = 100


def tutorial_results(run: Run) -> dict[str, Any]:
    """The values that the tutorial keeps as JSON to plot them.

    ``avg_loss`` and ``avg_acc`` hold a value for every 100 names: the mean over all names since the beginning, not over
    the last 100. ``all_time`` is in whole seconds. Within a report of the training its names count alike, so the values
    are exact where reports are no further apart than batches are.

    :raises RunError: if the history can't be read, or holds no report.
    """
    losses: list[float] = []
    accuracies: list[float] = []
    seen, loss, hits, seconds = 0, 0.0, 0.0, 0.0
    for event in run.history(Progress, EpochEnd, Finished):
        if isinstance(event, Progress):
            names = event.names - seen
            for at in range(EVERY * (seen // EVERY + 1), event.names + 1, EVERY):
                losses.append((loss + event.loss * (at - seen)) / at)
                accuracies.append((hits + event.accuracy * (at - seen)) / at)
            seen, loss, hits = event.names, loss + event.loss * names, hits + event.accuracy * names
        if isinstance(event, Progress | EpochEnd):
            seconds = event.elapsed
        elif isinstance(event, Finished):
            seconds = event.seconds
    if not losses:
        raise RunError(
            _("{directory}: has no report of its training yet: nothing to export").format(
                directory=run.directory
            )
        )
    return {"avg_loss": losses, "all_time": int(seconds), "avg_acc": accuracies}
