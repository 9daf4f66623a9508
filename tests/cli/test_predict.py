import csv
import io
import json
import shutil
from pathlib import Path

import pytest

from namecls.data.cells import unquote_cell
from namecls.runs.manifest import MANIFEST
from namecls.runs.record import PLACES
from namecls.runs.run import MODEL, WEIGHTS, Run
from tests.cli.conftest import Cli

NAMES = b"Karyan\nTomski\r\n\n123\nLevshvili"


def records(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


def test_lines_in_are_records_out_in_order(cli: Cli, run_directory: Path) -> None:
    outcome = cli("predict", "--model", run_directory, "-k", 2, stdin=NAMES)
    assert outcome.code == 0
    found = records(outcome.out)
    assert [r["name"] for r in found] == ["Karyan", "Tomski", "", "123", "Levshvili"]
    assert [r["status"] for r in found] == ["ok", "ok", "no letters", "no letters", "ok"]
    assert [len(r["ranked"]) for r in found] == [2, 2, 0, 0, 2]
    best = [r["ranked"][0]["label"] for r in found if r["ranked"]]
    assert best == ["Armenian", "Polish", "Georgian"]
    assert {"name", "ranked", "status"} <= set(found[0])
    assert set(found[0]["ranked"][0]) == {"label", "probability"}


def test_sets_that_say_nothing_are_said_to(cli: Cli, run_directory: Path) -> None:
    few = "sets of 99 % hold all labels: 15 validation rows calibrate them, it takes 99"
    asked = cli("predict", "--model", run_directory, "Karyan", "--coverage", 0.99)
    assert few in asked.err
    assert len(records(asked.out)[0]["likely"]) == 3  # type: ignore[arg-type]
    table = cli("predict", "--model", run_directory, "Karyan", "--coverage", 0.99, "--format", "table")
    assert few in table.out
    assert few in cli("evaluate", "--model", run_directory, "--coverage", 0.99).out
    assert cli("predict", "--model", run_directory, "Karyan").err == ""


def test_a_last_line_end_adds_no_record(cli: Cli, run_directory: Path) -> None:
    with_end, without = (
        [(r["name"], r["status"]) for r in records(cli("predict", "--model", run_directory, stdin=names).out)]
        for names in (NAMES + b"\n", NAMES)
    )
    assert with_end == without


def test_no_input_is_no_records(cli: Cli, run_directory: Path) -> None:
    outcome = cli("predict", "--model", run_directory)
    assert (outcome.code, outcome.out) == (0, "")


def test_a_line_that_is_not_utf8_gets_a_record_that_says_so(cli: Cli, run_directory: Path) -> None:
    first, second = records(cli("predict", "--model", run_directory, stdin=b"Mu\xf1oz\nTomski\n").out)
    assert (first["name"], first["ranked"], first["status"]) == ("Mu\\xf1oz", [], "not UTF-8")
    assert second["status"] == "ok"


def test_a_name_in_another_script_is_not_guessed_at(cli: Cli, run_directory: Path) -> None:
    (record,) = records(cli("predict", "田中", "--model", run_directory, "--format", "jsonl").out)
    assert (record["name"], record["ranked"], record["status"]) == ("田中", [], "unknown script")


def test_more_labels_than_there_are_is_all_of_them(cli: Cli, run_directory: Path) -> None:
    (record,) = records(cli("predict", "Karyan", "--model", run_directory, "-k", 99).out)
    assert sum(r["probability"] for r in record["ranked"]) == pytest.approx(1)


@pytest.mark.parametrize(("kind", "dialect"), [("csv", "excel"), ("tsv", "excel-tab")])
def test_tables_have_a_row_per_name(cli: Cli, run_directory: Path, kind: str, dialect: str) -> None:
    names = ["Karyan", 'a,"b\tc', "--"]
    outcome = cli("predict", "--model", run_directory, "-k", 2, "-f", kind, stdin="\n".join(names).encode())
    header, *rows = csv.reader(io.StringIO(outcome.out), dialect=dialect)
    assert header == [
        "name",
        "status",
        "label_1",
        "probability_1",
        "label_2",
        "probability_2",
        "unknown",
        "seen",
        "family_name",
    ]
    assert {len(row) for row in rows} == {len(header)}
    assert [row[0] for row in rows] == ["Karyan", 'a,"b\tc', "'--"]
    assert [unquote_cell(row[0]) for row in rows] == names
    assert [row[1] for row in rows] == ["ok", "ok", "no letters"]
    assert rows[0][2] == "Armenian"


def test_names_come_from_a_file_or_from_a_dash(cli: Cli, run_directory: Path, tmp_path: Path) -> None:
    file = tmp_path / "names.txt"
    file.write_bytes(NAMES)
    from_file = cli("predict", "--model", run_directory, "--input", file)
    assert len(records(from_file.out)) == 5
    assert cli("predict", "--model", run_directory, "--input", "-", stdin=NAMES).out == from_file.out


def test_an_output_file_is_written_in_the_format_of_its_suffix(
    cli: Cli, run_directory: Path, tmp_path: Path
) -> None:
    outcome = cli("predict", "Karyan", "--model", run_directory, "--output", tmp_path / "out.csv")
    assert (outcome.code, outcome.out) == (0, "")
    assert (tmp_path / "out.csv").read_text(encoding="utf-8").startswith("name,status,label_1")
    cli("predict", "Karyan", "--model", run_directory, "--output", tmp_path / "out.jsonl")
    assert json.loads((tmp_path / "out.jsonl").read_bytes())["name"] == "Karyan"


def test_a_failure_leaves_the_old_output_and_nothing_else(
    cli: Cli, run_directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from namecls.inference.ranker import Ranker

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    output = tmp_path / "out.jsonl"
    output.write_text("old", encoding="utf-8")
    monkeypatch.setattr(Ranker, "start", fail)
    outcome = cli("predict", "Karyan", "--model", run_directory, "--output", output)
    assert outcome.code == 1
    assert f"{output}: No space left on device; free some space" in outcome.err
    assert output.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [output]


def test_the_output_may_be_the_input(cli: Cli, run_directory: Path, tmp_path: Path) -> None:
    file = tmp_path / "names"
    file.write_bytes(NAMES)
    assert cli("predict", "--model", run_directory, "--input", file, "--output", file).code == 0
    assert len(records(file.read_text(encoding="utf-8"))) == 5


def test_a_table_shows_names_as_what_they_are(cli: Cli, run_directory: Path) -> None:
    outcome = cli(
        "predict", "Kar\x1b]52;c;x\x07[red]yan", "99", "--model", run_directory, "--format", "table"
    )
    assert "\x1b" not in outcome.out
    assert "Kar␛]52;c;x␇[red]yan" in outcome.out
    assert "no letters: nothing to rank" in outcome.out
    assert "█" in outcome.out


def test_all_labels_are_asked_for_by_a_word(cli: Cli, run_directory: Path) -> None:
    (record,) = records(cli("predict", "Karyan", "--model", run_directory, "-k", "all").out)
    assert len(record["ranked"]) == 3


@pytest.mark.parametrize("kind", ["jsonl", "csv", "table"])
def test_unknown_characters_are_named_in_every_format(cli: Cli, run_directory: Path, kind: str) -> None:
    outcome = cli("predict", "Kar王yan", "Karyan", "--model", run_directory, "--format", kind)
    if kind == "jsonl":
        assert [r["unknown"] for r in records(outcome.out)] == [["王"], []]
    elif kind == "csv":
        assert [row["unknown"] for row in csv.DictReader(io.StringIO(outcome.out))] == ["王", ""]
    else:
        assert outcome.out.count("not known to the network: 王\n") == outcome.out.count("not known") == 1


def test_the_name_is_told_as_the_model_read_it(cli: Cli, run_directory: Path) -> None:
    names = ["KARYAN", "Ｋar‑yan\u202c"]
    shown = cli("predict", *names, "--model", run_directory)
    assert [r["read_as"] for r in records(shown.out)] == ["karyan", "kar-yan"]
    table = cli("predict", *names, "--model", run_directory, "--format", "table").out
    assert table.count("read as:") == table.count("read as: kar-yan\n") == 1  # another case is worth no word


def test_letters_that_are_only_rare_are_no_unknown_script(cli: Cli, run_directory: Path) -> None:
    found = records(cli("predict", "Xx", "Жук", "--model", run_directory).out)
    assert [r["status"] for r in found] == ["unknown letters", "unknown script"]
    table = cli("predict", "Xx", "--model", run_directory, "--format", "table").out
    assert "unknown letters: too rare in the training rows, or not in them" in table


def test_answers_come_as_a_table_for_a_page_or_a_paper(cli: Cli, run_directory: Path, tmp_path: Path) -> None:
    names = ["Karyan", "a|b_&\x1b", "[123"]
    markdown = cli("predict", *names, "--model", run_directory, "-f", "markdown", "-k", 2).out.splitlines()
    assert markdown[:2] == ["| name | 1 | 2 |", "| --- | --- | --- |"]
    assert markdown[2].startswith("| Karyan | Armenian ")
    assert markdown[3].startswith(r"| a\|b\_&␛ | ")
    assert markdown[4] == r"| \[123 | no letters |  |"
    cli("predict", *names, "--model", run_directory, "-o", tmp_path / "x.tex", "-k", 2)
    latex = (tmp_path / "x.tex").read_text(encoding="utf-8").splitlines()
    assert latex[:2] == [r"\begin{tabular}{lll}", r"\hline"]
    assert latex[5].startswith(r"a|b\_\&␛ & ")
    assert latex[6:] == [r"{[}123 & no letters &  \\", r"\hline", r"\end{tabular}"]


def test_wide_labels_keep_the_columns(cli: Cli, run_directory: Path, tmp_path: Path) -> None:
    import shutil

    from rich.cells import cell_len

    copy = shutil.copytree(run_directory, tmp_path / "copy")
    (copy / MANIFEST).unlink()
    description = json.loads((copy / MODEL).read_text(encoding="utf-8"))
    description["labels"] = ["日本語", "e\u0301tranger", "Polish"]
    (copy / MODEL).write_text(json.dumps(description), encoding="utf-8")
    lines = cli("predict", "Karyan", "--model", copy, "--format", "table").out.splitlines()[1:4]
    assert len({cell_len(line[: line.index("%")]) for line in lines}) == 1


def test_json_keeps_names_as_they_are(cli: Cli, run_directory: Path) -> None:
    name = "Kar\x1b[31m\u202eyan"
    (record,) = records(cli("predict", name, "--model", run_directory).out)
    assert record["name"] == name


def test_an_argument_that_is_not_utf8_gets_a_record(cli: Cli, run_directory: Path) -> None:
    (record,) = records(cli("predict", "Mu\udcf1oz", "--model", run_directory).out)
    assert (record["name"], record["ranked"], record["status"]) == ("Mu\\xf1oz", [], "not UTF-8")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["Karyan", "--input", "x"], "not both"),
        (["Karyan", "--format", "xml"], "must be one of table, jsonl, csv, tsv, markdown, latex"),
        *(
            (["Karyan", "-k", k], "-k must be a whole number from 1, or all")
            for k in ("0", "-1", "٣", "1_0", "x")
        ),
        (["Karyan", "--modle", "x"], "--model"),
    ],
)
def test_a_mistake_in_the_command_line_is_2(cli: Cli, arguments: list[str], message: str) -> None:
    outcome = cli("predict", *arguments)
    assert outcome.code == 2
    assert outcome.out == ""
    assert message in outcome.err
    assert outcome.err.endswith("see: namecls predict --help\n")


