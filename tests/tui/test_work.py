"""The threads, without an app: messages go into a list."""

from __future__ import annotations

import threading
from pathlib import Path

from namecls.config import TrainConfig
from tests.tui.boxes import Box, wait
from tests.tui.fakes import FakeEngine
from tui.engine.work import PlanLoop, PredictionLoop, read_dataset, spawn
from tui.messages import (
    Crashed,
    DatasetFailed,
    DatasetReady,
    ModelFailed,
    ModelReady,
    Planned,
    Predicted,
)

# -- predictions --


def test_a_text_typed_before_the_model_is_there_is_answered_with_it() -> None:
    engine, box = FakeEngine(), Box()
    engine.loaded.clear()
    loop = PredictionLoop(engine, box.post)
    thread = spawn("test", loop.run, box.post)
    loop.use(None)
    loop.ask("Kow", 5)
    loop.ask("Kowalski", 5)
    engine.loaded.set()
    wait(lambda: box.of(Predicted))
    loop.close()
    thread.join(30)
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
            go.wait(30)
        return predict(names, k, **wanted)

    engine.predictor.predict = slow  # type: ignore[method-assign]
    loop = PredictionLoop(engine, box.post)
    thread = spawn("test", loop.run, box.post)
    loop.use(None)
    loop.ask("first", 5)
    assert busy.wait(30)
    for text in ("second", "third", "last"):
        loop.ask(text, 5)
    go.set()
    wait(lambda: len(box.of(Predicted)) == 2)
    loop.close()
    thread.join(30)
    assert [message.prediction.name for message in box.of(Predicted)] == ["first", "last"]


def test_a_damaged_model_leaves_the_one_before_at_work() -> None:
    engine, box = FakeEngine(), Box()
    loop = PredictionLoop(engine, box.post)
    thread = spawn("test", loop.run, box.post)
    loop.use(None)
    wait(lambda: box.of(ModelReady))
    loop.use(Path("runs/damaged"))
    wait(lambda: box.of(ModelFailed))
    loop.ask("Nguyen", 3)
    wait(lambda: box.of(Predicted))
    loop.close()
    thread.join(30)
    assert box.of(Predicted)[0].path is None
    assert "model.json is missing" in box.of(ModelFailed)[0].problem


def test_an_error_that_nobody_expected_is_told() -> None:
    box = Box()

    def broken() -> None:
        raise ValueError("a bug")

    spawn("test", broken, box.post).join(30)
    assert str(box.of(Crashed)[0].error) == "a bug"


# -- data --


def test_a_file_is_read_or_the_reason_is_told(tmp_path: Path) -> None:
    engine, box = FakeEngine(), Box()
    file = tmp_path / "names.tsv"
    file.write_text("Kowalski\tPolish\nNguyen\tVietnamese\n", encoding="utf-8")
    read_dataset(engine, file, box.post)
    read_dataset(engine, tmp_path / "missing.tsv", box.post)
    assert len(box.of(DatasetReady)[0].table) == 2
    assert "there is no such file" in box.of(DatasetFailed)[0].problem


# -- plans --


def test_a_plan_is_told_at_once_and_its_time_later() -> None:
    engine, box = FakeEngine(), Box()
    loop = PlanLoop(engine, box.post)
    thread = spawn("test", loop.run, box.post)
    loop.ask(TrainConfig(), engine.table)
    wait(lambda: len(box.of(Planned)) == 2)
    loop.close()
    thread.join(30)
    assert [message.plan.seconds for message in box.of(Planned)] == [None, 64.0]


def test_a_plan_that_is_forgotten_is_not_measured() -> None:
    engine, box = FakeEngine(), Box()
    loop = PlanLoop(engine, box.post)
    thread = spawn("test", loop.run, box.post)
    with loop.busy:
        loop.ask(TrainConfig(), engine.table)
        wait(lambda: loop._question is None)
        loop.forget()
    loop.ask(TrainConfig(epochs=2), engine.table)
    wait(lambda: len(box.of(Planned)) == 2)
    loop.close()
    thread.join(30)
    assert [message.config.epochs for message in box.of(Planned)] == [2, 2]
