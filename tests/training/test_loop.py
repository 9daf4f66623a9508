import dataclasses
import time
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import torch

from namecls.calibration.metrics import macro_f1
from namecls.config import OPTIMIZERS, SCHEDULES, TrainConfig
from namecls.data.split import Splits, split_table
from namecls.data.table import NameTable, load_dataset
from namecls.errors import ConfigError, DataError, RunError, TrainingError
from namecls.events import EpochEnd, Finished, Progress, Started, event_to_json
from namecls.inference.prediction import Predictor
from namecls.nn.devices import choose_device
from namecls.runs.history import HISTORY
from namecls.runs.listing import describe_run
from namecls.runs.loading import load_model
from namecls.runs.manifest import MANIFEST
from namecls.runs.run import WEIGHTS, Run
from namecls.training import epochs, loop
from namecls.training.learner import (
    Learner,
    Position,
    best_offsets,
    class_weights,
    learning_rate,
)
from namecls.training.loop import finish, plan, train
from tests.library import SMALL, small_file, small_table

TIMES = ("seconds", "elapsed", "remaining", "names_per_second", "run", "directory")


def trained(directory: Path, config: TrainConfig = SMALL, name: str = "run") -> tuple[Run, list[object]]:
    run = Run.create(directory, config, name)
    return run, list(train(config, small_table(), run))


def timeless(events: list[object]) -> list[dict[str, object]]:
    """Events without what may differ between two runs."""
    return [{k: v for k, v in event_to_json(e).items() if k not in TIMES} for e in events]  # type: ignore[arg-type]


def test_a_training_tells_its_story_in_order(tmp_path: Path) -> None:
    run, events = trained(tmp_path)
    started, *middle, finished = events
    assert isinstance(started, Started)
    assert isinstance(finished, Finished)
    assert [e.epoch for e in middle if isinstance(e, EpochEnd)] == [1, 2, 3]
    assert all(isinstance(e, Progress | EpochEnd) for e in middle)
    reports = [e for e in middle if isinstance(e, Progress)]
    assert [e.step for e in reports] == sorted({e.step for e in reports})
    assert reports[0].names >= SMALL.report_every
    assert started.train_rows + started.validation_rows + started.test_rows == len(small_table())
    assert finished.reason == "completed"
    assert finished.test.rows == started.test_rows
    assert list(run.history()) == events


def test_it_learns_what_can_be_learned(tmp_path: Path) -> None:
    config = dataclasses.replace(SMALL, epochs=8)
    _, events = trained(tmp_path, config)
    finished = events[-1]
    assert isinstance(finished, Finished)
    assert finished.test.accuracy == 1.0


def test_what_an_event_tells_is_on_the_disk_already(tmp_path: Path) -> None:
    run = Run.create(tmp_path, SMALL, "run")
    for event in train(SMALL, small_table(), run):
        assert list(run.history())[-1] == event
        if isinstance(event, EpochEnd):
            assert (run.directory / WEIGHTS).exists() >= event.best
        if isinstance(event, Finished):
            assert (run.directory / MANIFEST).exists()


def test_one_seed_gives_one_history_and_one_model(tmp_path: Path) -> None:
    one, first = trained(tmp_path, name="one")
    two, second = trained(tmp_path, name="two")
    assert timeless(first) == timeless(second)
    assert (one.directory / WEIGHTS).read_bytes() == (two.directory / WEIGHTS).read_bytes()
    _, third = trained(tmp_path, dataclasses.replace(SMALL, seed=1), "three")
    assert timeless(first) != timeless(third)


def test_no_test_or_validation_name_is_trained_on(tmp_path: Path) -> None:
    splits = split_table(small_table(), seed=SMALL.seed)
    given, automatic = (Run.create(tmp_path, SMALL, name) for name in ("given", "automatic"))
    first = list(train(SMALL, splits, given))
    second = list(train(SMALL, small_table(), automatic))
    assert timeless(first)[1:] == timeless(second)[1:]
    sides = [set(t.names) for t in (splits.train, splits.validation, splits.test)]
    assert not sides[0] & sides[1]
    assert not sides[0] & sides[2]
    assert not sides[1] & sides[2]


