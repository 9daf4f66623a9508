import json
from pathlib import Path

import pytest

from namecls.errors import RunError
from namecls.events import EpochEnd, Progress
from namecls.runs.run import Run
from namecls.runs.tutorial import tutorial_results
from tests.library import SMALL


def progress(names: int, loss: float, accuracy: float) -> Progress:
    return Progress(
        epoch=1,
        step=names,
        steps=1000,
        names=names,
        loss=loss,
        accuracy=accuracy,
        learning_rate=0.1,
        names_per_second=1.0,
        elapsed=names / 100,
        remaining=1.0,
    )


def test_the_values_are_means_since_the_beginning_for_every_hundred_names(tmp_path: Path) -> None:
    run = Run.create(tmp_path, SMALL, "run")
    with pytest.raises(RunError, match="nothing to export"):
        tutorial_results(run)
    for event in (progress(150, 4.0, 0.0), progress(250, 2.0, 0.5), progress(450, 1.0, 1.0)):
        run.append(event)
    found = tutorial_results(run)
    loss_at = {100: 400, 200: 600 + 100, 300: 600 + 200 + 50, 400: 600 + 200 + 150}
    hits_at = {100: 0, 200: 25, 300: 50 + 50, 400: 50 + 150}
    assert found["avg_loss"] == pytest.approx([loss / names for names, loss in loss_at.items()])
    assert found["avg_acc"] == pytest.approx([hits / names for names, hits in hits_at.items()])
    assert found["all_time"] == 4


def test_a_finished_run_gives_the_tutorials_json(trained_run: Path) -> None:
    run = Run.open(trained_run)
    found = json.loads(json.dumps(tutorial_results(run)))
    assert set(found) == {"avg_loss", "all_time", "avg_acc"}
    names = max(event.names for event in run.history(Progress) if isinstance(event, Progress))
    assert len(found["avg_loss"]) == len(found["avg_acc"]) == names // 100
    last = [event for event in run.history(EpochEnd) if isinstance(event, EpochEnd)]
    assert found["avg_loss"][-1] > last[-1].train_loss  # the mean of all, and not of the last epoch
    assert type(found["all_time"]) is int
