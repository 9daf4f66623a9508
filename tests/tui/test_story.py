from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from namecls.events import Refitting, event_from_json, event_to_json
from tests.tui.fakes import STEPS_PER_EPOCH, epoch_end, finished, progress, started, whole_training
from tui.drawing.story import Story
from tui.state import TrainingState


def told(*events) -> Story:
    story = Story()
    for event in events:
        story.tell(event)
    return story


def test_nothing_told_is_nothing_done() -> None:
    assert Story().share == 0
    assert Story().best is None


def test_share_follows_the_steps_and_ends_at_one() -> None:
    assert told(started(4), progress(STEPS_PER_EPOCH, 4)).share == 0.25
    assert told(started(4), progress(STEPS_PER_EPOCH, 4), finished("stopped", 1)).share == 1


def test_the_last_epoch_that_was_best_is_the_best() -> None:
    assert told(*map(epoch_end, range(1, 9))).best == epoch_end(6)


def test_an_old_run_is_told_like_a_live_one() -> None:
    events = whole_training(3)
    live, replayed = told(*events), told(*(event_from_json(event_to_json(event)) for event in events))
    assert live.epochs == replayed.epochs
    assert live.loss.columns(0, 300, 40) == replayed.loss.columns(0, 300, 40)


def test_other_screens_are_told_in_a_few_cells() -> None:
    story = told(started(4), progress(164, 4))
    assert TrainingState().mark() == ""
    assert TrainingState("running", story=story).mark() == "● 41 %"
    assert TrainingState("paused", story=story).mark() == "‖ 41 %"
    assert TrainingState("running", story=story).mark(ascii_only=True) == "* 41 %"
    broken_off = TrainingState("done", story=story, directory=Path("runs/mine"))
    assert broken_off.mark() == "interrupted"
    assert replace(broken_off, diverged=True).mark() == "diverged"
    assert TrainingState("done", story=told(*whole_training(1))).mark() == "done"
    assert TrainingState("done", story=story, replay=True).mark() == ""


def test_only_an_idle_or_ended_training_lets_another_one_start() -> None:
    busy = [phase for phase in ("idle", "starting", "running", "paused", "stopping", "done", "failed")
            if TrainingState(phase).busy]  # fmt: skip
    assert busy == ["starting", "running", "paused", "stopping"]


def test_a_refit_has_a_share_of_its_own() -> None:
    story = Story()
    story.tell(Refitting(epoch=2, epochs=4, step=30, steps=60, rows=100, elapsed=1.0))
    assert story.share == 0.5
