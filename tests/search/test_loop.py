from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from namecls.command_line import repeat_command
from namecls.config import TrainConfig
from namecls.data.table import NameTable, load_dataset
from namecls.edits.applying import apply_edits
from namecls.edits.edit import Edit
from namecls.edits.patch import PatchFile, read_patch
from namecls.errors import DataError, DiskFull, RunBusy, RunError, TrainingError
from namecls.events import EpochEnd, Event, Finished, Stalled
from namecls.files.locks import held
from namecls.runs.checkpoint import has_resume
from namecls.runs.listing import describe_run, list_runs
from namecls.runs.model_files import load_vocabulary
from namecls.runs.run import EDITS, METRICS, RESUME, WEIGHTS, Run
from namecls.search import loop as searching
from namecls.search.loop import SearchEnded, SearchEvent, TrialBegan, TrialEnded, search, studied_table
from namecls.search.space import space_of
from namecls.search.study import COMPLETED, CUT, FAILED, PRUNED, STUDY, Study
from namecls.training.loop import train
from namecls.training.protocol import file_record
from tests.library import SMALL, small_file

BASE = dataclasses.replace(SMALL, report_every=60)
SPACE = space_of({"learning_rate": "0.002..0.1 log", "epochs": "2,3,4", "pooling": "last,mean"}, BASE)


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> NameTable:
    return load_dataset(small_file(tmp_path_factory.mktemp("names")))


def new(directory: Path, table: NameTable, base: TrainConfig = BASE, **values: Any) -> Study:
    told = {"name": "s", "most_trials": 5, "data": file_record(table)} | values
    return Study.create(directory, base, SPACE, **told)


def whole(study: Study, table: NameTable, **options: Any) -> SearchEnded:
    *_, last = search(study, table, **options)
    assert isinstance(last, SearchEnded)
    return last


def found(study: Study) -> list[tuple[object, ...]]:
    """What a search found, but for the time that it took."""
    told = Study.open(study.directory)
    return [(t.number, dict(t.settings), t.status, t.figures, t.best_epoch) for t in told.trials]


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory, table: NameTable) -> SearchEnded:
    """A search of five trials; read-only by agreement."""
    return whole(new(tmp_path_factory.mktemp("whole"), table), table)


def test_trials_are_runs_and_share_one_split(ended: SearchEnded) -> None:
    study = ended.study
    assert [trial.number for trial in study.trials] == [1, 2, 3, 4, 5]
    runs = {info.name: info for info in list_runs(study.save_dir)}
    assert sorted(runs) == [f"s-{number:03}" for number in range(1, 6)]
    digests = set()
    for trial in study.trials:
        run = Run.open(study.save_dir / trial.run)
        digests.add(run.record().split)
        assert run.config() == study.config_of(trial)
        assert runs[trial.run].study == "s"
        assert runs[trial.run].usable
        told = [event.valid_accuracy for event in run.history() if isinstance(event, EpochEnd)]
        assert tuple(told) == trial.figures
    assert len(digests) == 1


def test_the_winner_alone_is_tested(ended: SearchEnded) -> None:
    study, best = ended.study, ended.winner
    assert best.figure == max(trial.figure or 0.0 for trial in study.trials)
    assert ended.reason == "all trials are done"
    for trial in study.trials:
        run = Run.open(study.save_dir / trial.run)
        tested = trial.number == best.number
        assert (run.directory / METRICS).exists() is tested
        assert any(isinstance(event, Finished) for event in run.history()) is tested
        assert describe_run(run.directory).status == ("finished" if tested else "trial")
    assert ended.finished.reason == "completed"
    assert study.winner is not None
    assert (study.winner.trial, study.winner.accuracy) == (best.number, ended.finished.test.accuracy)


def test_a_search_that_is_over_only_tells_of_it_again(ended: SearchEnded, table: NameTable) -> None:
    before = (ended.study.directory / STUDY).read_bytes()
    assert list(search(ended.study, table)) == [ended]
    assert (ended.study.directory / STUDY).read_bytes() == before


def test_one_that_is_left_anywhere_goes_on_to_the_same_end(
    tmp_path: Path, table: NameTable, ended: SearchEnded
) -> None:
    study = new(tmp_path, table)
    for stop in itertools.chain([1, 2, 4, 3, 7, 5, 6, 9], itertools.repeat(25)):
        with closing(search(study, table)) as events:
            for count, event in enumerate(events, 1):
                if count == stop or isinstance(event, SearchEnded):
                    break
        if isinstance(event, SearchEnded):
            break
    assert found(study) == found(ended.study)
    assert event.winner.number == ended.winner.number
    assert event.finished.test == ended.finished.test
    weights = [(s.save_dir / ended.winner.run / WEIGHTS).read_bytes() for s in (study, ended.study)]
    assert weights[0] == weights[1]


