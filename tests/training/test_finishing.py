"""The end of a training: what is removed when it is whole, and what remains where it is killed before."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from namecls.errors import RunError
from namecls.events import EpochEnd, Finished
from namecls.inference.prediction import Predictor
from namecls.runs import run as runs
from namecls.runs.checkpoint import RESUME
from namecls.runs.listing import describe_run
from namecls.runs.manifest import MANIFEST
from namecls.runs.run import HISTORY, METRICS, WEIGHTS, Run
from namecls.runs.sharing import SAME, compare
from namecls.training import finishing
from namecls.training.loop import finish, train
from namecls.training.recalibration import recalibrate
from tests.library import SMALL, small_table
from tests.stress.stories import keeping


class Killed(BaseException):
    """What ends a process where it stands: nothing after it is done."""


def killed(*_: object, **__: object) -> None:
    raise Killed


def whole_files(run: Run) -> dict[str, bytes]:
    return {name: (run.directory / name).read_bytes() for name in (WEIGHTS, METRICS)}


@pytest.fixture
def copy(trained_run: Path, tmp_path: Path) -> Run:
    return Run(Path(shutil.copytree(trained_run, tmp_path / "mine")))


def test_killed_between_the_manifest_and_the_removal_of_the_checkpoint_a_run_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run.create(tmp_path, SMALL, "mine")
    with monkeypatch.context() as patched:
        patched.setattr(runs.shutil, "rmtree", killed)
        with pytest.raises(Killed):
            list(train(SMALL, small_table(), run))
    assert (run.directory / RESUME).is_file()
    assert describe_run(run.directory).status == "finished"
    assert {state for _, state in compare(run)} == {SAME}
    assert Predictor.load(run.directory).predict(["Borski"])
    with pytest.raises(RunError, match="this run is finished"):
        list(train(SMALL, small_table(), run, resume=True))


def test_killed_before_the_manifest_the_checkpoint_is_there_and_it_ends_the_same(
    trained_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run.create(tmp_path, SMALL, "mine")
    with monkeypatch.context() as patched:
        patched.setattr(Run, "write_manifest", killed)
        with pytest.raises(Killed):
            list(train(SMALL, small_table(), run))
    assert (run.directory / RESUME).is_file()
    assert describe_run(run.directory).status == "unfinished"
    *_, finished = train(SMALL, small_table(), run, resume=True)
    assert isinstance(finished, Finished)
    assert whole_files(run) == whole_files(Run(trained_run))
    assert not (run.directory / "resume").exists()


@pytest.mark.parametrize("how", ["resumed", "finished"])
def test_killed_while_it_is_tested_again_a_run_is_tested_and_not_trained_again(
    copy: Run, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    before, files = copy.last_event(), whole_files(copy)
    with monkeypatch.context() as patched:
        patched.setattr(finishing, "save_description", killed)
        with pytest.raises(Killed):
            recalibrate(copy)
    assert not (copy.directory / MANIFEST).exists()
    assert not (copy.directory / RESUME).exists()
    if how == "resumed":
        (finished,) = train(SMALL, small_table(), copy, resume=True)
    else:
        finished = finish(copy, small_table())
    assert isinstance(finished, Finished)
    assert isinstance(before, Finished)
    assert (finished.reason, finished.best_epoch, finished.epochs, finished.seconds) == (
        *(before.reason, before.best_epoch, before.epochs, before.seconds),
    )
    assert whole_files(copy) == files
    assert sum(isinstance(event, Finished) for event in copy.history()) == 1
    assert sum(isinstance(event, EpochEnd) for event in copy.history()) == SMALL.epochs
    assert describe_run(copy.directory).status == "finished"


def test_without_a_checkpoint_and_an_end_a_training_begins_again(copy: Run) -> None:
    (copy.directory / MANIFEST).unlink()
    history = (copy.directory / HISTORY).read_text().splitlines(keepends=True)
    (copy.directory / HISTORY).write_text("".join(history[:-2]))
    events = list(train(SMALL, small_table(), copy, resume=True))
    assert sum(isinstance(event, EpochEnd) for event in events) == SMALL.epochs
    assert isinstance(events[-1], Finished)


def test_who_keeps_the_checkpoints_keeps_the_last_one_too(tmp_path: Path) -> None:
    run = keeping(tmp_path, SMALL, "mine")
    list(train(SMALL, small_table(), run))
    assert run.finished
    assert (run.directory / RESUME).is_file()
