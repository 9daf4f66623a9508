import json
import shutil
from pathlib import Path

from namecls.runs import CONFIG
from tests.cli.conftest import Cli


def test_json_holds_all_metrics_of_the_test_rows(cli: Cli, run_directory: Path) -> None:
    outcome = cli("evaluate", "--model", run_directory, "--json")
    assert (outcome.code, outcome.err) == (0, "")
    found = json.loads(outcome.out)
    metrics = json.loads((run_directory / "metrics.json").read_bytes())["test"]
    assert found["split"] == "test"
    assert {key: found[key] for key in metrics if key != "loss"} == {
        k: v for k, v in metrics.items() if k != "loss"
    }
    assert found["top_k"] == {"1": found["accuracy"], "3": found["top_3"], "5": found["top_5"]}
    assert found["labels"] == ["Armenian", "Georgian", "Polish"]
    assert sum(map(sum, found["confusion"])) == found["rows"] == sum(s["support"] for s in found["per_label"])
    assert set(found["per_label"][0]) == {"label", "precision", "recall", "f1", "support", "covered"}


def test_the_validation_rows_can_be_asked_for(cli: Cli, run_directory: Path) -> None:
    found = json.loads(cli("evaluate", "--model", run_directory, "--split", "valid", "--json").out)
    metrics = json.loads((run_directory / "metrics.json").read_bytes())["validation"]
    assert (found["split"], found["accuracy"]) == ("valid", metrics["accuracy"])


def test_the_training_rows_are_said_to_be_no_measure(cli: Cli, run_directory: Path) -> None:
    outcome = cli("evaluate", "--model", run_directory, "--split", "train", "--json")
    assert outcome.code == 0
    assert "rows it was trained on" in outcome.err


def test_the_file_it_was_trained_on_is_said_to_be_no_measure(
    cli: Cli, run_directory: Path, names_file: Path
) -> None:
    outcome = cli("evaluate", "--model", run_directory, "--data", names_file)
    assert outcome.code == 0
    assert "is the file it was trained on" in outcome.err


def test_rows_of_ones_own_are_measured_and_unknown_labels_counted(
    cli: Cli, run_directory: Path, tmp_path: Path
) -> None:
    own = tmp_path / "own.tsv"
    own.write_text("Gregoryan\tArmenian\nNowakski\tPolish\nSmith\tEnglish\n", encoding="utf-8")
    outcome = cli("evaluate", "--model", run_directory, "--data", own, "--json")
    assert (outcome.code, outcome.err) == (0, "")
    found = json.loads(outcome.out)
    assert (found["split"], found["rows"], found["left_out"]) == ("own.tsv", 2, 1)
    plain = cli("evaluate", "--model", run_directory, "--data", own).out
    assert "1 row under labels that it does not know" in plain
    assert plain.startswith("label\tprecision\trecall\tF1\trows\n")


def test_data_that_have_changed_since_are_an_error(cli: Cli, run_directory: Path, tmp_path: Path) -> None:
    data = tmp_path / "data.tsv"
    copy = shutil.copytree(run_directory, tmp_path / "copy")
    record = json.loads((copy / CONFIG).read_bytes())
    shutil.copy(record["data"]["path"], data)
    record["data"]["path"] = str(data)
    (copy / CONFIG).write_text(json.dumps(record), encoding="utf-8")
    (copy / "MANIFEST.json").unlink()
    assert cli("evaluate", "--model", copy).code == 0
    with data.open("a", encoding="utf-8") as file:
        file.write("Smith\tPolish\n")
    outcome = cli("evaluate", "--model", copy)
    assert outcome.code == 1
    assert "has changed since" in outcome.err
    data.unlink()
    assert cli("evaluate", "--model", copy).code == 1


def test_a_file_and_a_split_together_are_a_mistake(cli: Cli) -> None:
    assert cli("evaluate", "--data", "x.tsv", "--split", "test").code == 2
    assert cli("evaluate", "--split", "all").code == 2
