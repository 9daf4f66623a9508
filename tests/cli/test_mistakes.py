import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from namecls.data.table import load_dataset
from namecls.inference.evaluation import evaluate
from namecls.inference.prediction import Predictor
from namecls.runs.run import Run
from namecls.training.loop import train
from namecls.training.protocol import recorded_splits
from tests.cli.conftest import Cli
from tests.library import SMALL, small_file


@pytest.fixture(scope="module")
def run_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that learned next to nothing."""
    directory = tmp_path_factory.mktemp("weak")
    config = replace(SMALL, epochs=1, learning_rate=1e-5)
    run = Run.create(directory / "runs", config, "weak")
    list(train(config, load_dataset(small_file(directory)), run))
    return run.directory


@pytest.fixture
def found(cli: Cli, run_directory: Path) -> dict[str, object]:
    outcome = cli("runs", "mistakes", run_directory, "--json")
    assert outcome.code == 0
    return json.loads(outcome.out)


def test_the_rows_are_those_that_evaluate_counts_as_wrong(found: dict, run_directory: Path) -> None:
    splits = recorded_splits(Run.open(run_directory))
    for name, table in (("test", splits.test), ("valid", splits.validation)):
        metrics = evaluate(Predictor.load(run_directory), table)
        wrong = [row for row in found["rows"] if row["split"] == name]
        assert len(wrong) == round((1 - metrics.accuracy) * metrics.rows)
        lines = dict(table.frame.select("line", "name").iter_rows())
        assert all(lines[row["line"]] == row["name"] for row in wrong)


def test_labels_and_confidence_choose_among_them(cli: Cli, run_directory: Path, found: dict) -> None:
    first = found["rows"][len(found["rows"]) // 2]
    wanted = ("--true", first["label"], "--given", first["given"], "--confidence", first["confidence"])
    chosen = json.loads(cli("runs", "mistakes", run_directory, *wanted, "--json").out)["rows"]
    assert chosen == [
        row
        for row in found["rows"]
        if (row["label"], row["given"]) == (first["label"], first["given"])
        and row["confidence"] >= first["confidence"]
    ]
    one = cli("runs", "mistakes", run_directory, "--split", found["rows"][0]["split"], "-n", 1)
    assert one.code == 0
    top = found["rows"][0]
    assert f"\t{top['name']}\t{top['label']}\t{top['given']}\t" in one.out


def test_what_is_not_there_is_said(cli: Cli, run_directory: Path, tmp_path: Path) -> None:
    outcome = cli("runs", "mistakes", run_directory, "--true", "Martian")
    assert (outcome.code, outcome.err.count("\n")) == (1, 1)
    assert "'Martian'" in outcome.err
    assert cli("runs", "mistakes", run_directory, "--split", "train").code == 2
    copy = Path(shutil.copytree(run_directory, tmp_path / "copy"))
    (copy / "places.json").unlink(missing_ok=True)
    outcome = cli("runs", "mistakes", copy)
    assert (outcome.code, outcome.err.count("\n")) == (1, 1)
    assert "--data" in outcome.err


def test_slices_count_all_test_rows_once_for_each_kind(cli: Cli, run_directory: Path) -> None:
    told = json.loads(cli("runs", "slices", run_directory, "--json").out)
    metrics = evaluate(Predictor.load(run_directory), recorded_splits(Run.open(run_directory)).test)
    for kind in ("length", "script", "words", "first letter"):
        of_kind = [each for each in told if each["kind"] == kind]
        assert sum(each["rows"] for each in of_kind) == metrics.rows
        assert sum(each["right"] for each in of_kind) == round(metrics.accuracy * metrics.rows)
    shown = cli("runs", "slices", run_directory).out.splitlines()
    assert shown[0].startswith("slice\trows\taccuracy\t95 % interval")
    assert shown[-1] == f"all test rows: accuracy {100 * metrics.accuracy:.1f} %"
    assert json.loads(cli("runs", "slices", run_directory, "--weak", "--json").out) == [
        each for each in told if each["weak"]
    ]
