"""What an answer is worth, for whom, and why, without a screen."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.tui.lines import answers, starting


def test_labels_coverage_risk_and_population_are_asked_for(trained_run: Path) -> None:
    lines = (
        "predict",
        "labels 2",
        "coverage 80",
        "risk 5",
        "risk 7",
        "Borski",
        "risk -",
        "prior uniform",
        "Borski",
        "prior x",
    )
    said = answers(trained_run, *lines)
    assert len(starting(said, "2. ")) - len(starting(said, "2. train")) == 2
    assert "The prediction set has a coverage of 80 %." in said
    assert "The risks that are measured: 20 %, 10 %, 5 %." in said
    assert "Each name is answered." in said
    assert "The population is uniform." in said
    assert starting(said, "The 80 % prediction set holds ", "Too few rows")
    assert "There is no x" not in said[-1]


def test_the_names_that_were_answered_are_listed_and_written(
    trained_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    said = answers(trained_run, "predict", "Borski", "Bordavyan", "tried", "tried 1", "save", "calibration")
    assert len(starting(said, "Borski: ")) == 2
    assert starting(said, "2. Bordavyan: ")
    (written,) = tmp_path.glob("namecls-names-*.tsv")
    assert [line.split("\t")[0] for line in written.read_text().splitlines()] == [
        "name",
        "Borski",
        "Bordavyan",
    ]
    assert starting(said, "On 15 test rows the ECE is ")


def test_all_views_of_an_answer_are_told_and_kept(
    trained_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    lines = (
        "changes",
        "ways",
        "like",
        "walk",
        "walk 1",
        "units",
        "epochs",
        "against 2",
        "randomise",
        "why",
        "edits",
        "about why",
    )
    said = answers(
        trained_run,
        "predict",
        "inspect",
        "Borski",
        "inspect",
        *lines,
        "about units",
        "save changes",
        "name Kim",
        "letters",
    )
    assert "Type a name first." in said
    assert starting(said, "Most hangs on ")
    assert len(starting(said, "Letter 6, i: occluded ")) == 1
    assert starting(said, "1. text, [6]: ")
    assert starting(said, "With randomised weights: ")
    assert any(" rather than " in line for line in starting(said, "For "))
    assert any("no checkpoint was kept" in line for line in said)
    (kept,) = tmp_path.glob("namecls-changes-*.json")
    assert json.loads(kept.read_text())["name"] == "Borski"
    assert len(list(tmp_path.glob("namecls-changes-*.csv"))) == 1
    assert [line.partition(":")[0] for line in starting(said, "After ")] == [
        "After K",
        "After Ki",
        "After Kim",
    ]


def test_a_file_with_several_columns_is_asked_about(trained_run: Path, tmp_path: Path) -> None:
    data = tmp_path / "several.csv"
    data.write_text("id,who,country,town\n1,Kim,Korea,Seoul\n2,Ivanov,Russia,Moscow\n3,Sato,Japan,Kyoto\n")
    lines = (
        "dataset",
        "how",
        "change name 2",
        "change label x",
        "read",
        "change label 3",
        "change header perhaps",
        "read",
    )
    said = answers(trained_run, *lines, "dataset", "labels", data=data)
    assert "how asks how the file is to be read." in said
    assert "'titles': expected yes or no, found 'perhaps'" in said
    assert starting(
        said, "several.csv: 3 rows, 3 labels.", "Read as UTF-8 text, 4 columns separated by commas"
    )
    assert said[-3:] == ["1. Japan, 1.", "2. Korea, 1.", "3. Russia, 1."]
    assert "The embedded names are read as they are; open opens a file." in answers(trained_run, "how")


def test_regions_and_a_population_of_files_are_answered_with(trained_run: Path, tmp_path: Path) -> None:
    labels = ("Armenian", "Georgian", "Polish")
    regions, shares, bad = tmp_path / "regions.tsv", tmp_path / "shares.tsv", tmp_path / "bad.tsv"
    regions.write_text("".join(f"{label}\tSomewhere\n" for label in labels))
    shares.write_text("Polish\t8\nArmenian\t1\nGeorgian\t1\n")
    bad.write_text("Polish\tWest\n")
    said = answers(
        trained_run, "predict", f"regions {regions}", f"regions {bad}", f"prior {shares}", "Borski"
    )
    assert f"The regions are those of {regions}." in said
    assert starting(said, f"{bad}")
    assert f"The population is {shares}." in said
    assert starting(said, "Borski: ")
    assert not starting(said, "The 90 % prediction set")