def test_a_model_that_is_not_there_is_1_and_one_line(cli: Cli, tmp_path: Path) -> None:
    outcome = cli("predict", "Karyan", "--model", tmp_path / "none")
    assert outcome.code == 1
    assert outcome.err.count("\n") == 1
    assert "expected the directory of a run, found none" in outcome.err


def test_a_damaged_model_is_1_and_one_line(cli: Cli, run_directory: Path, tmp_path: Path) -> None:
    import shutil

    copy = shutil.copytree(run_directory, tmp_path / "copy")
    (copy / WEIGHTS).write_bytes(b"x")
    outcome = cli("predict", "Karyan", "--model", copy)
    assert outcome.code == 1
    assert outcome.err.count("\n") == 1


def test_a_run_is_found_by_its_name(
    cli: Cli, run_directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "save_model").symlink_to(run_directory.parent)
    monkeypatch.chdir(tmp_path)
    assert cli("predict", "Karyan", "--model", run_directory.name).code == 0


def test_an_input_that_is_not_there_is_1(cli: Cli, run_directory: Path, tmp_path: Path) -> None:
    outcome = cli("predict", "--model", run_directory, "--input", tmp_path / "none.txt")
    assert outcome.code == 1
    assert "none.txt: No such file or directory; check the path" in outcome.err