def test_stopping_keeps_the_best_epoch_and_finish_tests_it(tmp_path: Path) -> None:
    config = dataclasses.replace(SMALL, epochs=50, patience=0)
    run = Run.create(tmp_path, config, "run")
    with closing(train(config, small_table(), run)) as events:
        epochs = list(islice((e for e in events if isinstance(e, EpochEnd)), 2))
    assert describe_run(run.directory).status == "unfinished"
    finished = finish(run, small_table())
    assert finished.reason == "stopped"
    assert finished.best_epoch == max(e.epoch for e in epochs if e.best)
    assert finished.epochs == 2
    assert describe_run(run.directory).accuracy == finished.test.accuracy
    with pytest.raises(RunError, match="finished already"):
        finish(run, small_table())


def test_stopping_in_the_first_epoch_keeps_the_weights_of_that_moment(tmp_path: Path) -> None:
    run = Run.create(tmp_path, SMALL, "run")
    with closing(train(SMALL, small_table(), run)) as events:
        next(events)
        assert isinstance(next(events), Progress)
    assert Predictor.load(run.directory).predict(["Petrosyan"])[0].status == "ok"
    assert finish(run, small_table()).epochs == 1


@pytest.mark.parametrize("after", [1, 4, 7, 11])
def test_a_resumed_training_ends_where_an_uninterrupted_one_does(tmp_path: Path, after: int) -> None:
    whole, story = trained(tmp_path, name="whole")
    run = Run.create(tmp_path, SMALL, "broken")
    with closing(train(SMALL, small_table(), run)) as events:
        for _ in islice(events, after + 1):
            pass
    resumed = list(train(SMALL, small_table(), run, resume=True))
    assert resumed
    assert timeless(list(run.history())) == timeless(story)
    assert (run.directory / WEIGHTS).read_bytes() == (whole.directory / WEIGHTS).read_bytes()


def test_resuming_forgets_what_was_told_after_the_checkpoint(tmp_path: Path) -> None:
    run = Run.create(tmp_path, SMALL, "run")
    with closing(train(SMALL, small_table(), run)) as events:
        told = list(islice(events, 5))
    with (run.directory / HISTORY).open("a") as file:
        file.write('{"event": "progress", "half a li')
    list(train(SMALL, small_table(), run, resume=True))
    assert list(run.history())[:5] == told


def test_training_stops_early_when_nothing_gets_better(tmp_path: Path) -> None:
    config = dataclasses.replace(SMALL, epochs=100, patience=2)
    _, events = trained(tmp_path, config)
    finished = events[-1]
    assert isinstance(finished, Finished)
    assert finished.reason == "stopped early"
    epochs = [event for event in events if isinstance(event, EpochEnd)]
    highest = max(epoch.valid_accuracy for epoch in epochs)
    best = [epoch for epoch in epochs if epoch.valid_accuracy == highest]
    assert finished.epochs == best[0].epoch + 2
    assert finished.best_epoch == min(best, key=lambda epoch: epoch.valid_loss).epoch


def test_of_epochs_with_one_accuracy_that_of_the_lowest_loss_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    validate = Learner.validate
    losses = iter([0.5, 0.2, 0.3])
    monkeypatch.setattr(
        Learner,
        "validate",
        lambda self: dataclasses.replace(validate(self), accuracy=0.5, loss=next(losses)),
    )
    _, events = trained(tmp_path, dataclasses.replace(SMALL, epochs=3, patience=0))
    assert [event.best for event in events if isinstance(event, EpochEnd)] == [True, True, False]
    assert isinstance(events[-1], Finished)
    assert events[-1].best_epoch == 2


def test_a_checkpoint_of_before_keeps_the_first_of_equal_epochs() -> None:
    position = dataclasses.asdict(Position(epoch=1, best_figure=0.5, best_epoch=1))
    del position["best_loss"]
    assert Position.from_state(position).best_loss == 0


