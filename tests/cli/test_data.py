import json
from pathlib import Path

import pytest

from namecls.data.table import load_dataset
from tests.cli.conftest import Cli


def test_the_classic_file_is_told_as_it_is(cli: Cli, classic_file: Path) -> None:
    outcome = cli("data", "inspect", classic_file, "--json")
    assert (outcome.code, outcome.err) == (0, "")
    found = json.loads(outcome.out)
    assert found["rows"] == 20_074
    assert len(found["labels"]) == 18
    assert found["labels"]["Russian"] == 9_408
    assert [bad["line"] for bad in found["bad_lines"]] == [1, 2]
    assert all(set(bad) == {"line", "reason", "text"} and bad["reason"] for bad in found["bad_lines"])
    assert found["exact_duplicates"] == 2_080
    assert (
        found["names_under_several_labels"] == 480
    )  # 476 before names were trimmed: `See ` and `See` are one here


def test_a_summary_in_a_pipe_is_plain_lines(cli: Cli, names_file: Path) -> None:
    outcome = cli("data", "inspect", names_file)
    assert outcome.code == 0
    assert "144 rows, 3 labels" in outcome.out
    assert "\nlabel\trows\tdifferent\tshare\nArmenian\t48\t48\t33.3 %\n" in outcome.out


def test_hostile_text_in_a_summary_is_shown_not_sent(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "hostile.tsv"
    file.write_bytes("bad \x1b]0;x\x07 line\nO[x]\tEng\x9b2Jlish\nO[x]\tIri\ue001sh\nAbe\tx\n".encode())
    outcome = cli("data", "inspect", file)
    assert outcome.code == 0
    assert "bad ␛]0;x␇ line" in outcome.out
    assert "O[x]: Eng<U+009B>2Jlish 1, Iri<U+E001>sh 1" in outcome.out


def test_problems_are_all_lines_that_cannot_be_used(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "some.tsv"
    file.write_text("one\nAbe\tx\ntwo\nBea\ty\n99\tx\n", encoding="utf-8")
    outcome = cli("data", "inspect", file, "--problems", "--json")
    assert [json.loads(line)["line"] for line in outcome.out.splitlines()] == [1, 3, 5]
    plain = cli("data", "inspect", file, "--problems")
    assert plain.out.splitlines()[0] == "line\treason\ttext"
    assert len(plain.out.splitlines()) == 4


def test_near_duplicates_and_rows_unlike_all_others_are_told(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "some.tsv"
    file.write_text("Kowalski\tPolish\nKowlaski\tCzech\nann@b.org\tCzech\nNovák\tCzech\nNovak\tCzech\n")
    near = [json.loads(line) for line in cli("data", "inspect", file, "--near", "--json").out.splitlines()]
    assert [(each["way"], each["labels_differ"]) for each in near] == [("letter", True), ("accents", False)]
    assert (
        "differ\tone letter\tKowalski (Polish 1, line 1) / Kowlaski (Czech 1, line 2)"
        in cli("data", "inspect", file, "--near").out.splitlines()
    )
    assert cli("data", "inspect", file, "--unlike").out.splitlines()[1:] == [
        "3\tann@b.org\tCzech\tan address: ann@b.org"
    ]
    for flags in (("--near", "--unlike"), ("--problems", "--near"), ("--problems", "--unlike")):
        said = cli("data", "inspect", file, *flags)
        assert (said.code, said.out) == (2, "")
        assert f"{' and '.join(flags)} exclude each other: give one of them" in said.err
    told = json.loads(cli("data", "inspect", file, "--json").out)
    assert told["near_duplicates"]["labels_differ"]["by_way"]["letter"] == told["unlike_rows"]["rows"] == 1
    plain = cli("data", "inspect", file).out
    assert "near-duplicates, one label\t1\n" in plain
    assert "  line 3: ann@b.org, Czech: an address" in plain
    monkeypatch.setattr("namecls.cli.alike.UNASKED", 4)
    assert "near-duplicates\tnot looked for in more than 4 rows; --near\n" in cli("data", "inspect", file).out
    assert json.loads(cli("data", "inspect", file, "--json").out)["unlike_rows"] is None


def test_columns_can_be_named_and_numbered(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text("id,from,who\n1,x,Abe\n2,y,Bea\n", encoding="utf-8")
    by_name = cli("data", "inspect", file, "--name-column", "who", "--label-column", "from", "--json")
    by_number = cli(
        "data", "inspect", file, "--name-column", "3", "--label-column", "2", "--header", "--json"
    )
    assert json.loads(by_name.out)["labels"] == json.loads(by_number.out)["labels"] == {"x": 1, "y": 1}


def test_a_sample_in_a_pipe_is_a_file_of_names_again(cli: Cli, names_file: Path, tmp_path: Path) -> None:
    outcome = cli("data", "sample", names_file, "-n", 30)
    part = tmp_path / "part.tsv"
    part.write_text(outcome.out, encoding="utf-8")
    rows = set(names_file.read_text(encoding="utf-8").splitlines())
    assert len(load_dataset(part)) == 30
    assert set(outcome.out.splitlines()) <= rows


def test_a_sample_depends_on_the_seed_alone(cli: Cli, names_file: Path) -> None:
    first, again, other = (cli("data", "sample", names_file, "--seed", seed).out for seed in (1, 1, 2))
    assert first == again != other


def test_a_sample_can_be_of_one_label(cli: Cli, names_file: Path) -> None:
    outcome = cli("data", "sample", names_file, "--label", "Polish", "-n", 999, "--json")
    found = [json.loads(line) for line in outcome.out.splitlines()]
    assert len(found) == 48
    assert {row["label"] for row in found} == {"Polish"}
    assert [row["line"] for row in found] == sorted(row["line"] for row in found)


def test_a_label_that_is_not_there_is_1_and_similar_ones_are_named(cli: Cli, names_file: Path) -> None:
    outcome = cli("data", "sample", names_file, "--label", "polish")
    assert outcome.code == 1
    assert "no row has the label 'polish'; it has labels such as Polish" in outcome.err


def test_files_without_use_are_1_and_one_line(cli: Cli, tmp_path: Path) -> None:
    for name, content in {
        "empty": b"",
        "binary": bytes(1000),
        "column": b"a\nb\n",
        "long": b"x" * 10_000_000,
    }.items():
        (tmp_path / name).write_bytes(content)
        outcome = cli("data", "inspect", tmp_path / name)
        assert (outcome.code, outcome.err.count("\n")) == (1, 1), name
        assert len(outcome.err) < 1000, name


def test_weights_are_inspected_and_sampled(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text("name,country,count\nKim,Korea,5210\nKim,China,3\nBea,y,x\n", encoding="utf-8")
    asked = (file, "--weight-column", "count")
    shown = cli("data", "inspect", *asked).out
    assert "weights, together\t5,213\n" in shown
    assert "weight of a row\t3 to 5,210, median 2,606.5\n" in shown
    assert "line 4: the weight is no number" in shown
    assert json.loads(cli("data", "inspect", *asked, "--json").out)["weights"]["most"] == 5210
    assert cli("data", "sample", *asked).out.splitlines() == ["Kim\tKorea\t5210", "Kim\tChina\t3"]
    assert '"weight":' in cli("data", "sample", *asked, "--json").out
    assert cli("data", "sample", file).out.splitlines()[0] == "Kim\tKorea"