@pytest.mark.parametrize(
    "content",
    [
        b"id,first,last,country\n1,Jo,Tomski,Poland\n2,Jo,Karyan,Armenia\n",
        b"Tomski\tPolish\nKaryan\tArmenian\n",
        "Tomski\nKaryan\n".encode("utf-16"),
        b"PK\x03\x04\x14\0\x06\0",
        b"PAR1",
        b"\x1f\x8b\x08\0",
        b'[{"name": "Tomski"}]',
    ],
)
def test_what_is_no_list_of_names_is_refused_and_nothing_is_written(
    cli: Cli, run_directory: Path, tmp_path: Path, content: bytes
) -> None:
    file, answers = tmp_path / "customers.csv", tmp_path / "answers.csv"
    file.write_bytes(content)
    outcome = cli("predict", "--model", run_directory, "--input", file, "--output", answers)
    assert (outcome.code, outcome.out, outcome.err.count("\n")) == (1, "", 1)
    assert f"{file}: expected " in outcome.err
    assert not answers.exists()
    assert cli("predict", "--model", run_directory, stdin=content).code == 1


def test_names_in_another_encoding_are_read_if_it_is_said(cli: Cli, run_directory: Path) -> None:
    names = ["Tomskí", "Karyan", "Müller"]
    for encoding in ("windows-1252", "utf-16", "utf-16-be", "mac-roman"):
        content = "\n".join(names).encode(encoding)
        outcome = cli("predict", "--model", run_directory, "--encoding", encoding, stdin=content)
        assert [r["name"] for r in records(outcome.out)] == names
    assert cli("predict", "--encoding", "klingon", stdin=b"Li\n").code == 1


