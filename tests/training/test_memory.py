import resource
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from namecls.config import PRESETS, TrainConfig
from namecls.data.table import NameTable
from namecls.errors import Diverged, TrainingError
from namecls.events import EpochEnd, Progress
from namecls.runs.history import HISTORY
from namecls.runs.listing import describe_run
from namecls.runs.loading import load_model
from namecls.runs.run import WEIGHTS, Run
from namecls.training import memory
from namecls.training.learner import Learner
from namecls.training.loop import finish, train
from namecls.training.memory import available_memory, check_memory, needed_memory
from namecls.training.protocol import prepare
from tests.library import SMALL, small_table

ROOT = Path(__file__).resolve().parents[2]


def with_network(config: TrainConfig, **values: object) -> TrainConfig:
    return replace(config, model=replace(config.model, **values))  # type: ignore[arg-type]


def test_memory_is_told() -> None:
    available = available_memory()
    assert available is not None
    assert 2**20 < available < 2**50


def test_more_of_anything_needs_more() -> None:
    prepared = prepare(SMALL, small_table())
    least = needed_memory(SMALL, prepared)
    for config in (
        replace(SMALL, batch_size=64),
        with_network(SMALL, hidden_size=64),
        with_network(SMALL, layers=2),
        with_network(SMALL, bidirectional=True),
        with_network(SMALL, network="lstm"),
    ):
        assert needed_memory(config, prepared) > least


@pytest.mark.parametrize(
    ("network", "numbers"), [("cnn", 6 * 3), ("gru", 16 * 4), ("gru+cnn,ngram", 16 * 4 + 6 * 3)]
)
def test_a_larger_batch_needs_what_its_characters_leave_for_the_way_back(network: str, numbers: int) -> None:
    config = with_network(SMALL, network=network, filters=6, widest=4, buckets=256)
    prepared = prepare(config, small_table())
    few, many = (needed_memory(replace(config, batch_size=size), prepared) for size in (10, 60))
    mean = float(prepared.train.lengths.double().mean())
    logits = 3 * (60 - 10) * 3 * len(config.model.members)  # three numbers for each of three labels
    assert many - few == 4 * numbers * (int(60 * mean) - int(10 * mean)) + 4 * logits


def test_a_network_that_cannot_fit_is_refused_before_memory_is_taken(tmp_path: Path) -> None:
    config = with_network(SMALL, hidden_size=65_536, layers=8)
    run = Run.create(tmp_path, config, "run")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(
        TrainingError, match=r"lower the batch size \(16\) or the hidden units \(65,536\)"
    ) as told:
        next(train(config, small_table(), run))
    assert "GiB are needed at the least" in str(told.value)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < before + 2**19  # KiB
    assert list(run.directory.iterdir()) == []


def test_a_batch_that_cannot_fit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    config = replace(SMALL, batch_size=4096)
    prepared = prepare(config, small_table())
    check_memory(config, prepared)
    monkeypatch.setattr(memory, "available_memory", lambda: needed_memory(config, prepared) - 1)
    with pytest.raises(TrainingError, match=r"lower the batch size \(4,096\)"):
        check_memory(config, prepared)
    monkeypatch.setattr(memory, "available_memory", lambda: None)  # a system that does not tell
    check_memory(config, prepared)


def test_very_many_labels_are_refused_before_memory_is_taken_and_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    names = NameTable.from_pairs(
        [(f"{a}{b}{c}", f"{a}{b}") for a in "abcdefg" for b in "hijklmn" for c in "opq"]
    )
    run = Run.create(tmp_path, SMALL, "run")
    config = replace(SMALL, valid_fraction=0.4, test_fraction=0.4, batch_size=4)
    judged = 4 * 5 * 49 * 49  # the validation or test rows, times labels, times the numbers that each takes
    assert needed_memory(config, prepare(config, names)) > judged
    monkeypatch.setattr(memory, "available_memory", lambda: judged)
    with pytest.raises(
        TrainingError, match=r"for 49 labels on 49 validation or test rows: have fewer labels, or lower"
    ):
        next(train(config, names, run))
    assert list(run.directory.iterdir()) == []


