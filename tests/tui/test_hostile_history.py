"""Whatever a history tells that is taken for one, its curves are drawn: at once, and in little memory."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from namecls.errors import RunError
from namecls.events import Progress, event_from_json, event_to_json
from tests.tui.fakes import FakeEngine, looked_into, whole_training
from tests.tui.waiting import until
from tui.app import NameclsApp
from tui.drawing.palette import palette_of
from tui.drawing.story import Story
from tui.screens.train import TrainScreen
from tui.state import TrainingState
from tui.widgets.training_curves import CurveView
from tui.widgets.training_view import TrainingDrawn

VALUES = (0, 1, 7, 2**53 - 1, 1e12, -1e12, 5e-324, "", "\x1b[31m" * 99, "x" * 5_000)
KINDS = ("started", "progress", "epoch", "watched", "gradients", "finished")
#: Three epochs, of each a few reports.
LINES = [
    json.loads(json.dumps(event_to_json(event)))
    for at, event in enumerate(looked_into(whole_training(3), "Kowalski", "Müller"))
    if not isinstance(event, Progress) or at % 40 == 1
]


def places(value: object, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where in an event a value stands that could be another one."""
    if isinstance(value, dict):
        for key in value:
            yield from places(value[key], (*path, key))
    elif isinstance(value, list | tuple) and path[0] in ("names", "layers", "norms", "letters"):
        for at, each in enumerate(value[:2]):
            yield from places(each, (*path, at))
    elif not isinstance(value, list | tuple):
        yield path


def histories() -> Iterator[list[dict[str, Any]]]:
    """Histories in which one thing is told wrongly, once or in every line of its kind."""
    for kind in KINDS:
        told = [at for at, line in enumerate(LINES) if line["event"] == kind]
        for *path, last in places(LINES[told[0]]):
            for value in VALUES:
                for where in (told, told[-1:]) if len(told) > 1 else (told,):
                    lines = copy.deepcopy(LINES)
                    for at in where:
                        inner = lines[at]
                        for key in path:
                            inner = inner[key]
                        inner[last] = value
                    yield lines


async def test_every_history_that_is_taken_for_one_can_be_drawn() -> None:
    assert {line["event"] for line in LINES} == set(KINDS)
    app = NameclsApp(engine=FakeEngine(), start="train")
    drawn = 0
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, TrainScreen))
        widgets = list(app.screen.query(TrainingDrawn))
        for at, lines in enumerate(histories()):
            try:
                events = [event_from_json(json.loads(json.dumps(line))) for line in lines]
            except RunError:
                continue
            state = TrainingState("done", story=Story.of(events), replay=True)
            for widget in widgets:
                widget.training = state
                if isinstance(widget, CurveView):
                    widget.log_axis = at % 2 == 1
                width, height = ((60, 10), (13, 4), (1, 1))[at // 2 % 3]
                assert len(widget.draw(width, height, palette_of(app))) < 1_000
                drawn += 1
    assert len(widgets) == 7
    assert drawn > 500


@pytest.mark.parametrize("change", [{"epochs": 0}, {"steps": 0}])
def test_a_training_without_steps_is_none(change: dict[str, int]) -> None:
    with pytest.raises(RunError, match="an epoch and a step at least"):
        event_from_json({**LINES[0], **change})
