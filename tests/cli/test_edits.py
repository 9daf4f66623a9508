from __future__ import annotations

import gzip
import json
from dataclasses import replace
from pathlib import Path

import pytest

from namecls.config import PRESETS
from namecls.edits.edit import Edit
from namecls.edits.patch import patch_of, read_patch
from namecls.paths import packaged_model
from namecls.repair.suspects import find_suspects
from tests.cli.conftest import Cli
from tests.library import SMALL, small_table


def written(directory: Path, *edits: Edit) -> Path:
    path = directory / "names.edits.jsonl"
    path.write_bytes(patch_of(edits, path.name).content)
    return path


def files(directory: Path) -> tuple[Path, Path]:
    data = directory / "names.tsv.gz"
    data.write_bytes(gzip.compress(b"Lee\tChinese\nKim\tKorean\nSato\tJapanese\n"))
    return data, written(directory, Edit.drop("Kim", "Korean", 2), Edit.drop("Kim\x1b[2J", "Korean", 7))


def test_a_cleaned_file_is_written_and_what_no_longer_matches_is_told(cli: Cli, tmp_path: Path) -> None:
    data, edits = files(tmp_path)
    before = data.read_bytes()
    done = cli("data", "apply", data, "--edits", edits, "--output", tmp_path / "clean.tsv.gz")
    assert done.code == 0, done.err
    assert gzip.decompress((tmp_path / "clean.tsv.gz").read_bytes()) == b"Lee\tChinese\nSato\tJapanese\n"
    assert "1 edit matches no row and is left out" in done.err
    assert "\x1b" not in done.err
    assert data.read_bytes() == before
    assert cli("data", "apply", data, "--edits", edits, "-o", "-").out == "Lee\tChinese\nSato\tJapanese\n"
    told = json.loads(cli("data", "apply", data, "--edits", edits, "-o", "x.tsv", "--json").out)
    assert (told["rows"], told["rows_left"], told["rows_edited"]) == (3, 2, 1)
    assert [each["line"] for each in told["unmatched"]] == [7]


def test_neither_the_file_nor_its_edits_are_written_over(cli: Cli, tmp_path: Path) -> None:
    data, edits = files(tmp_path)
    (tmp_path / "link").symlink_to(data)
    for output in (data, edits, tmp_path / "link"):
        done = cli("data", "apply", data, "--edits", edits, "--output", output)
        assert (done.code, "stays as it is" in done.err) == (2, True)


def test_a_file_of_edits_that_is_none_is_one_line_and_leaves_nothing(cli: Cli, tmp_path: Path) -> None:
    data, edits = files(tmp_path)
    edits.write_text('{"op": "\x1b[2J"}\n')
    done = cli("data", "apply", data, "--edits", edits, "--output", tmp_path / "clean.tsv")
    assert (done.code, done.err.count("\n")) == (1, 1)
    assert not (tmp_path / "clean.tsv").exists()