def test_memory_that_runs_out_in_the_first_epoch_claims_no_weights_and_names_many_labels(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def full(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(Learner, "step", full)
    monkeypatch.setattr(memory, "_MANY_LABELS", 3)
    with pytest.raises(TrainingError, match=r"or have fewer labels \(3\); no epoch was over yet"):
        list(train(SMALL, small_table(), Run.create(tmp_path, SMALL, "run")))


LIMITED = """
import resource, sys
from contextlib import closing
from pathlib import Path
import torch
from namecls.training import learner
from namecls.training import loop as training
from namecls.errors import TrainingError
from namecls.events import EpochEnd
from namecls.runs.run import Run
from tests.library import SMALL, small_table

run = Run.create(sys.argv[1], SMALL, "run")
with closing(training.train(SMALL, small_table(), run)) as events:
    try:
        for event in events:
            if isinstance(event, EpochEnd) and event.epoch == 1:
                taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
                resource.setrlimit(resource.RLIMIT_AS, (taken + 2**26, -1))
                real = learner.Learner.step
                def step(self, indices):
                    torch.empty(2**30)  # what a huge batch would ask for: the system has to refuse it
                    real(self, indices)
                learner.Learner.step = step
    except TrainingError as error:
        print(error)
"""


def test_memory_that_runs_out_for_real_names_the_settings_and_keeps_the_best_weights(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert done.stdout.startswith(
        "memory ran out: lower the batch size (16) or the hidden units (16); the best weights"
    )
    assert done.stderr == ""
    run = Run.open(tmp_path / "run")
    assert describe_run(run.directory).status == "unfinished"
    load_model(run.directory)
    assert finish(run, small_table()).best_epoch == 1


#: No clipping, and a rate that blows up.
WILD = with_network(
    replace(SMALL, optimizer="sgd", clip_norm=0.0, weight_decay=10.0, epochs=30), network="rnn"
)


def test_a_loss_that_is_no_number_stops_at_that_step_and_keeps_what_was_good(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run.create(tmp_path, SMALL, "run")
    events = train(SMALL, small_table(), run)
    best = next(event for event in events if isinstance(event, EpochEnd))
    kept = (run.directory / WEIGHTS).read_bytes()
    real = Learner.step

    def spoiled(self: Learner, indices: object) -> None:
        if self.position.step == best.step + 2:
            next(self.model.parameters()).data.fill_(float("nan"))
        real(self, indices)  # type: ignore[arg-type]

    monkeypatch.setattr(Learner, "step", spoiled)
    with pytest.raises(
        TrainingError,
        match=rf"the loss is no longer a number up to 1e\+12 \(step {best.step + 3}\): "
        "lower the learning rate, which is 0.02; "
        "the best weights so far, of epoch 1, are kept",
    ):
        list(events)
    assert (run.directory / WEIGHTS).read_bytes() == kept
    info = describe_run(run.directory)
    assert (info.status, info.usable) == ("diverged", True)
    assert "the loss is no longer a number" in info.problem
    with pytest.raises(TrainingError, match="can't resume: the loss is no longer a number"):
        next(train(SMALL, small_table(), run, resume=True))
    assert finish(run, small_table()).best_epoch == 1
    assert describe_run(run.directory).status == "finished"


def test_weights_that_are_no_numbers_at_the_end_of_an_epoch_never_become_the_best(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run.create(tmp_path, SMALL, "run")
    events = train(SMALL, small_table(), run)
    next(event for event in events if isinstance(event, EpochEnd))
    kept = (run.directory / WEIGHTS).read_bytes()
    real = Learner.validate

    def spoiled(self: Learner) -> object:
        next(self.model.parameters()).data.fill_(float("inf"))
        self.position.best_figure = -1.0
        return real(self)

    monkeypatch.setattr(Learner, "validate", spoiled)
    with pytest.raises(TrainingError, match=r"a weight is no longer a number .* of epoch 1, are kept"):
        list(events)
    assert (run.directory / WEIGHTS).read_bytes() == kept
    assert b"NaN" not in (run.directory / HISTORY).read_bytes()
    load_model(run.directory)


def test_in_the_first_epoch_there_is_nothing_to_keep_and_it_says_so(tmp_path: Path) -> None:
    config = replace(WILD, learning_rate=100.0, epochs=1)
    run = Run.create(tmp_path, config, "run")
    with pytest.raises(TrainingError, match="lower the learning rate, which is 100; no epoch was over yet"):
        list(train(config, small_table(), run))
    assert describe_run(run.directory).status == "diverged"
    assert not (run.directory / WEIGHTS).exists()


def test_a_loss_that_grows_beyond_what_is_read_ends_the_training_and_not_its_history(tmp_path: Path) -> None:
    config = PRESETS["fast"].config.changed(
        {
            "optimizer": "sgd",
            "learning_rate": 100.0,
            "clip_norm": 0.0,
            "weight_decay": 1.0,
            "batch_size": 16,
            "report_every": 10,
        }
    )
    run = Run.create(tmp_path, config, "grows")
    with pytest.raises(Diverged, match=r"no longer a number up to 1e\+12"):
        list(train(config, small_table(), run))
    assert run.diverged
    losses = [event.loss for event in run.history() if isinstance(event, Progress)]
    assert losses
    assert max(losses) > 1e6
