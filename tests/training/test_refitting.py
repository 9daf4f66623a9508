"""A model that is trained again on all rows, after it was measured."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import shutil
from pathlib import Path

import pytest

from namecls.data.table import load_dataset
from namecls.errors import ModelFileError, NameclsError, RunError
from namecls.events import EpochEnd, Finished, Refitting
from namecls.inference.evaluation import learned_rows
from namecls.inference.prediction import Predictor
from namecls.runs.counted import load_counted
from namecls.runs.listing import describe_run, list_runs
from namecls.runs.run import COUNTS, FILES, METRICS, REFIT, WEIGHTS, Run
from namecls.training.counting import add_counts
from namecls.training.loop import finish, train
from namecls.training.recalibration import recalibrate
from namecls.training.refitting import refit
from tests.cli.conftest import Cli, cli  # noqa: F401
from tests.library import SMALL, small_file
from tests.training.test_counting import people

CONFIG = dataclasses.replace(SMALL, epochs=2, refit=True)


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_file(tmp_path_factory.mktemp("names"))


@pytest.fixture(scope="module")
def done(names: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that was refitted; read-only by agreement."""
    directory = tmp_path_factory.mktemp("done")
    run = Run.create(directory, CONFIG, "refitted")
    told = list(train(CONFIG, load_dataset(names), run))
    assert isinstance(told[-1], Finished)
    last = told[-2]
    assert isinstance(last, Refitting)
    assert (last.epoch, last.step, last.rows) == (last.epochs, last.steps, 144)
    assert not any(isinstance(event, EpochEnd) for event in told[told.index(last) - 1 :])
    return run.directory


@pytest.fixture(scope="module")
def measured(names: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same without; read-only by agreement."""
    config = dataclasses.replace(CONFIG, refit=False)
    run = Run.create(tmp_path_factory.mktemp("measured"), config, "measured")
    for _ in train(config, load_dataset(names), run):
        pass
    return run.directory


def weights(directory: Path) -> bytes:
    return (directory / WEIGHTS).read_bytes()


def test_the_figures_are_those_of_the_model_that_was_measured(done, measured):
    run, before = Run.open(done), Run.open(measured)
    assert run.metrics() == before.metrics()
    assert weights(done) != weights(measured)
    run.verify(*FILES)
    record = run.record().refit
    assert (record.rows, record.epochs) == (144, run.last_event(Finished).best_epoch)
    assert not (done / REFIT).exists()
    calibrations = [Predictor.load(place).loaded.calibration for place in (done, measured)]
    assert calibrations[0] == calibrations[1]
    assert describe_run(done).status == "finished"
    assert [info.refit for info in list_runs(done.parent)] == [True]
    assert [info.refit for info in list_runs(measured.parent)] == [False]
    table = load_dataset(run.record().data.path)
    assert learned_rows(Predictor.load(done), table) == 144 > learned_rows(Predictor.load(measured), table)


@pytest.mark.parametrize("steps", [1, 4])
def test_a_refit_that_was_left_goes_on_to_the_same_bits(done, measured, tmp_path, steps):
    shutil.copytree(measured, tmp_path / "run")
    run = Run.open(tmp_path / "run")
    with contextlib.closing(refit(run)) as events:
        for _ in range(steps):
            assert isinstance(next(events), Refitting)
    assert weights(run.directory) == weights(measured)  # it is what it was, and answers
    run.verify(*FILES)
    *_, last = refit(Run.open(run.directory))
    assert last.test == run.metrics()
    assert weights(run.directory) == weights(done)
    with pytest.raises(RunError, match="was refitted on all of its rows already"):
        next(refit(run))


def test_a_training_that_is_stopped_while_it_refits_is_finished_and_can_go_on(names, done, tmp_path):
    run = Run.create(tmp_path, CONFIG, "run")
    table = load_dataset(names)
    with contextlib.closing(train(CONFIG, table, run)) as events:
        assert any(isinstance(event, Refitting) for event in events)
    assert finish(run).test == run.metrics()
    assert run.finished
    *_, last = train(CONFIG, table, run, resume=True)
    assert isinstance(last, Finished)
    assert weights(run.directory) == weights(done)
    with pytest.raises(RunError, match="finished; start a new one"):
        next(train(CONFIG, table, run, resume=True))


@pytest.mark.parametrize("after", range(5))
def test_what_died_while_the_new_files_were_put_in_place_is_whole_in_the_end(
    measured, done, tmp_path, monkeypatch, after
):
    shutil.copytree(measured, tmp_path / "run")
    run = Run.open(tmp_path / "run")
    real, moved = os.replace, 0

    def replace(source, target):
        nonlocal moved
        if Path(target).parent == run.directory and Path(source).parent.name == REFIT:
            if moved == after:
                raise KeyboardInterrupt
            moved += 1
        real(source, target)

    monkeypatch.setattr(os, "replace", replace)
    with contextlib.suppress(KeyboardInterrupt):
        list(refit(run))
    monkeypatch.undo()
    if (run.directory / REFIT).exists():
        with pytest.raises(
            ModelFileError, match="its files are of two models; to complete it: namecls runs refit"
        ):
            Predictor.load(run.directory)
        list(refit(run))
    run.verify(*FILES)
    assert weights(run.directory) == weights(done)
    assert run.record().refit is not None
    assert not (run.directory / REFIT).exists()


def test_counts_are_those_of_all_rows_and_keep_their_strength(tmp_path):
    table = people()
    run = Run.create(tmp_path, CONFIG, "run")
    rows = "".join(f"{n}\t{of}\n" for n, of in zip(table.names, table.label_of_rows, strict=True))
    (tmp_path / "people.tsv").write_text(rows)
    for config in (dataclasses.replace(CONFIG, refit=False), None):
        if config is not None:
            list(train(config, load_dataset(tmp_path / "people.tsv"), run))
            before = load_counted(run, 3)
        else:
            list(refit(run))
    after = load_counted(run, 3)
    assert len(before[0].counts) < len(after[0].counts) == 144
    assert after[0].counts.strengths.tolist() == before[0].counts.strengths.tolist()
    assert after[1] == before[1]
    run.verify(COUNTS)


def test_nothing_is_fitted_on_rows_that_it_was_trained_on(done, tmp_path):
    shutil.copytree(done, tmp_path / "run")
    run = Run.open(tmp_path / "run")
    for use in (lambda: recalibrate(run), lambda: add_counts(run, [("Kim", "Polish", 3.0)])):
        with pytest.raises(NameclsError, match="was refitted on all of its rows, so none is left"):
            use()


def test_the_command_line_says_whose_figures_they_are(cli: Cli, done, measured, tmp_path, names):  # noqa: F811
    shutil.copytree(measured, tmp_path / "save_model" / "mine")
    outcome = cli("runs", "refit", "mine")
    told = "refit: trained again on all 144 rows for "
    assert told in outcome.out
    assert "refit on all 144 rows: epoch 1 of " in outcome.err
    assert told in cli("runs", "show", "mine").out
    assert json.loads(cli("runs", "show", "mine", "--json").out)["refit"]["rows"] == 144
    assert (
        "refitted on all rows" in cli("evaluate", "--model", "mine", "--data", names, "--split", "test").err
    )
    assert (tmp_path / "save_model" / "mine" / METRICS).read_bytes() == (done / METRICS).read_bytes()