@pytest.mark.parametrize("name", ["x.parquet", "x.json", "x.csv.gz", "x.xlsx", "x.txt"])
def test_a_suffix_that_is_not_written_is_refused_with_those_that_are(
    cli: Cli, run_directory: Path, tmp_path: Path, name: str
) -> None:
    ask = ("predict", "Karyan", "--model", run_directory, "--output", tmp_path / name)
    outcome = cli(*ask)
    assert outcome.code == 2
    assert (
        f"--output must end in .jsonl, .ndjson, .csv, .tsv, .md or .tex unless --format is given, was: '{name}'"
        in outcome.err
    )
    assert not (tmp_path / name).exists()
    assert cli(*ask, "--format", "csv").code == 0


def test_a_stated_population_is_named_beside_the_answers(
    cli: Cli, run_directory: Path, tmp_path: Path
) -> None:
    path = tmp_path / "mine.tsv"
    path.write_text("Polish\t1\nArmenian\t8\nGeorgian\t1\n")
    given = ("predict", "--model", run_directory, "Tom", "Karyan")
    assert [r["population"] for r in records(cli(*given).out)] == ["training rows"] * 2
    outcome = cli(*given, "--prior", path)
    assert "population mine.tsv, without prediction sets: these were fitted for training rows" in outcome.err
    assert [(r["population"], r["likely"]) for r in records(outcome.out)] == [("mine.tsv", [])] * 2
    assert cli(*given, "-f", "table").out.endswith("population: training rows\n")
    assert cli(*given, "-f", "table", "--prior", path).out.endswith("population: mine.tsv\n")


def test_sets_and_risks_that_are_asked_for_are_those_of_the_population(
    cli: Cli, run_directory: Path, tmp_path: Path
) -> None:
    outcome = cli("predict", "--model", run_directory, "Karyan", "--prior", "uniform", "--coverage", 0.8)
    assert (outcome.code, records(outcome.out)[0]["likely"]) == (0, ["Armenian"])
    moved = tmp_path / "moved"
    shutil.copytree(run_directory, moved)
    (moved / PLACES).unlink()
    refused = cli("predict", "--model", moved, "Karyan", "--prior", "uniform", "--risk", 0.5)
    assert (refused.code, refused.out) == (1, "")
    assert "small.tsv" in refused.err
    assert cli("predict", "--model", moved, "Karyan", "--prior", "uniform").code == 0


