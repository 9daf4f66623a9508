"""Trainings in their threads, without an app: messages go into a list."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import pytest

from namecls.config import TrainConfig
from namecls.errors import TrainingError
from namecls.events import EpochEnd, Event, Finished, Progress, Started
from namecls.files import control
from namecls.files.background import LOG
from namecls.files.control import Heard, Wish, ask, asked, look_into
from namecls.files.locks import Holder, heir_of, held
from namecls.runs.listing import describe_run
from namecls.runs.run import Run
from tests.library import SMALL, small_file
from tests.tui.boxes import Box, wait
from tests.tui.fakes import FakeEngine, FakeRun, epoch_end, finished, progress, started, whole_training
from tui.engine.library import Library
from tui.engine.threads import spawn
from tui.jobs.elsewhere import AttachedJob
from tui.jobs.messages import (
    TrainingDetached,
    TrainingEnded,
    TrainingHeld,
    TrainingRefused,
    TrainingTold,
    TrainingTurned,
)
from tui.jobs.training import TrainingJob


def job(engine: FakeEngine, box: Box, before: threading.Lock | None = None) -> TrainingJob:
    config = TrainConfig()
    return TrainingJob(
        engine,
        box.post,
        before or threading.Lock(),
        lambda: (engine.create_run(Path(), config), config, engine.table),
    )


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
    assert engine.at_gate.wait(120)  # the next event is asked for
    training.want("stop")
    engine.gate.set()
    thread.join(120)
    assert engine.closed.is_set()
    assert engine.finishes == 1
    assert [type(event) for event in box.events] == [Started, Progress, EpochEnd, Progress, Finished]
    assert isinstance(box.messages[-1], TrainingEnded)


def test_to_leave_stops_without_a_test() -> None:
    engine, box = FakeEngine([started(), None, progress(1), progress(2)]), Box()
    training = job(engine, box)
    thread = spawn("test", training.run, box.post)
    wait(lambda: box.events)
    training.close()
    engine.gate.set()
    thread.join(120)
    assert engine.closed.is_set()
    assert engine.finishes == 0


def test_a_stop_before_the_first_step_waits_for_something_to_keep() -> None:
    engine, box = FakeEngine([started(), progress(1), progress(2)]), Box()
    training = job(engine, box)
    training.want("stop")
    training.run()
    assert [type(event) for event in box.events] == [Started, Progress, Finished]


def test_a_pause_asks_for_no_event() -> None:
    engine, box = FakeEngine([started(), progress(1), None, progress(2), progress(3)]), Box()
    training = job(engine, box)
    thread = spawn("test", training.run, box.post)
    assert engine.at_gate.wait(120)  # the next event is asked for
    training.want("pause")
    engine.gate.set()
    wait(lambda: progress(2) in box.events)
    assert not engine.closed.is_set()
    assert thread.is_alive()
    training.want("go")
    thread.join(120)
    assert progress(3) in box.events


def test_a_pause_can_be_ended_by_a_stop() -> None:
    engine, box = FakeEngine([started(), progress(1), progress(2)]), Box()
    training = job(engine, box)
    training.want("pause")
    thread = spawn("test", training.run, box.post)
    wait(lambda: box.events)
    training.want("stop")
    thread.join(120)
    assert not thread.is_alive()


def test_an_error_of_the_training_is_its_last_word() -> None:
    class Failing(FakeEngine):
        def train(self, config, data, run, *, resume, gradients):  # noqa: ARG002
            yield started()
            raise TrainingError("memory ran out: lower the batch size")

    box = Box()
    job(Failing(), box).run()
    assert box.messages[-1].problem == "memory ran out: lower the batch size"  # type: ignore[attr-defined]


def test_a_training_waits_for_a_plan_that_draws_random_numbers() -> None:
    engine, box = FakeEngine([started()]), Box()
    before = threading.Lock()
    training = job(engine, box, before)
    with before:
        thread = spawn("test", training.run, box.post)
        thread.join(0.05)
        assert not engine.trained
    thread.join(120)
    assert engine.trained


# -- what another process wants --


class Placed(FakeEngine):
    """Its run has a directory."""

    directory: Path

    def create_run(self, save_dir, config):  # noqa: ARG002
        return Run(self.directory)


def placed(directory: Path, script: Sequence[Event | None]) -> Placed:
    engine = Placed(script)
    engine.directory = directory
    return engine


def phases(box: Box) -> list[str]:
    return [message.phase for message in box.of(TrainingTurned)]


@pytest.fixture
def no_word_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "LOOK_EVERY", 0.0)


@pytest.mark.usefixtures("no_word_waits")
def test_another_process_pauses_it_and_lets_it_go_on(tmp_path: Path) -> None:
    engine, box = placed(tmp_path, [started(), None, progress(1), progress(2)]), Box()
    training = job(engine, box)
    thread = spawn("test", training.run, box.post)
    wait(lambda: box.events)
    ask(tmp_path, "pause")
    engine.gate.set()
    wait(lambda: phases(box) == ["paused"])
    assert thread.is_alive()
    ask(tmp_path, "go")
    thread.join(120)
    assert phases(box) == ["paused", "running"]
    assert box.events[-1] == progress(2)
    assert asked(tmp_path) == "go"


@pytest.mark.usefixtures("no_word_waits")
@pytest.mark.parametrize(("wish", "tests"), [("stop", 1), ("leave", 0)])
def test_another_process_stops_it(tmp_path: Path, wish: Wish, tests: int) -> None:
    engine, box = placed(tmp_path, [started(), progress(1), epoch_end(1), None, *[progress(2)] * 5]), Box()
    training = job(engine, box)
    thread = spawn("test", training.run, box.post)
    wait(lambda: any(isinstance(event, EpochEnd) for event in box.events))
    ask(tmp_path, wish)
    engine.gate.set()
    thread.join(120)
    assert phases(box) == ["stopping"]
    assert engine.closed.is_set()
    assert engine.finishes == tests


def test_a_pause_is_told_to_other_processes_and_any_of_them_may_end_it(tmp_path: Path) -> None:
    engine, box = placed(tmp_path, [started(), progress(1), progress(2)]), Box()
    training = job(engine, box)
    training.want("pause")
    thread = spawn("test", training.run, box.post)
    wait(lambda: asked(tmp_path) == "pause")
    ask(tmp_path, "stop")
    thread.join(120)
    assert engine.finishes == 1
    assert asked(tmp_path) == "go"


def test_wishes_to_an_earlier_process_are_forgotten(tmp_path: Path) -> None:
    ask(tmp_path, "stop")
    engine, box = placed(tmp_path, [started(), progress(1), progress(2)]), Box()
    job(engine, box).run()
    assert engine.finishes == 0
    assert box.events[-1] == progress(2)


def test_a_run_that_another_process_holds_is_left_alone(tmp_path: Path) -> None:
    engine, box = placed(tmp_path, [started(), progress(1)]), Box()
    with held(tmp_path):
        job(engine, box).run()
    assert f"is being worked on by process {os.getpid()} on" in box.messages[-1].problem  # type: ignore[attr-defined]
    assert not engine.trained


# -- to the background, and back --


def test_what_cannot_go_to_the_background_goes_on_here(tmp_path: Path) -> None:
    engine, box = placed(tmp_path, [started(), progress(1), None, progress(2)]), Box()
    training = job(engine, box)
    thread = spawn("test", training.run, box.post)
    wait(lambda: box.events)
    training.detach()
    engine.gate.set()
    wait(lambda: box.of(TrainingRefused))
    engine.gate.set()
    thread.join(120)
    assert "no process could be started" in box.of(TrainingRefused)[0].problem
    assert engine.resumed == [False, True]
    assert isinstance(box.messages[-1], TrainingEnded)


def test_a_process_in_the_background_takes_over(tmp_path: Path) -> None:
    engine, box = placed(tmp_path, [started(), progress(1), progress(2)]), Box()
    holder = Holder(4711, "here", "2026-11-23T10:00:00")
    engine.start_background = lambda _run: holder  # type: ignore[method-assign]
    training = job(engine, box)
    training.detach()
    training.run()
    assert engine.closed.is_set()
    assert engine.finishes == 0
    (last,) = box.of(TrainingDetached)
    assert (last.directory, last.holder) == (tmp_path, holder)
    assert not box.of(TrainingEnded)


@pytest.mark.parametrize("end", ["detach", "stop"])
def test_who_goes_on_is_named_while_the_run_is_still_held(tmp_path: Path, end: str) -> None:
    """Or it could be deleted in between."""
    engine, box = placed(tmp_path, [started(), progress(1), progress(2)]), Box()
    heirs: list[Holder | None] = []
    train, finish = engine.train, engine.finish

    def trained(*values: Any, **more: Any) -> Iterator[Event]:
        try:
            yield from train(*values, **more)
        finally:
            heirs.append(heir_of(tmp_path))

    engine.train = trained  # type: ignore[method-assign,assignment]
    engine.start_background = lambda _run: heirs.append(heir_of(tmp_path)) or Holder(4711, "here", "")  # type: ignore[func-returns-value,method-assign]
    engine.finish = lambda *given: heirs.append(heir_of(tmp_path)) or finish(*given)  # type: ignore[func-returns-value,method-assign]
    training = job(engine, box)
    if end == "detach":
        training.detach()
    else:
        training.want("stop")
    training.run()
    assert [heir and heir.pid for heir in heirs] == [os.getpid()] * 2
    assert heir_of(tmp_path) is None


# -- going on --


@pytest.fixture
def broken_off(tmp_path: Path) -> Run:
    """A run whose process died in the second epoch, some reports after its last checkpoint."""
    from namecls.data.table import load_dataset
    from namecls.training.loop import train

    run = Run.create(tmp_path / "runs", SMALL, "small")
    with closing(train(SMALL, load_dataset(small_file(tmp_path)), run)) as events:
        for event in events:
            if isinstance(event, EpochEnd):
                break
    run.append(progress(5))
    run.append(progress(6))
    return run


def taken_up(run: Run, box: Box, how: Literal["resume", "finish"]) -> TrainingJob:
    engine = Library()
    return TrainingJob(engine, box.post, threading.Lock(), lambda: engine.reopen_run(run.directory), how)


def test_what_goes_on_tells_its_past_first_and_nothing_twice(broken_off: Run) -> None:
    box = Box()
    taken_up(broken_off, box, "resume").run()
    assert box.messages[-1].problem == ""  # type: ignore[attr-defined]
    at = max(i for i, event in enumerate(box.events) if isinstance(event, Started))
    assert box.events[at:] == list(broken_off.history())
    assert isinstance(box.events[-1], Finished)
    assert progress(6) in box.events[:at]
    assert progress(6) not in box.events[at:]


def test_what_was_broken_off_is_tested_and_kept(broken_off: Run) -> None:
    box = Box()
    taken_up(broken_off, box, "finish").run()
    assert isinstance(box.events[0], Started)
    assert isinstance(box.events[-1], Finished)
    assert describe_run(broken_off.directory).status == "finished"


def test_without_its_data_it_stays_as_it_is_and_says_so(broken_off: Run, tmp_path: Path) -> None:
    data = tmp_path / "small.tsv"
    data.write_text(data.read_text(encoding="utf-8") + "Kowalski\tPolish\n", encoding="utf-8")
    before = sorted((p, p.read_bytes()) for p in broken_off.directory.rglob("*") if p.is_file())
    box = Box()
    taken_up(broken_off, box, "resume").run()
    assert "has changed since the run was trained on it" in box.messages[-1].problem  # type: ignore[attr-defined]
    data.unlink()
    taken_up(broken_off, box, "resume").run()
    assert "small.tsv" in box.messages[-1].problem  # type: ignore[attr-defined]
    assert before == sorted((p, p.read_bytes()) for p in broken_off.directory.rglob("*") if p.is_file())


# -- looking at another process's --


def test_one_that_is_looked_at_tells_its_past_and_what_comes(broken_off: Run) -> None:
    box = Box()
    attached = AttachedJob(broken_off.directory, box.post)
    past = list(broken_off.history())
    with held(broken_off.directory):
        thread = spawn("test", attached.run, box.post)
        wait(lambda: box.events == past)
        assert box.of(TrainingHeld)[0].holder.pid == os.getpid()
        broken_off.append(progress(7))
        wait(lambda: box.events == [*past, progress(7)])
        broken_off.append(finished())
        thread.join(120)
    assert box.messages[-1].problem == ""  # type: ignore[attr-defined]


def test_one_that_is_looked_at_is_paused_and_stopped_by_a_word(broken_off: Run) -> None:
    box, directory = Box(), broken_off.directory
    attached = AttachedJob(directory, box.post)
    with held(directory):
        ask(directory, "pause")
        thread = spawn("test", attached.run, box.post)
        wait(lambda: phases(box) == ["paused"])
        attached.want("go")
        wait(lambda: asked(directory) == "go" and phases(box) == ["paused", "running"])
        attached.want("pause")
        wait(lambda: asked(directory) == "pause")
        attached.want("stop")
        wait(lambda: asked(directory) == "stop" and phases(box)[-1] == "stopping")
        attached.close()
        thread.join(120)
        assert asked(directory) == "stop"
    assert not box.of(TrainingEnded)


def test_one_that_is_looked_into_is_told_so_as_long_as_it_is(broken_off: Run) -> None:
    box, heard = Box(), Heard(broken_off.directory)
    attached = AttachedJob(broken_off.directory, box.post)
    with held(broken_off.directory):
        thread = spawn("test", attached.run, box.post)
        wait(lambda: box.of(TrainingHeld))
        assert not heard.is_looked_into
        attached.is_looked_into = True
        wait(lambda: heard.is_looked_into)
        attached.close()
        thread.join(30)


def test_a_training_here_measures_for_another_process_too(tmp_path: Path) -> None:
    engine, box = FakeEngine([started(), None]), Box()
    directory = tmp_path / "run"
    directory.mkdir()
    engine.create_run = lambda *_: FakeRun(directory=directory)  # type: ignore[method-assign]
    training = job(engine, box)
    thread = spawn("test", training.run, box.post)
    wait(lambda: engine.trained and box.events)
    assert not engine.are_gradients_wanted()
    look_into(directory)
    wait(engine.are_gradients_wanted)
    training.close()
    engine.gate.set()
    thread.join(30)


def test_when_its_process_is_gone_it_can_go_on(broken_off: Run) -> None:
    box = Box()
    attached = AttachedJob(broken_off.directory, box.post)
    with held(broken_off.directory):
        thread = spawn("test", attached.run, box.post)
        wait(lambda: box.of(TrainingHeld) and box.events)
        (broken_off.directory / LOG).write_text("namecls: the disk is broken\n", encoding="utf-8")
    thread.join(120)
    problem = box.messages[-1].problem  # type: ignore[attr-defined]
    assert f"process {os.getpid()} on" in problem
    assert "left it unfinished: namecls: the disk is broken; it can be resumed" in problem


def test_one_that_begins_again_is_told_from_the_beginning(broken_off: Run) -> None:
    box = Box()
    attached = AttachedJob(broken_off.directory, box.post)
    with held(broken_off.directory):
        thread = spawn("test", attached.run, box.post)
        wait(lambda: progress(6) in box.events)
        broken_off.rewind(0)
        broken_off.append(started())
        wait(lambda: box.events[-1] == replace(started(), directory=str(broken_off.directory)))
        attached.close()
        thread.join(120)