def test_what_a_kill_leaves_half_written_is_mended(
    tmp_path: Path, table: NameTable, ended: SearchEnded
) -> None:
    study = new(tmp_path, table)
    with closing(search(study, table)) as events:
        for event in events:
            if isinstance(event, TrialEnded):
                break
    path = study.directory / STUDY
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:-1]) + lines[-1][:20])  # killed while the result was written
    record = study.save_dir / "s-001" / "config.json"
    record.write_text(
        record.read_text().replace('"study": "s"', '"other": "s"')
    )  # and before the run was marked
    assert whole(study, table).winner.number == ended.winner.number
    assert found(study) == found(ended.study)
    assert describe_run(study.save_dir / "s-001").study == "s"


def test_a_trial_whose_run_is_gone_begins_again(tmp_path: Path, table: NameTable, ended: SearchEnded) -> None:
    study = new(tmp_path, table)
    with closing(search(study, table)) as events:
        assert isinstance(next(events), TrialBegan)
    (study.save_dir / "s-001").rmdir()
    whole(study, table)
    assert found(study) == found(ended.study)


class Clock:
    """A clock that goes on by so much with every look at it."""

    def __init__(self, step: float) -> None:
        self.now, self.step = 0.0, step

    def monotonic(self) -> float:
        self.now += self.step
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def test_a_trial_in_work_is_closed_and_kept_when_the_time_is_over(
    tmp_path: Path, table: NameTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "time", Clock(0.5))
    study = new(tmp_path, table, budget=6.0, most_trials=None)
    last = whole(study, table)
    cut = last.study.trials[-1]
    assert cut.status == CUT
    assert last.reason == "the time is over"
    assert last.study.seconds < 8.0
    run = Run.open(study.save_dir / cut.run)
    assert has_resume(run) == (cut is not last.winner)
    if cut is not last.winner:
        *_, finished = train(run.config(), table, run, resume=True)
        assert isinstance(finished, Finished)


def test_no_trial_begins_in_too_little_time(tmp_path: Path, table: NameTable) -> None:
    first = whole(new(tmp_path, table, most_trials=1), table)
    (trial,) = first.study.trials
    longer = first.study.extended(trial.seconds * 1.5, None)
    last = whole(longer, table)
    assert last.reason == "too little time is left for another trial"
    assert len(last.study.trials) == 1


def test_more_time_goes_on_with_it(tmp_path: Path, table: NameTable, ended: SearchEnded) -> None:
    study = new(tmp_path, table, most_trials=2)
    assert len(whole(study, table).study.trials) == 2
    last = whole(Study.open(study.directory).extended(None, 5), table)
    assert found(study) == found(ended.study)
    assert last.winner.number == ended.winner.number


def test_who_wants_it_to_stop_gets_the_best_so_far(tmp_path: Path, table: NameTable) -> None:
    study, seen = new(tmp_path, table), []

    def stop() -> bool:
        return any(isinstance(event, TrialEnded) for event in seen)

    for event in search(study, table, stop=stop):
        seen.append(event)
    last = seen[-1]
    assert isinstance(last, SearchEnded)
    assert (last.reason, len(last.study.trials)) == ("stopped", 1)
    study = new(tmp_path, table, name="t")
    steps = itertools.count()
    with pytest.raises(TrainingError, match="more time"):
        whole(study, table, stop=lambda: next(steps) > 2)
    (cut,) = Study.open(study.directory).trials
    assert (cut.status, cut.figures, cut.figure) == (CUT, (), None)
    assert (study.save_dir / cut.run / RESUME).is_dir()


def test_a_trial_that_is_behind_is_given_up_and_kept(
    tmp_path: Path, table: NameTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "is_behind", lambda trial, others: len(others) > 0 < len(trial.figures))
    last = whole(new(tmp_path, table), table)
    assert [trial.status for trial in last.study.trials] == [COMPLETED, PRUNED, PRUNED, PRUNED, PRUNED]
    assert [len(trial.figures) for trial in last.study.trials] == [3, 1, 1, 1, 1]
    for trial in last.study.trials:  # all could go on but for the winner, which is tested and finished
        assert has_resume(Run.open(last.study.save_dir / trial.run)) == (trial is not last.winner)


def test_one_that_stops_early_is_not_tested(tmp_path: Path, table: NameTable) -> None:
    base = dataclasses.replace(BASE, patience=1, optimizer="sgd", clip_norm=1e-9, weight_decay=0.0)
    last = whole(new(tmp_path, table, base, most_trials=2), table)
    first = last.study.trials[0]
    assert (first.status, len(first.figures), first.epochs) == (COMPLETED, 2, 3)
    for trial in last.study.trials:
        assert (last.study.save_dir / trial.run / METRICS).exists() == (trial.number == last.winner.number)


