from __future__ import annotations

import json
from pathlib import Path

import pytest

from namecls.cli.app import run as run_command
from namecls.data.table import load_dataset
from namecls.edits.applying import apply_edits
from namecls.edits.edit import Edit
from namecls.edits.patch import patch_of
from namecls.errors import RunError
from namecls.runs.run import Run
from namecls.search.paired import McNemar
from namecls.search.pairing import compare_runs
from namecls.training.loop import train
from namecls.training.protocol import recorded_splits
from tests.library import SMALL, small_file


@pytest.fixture(scope="module")
def other(trained_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run on the same data with edits, of one test row among others, and with other settings."""
    test = recorded_splits(Run(trained_run)).test
    (line, name, label), *_ = test.frame.iter_rows()
    table = load_dataset(small_file(tmp_path_factory.mktemp("data")))
    edits = [Edit.relabel(name, label, line, "Polish" if label != "Polish" else "Armenian")]
    config = SMALL.changed({"epochs": 1})
    run = Run.create(tmp_path_factory.mktemp("runs"), config, "other")
    for _ in train(config, apply_edits(table, patch_of(edits, "x.edits.jsonl")), run):
        pass
    return run


def test_two_runs_are_compared_on_the_test_rows_of_both(trained_run: Path, other: Run) -> None:
    first = Run(trained_run)
    found = compare_runs(first, other)
    assert (found.first.test_rows, found.rows) == (15, 14)  # the row that was edited is in neither figure
    assert (found.first.edits, found.second.edits) == (0, 1)
    assert set(found.settings) == {"epochs", "edits"}
    assert found.settings["epochs"] == (3, 1)
    difference = {each.figure: each for each in found.differences}
    assert difference["accuracy"].mean == pytest.approx(found.second.accuracy - found.first.accuracy)
    assert difference["accuracy"].low <= difference["accuracy"].mean <= difference["accuracy"].high
    alone = found.mcnemar.second_alone - found.mcnemar.first_alone
    assert alone / found.rows == pytest.approx(difference["accuracy"].mean)
    assert sum(each.rows for each in found.labels) == found.rows
    assert {each.right for each in found.others} <= {"first", "second", "neither"}
    assert sum(each.right == "first" for each in found.others) == found.mcnemar.first_alone


def test_a_label_with_a_new_name_is_no_other_answer_and_merged_labels_are_one(
    trained_run: Path, tmp_path: Path
) -> None:
    table, first = load_dataset(small_file(tmp_path)), Run(trained_run)
    edits = [Edit.rename_label("Polish", "Polish (new)"), Edit.rename_label("Armenian", "Georgian")]
    renamed = Run.create(tmp_path, SMALL, "renamed")
    for _ in train(SMALL, apply_edits(table, patch_of(edits, "x.edits.jsonl")), renamed):
        pass
    for pair in ((first, renamed), (renamed, first)):
        found = compare_runs(*pair)
        assert found.rows == found.first.test_rows == found.second.test_rows
        told = {each.label for each in found.labels}
        assert "Polish (new)" in told
        assert not told & {"Polish", "Armenian"}
        assert not {each.first for each in found.others} & {"Polish", "Armenian"}


def test_a_run_does_not_differ_from_itself(trained_run: Path) -> None:
    found = compare_runs(Run(trained_run), Run(trained_run))
    assert (found.settings, found.others) == ({}, ())
    assert found.mcnemar == McNemar(first_alone=0, second_alone=0, p=1.0)
    assert {(each.mean, each.exceeds_noise) for each in found.differences} == {(0.0, False)}
    assert found.first.accuracy == pytest.approx(Run(trained_run).metrics().accuracy)
    assert found.first.ece == pytest.approx(Run(trained_run).metrics().ece, abs=1e-4)


def test_mcnemars_test_is_exact() -> None:
    assert McNemar.of(0, 5).p == pytest.approx(2 / 32)
    assert McNemar.of(3, 7).p == pytest.approx(2 * (1 + 10 + 45 + 120) / 1024)
    assert McNemar.of(4, 4).p == 1.0
    assert 0 < McNemar.of(4000, 5000).p < 1e-20


def test_runs_without_a_common_test_row_or_an_end_are_errors(trained_run: Path, tmp_path: Path) -> None:
    table = load_dataset(small_file(tmp_path))
    shouted = tmp_path / "other.tsv"
    shouted.write_text(
        "".join(f"Q{name}\t{label}\n" for name, label in zip(table.names, table.label_of_rows, strict=True))
    )
    run = Run.create(tmp_path, SMALL, "other")
    events = train(SMALL.changed({"epochs": 1}), load_dataset(shouted), run)
    next(events)
    with pytest.raises(RunError, match="is not finished"):
        compare_runs(Run(trained_run), run)
    for _ in events:
        pass
    with pytest.raises(RunError, match="share no test row"):
        compare_runs(Run(trained_run), run)


def test_the_command_tells_it_in_words_and_as_json(
    capsys: pytest.CaptureFixture[str], trained_run: Path, other: Run
) -> None:
    command = ["runs", "compare", str(trained_run), str(other.directory)]
    assert run_command(command) == 0
    out = capsys.readouterr().out
    assert "14 test rows of both; only of A 1, only of B 1" in out
    assert "McNemar's exact test p =" in out
    assert run_command([*command, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["rows"] == 14
    assert told["settings"]["epochs"] == [3, 1]
