import json
import shutil
from pathlib import Path

import pytest

from namecls.runs.record import PLACES
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
    assert sum(found["confusion"]["rows"]) == found["rows"] == sum(s["support"] for s in found["per_label"])
    assert set(found["per_label"][0]) == {
        "label",
        "precision",
        "recall",
        "f1",
        "support",
        "covered",
        "answered_at_10",
    }


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
    assert "it was trained on the names of 114 of 144 rows" in outcome.err


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
    assert "1 row under labels that it does not know, left out: English 1\n" in plain
    assert found["unknown_labels"] == {"English": 1}
    assert plain.startswith("label\tprecision\trecall\tF1\trows\tin its 90 % set\tanswered at 10 %\n")


def test_a_part_of_the_training_file_is_found_out_by_its_names(
    cli: Cli, run_directory: Path, names_file: Path, tmp_path: Path
) -> None:
    part = tmp_path / "part.csv"
    rows = [line.split("\t") for line in names_file.read_text(encoding="utf-8").splitlines()[:40]]
    part.write_text("".join(f"{label},{name.upper()}\n" for name, label in rows), encoding="utf-8")
    outcome = cli(
        "evaluate", "--model", run_directory, "--data", part, "--name-column", 2, "--label-column", 1
    )
    assert outcome.code == 0
    assert "part.csv: it was trained on the names of 3" in outcome.err
    assert " of 40 rows" in outcome.err


def test_data_that_have_changed_since_are_an_error(cli: Cli, run_directory: Path, tmp_path: Path) -> None:
    data = tmp_path / "data.tsv"
    copy = shutil.copytree(run_directory, tmp_path / "copy")
    shutil.copy(json.loads((copy / PLACES).read_bytes())["data"], data)
    (copy / PLACES).write_text(json.dumps({"data": str(data)}), encoding="utf-8")
    assert cli("evaluate", "--model", copy).code == 0
    with data.open("a", encoding="utf-8") as file:
        file.write("Smith\tPolish\n")
    outcome = cli("evaluate", "--model", copy)
    assert outcome.code == 1
    assert "has changed since" in outcome.err
    data.unlink()
    assert cli("evaluate", "--model", copy).code == 1


def test_data_that_were_moved_are_taken_where_they_lie_if_they_are_the_same(
    cli: Cli, run_directory: Path, tmp_path: Path
) -> None:
    copy = Path(shutil.copytree(run_directory, tmp_path / "copy"))
    data = Path(shutil.copy(json.loads((copy / PLACES).read_bytes())["data"], tmp_path / "renamed.tsv"))
    (copy / PLACES).unlink()
    outcome = cli("evaluate", "--model", copy)
    assert outcome.code == 1
    assert "say where small.tsv lies with --data" in outcome.err
    expected = cli("evaluate", "--model", run_directory, "--json").out
    assert cli("evaluate", "--model", copy, "--data", data, "--split", "test", "--json").out == expected
    outcome = cli("evaluate", "--model", copy, "--data", data)
    assert "it was trained on most of these rows" in outcome.err
    assert "add: --split test" in outcome.err
    beside = data.rename(copy.parent / "small.tsv")
    assert cli("evaluate", "--model", copy, "--json").out == expected
    beside.rename(data)
    assert not (copy / PLACES).exists()
    assert cli("runs", "calibrate", copy, "--data", data).code == 0
    assert cli("runs", "calibrate", copy).code == 0  # it was remembered
    with data.open("a", encoding="utf-8") as file:
        file.write("Smith\tPolish\n")
    outcome = cli("evaluate", "--model", copy, "--data", data, "--split", "test")
    assert outcome.code == 1
    assert "renamed.tsv: has changed since" in outcome.err


def test_a_split_that_is_none_is_a_mistake(cli: Cli) -> None:
    assert cli("evaluate", "--split", "all").code == 2


def test_a_recipe_is_measured_over_seeds(cli: Cli, names_file: Path) -> None:
    recipe = (
        "--preset",
        "fast",
        "--network",
        "gru",
        "--hidden",
        "8",
        "--embedding",
        "8",
        "--epochs",
        "1",
        "--threads",
        "1",
    )
    outcome = cli("evaluate", "--seeds", "0,3", "--data", names_file, *recipe, "--json")
    assert outcome.code == 0, outcome.err
    found = json.loads(outcome.out)
    assert (found["data"], found["protocol"]) == ("small.tsv", "grouped")
    assert found["config"]["model"]["hidden_size"] == 8
    assert [trial["seed"] for trial in found["trials"]] == [0, 3]
    assert [trial["train_rows"] for trial in found["trials"]] == [114, 114]
    first, second = (trial["test"]["accuracy"] for trial in found["trials"])
    accuracy = found["summary"]["accuracy"]
    assert accuracy["values"] == [first, second]
    assert accuracy["mean"] == (first + second) / 2
    assert abs(accuracy["spread"] - abs(first - second) / 2**0.5) < 1e-12
    assert {"macro-F1", "top-3", "top-5", "ECE", "seconds of training"} <= set(found["summary"])
    again = cli("evaluate", "--seeds", "0", "--data", names_file, *recipe)
    assert "fast on small.tsv, grouped: 114 training rows, 15 test rows" in again.out
    row = next(line for line in again.out.splitlines() if line.startswith("accuracy"))
    assert row.split("\t") == ["accuracy", f"{100 * first:.1f} %", "0.0 %", f"{100 * first:.1f} %"]