def test_the_shipped_model_does_not_pretend_to_sets_for_another_population(cli: Cli) -> None:
    refused = cli("predict", "Kim", "--prior", "uniform", "--risk", 0.1)
    assert (refused.code, refused.out) == (1, "")
    assert "people who bear the names that it has counts of, and these are not at hand" in refused.err


def test_regions_may_be_ones_own(cli: Cli, run_directory: Path, tmp_path: Path) -> None:
    path = tmp_path / "mine.tsv"
    path.write_text("Polish\tone\nArmenian\tone\nGeorgian\tone\n")
    given = ("predict", "--model", run_directory, "Tomu", "--regions", path, "--coverage", 0.99)
    (record,) = records(cli(*given).out)
    assert record["region"] == {"region": "one", "probability": pytest.approx(1)}
    assert "\n      one 100.0 %\n" in cli(*given, "-f", "table").out
    path.write_text("Polish\tone\nArmenian\tone\n")
    refused = cli(*given)
    assert (refused.code, refused.err.strip()) == (
        1,
        f"namecls: {path}: has no line for 'Georgian': add one for each label",
    )


def test_a_model_that_was_not_tested_says_so(cli: Cli, run_directory: Path, tmp_path: Path) -> None:
    assert cli("predict", "--model", run_directory, "Borovski").err == ""
    unfinished = Path(shutil.copytree(run_directory, tmp_path / "mine"))
    (unfinished / "MANIFEST.json").unlink()
    told = cli("predict", "--model", unfinished, "Borovski")
    assert told.code == 0
    assert told.err == (
        "mine: is not finished; its best weights so far answer, not tested; to test it: "
        f"namecls runs finish {unfinished}\n"
    )
    (unfinished / "metrics.json").unlink()
    Run(unfinished).write_manifest()
    assert cli("predict", "--model", unfinished, "Borovski").err.startswith(
        "mine: was not tested; to measure it:"
    )


def test_a_name_that_is_too_uncertain_has_no_ranking_in_any_format(cli: Cli) -> None:
    asked = ("predict", "Xqerlu", "--risk", 0.05, "--format")
    table = cli(*asked, "table").out
    assert table.splitlines()[1].startswith("  too uncertain: ")
    assert " 1  " not in table
    assert json.loads(cli(*asked, "jsonl").out)["ranked"] == []
    (row,) = csv.DictReader(io.StringIO(cli(*asked, "csv").out))
    assert (row["status"], row["label_1"]) == ("too uncertain", "")
    assert "%" not in cli(*asked, "markdown").out


def test_names_of_another_encoding_are_counted_and_the_encoding_is_named(
    cli: Cli, run_directory: Path, tmp_path: Path
) -> None:
    table = tmp_path / "customers.csv"
    table.write_bytes("Surname;Country\nMüller;DE\nKowalski;PL\nGarcía;ES\n".encode("windows-1252"))
    asked = (
        "predict",
        "-m",
        run_directory,
        "-i",
        table,
        "--name-column",
        "Surname",
        "-o",
        tmp_path / "found.csv",
    )
    done = cli(*asked)
    assert done.code == 0
    assert "2 of 3 names can't be read as UTF-8 and are not answered" in done.err
    assert "--encoding windows-1252 reads it so" in done.err
    again = cli(*asked, "--encoding", "windows-1252")
    assert "can't be read" not in again.err
    names = tmp_path / "names.txt"  # further on than what is looked at before anything is answered
    names.write_bytes(b"Kowalski\n" * 200_000 + "Müller\n".encode("windows-1252"))
    done = cli("predict", "-m", run_directory, "-i", names, "-o", tmp_path / "out.csv", "-k", 1)
    assert done.code == 0
    assert done.err.count("Windows-1252") == 1


def test_a_file_is_no_name(cli: Cli, run_directory: Path, tmp_path: Path) -> None:
    table = tmp_path / "customers.csv"
    table.write_text("Surname;Country\nKowalski;PL\n", encoding="utf-8")
    done = cli("predict", "-m", run_directory, table)
    assert done.code == 0
    assert f"{table} is a file; to answer the names in it: --input {table}" in done.err.replace("\n", " ")


def test_a_long_name_with_a_dot_is_no_file(cli: Cli, run_directory: Path) -> None:
    done = cli("predict", "-m", run_directory, "Ab. " * 100)
    assert done.code == 0
    assert "File name too long" not in done.err