def test_macro_f1_can_be_the_objective(tmp_path: Path, table: NameTable) -> None:
    last = whole(new(tmp_path, table, objective="macro-f1", most_trials=2), table)
    for trial in last.study.trials:
        assert trial.figure == trial.macro_f1
        history = Run.open(last.study.save_dir / trial.run).history()
        assert trial.figures == tuple(e.valid_macro_f1 for e in history if isinstance(e, EpochEnd))


def failing(monkeypatch: pytest.MonkeyPatch, *numbers: int) -> None:
    def train_or_fail(config: TrainConfig, data: Any, run: Run, *, resume: bool) -> Iterator[Event]:
        for event in train(config, data, run, resume=resume):
            yield event
            if int(run.name[-3:]) in numbers:
                raise TrainingError("the loss is no longer a number")

    monkeypatch.setattr(searching, "train", train_or_fail)


def test_a_trial_that_fails_ends_nothing(
    tmp_path: Path, table: NameTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(monkeypatch, 1, 3)
    last = whole(new(tmp_path, table), table)
    assert [trial.status == FAILED for trial in last.study.trials] == [True, False, True, False, False]
    assert last.study.trials[0].problem == "the loss is no longer a number"
    assert last.winner.number in (2, 4, 5)


def test_when_all_fail_the_search_does(
    tmp_path: Path, table: NameTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(monkeypatch, *range(1, 100))
    with pytest.raises(
        TrainingError, match="the first 5 trials failed, the last one so: the loss is no longer"
    ):
        whole(new(tmp_path, table, most_trials=50), table)


def test_a_full_disk_makes_it_wait(tmp_path: Path, table: NameTable, monkeypatch: pytest.MonkeyPatch) -> None:
    study = new(tmp_path, table, most_trials=1)
    ended, tries = Study.ended, itertools.count()

    def at_second_try(self: Study, trial: Any) -> Study:
        if next(tries) == 0:
            raise DiskFull("no room")
        return ended(self, trial)

    monkeypatch.setattr(Study, "ended", at_second_try)
    monkeypatch.setattr(searching, "time", SimpleNamespace(monotonic=lambda: 0.0, sleep=lambda _: None))
    events: list[Event | SearchEvent] = list(search(study, table))
    assert [event.problem for event in events if isinstance(event, Stalled)] == ["no room"]
    assert isinstance(events[-1], SearchEnded)


def test_two_at_once_are_refused(tmp_path: Path, table: NameTable) -> None:
    study = new(tmp_path, table)
    with held(study.directory), pytest.raises(RunBusy):
        next(search(study, table))


def test_a_run_of_a_trials_name_is_not_taken_over(tmp_path: Path, table: NameTable) -> None:
    other = Run.create(tmp_path, BASE, "s-001")
    (other.directory / "notes.txt").write_text("mine")
    with pytest.raises(RunError, match="there already"):
        whole(new(tmp_path, table), table)
    assert (other.directory / "notes.txt").exists()


def test_the_data_are_read_again_and_have_to_be_the_same(tmp_path: Path) -> None:
    path = small_file(tmp_path)
    study = new(tmp_path, load_dataset(path))
    assert studied_table(study).sha256 == load_dataset(path).sha256
    path.write_text(path.read_text() + "Kowalski\tPolish\n")
    with pytest.raises(DataError, match="has changed"):
        studied_table(study)


def test_edits_are_kept_with_the_study_and_every_trial(tmp_path: Path) -> None:
    path = small_file(tmp_path)
    table = load_dataset(path)
    edits = tmp_path / "small.edits.jsonl"
    with PatchFile.open(edits) as (found, _cut_off):
        found.add([Edit.rename_label("Polish", "Pole"), Edit.drop(table.names[0], "Armenian", 1)])
    edited = apply_edits(table, read_patch(edits))
    study = new(tmp_path, table, most_trials=1, edits_of=edited)
    edits.unlink()  # those of the study are its own
    again = studied_table(Study.open(study.directory))
    assert again.frame.equals(edited.frame)
    assert len(again) == len(table) - 1
    ended = whole(study, again)
    run = Run.open(study.directory.parent / ended.study.trials[0].run)
    record = run.record()
    assert record.edits == study.edits
    assert "Pole" in load_vocabulary(run).labels
    assert "--edits" in repeat_command(run, tmp_path)
    (study.directory / EDITS).write_text("")
    with pytest.raises(DataError, match="their SHA-256 is another"):
        studied_table(Study.open(study.directory))
