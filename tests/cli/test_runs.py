import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from namecls.cli import runs
from namecls.runs.notes import Notes, write_notes
from namecls.runs.run import Run
from tests.cli.conftest import Cli


@pytest.fixture
def save_dir(run_directory: Path, tmp_path: Path) -> Path:
    """A directory with one good run and one damaged one."""
    shutil.copytree(run_directory, tmp_path / "runs" / "good")
    damaged = tmp_path / "runs" / "damaged"
    damaged.mkdir()
    (damaged / "config.json").write_text("{", encoding="utf-8")
    return tmp_path / "runs"


def test_runs_are_listed_with_their_metrics(cli: Cli, save_dir: Path) -> None:
    outcome = cli("runs", "list", "--save-dir", save_dir)
    assert outcome.code == 0
    header, *rows = [line.split("\t") for line in outcome.out.splitlines()]
    assert header[0] == "run"
    assert {row[0]: row[5] for row in rows} == {"good": "finished", "damaged": "damaged"}
    found = {
        run["name"]: run for run in json.loads(cli("runs", "list", "--save-dir", save_dir, "--json").out)
    }
    assert found["good"]["accuracy"] is not None
    assert found["damaged"]["problem"]


def test_a_place_without_runs_says_how_to_make_one(cli: Cli, tmp_path: Path) -> None:
    outcome = cli("runs", "list", "--save-dir", tmp_path / "none")
    assert (outcome.code, outcome.out) == (0, "")
    assert "namecls train" in outcome.err
    assert json.loads(cli("runs", "list", "--save-dir", tmp_path / "none", "--json").out) == []


def test_a_run_is_shown_with_settings_epochs_and_test(cli: Cli, save_dir: Path) -> None:
    plain = cli("runs", "show", "good", "--save-dir", save_dir)
    assert plain.code == 0
    assert "hidden units\t16\n" in plain.out
    assert "split seed\t-1\n" in plain.out
    assert cli("runs", "show", save_dir / "good").out == plain.out
    found = json.loads(cli("runs", "show", "good", "--save-dir", save_dir, "--json").out)
    assert found["config"]["model"]["hidden_size"] == 16
    assert [epoch["epoch"] for epoch in found["history"]] == [1, 2, 3]
    assert found["test"]["accuracy"] == found["accuracy"]


def test_a_run_is_shown_with_what_its_history_tells_and_its_notes(cli: Cli, save_dir: Path) -> None:
    write_notes(Run(save_dir / "good"), Notes("as it was\x1b[31m", ("first",)))
    plain = cli("runs", "show", "good", "--save-dir", save_dir)
    (found,) = cli_json(cli, save_dir)["diagnosis"]
    assert found["text"] in plain.out
    assert found["advice"] in plain.out
    assert "as it was␛[31m #first\n" in plain.out
    assert "parameters, seed " in plain.out


def cli_json(cli: Cli, save_dir: Path) -> dict[str, Any]:
    shown: dict[str, Any] = json.loads(cli("runs", "show", "good", "--save-dir", save_dir, "--json").out)
    return shown


def test_a_damaged_run_or_none_is_1(cli: Cli, save_dir: Path) -> None:
    for name in ("damaged", "none", "../good", "good/../good"):
        outcome = cli("runs", "show", name, "--save-dir", save_dir)
        assert (outcome.code, outcome.err.count("\n")) == (1, 1), name


def test_a_run_is_deleted_only_when_one_means_it(cli: Cli, save_dir: Path) -> None:
    outcome = cli("runs", "delete", "good", "--save-dir", save_dir)
    assert outcome.code == 2
    assert "add --yes" in outcome.err
    assert (save_dir / "good").exists()
    assert cli("runs", "delete", "good", "--save-dir", save_dir, "--yes").code == 0
    assert not (save_dir / "good").exists()


def test_nothing_outside_the_save_directory_is_deleted(cli: Cli, save_dir: Path) -> None:
    for name in ("../runs", "/tmp", ".", "", "none"):
        outcome = cli("runs", "delete", name, "--save-dir", save_dir, "--yes")
        assert (outcome.code, outcome.err.count("\n")) == (1, 1), name
    assert (save_dir / "good").exists()


def test_the_model_that_comes_with_namecls_stays(
    cli: Cli, save_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "packaged_model", lambda: save_dir / "good")
    outcome = cli("runs", "delete", "good", "--save-dir", save_dir, "--yes")
    assert outcome.code == 1
    assert "comes with namecls" in outcome.err
    assert (save_dir / "good").exists()