def test_finish_reads_the_data_again_if_it_must(tmp_path: Path) -> None:
    path = small_file(tmp_path)
    run = Run.create(tmp_path / "runs", SMALL, "run")
    with closing(train(SMALL, load_dataset(path), run)) as events:
        list(islice(events, 4))
    path.write_text(path.read_text() + "Kowalski\tPolish\n")
    with pytest.raises(DataError, match="has changed"):
        finish(run)
    path.write_text(path.read_text().removesuffix("Kowalski\tPolish\n"))
    assert finish(run).test.rows > 0


def test_a_run_can_be_trained_once_only(tmp_path: Path) -> None:
    run, _ = trained(tmp_path)
    with pytest.raises(RunError, match="finished"):
        next(train(SMALL, small_table(), run))


def test_a_loss_that_is_no_number_ends_the_training_with_a_reason(tmp_path: Path) -> None:
    config = dataclasses.replace(SMALL, optimizer="sgd", learning_rate=100.0, clip_norm=0.0, epochs=30)
    config = dataclasses.replace(
        config, model=dataclasses.replace(config.model, network="rnn"), weight_decay=10.0
    )
    run = Run.create(tmp_path, config, "run")
    with pytest.raises(TrainingError, match="lower the learning rate"):
        list(train(config, small_table(), run))
    assert describe_run(run.directory).status == "diverged"


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("schedule", SCHEDULES)
def test_every_optimiser_and_schedule_trains(tmp_path: Path, optimizer: str, schedule: str) -> None:
    config = dataclasses.replace(SMALL, optimizer=optimizer, schedule=schedule, epochs=1)
    _, events = trained(tmp_path, config)
    assert isinstance(events[-1], Finished)


def test_schedules_go_where_they_should() -> None:
    rates = [learning_rate(dataclasses.replace(SMALL, schedule="onecycle"), s, 100) for s in range(100)]
    assert max(rates) == rates[20] == pytest.approx(SMALL.learning_rate)
    assert rates[:21] == sorted(rates[:21])
    assert rates[20:] == sorted(rates[20:], reverse=True)
    assert rates[-1] < SMALL.learning_rate / 100
    assert learning_rate(dataclasses.replace(SMALL, schedule="constant"), 99, 100) == SMALL.learning_rate
    cosine = dataclasses.replace(SMALL, schedule="cosine")
    assert learning_rate(cosine, 50, 100) == pytest.approx(SMALL.learning_rate / 2)


def test_balanced_weights_give_every_label_the_same_sum() -> None:
    label_ids = torch.tensor([0] * 9 + [1] * 3)
    config = dataclasses.replace(SMALL, class_weights="balanced")
    weights = class_weights(config, label_ids.bincount())
    assert weights[0] * 9 == weights[1] * 3 == 6
    assert class_weights(SMALL, label_ids.bincount()).tolist() == [1, 1]


def test_a_plan_tells_what_training_then_does(tmp_path: Path) -> None:
    told = plan(SMALL, small_table())
    _, events = trained(tmp_path)
    started = events[0]
    assert isinstance(started, Started)
    assert (told.train_rows, told.validation_rows, told.test_rows) == (
        started.train_rows,
        started.validation_rows,
        started.test_rows,
    )
    assert (told.labels, told.characters, told.parameters, told.steps) == (
        len(started.labels),
        started.characters,
        started.parameters,
        started.steps,
    )
    assert told.seconds is None
    assert (plan(SMALL, small_table(), measure=True).seconds or 0) > 0


