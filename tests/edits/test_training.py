"""Runs on edited data: the same rows again, whatever is done with them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from namecls.data.table import load_dataset
from namecls.edits.applying import EditedTable, apply_edits
from namecls.edits.edit import Edit
from namecls.edits.patch import patch_of
from namecls.errors import ConfigError, DataError
from namecls.inference.evaluation import evaluate
from namecls.inference.prediction import Predictor
from namecls.results import EditedRows, Metrics
from namecls.runs.run import EDITS, Run
from namecls.runs.sharing import export
from namecls.training.loop import train
from namecls.training.protocol import recorded_splits, split_by_config
from tests.library import SMALL, small_file

EDITED = SMALL.changed({"epochs": 1})


@pytest.fixture(scope="module")
def edited(tmp_path_factory: pytest.TempPathFactory) -> EditedTable:
    table = load_dataset(small_file(tmp_path_factory.mktemp("data")))
    rows = [(name, label, line) for line, name, label in table.frame.iter_rows()]
    edits = [Edit.relabel(*row, "Polish") for row in rows[:40]] + [Edit.drop(*row) for row in rows[60:70]]
    return apply_edits(table, patch_of(edits, "mine.edits.jsonl"))


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory, edited: EditedTable) -> Run:
    run = Run.create(tmp_path_factory.mktemp("runs"), EDITED, "edited")
    for _ in train(EDITED, edited, run):
        pass
    return run


def test_a_run_finds_its_edited_rows_again_and_tells_them_apart(finished: Run, edited: EditedTable) -> None:
    record = finished.record()
    assert record.edits is not None
    assert (record.edits.file, record.edits.sha256) == ("mine.edits.jsonl", edited.patch.sha256)
    assert (record.edits.edits, record.edits.unmatched) == (50, 0)
    assert record.data.sha256 == edited.sha256
    splits = recorded_splits(finished)
    assert splits.digest == split_by_config(EDITED, edited).digest
    test = finished.metrics()
    changed = set(edited.changes["line"]) & set(splits.test.frame["line"])
    assert test.edited is not None
    assert test.edited.rows == len(changed) > 0
    mean = test.edited.rows * test.edited.accuracy
    mean += (test.rows - test.edited.rows) * test.edited.accuracy_of_others
    assert mean / test.rows == pytest.approx(test.accuracy)
    again = evaluate(Predictor.load(finished.directory), splits.test)
    assert (again.accuracy, again.edited) == (test.accuracy, test.edited)
    assert Metrics.from_json(test.to_json()) == test


def test_the_edits_belong_to_the_run_and_go_with_it(finished: Run, tmp_path: Path) -> None:
    copy = export(finished, tmp_path / "shared")
    assert (copy.directory / EDITS).read_bytes() == (finished.directory / EDITS).read_bytes()
    shutil.copytree(finished.directory, tmp_path / "other")
    with (tmp_path / "other" / EDITS).open("ab") as file:
        file.write(b'{"undo": 1}\n'.replace(b"1", b"50"))
    with pytest.raises(DataError, match="are not the edits that the run was trained with"):
        recorded_splits(Run(tmp_path / "other"))


def test_an_interrupted_training_on_edited_rows_resumes_to_the_same_figures(
    finished: Run, edited: EditedTable, tmp_path: Path
) -> None:
    run = Run.create(tmp_path, EDITED, "edited")
    events = train(EDITED, edited, run)
    for _ in zip(range(3), events, strict=False):
        pass
    events.close()
    for _ in train(EDITED, recorded_splits(run), run, resume=True):
        pass
    assert run.metrics() == finished.metrics()


def test_people_are_not_split_with_edits(edited: EditedTable) -> None:
    with pytest.raises(ConfigError, match="split by names"):
        split_by_config(EDITED.changed({"split": "rows"}), edited)
    assert EditedRows(rows=0, accuracy=0, accuracy_of_others=0).rows == 0