def test_verify_names_the_file_that_differs_and_ends_with_1(
    cli: Cli, trained_run: Path, tmp_path: Path
) -> None:
    run = Path(shutil.copytree(trained_run, tmp_path / "save_model" / "mine"))
    outcome = cli("runs", "verify")
    assert (outcome.code, outcome.err) == (0, "")
    assert "default\tmodel.safetensors\tas written\n" in outcome.out
    assert "mine\tmodel.safetensors\tas written\n" in outcome.out
    text = (run / "metrics.json").read_text()
    (run / "metrics.json").write_text(text.replace("0", "1", 1))
    outcome = cli("runs", "verify", "mine")
    assert outcome.code == 1
    assert "metrics.json: differs" in outcome.err
    assert "mine\tmetrics.json\tdiffers\n" in outcome.out
    outcome = cli("runs", "verify", run, "--json")
    assert outcome.code == 1
    assert {"run": str(run), "file": "metrics.json", "state": "differs"} in json.loads(outcome.out)
    (run / "MANIFEST.json").write_text("{")
    assert cli("runs", "verify").code == 1


def test_verify_says_of_a_run_that_is_not_finished_what_can_not_be_told(
    cli: Cli, trained_run: Path, tmp_path: Path
) -> None:
    run = Path(shutil.copytree(trained_run, tmp_path / "save_model" / "mine"))
    (run / "MANIFEST.json").unlink()
    outcome = cli("runs", "verify", "mine")
    assert outcome.code == 1
    assert "mine\tmodel.json\tno hash to compare with\n" in outcome.out
    assert "is not finished: only its weights and its checkpoint have hashes" in outcome.err
    everything = cli("runs", "verify")
    assert everything.code == 0
    assert "is not finished" in everything.err


def test_export_copies_a_run_without_its_places(cli: Cli, trained_run: Path, tmp_path: Path) -> None:
    shutil.copytree(trained_run, tmp_path / "save_model" / "mine")
    assert cli("runs", "export", "mine", tmp_path / "sent").code == 0
    assert cli("runs", "verify", tmp_path / "sent").code == 0
    assert not (tmp_path / "sent" / "places.json").exists()
    assert cli("runs", "export", "mine", tmp_path / "sent").code == 1
    said = cli("runs", "export", "mine", "-")
    assert (said.code, "a new directory, or to a file that ends in .zip, was: '-'" in said.err) == (2, True)
    assert not (tmp_path / "-").exists()
    for place in ("nodir/x.zip", "nodir/x.json"):
        command = "export" if place.endswith("zip") else "export-tutorial"
        output = ["-o"] * (command != "export")
        said = cli("runs", command, "mine", *output, place)
        assert (said.code, "No such file or directory; check the path" in said.err) == (1, True)
        assert "with all that was in it" not in said.err


def test_a_run_goes_into_one_file_and_comes_back_as_a_run(
    cli: Cli, trained_run: Path, tmp_path: Path
) -> None:
    file, save_dir = tmp_path / "it.zip", tmp_path / "runs"
    assert cli("runs", "export", trained_run, file).code == 0
    assert cli("runs", "import", file, "--save-dir", save_dir).code == 0
    found = cli("runs", "import", file, "--name", "theirs", "--save-dir", save_dir, "--json")
    assert json.loads(found.out)["run"] == "theirs"
    assert cli("runs", "verify", "theirs", "--save-dir", save_dir).code == 0
    again = cli("runs", "import", file, "--save-dir", save_dir)
    assert (again.code, again.err.count("\n")) == (1, 1)
    assert "--name" in again.err


def test_the_tutorials_json_is_written_to_a_file_or_told(cli: Cli, trained_run: Path, tmp_path: Path) -> None:
    told = json.loads(cli("runs", "export-tutorial", trained_run).out)
    assert cli("runs", "export-tutorial", trained_run, "-o", tmp_path / "rnn_result.json").code == 0
    assert json.loads((tmp_path / "rnn_result.json").read_text()) == told
    assert len(told["avg_loss"]) > 0
    assert json.loads(cli("runs", "export-tutorial", trained_run, "-o", "-").out) == told
    (tmp_path / "b.tsv").write_text("Kim\tKorean\n")
    said = cli("runs", "export-tutorial", trained_run, "-o", "b.tsv")
    assert (said.code, "--output must end in .json, was: 'b.tsv'" in said.err) == (2, True)