def test_the_time_of_a_training_is_measured_with_its_threads_and_without_the_first_step(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now, threads = 0.0, []

    def step(_learner: Learner, _indices: object) -> None:
        nonlocal now
        now += 0.01 if threads else 60
        threads.append(torch.get_num_threads())

    monkeypatch.setattr(Learner, "step", step)
    monkeypatch.setattr(loop.time, "perf_counter", lambda: now)
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        told = plan(SMALL, small_table(), measure=True)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
    assert set(threads) == {SMALL.threads}
    assert told.seconds == pytest.approx(0.01 * told.steps)


def test_test_rows_under_labels_never_trained_on_are_counted_apart(tmp_path: Path) -> None:
    splits = split_table(small_table())
    strange = NameTable.from_pairs(
        [("Nagy", "Hungarian"), *zip(splits.test.names, splits.test.label_of_rows, strict=True)]
    )
    run = Run.create(tmp_path, SMALL, "run")
    *_, finished = train(SMALL, Splits(splits.train, splits.validation, strange), run)
    assert isinstance(finished, Finished)
    assert finished.test.left_out == 1
    assert finished.test.rows == len(splits.test)


def test_too_few_rows_for_a_split_are_an_error_that_says_so(tmp_path: Path) -> None:
    table = NameTable.from_pairs([("Kowalski", "Polish"), ("Novák", "Czech")])
    with pytest.raises(DataError, match="three different names"):
        next(train(SMALL, table, Run.create(tmp_path, SMALL)))


def test_a_device_that_is_not_here_is_an_error_that_names_those_that_are() -> None:
    assert choose_device("cpu").type == "cpu"
    missing = "mps" if not torch.backends.mps.is_available() else "cuda"
    with pytest.raises(ConfigError, match="choose one of: auto"):
        choose_device(missing)
    with pytest.raises(ConfigError, match="choose one of: auto"):
        choose_device("cuda:99")
    with pytest.raises(ConfigError, match="must be one of auto, cpu, cuda, mps, was: 'tpu'"):
        choose_device("tpu")


def test_for_macro_f1_the_answers_move_to_rare_labels() -> None:
    torch.manual_seed(0)
    target = torch.tensor([0] * 900 + [1] * 100)
    shares = torch.tensor([0.9, 0.1]).log()
    evidence = torch.where(target == 1, 1.0, -1.0) + torch.randn(1000)
    logits = torch.stack([shares[0].expand(1000), shares[1] + 2 * evidence - 1], 1)

    def figure(offsets: torch.Tensor) -> float:
        return macro_f1((logits - offsets).argmax(1), target, 2)

    offsets = best_offsets(logits, target, shares)
    multiple = offsets / shares
    assert float(multiple[0]) == pytest.approx(float(multiple[1]))
    assert 0 < float(multiple[0]) <= 1.2
    assert figure(offsets) > figure(torch.zeros(2)) + 0.01


def test_the_operating_point_chooses_the_epoch_and_is_kept_with_the_model(tmp_path: Path) -> None:
    config = dataclasses.replace(SMALL, operating_point="macro-f1")
    run = Run.create(tmp_path, config)
    events = list(train(config, small_table(), run))
    ends = [event for event in events if isinstance(event, EpochEnd)]
    last = events[-1]
    assert isinstance(last, Finished)
    assert ends[last.best_epoch - 1].valid_macro_f1 == max(end.valid_macro_f1 for end in ends)
    assert last.validation.macro_f1 == pytest.approx(ends[last.best_epoch - 1].valid_macro_f1)
    assert load_model(run.directory).model.offsets.shape == (3,)


def test_logit_adjustment_answers_rare_labels_more_often(tmp_path: Path) -> None:
    table = small_table()
    rows = list(zip(table.names, table.label_of_rows, strict=True))
    few = NameTable.from_pairs([row for n, row in enumerate(rows) if row[1] != "Polish" or n % 4 == 0])
    answered = []
    for tau in (0.0, 4.0):
        config = dataclasses.replace(SMALL, epochs=1, logit_adjustment=tau)
        run = Run.create(tmp_path, config, f"tau{tau:.0f}")
        last = list(train(config, few, run))[-1]
        assert isinstance(last, Finished)
        confusion = last.test.confusion
        answered.append(sum(n for to, n in zip(confusion.predicted, confusion.rows, strict=True) if to == 2))
    assert answered[1] > answered[0]


def test_the_time_that_checkpoints_take_is_time_of_the_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save = epochs._save_state

    def slowly(*values: Any) -> None:
        time.sleep(0.2)
        save(*values)

    monkeypatch.setattr(epochs, "_save_state", slowly)
    _, events = trained(tmp_path, dataclasses.replace(SMALL, epochs=4, patience=0))
    told = [event for event in events if isinstance(event, EpochEnd)]
    assert told[-1].elapsed >= 0.6  # three of them before it
    assert all(event.seconds >= 0.2 for event in told[1:])
    assert isinstance(events[-1], Finished)
    assert events[-1].seconds >= 0.8
