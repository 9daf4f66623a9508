"""The threads, without an app: messages go into a list."""

from __future__ import annotations

import threading
from pathlib import Path

from namecls.config import TrainConfig
from namecls.guarantees import COVERAGE
from tests.tui.boxes import Box, wait
from tests.tui.fakes import FakeEngine
from tui.engine.editing import NO_EDITS
from tui.engine.messages import (
    Crashed,
    DatasetFailed,
    DatasetReady,
    ModelFailed,
    ModelReady,
    Planned,
    Predicted,
)
from tui.engine.planning import PlanLoop
from tui.engine.predicting import PredictionLoop
from tui.engine.threads import fetch, spawn
from tui.state import FOUND_OUT

# -- predictions --


def test_a_text_typed_before_the_model_is_there_is_answered_with_it() -> None:
    engine, box = FakeEngine(), Box()
    engine.loaded.clear()
    loop = PredictionLoop(engine, box.post, lambda *_: None)
    thread = spawn("test", loop.run, box.post)
    loop.use(None)
    loop.ask("Kow", 5, COVERAGE, box.post)
    loop.ask("Kowalski", 5, COVERAGE, box.post)
    engine.loaded.set()
    wait(lambda: box.of(Predicted))
    loop.close()
    thread.join(120)
    assert [type(message) for message in box.messages] == [ModelReady, Predicted]
    assert box.of(Predicted)[0].prediction.ranked[0].label == "Polish"
    assert "Kow" not in engine.predictor.asked


def test_only_the_latest_text_waits() -> None:
    engine, box = FakeEngine(), Box()
    busy, go = threading.Event(), threading.Event()
    predict = engine.predictor.predict

    def slow(names, k=3, **wanted):
        if names == ["first"]:
            busy.set()
            go.wait(120)
        return predict(names, k, **wanted)

    engine.predictor.predict = slow  # type: ignore[method-assign]
    loop = PredictionLoop(engine, box.post, lambda *_: None)
    thread = spawn("test", loop.run, box.post)
    loop.use(None)
    loop.ask("first", 5, COVERAGE, box.post)
    assert busy.wait(120)
    for text in ("second", "third", "last"):
        loop.ask(text, 5, COVERAGE, box.post)
    go.set()
    wait(lambda: len(box.of(Predicted)) == 2)
    loop.close()
    thread.join(120)
    assert [message.prediction.name for message in box.of(Predicted)] == ["first", "last"]


def test_a_damaged_model_leaves_the_one_before_at_work() -> None:
    engine, box = FakeEngine(), Box()
    loop = PredictionLoop(engine, box.post, lambda *_: None)
    thread = spawn("test", loop.run, box.post)
    loop.use(None)
    wait(lambda: box.of(ModelReady))
    loop.use(Path("runs/damaged"))
    wait(lambda: box.of(ModelFailed))
    loop.ask("Nguyen", 3, COVERAGE, box.post)
    wait(lambda: box.of(Predicted))
    loop.close()
    thread.join(120)
    assert box.of(Predicted)[0].path is None
    assert "model.json is missing" in box.of(ModelFailed)[0].problem


def test_an_error_that_nobody_expected_is_told() -> None:
    box = Box()

    def broken() -> None:
        raise ValueError("a bug")

    spawn("test", broken, box.post).join(120)
    assert str(box.of(Crashed)[0].error) == "a bug"


# -- data --


def test_what_a_thread_fetches_is_posted_or_the_reason_why_not(tmp_path: Path) -> None:
    engine, box = FakeEngine(), Box()
    file = tmp_path / "names.tsv"
    file.write_text("Kowalski\tPolish\nNguyen\tVietnamese\n", encoding="utf-8")
    for path in (file, tmp_path / "missing.tsv"):
        fetch(
            "test",
            lambda path=path: DatasetReady(path, FOUND_OUT, engine.load_dataset(path)),
            lambda problem, path=path: DatasetFailed(path, FOUND_OUT, problem),
            box.post,
        )
    wait(lambda: len(box.messages) == 2)
    assert len(box.of(DatasetReady)[0].table) == 2
    assert "there is no such file" in box.of(DatasetFailed)[0].problem


# -- plans --


def test_a_plan_is_told_at_once_and_its_time_later() -> None:
    engine, box = FakeEngine(), Box()
    loop = PlanLoop(engine)
    thread = spawn("test", loop.run, box.post)
    loop.ask(TrainConfig(), engine.table, NO_EDITS, box.post)
    wait(lambda: len(box.of(Planned)) == 2)
    loop.close()
    thread.join(120)
    assert [message.plan.seconds for message in box.of(Planned)] == [None, 64.0]


def test_a_plan_that_is_forgotten_is_not_measured() -> None:
    engine, box = FakeEngine(), Box()
    loop = PlanLoop(engine)
    thread = spawn("test", loop.run, box.post)
    with loop.busy:
        loop.ask(TrainConfig(), engine.table, NO_EDITS, box.post)
        wait(lambda: loop._question is None)
        loop.forget()
    loop.ask(TrainConfig(epochs=2), engine.table, NO_EDITS, box.post)
    wait(lambda: len(box.of(Planned)) == 2)
    loop.close()
    thread.join(120)
    assert [message.config.epochs for message in box.of(Planned)] == [2, 2]
