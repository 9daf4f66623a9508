"""The threads, without an app: messages go into a list."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

from textual.message import Message

from namecls.config import TrainConfig
from namecls.errors import TrainingError
from namecls.events import EpochEnd, Event, Finished, Progress, Started
from tests.tui.fakes import FakeEngine, epoch_end, progress, started, whole_training
from tui.messages import (
    Crashed,
    DatasetFailed,
    DatasetReady,
    ModelFailed,
    ModelReady,
    Planned,
    Predicted,
    TrainingEnded,
    TrainingTold,
)
from tui.work import PlanLoop, PredictionLoop, TrainingJob, read_dataset, spawn


class Box:
    """Keeps what is posted."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    def post(self, message: Message) -> bool:
        self.messages.append(message)
        return True

    def of(self, kind: type[Message]) -> list:
        return [message for message in self.messages if isinstance(message, kind)]

    @property
    def events(self) -> list[Event]:
        return [event for message in self.of(TrainingTold) for event in message.events]


def wait(happened: Callable[[], object], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.002)


def job(engine: FakeEngine, box: Box) -> TrainingJob:
    return TrainingJob(engine, TrainConfig(), engine.table, Path("runs"), box.post, threading.Lock())


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

    def slow(names, k=3):
        if names == ["first"]:
            busy.set()
            go.wait(30)
        return predict(names, k)

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


# -- trainings --


def test_every_event_gets_through_in_few_messages() -> None:
    script = whole_training(12)
    engine, box = FakeEngine(script), Box()
    job(engine, box).run()
    assert box.events == script
    # One for the start, every epoch and the end, and some for the time that passed.
    assert len(box.of(TrainingTold)) < 100
    assert isinstance(box.messages[-1], TrainingEnded)
    assert box.messages[-1].problem == ""
    assert engine.finishes == 0


def test_to_stop_closes_the_generator_and_tests_what_is_trained() -> None:
    engine, box = (
        FakeEngine([started(), progress(1), epoch_end(1), None, progress(101), progress(102)]),
        Box(),
    )
    training = job(engine, box)
    thread = spawn("test", training.run, box.post)
    wait(lambda: any(isinstance(event, EpochEnd) for event in box.events))
    training.stop()
    engine.gate.set()
    thread.join(30)
    assert engine.closed.is_set()
    assert engine.finishes == 1
    assert [type(event) for event in box.events] == [Started, Progress, EpochEnd, Progress, Finished]
    assert isinstance(box.messages[-1], TrainingEnded)


def test_to_leave_stops_without_a_test() -> None:
    engine, box = FakeEngine([started(), None, progress(1), progress(2)]), Box()
    training = job(engine, box)
    thread = spawn("test", training.run, box.post)
    wait(lambda: box.events)
    training.stop(test=False)
    engine.gate.set()
    thread.join(30)
    assert engine.closed.is_set()
    assert engine.finishes == 0


def test_a_stop_before_the_first_step_waits_for_something_to_keep() -> None:
    engine, box = FakeEngine([started(), progress(1), progress(2)]), Box()
    training = job(engine, box)
    training.stop()
    training.run()
    assert [type(event) for event in box.events] == [Started, Progress, Finished]


def test_a_pause_asks_for_no_event() -> None:
    engine, box = FakeEngine([started(), progress(1), None, progress(2), progress(3)]), Box()
    training = job(engine, box)
    thread = spawn("test", training.run, box.post)
    wait(lambda: box.events)
    training.pause()
    engine.gate.set()
    wait(lambda: progress(2) in box.events)
    assert not engine.closed.is_set()
    assert thread.is_alive()
    training.resume()
    thread.join(30)
    assert progress(3) in box.events


def test_a_pause_can_be_ended_by_a_stop() -> None:
    engine, box = FakeEngine([started(), progress(1), progress(2)]), Box()
    training = job(engine, box)
    training.pause()
    thread = spawn("test", training.run, box.post)
    wait(lambda: box.events)
    training.stop()
    thread.join(30)
    assert not thread.is_alive()


def test_an_error_of_the_training_is_its_last_word() -> None:
    class Failing(FakeEngine):
        def train(self, config, table, run):  # noqa: ARG002
            yield started()
            raise TrainingError("memory ran out: lower the batch size")

    box = Box()
    job(Failing(), box).run()
    assert box.messages[-1].problem == "memory ran out: lower the batch size"  # type: ignore[attr-defined]


def test_a_training_waits_for_a_plan_that_draws_random_numbers() -> None:
    engine, box = FakeEngine([started()]), Box()
    before = threading.Lock()
    training = TrainingJob(engine, TrainConfig(), engine.table, Path("runs"), box.post, before)
    with before:
        thread = spawn("test", training.run, box.post)
        thread.join(0.05)
        assert not engine.trained
    thread.join(30)
    assert engine.trained
