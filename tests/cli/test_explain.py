import json
import shutil
from pathlib import Path

from tests.cli.conftest import Cli


def test_the_tutorials_shapes_are_there_for_a_fresh_network(cli: Cli, classic_file: Path) -> None:
    outcome = cli("explain", "Bai", "--preset", "tutorial", "--data", classic_file, "--json")
    assert outcome.code == 0
    steps = json.loads(outcome.out)["walk"]
    shapes = [step["shape"] for step in steps]
    assert shapes == [
        [3],
        [3],
        [3, 57],
        [1, 3, 57],
        [1, 1, 128],
        [1, 3, 128],
        [1, 128],
        [1, 18],
        [1, 18],
        [1, 3],
    ]
    assert all(step["meaning"] and step["preview"] and step["code"] for step in steps)


def test_a_fresh_network_says_that_it_knows_nothing(cli: Cli, names_file: Path) -> None:
    outcome = cli("explain", "Bai", "--preset", "tutorial", "--data", names_file)
    assert outcome.code == 0
    assert "predictions are random" in outcome.err
    assert "[1, 3, 57]" in outcome.out


def test_the_first_lines_say_where_the_labels_come_from(
    cli: Cli, classic_file: Path, run_directory: Path
) -> None:
    told = cli("explain", "Bai", "--preset", "tutorial", "--data", classic_file).err
    assert f"its 18 labels are those of {classic_file.name}" in told
    told = cli("explain", "Bai", "--preset", "tutorial").err
    assert (
        "its 67 labels are those of names.tsv, which comes with namecls; of another file: --data FILE" in told
    )
    assert (
        "the model small, with the 3 labels it was trained on"
        in cli("explain", "Bai", "--model", run_directory).err
    )


def test_neighbours_reach_and_the_values_of_the_walk_are_among_it(cli: Cli, run_directory: Path) -> None:
    outcome = cli("explain", "Boryan", "--model", run_directory, "--json")
    told = json.loads(outcome.out)
    assert len(told["neighbours"]["neighbours"]) == 10
    assert told["units"]["label"] == told["influence"]["label"]
    assert told["over_time"] is None  # no checkpoints were kept
    assert told["reach"]["letters"] == list("boryan")
    assert len(told["reach"]["sizes"]) == 6
    (outputs,) = (step for step in told["walk"] if step["title"] == "outputs")
    assert (len(outputs["values"]), outputs["columns"]) == (len(outputs["rows"]), list("boryan"))
    shown = cli("explain", "Boryan", "--model", run_directory).out
    assert "most of the 10 nearest had the right label" in shown
    assert "reach, of gru" in shown
    assert "units for Armenian" in shown
    fresh = json.loads(cli("explain", "Boryan", "--preset", "fast", "--json").out)
    assert (fresh["neighbours"], fresh["units"], fresh["reach"]) == (
        None,
        None,
        None,
    )


def test_a_trained_network_ends_with_its_prediction(cli: Cli, run_directory: Path) -> None:
    outcome = cli("explain", "Levshvili", "--model", run_directory, "-k", 1)
    assert outcome.code == 0
    assert outcome.out.rstrip().splitlines()[-1].lstrip().startswith("Georgian")


def test_a_hostile_name_is_shown_not_sent(cli: Cli, run_directory: Path) -> None:
    outcome = cli("explain", "B\x1b[2Jai", "--model", run_directory)
    assert outcome.code == 0
    assert "\x1b" not in outcome.out


def test_what_is_no_name_is_1(cli: Cli, run_directory: Path) -> None:
    for name in ("123", "", "Mu\udcf1oz", "x" * 5000):
        outcome = cli("explain", name, "--model", run_directory)
        assert (outcome.code, outcome.err.count("\n")) == (1, 1), name
        assert len(outcome.err) < 1000


def test_options_that_exclude_each_other_are_2(cli: Cli) -> None:
    assert cli("explain", "Bai", "--preset", "fast", "--model", "x").code == 2
    assert cli("explain", "Bai", "--preset", "none").code == 2


def test_of_a_counted_name_it_is_said_that_the_network_is_shown_alone(cli: Cli) -> None:
    assert "the network alone" in cli("explain", "Kim", "-k", 1).err
    assert "the network alone" not in cli("explain", "Qyxorvik", "-k", 1).err


def test_json_holds_all_views(cli: Cli, run_directory: Path) -> None:
    outcome = cli("explain", "Borski", "--model", run_directory, "--json", "--against", "Armenian")
    told = json.loads(outcome.out)
    assert (told["name"], told["model"]) == ("Borski", "small")
    views = ("prediction", "seen", "belief", "influence", "changes", "neighbours", "reach", "walk")
    assert all(told[view] for view in views)
    assert told["influence"]["against"] == told["changes"]["target"][0]["label"] == "Armenian"
    page = (Path(__file__).parents[2] / "docs" / "explanations.md").read_text(encoding="utf-8")
    for view in views[1:]:
        (section,) = (part for part in page.split("\n## ") if part.startswith(f"{view}\n"))
        for field in told[view] if isinstance(told[view], dict) else told[view][0]:
            assert f"`{field}`" in section or f"`{field}`" in page.split("\n## ")[0], (view, field)


def test_for_people_all_views_are_told(cli: Cli, run_directory: Path) -> None:
    told = cli("explain", "Borski", "--model", run_directory).out
    for title in ("belief by letter", "influence on", "smallest changes", "neighbours", "reach", "the walk"):
        assert f"\n{title}" in told
    assert "in training: Polish 1" in told or "in test: Polish 1" in told or "in validation: Polish 1" in told


def test_data_that_were_moved_can_be_named(
    cli: Cli, run_directory: Path, names_file: Path, tmp_path: Path
) -> None:
    run = tmp_path / "moved"
    shutil.copytree(run_directory, run)
    (run / "places.json").unlink()
    moved = tmp_path / "elsewhere.tsv"
    shutil.copy(names_file, moved)
    assert "not known" in cli("explain", "Borski", "--model", run).out
    assert "not known" not in cli("explain", "Borski", "--model", run, "--data", moved).out
    moved.write_text("Kowalski\tPolish\n", encoding="utf-8")
    outcome = cli("explain", "Borski", "--model", run, "--data", moved)
    assert (outcome.code, outcome.err.count("\n")) == (1, 1)


def test_a_label_that_the_model_does_not_know_is_1(cli: Cli, run_directory: Path) -> None:
    for option in ("--label", "--against"):
        outcome = cli("explain", "Borski", "--model", run_directory, option, "Klin\x1bgon")
        assert (outcome.code, outcome.err.count("\n")) == (1, 1)
        assert "a label that the model knows" in outcome.err
        assert "\x1b" not in outcome.err