def test_suspects_are_shown_written_and_suggested_as_edits(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, rows = tmp_path / "names.tsv", small_rows()
    rows[3] = (rows[3][0], "Polish")
    data.write_text("".join(f"{name}\t{label}\n" for name, label in rows))
    monkeypatch.setitem(PRESETS, "default", replace(PRESETS["default"], config=SMALL))
    options = ("--folds", 2, "-n", 1, "-o", "all.tsv", "--write-edits", "suggested.edits.jsonl")
    done = cli("data", "suspects", data, *options)
    assert done.code == 0, done.err
    assert "fold 2 of 2" in done.err
    assert rows[3][0] in done.out
    assert (tmp_path / "all.tsv").read_text().splitlines()[1].startswith(f"1\t4\t{rows[3][0]}\tPolish\t")
    (edit,) = read_patch(tmp_path / "suggested.edits.jsonl").edits
    assert (edit.name, edit.label, edit.line) == (*rows[3], 4)
    assert (
        cli("data", "suspects", data, *options).code == 2
    )  # suggestions that are there are not written over
    kept = written(tmp_path, Edit.keep(*rows[3], 4))
    told = json.loads(cli("data", "suspects", data, "--folds", 2, "-n", 2, "--edits", kept, "--json").out)
    assert told["folds"] == 2
    assert [4] not in [each["lines"] for each in told["suspects"]]


def test_the_shipped_model_is_asked_for_a_second_opinion_as_in_the_app_unless_told_otherwise(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(PRESETS, "default", replace(PRESETS["default"], config=SMALL))
    known, others = tmp_path / "known.tsv", tmp_path / "others.tsv"
    known.write_text("".join(f"{name}\t{label}\n" for name, label in small_rows()))
    others.write_text("".join(f"{name}\tof {label}\n" for name, label in small_rows()))
    asked: list[Path | None] = []
    search = find_suspects

    def listening(*what: object, second_opinion: Path | None, **more: object) -> object:
        asked.append(second_opinion)
        return search(*what, second_opinion=second_opinion, **more)  # type: ignore[arg-type]

    monkeypatch.setattr("namecls.repair.suspects.find_suspects", listening)
    told = [
        "shipped model gives a second opinion" in cli("data", "suspects", file, "--folds", 2, *more).err
        for file, more in (
            (known, ()),
            (known, ("--second-opinion", "none")),
            (known, ("--second-opinion", "shipped")),
            (others, ()),
        )
    ]
    assert asked == [packaged_model(), None, packaged_model(), None]
    assert told == [True, False, False, False]


def test_rows_are_counted_sampled_and_looked_through_as_edits_have_them(cli: Cli, tmp_path: Path) -> None:
    data = tmp_path / "names.tsv"
    data.write_text("Kim\tKorean\nKim\tKorean\nLee\tKorean\nSato\tJapanese\nLi\tChinese\nWang\tChinees\n")
    edits = written(
        tmp_path,
        Edit.drop("Kim", "Korean", 2),
        Edit.relabel("Lee", "Korean", 3, "Chinese"),
        Edit.rename_label("Chinees", "Chinese"),
    )
    asked = ("data", "inspect", data, "--edits", edits)
    told = json.loads(cli(*asked, "--json").out)
    assert told["rows"] == 5
    assert told["labels"] == {"Chinese": 3, "Japanese": 1, "Korean": 1}
    assert told["exact_duplicates"] == 0
    assert (told["edits"]["rows_left"], told["edits"]["rows"], told["edits"]["unmatched"]) == (5, 6, 0)
    assert told["labels_in_file"] == {"Korean": 3, "Chinees": 1, "Chinese": 1, "Japanese": 1}
    done = cli(*asked)
    assert "1 relabelled, 1 dropped, 1 label renamed" in done.err
    lines = [line.split("\t") for line in done.out.splitlines()]
    assert ["rows that edits drop", "1"] in lines
    assert [(line[0], line[1], line[-1]) for line in lines if len(line) == 5] == [
        ("label", "rows", "by edits"),
        ("Chinese", "3", "+2"),
        ("Japanese", "1", ""),
        ("Korean", "1", "-2"),
        ("Chinees", "0", "-1"),
    ]
    sampled = cli("data", "sample", data, "--edits", edits, "--label", "Chinese").out.splitlines()
    assert sampled == ["Lee\tChinese", "Li\tChinese", "Wang\tChinese"]
    assert cli("data", "sample", data, "--edits", edits, "--label", "Chinees").code == 1


def test_a_command_line_that_suspects_can_not_take_is_a_mistake(cli: Cli, names_file: Path) -> None:
    for options in (("--folds", 1), ("--order", "size"), ("--output", "x.pdf"), ("--preset", "slow")):
        assert cli("data", "suspects", names_file, *options).code == 2


def small_rows() -> list[tuple[str, str]]:
    return list(zip(small_table().names, small_table().label_of_rows, strict=True))


def test_a_training_takes_edits_and_tells_the_edited_test_rows_apart(
    cli: Cli, tmp_path: Path, names_file: Path
) -> None:
    edits = written(tmp_path, *(Edit.drop(*row, line) for line, row in enumerate(small_rows()[:9], 1)))
    options = (
        "--data",
        names_file,
        "--edits",
        edits,
        "--preset",
        "tutorial",
        "--epochs",
        1,
        "--name",
        "mine",
    )
    done = cli("train", *options)
    assert done.code == 0, done.err
    assert "9 dropped" in done.err
    assert "none of these rows was edited" in done.out
    parts = ("--validation", names_file, "--test", names_file)
    assert cli("train", "--data", names_file, "--edits", edits, *parts).code == 2