def test_a_recipe_can_learn_from_fewer_rows_and_from_three_files(cli: Cli, names_file: Path) -> None:
    recipe = ("--hidden", "8", "--epochs", "1", "--threads", "1", "--json")
    few = cli("evaluate", "--seeds", "0", "--data", names_file, "--train-rows", "20", *recipe)
    assert few.code == 0, few.err
    (trial,) = json.loads(few.out)["trials"]
    assert (trial["train_rows"], trial["test"]["rows"]) == (20, 15)
    files = ("--data", names_file, "--validation", names_file, "--test", names_file)
    published = cli("evaluate", "--seeds", "0", *files, *recipe)
    assert published.code == 0, published.err
    found = json.loads(published.out)
    assert found["protocol"] == "published"
    assert found["trials"][0]["train_rows"] == found["trials"][0]["test"]["rows"] == 144
    assert "more than one of the files" in published.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--seeds", "0;1"], "whole numbers"),
        (["--seeds", "-1"], "whole numbers"),
        (["--seeds", "0", "--model", "mine"], "leave out --model"),
        (["--seeds", "0", "--protocol", "leaky"], "grouped, rows, published"),
        (["--seeds", "0", "--protocol", "published"], "three files"),
        (["--seeds", "0", "--preset", "huge"], "preset must be one of"),
        (["--seeds", "0", "--epochs", "0"], "epochs must be"),
        (["--seeds", "0", "--data", "a", "--test", "b"], "go together"),
        (["--seeds", "0", "--data", "a", "--validation", "b", "--test", "c", "--protocol", "rows"], "a split already"),
        (["--epochs", "3"], "--epochs is for a recipe"),
        (["--train-rows", "200"], "--train-rows is for a recipe"),
    ],
)  # fmt: skip
def test_what_does_not_go_with_a_recipe_is_a_mistake(cli: Cli, arguments: list[str], said: str) -> None:
    outcome = cli("evaluate", *arguments)
    assert (outcome.code, outcome.out) == (2, "")
    assert said in " ".join(outcome.err.replace("│", "").split())


def test_the_tables_come_as_markdown_and_latex(cli: Cli, run_directory: Path) -> None:
    markdown = cli("evaluate", "--model", run_directory, "--format", "markdown")
    assert markdown.code == 0
    assert "| label | precision | recall | F1 | rows |" in markdown.out
    assert "| --- | ---: | ---: | ---: | ---: |" in markdown.out
    latex = cli("evaluate", "--model", run_directory, "-f", "latex").out
    assert latex.count(r"\begin{tabular}") == latex.count(r"\end{tabular}") == markdown.out.count("\n| ---")
    assert "100.0 \\%" in latex
    blocks = [block.splitlines() for block in markdown.out.split("\n\n")]
    assert all(len({line.startswith("| ") for line in block if line}) <= 1 for block in blocks)
    assert all(line[:1] in ("", "%", "\\") or line.endswith(r"\\") for line in latex.splitlines())
    assert cli("evaluate", "--model", run_directory, "--format", "xml").code == 2
    assert cli("evaluate", "--model", run_directory, "--format", "latex", "--json").code == 2


@pytest.mark.parametrize("seeds", ["٣", "0,１", "1_0", "-1", "+1", "", "0,,1", "99999999999"])
def test_seeds_are_digits_with_commas_between(cli: Cli, names_file: Path, seeds: str) -> None:
    outcome = cli("evaluate", "--data", names_file, "--seeds", seeds)
    assert outcome.code == 2
    assert "--seeds must be whole numbers from 0 on with commas between" in outcome.err


def test_figures_can_be_those_of_another_population(cli: Cli, run_directory: Path, tmp_path: Path) -> None:
    path = tmp_path / "mine.tsv"
    path.write_text("Polish\t1\nArmenian\t8\nGeorgian\t1\n")
    found = json.loads(cli("evaluate", "--model", run_directory, "--prior", path, "--json").out)
    supports = {score["label"]: score["support"] for score in found["per_label"]}
    assert (found["population"], found["rows"]) == ("mine.tsv", 15)
    assert supports == {"Armenian": 12, "Georgian": 1, "Polish": 2}
    assert found["coverages"]
    assert "population: mine.tsv" in cli("evaluate", "--model", run_directory, "--prior", path).out
    refused = cli("evaluate", "--prior", "uniform", "--seeds", "0")
    assert (refused.code, "--prior" in refused.err) == (2, True)


def test_figures_tell_regions(cli: Cli, run_directory: Path, tmp_path: Path) -> None:
    path = tmp_path / "mine.tsv"
    path.write_text("Polish\tone\nArmenian\tone\nGeorgian\tone\n")
    given = ("evaluate", "--model", run_directory, "--regions", path, "--coverage", 0.99)
    found = json.loads(cli(*given, "--json").out)["regions"]
    assert found["found"] in (0, 1)
    assert set(found) >= {"rows", "stated", "ece", "ece_by_chance", "mistakes", "within", "within_larger"}
