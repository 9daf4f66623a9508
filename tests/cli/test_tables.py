"""`namecls predict` on tables."""

from __future__ import annotations

import csv
import gzip
import io
import json
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from namecls.inference.prediction import Predictor
from tests.cli.conftest import Cli

OPEN = b'name,b\nx,"open' + b"\ny,z" * 2**18
NEW = ["label", "probability", "set", "status"]
TABLE = (
    'id,surname,note\r\n1,Kowalski,"a, b"\r\n2,Yamamoto,"two\nlines"\r\n3,,\r\n4,Müller\r\n\r\n5,=cmd, x \r\n'
).encode()


@pytest.fixture(scope="module")
def predictor(run_directory: Path) -> Predictor:
    return Predictor.load(run_directory)


def test_a_table_is_written_again_to_the_byte_with_the_answers_behind_it(
    cli: Cli, run_directory: Path, predictor: Predictor, tmp_path: Path
) -> None:
    source, target = tmp_path / "c.csv", tmp_path / "o.csv"
    source.write_bytes(TABLE)
    done = cli("predict", "--model", run_directory, "-i", source, "--name-column", "surname", "-o", target)
    assert done.code == 0, done.err
    written = target.read_bytes().decode()
    before = TABLE.decode().split("\r\n")
    after = written.split("\r\n")
    assert after[0] == f"{before[0]},{','.join(NEW)}"
    assert [a.startswith(b) for a, b in zip(after, before, strict=True)] == [True] * len(before)
    assert after[5] == ""  # a blank line is no record
    rows = list(csv.DictReader(io.StringIO(written, newline="")))
    predictions = predictor.predict([row["surname"] for row in rows])
    for row, found in zip(rows, predictions, strict=True):
        assert row["status"] == found.status
        assert row["set"] == "|".join(found.likely)
        assert row["label"] == (found.ranked[0].label if found.ranked else "")
        assert row["probability"] == (f"{found.ranked[0].probability:.6f}" if found.ranked else "")
    assert [row["note"] for row in rows] == ["a, b", "two\nlines", "", "", " x "]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=8),
            st.text("ab,;\"'\n\t ", max_size=6),
        ),
        min_size=1,
        max_size=5,
    ),
    st.sampled_from([",", ";", "\t"]),
    st.sampled_from(["\n", "\r\n"]),
)
def test_whatever_stands_in_its_cells_stays(
    cli: Cli, run_directory: Path, tmp_path: Path, rows: list[tuple[str, str]], sign: str, end: str
) -> None:
    source, target = tmp_path / "c.csv", tmp_path / "o.csv"
    text = io.StringIO(newline="")
    # Python writes a bare \r without quotes, and then takes it for the end of a row.
    quoting = csv.QUOTE_ALL if any("\r" in name for name, _ in rows) else csv.QUOTE_MINIMAL
    csv.writer(text, delimiter=sign, lineterminator=end, quoting=quoting).writerows(
        [("name", "other"), *rows]
    )
    source.write_bytes(text.getvalue().encode())
    options = ("--name-column", "name", "--separator", "tab" if sign == "\t" else sign)
    kind = "tsv" if sign == "\t" else "csv"
    done = cli("predict", "--model", run_directory, "-i", source, *options, "--format", kind, "-o", target)
    assert done.code == 0, done.err
    found = list(csv.reader(io.StringIO(target.read_bytes().decode(), newline=""), delimiter=sign))
    assert [tuple(row[:2]) for row in found[1:]] == rows
    assert {len(row) for row in found} == {2 + len(NEW)}


def test_names_in_two_columns_are_put_together_in_the_order_asked_for(cli: Cli, run_directory: Path) -> None:
    table = b"1\tAnna\tMuller\n2\t\tRossi\n"
    done = cli(
        "predict",
        "--model",
        run_directory,
        "--name-column",
        2,
        "--name-column",
        3,
        "--format",
        "jsonl",
        stdin=table,
    )
    assert done.code == 0, done.err
    alone = cli("predict", "--model", run_directory, "Anna Muller", "Rossi").out.splitlines()
    for line, single in zip(done.out.splitlines(), map(json.loads, alone), strict=True):
        found = json.loads(line)
        assert list(found) == ["column_1", "column_2", "column_3", *NEW]
        assert (found["label"], found["set"]) == (single["ranked"][0]["label"], single["likely"])


def test_json_lines_keep_all_else(cli: Cli, run_directory: Path) -> None:
    lines = b'{"n": "Rossi", "a": [1, 2.50]}\n\n{"a": {"\\u0041": null}, "n": null} \r\n'
    done = cli("predict", "--model", run_directory, "--name-column", "n", "-k", 2, stdin=lines)
    assert done.code == 0, done.err
    first, blank, last = done.out.split("\n")[:3]
    assert first.startswith('{"n": "Rossi", "a": [1, 2.50], "label": ')
    assert list(json.loads(first))[2:] == [
        "label",
        "probability",
        "label_2",
        "probability_2",
        "set",
        "status",
    ]
    assert blank == ""
    assert last.startswith('{"a": {"\\u0041": null}, "n": null, "label": null')
    assert json.loads(last)["status"] == "no letters"


def test_kinds_of_tables_become_each_other(cli: Cli, run_directory: Path, tmp_path: Path) -> None:
    source = tmp_path / "c.csv.gz"
    source.write_bytes(gzip.compress(TABLE))
    kinds = ("o.parquet", "o.jsonl.gz", "o.tsv")
    for kind in kinds:
        done = cli(
            "predict",
            "--model",
            run_directory,
            "-i",
            source,
            "--name-column",
            "surname",
            "-o",
            tmp_path / kind,
        )
        assert done.code == 0, done.err
    frame = pl.read_parquet(tmp_path / "o.parquet")
    assert frame.columns == ["id", "surname", "note", *NEW]
    assert frame["surname"].to_list() == ["Kowalski", "Yamamoto", "", "Müller", "=cmd"]
    assert frame.schema["set"] == pl.List(pl.String)
    assert (
        pl.read_ndjson(gzip.decompress((tmp_path / "o.jsonl.gz").read_bytes()))["label"].to_list()
        == frame["label"].to_list()
    )
    assert pl.read_csv(tmp_path / "o.tsv", separator="\t")["label"].to_list() == frame["label"].to_list()
    again = tmp_path / "again.parquet"
    done = cli(
        *("predict", "--model", run_directory, "-i", tmp_path / "o.parquet", "--name-column", "surname"),
        *("--prefix", "new_", "-o", again),
    )
    assert done.code == 0, done.err
    both = pl.read_parquet(again)
    assert both["new_label"].to_list() == both["label"].to_list()
    assert both.columns[:7] == frame.columns


def test_bytes_that_are_not_utf_8_come_back_as_they_were(
    cli: Cli, run_directory: Path, tmp_path: Path
) -> None:
    source, target = tmp_path / "c.csv", tmp_path / "o.csv"
    source.write_bytes(b"name,x\nM\xfcller,\xe4\nRossi,b\n")
    done = cli("predict", "--model", run_directory, "-i", source, "--name-column", "name", "-o", target)
    assert done.code == 0, done.err
    lines = target.read_bytes().splitlines()
    assert lines[1] == b"M\xfcller,\xe4,,,,not UTF-8"
    assert lines[2].startswith(b"Rossi,b,")


@pytest.mark.parametrize(
    ("content", "options", "told"),
    [
        (TABLE, ("--name-column", "family"), "expected a column named 'family', found id, surname, note"),
        (TABLE, ("--name-column", "7"), "expected column 7, found 3 columns"),
        (b"name,label\nx,y\n", ("--name-column", "name"), "--prefix"),
        (OPEN, ("--name-column", "name"), "is a quote left open"),
        (b'{"n": "Kim"}\n[1]\n', ("--name-column", "n"), "line 2: expected a JSON object"),
        (b'{"n": "Kim"}\n', ("--name-column", "m"), "expected the key 'm', found n"),
        (b"name,b\nx,1,2\n", ("--name-column", "name"), "line 2: expected at most 2 cells, found 3"),
        (b"PAR1 not really", ("--name-column", "n"), "expected a Parquet file, found a damaged one"),
        (b"\x1f\x8bno gzip", ("--name-column", "n"), "expected gzip data, found damaged"),
        (b"\x89PNG\r\n\x1a\n\0\0\0", ("--name-column", "n"), "expected text"),
        (TABLE, (), "say with --name-column where the names stand"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_wrong_is_told_and_nothing_is_written(
    cli: Cli, run_directory: Path, tmp_path: Path, content: bytes, options: tuple[str, ...], told: str
) -> None:
    source, target = tmp_path / "c.csv", tmp_path / "o.csv"
    source.write_bytes(content)
    target.write_bytes(b"before")
    done = cli("predict", "--model", run_directory, "-i", source, *options, "-o", target)
    assert done.code == 1
    assert told in done.err
    assert target.read_bytes() == b"before"
    assert {path.name for path in tmp_path.iterdir()} == {"c.csv", "o.csv"}


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--prefix", "x"), "--prefix is of tables"),
        (("--separator", "tab"), "--separator is of tables"),
        (("--name-column", "a", "Kim"), "give --input FILE"),
        (("--name-column", "a", "--format", "markdown"), "must be one of csv, tsv, jsonl, parquet"),
        (("--name-column", "a", "--output", "x.xlsx"), ".parquet"),
    ],
)
def test_options_that_do_not_fit_are_refused(cli: Cli, options: tuple[str, ...], told: str) -> None:
    done = cli("predict", *options, stdin=b"a,b\nx,y\n")
    assert done.code == 2
    assert told in " ".join(done.err.split())


def test_a_frame_gets_the_answers_behind_its_columns(predictor: Predictor) -> None:
    frame = pl.DataFrame({"id": [1, 2, 3], "name": ["Rossi", None, "Muller"]})
    found = predictor.predict_frame(frame, "name", k=2, prefix="x_")
    assert found.columns == [
        "id",
        "name",
        "x_label",
        "x_probability",
        "x_label_2",
        "x_probability_2",
        "x_set",
        "x_status",
    ]
    assert found["x_status"].to_list() == ["ok", "no letters", "ok"]
    first = predictor.predict("Rossi", 2)
    assert found.row(0)[2:6] == tuple(
        value
        for ranked in first.ranked
        for value in (ranked.label, pytest.approx(ranked.probability, abs=1e-6))
    )
    assert found["x_set"].to_list()[0] == list(first.likely)
    assert frame.columns == ["id", "name"]


def test_a_frame_of_pandas_stays_one(predictor: Predictor) -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"name": ["Rossi", None]}, index=[7, 9])
    found = predictor.predict_frame(frame, "name")
    assert list(found.columns) == ["name", *NEW]
    assert list(found.index) == [7, 9]
    assert list(found["status"]) == ["ok", "no letters"]


def test_probabilities_as_scikit_learn_has_them(predictor: Predictor) -> None:
    found = predictor.predict_proba(["Rossi", "Muller"])
    assert found.shape == (2, len(predictor.classes_))
    assert found.sum(1) == pytest.approx([1, 1], abs=1e-5)
    assert predictor.classes_[found[0].argmax()] == predictor.predict("Rossi").ranked[0].label


def test_what_ends_the_reader_of_a_parquet_table_ends_nothing_else(
    cli: Cli, run_directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "names.parquet"
    pl.DataFrame({"n": ["Rossi"], "x": [[1, 2]]}).write_parquet(source)
    options = ("predict", "--model", run_directory, "-i", source, "--name-column", "n")
    assert json.loads(cli(*options, "--format", "jsonl").out)["x"] == [1, 2]
    monkeypatch.setattr("namecls.data.parquet._PROGRAM", "import os; os.abort()")
    done = cli(*options, "-o", tmp_path / "o.parquet")
    assert (done.code, "found a damaged one" in done.err) == (1, True)
    assert not (tmp_path / "o.parquet").exists()


def test_keys_that_come_too_late_for_a_column_are_told(
    cli: Cli, run_directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("namecls.data.records.BLOCK", 2)
    lines = b'{"n": "Rossi"}\n{"n": "Muller"}\n{"n": "Kim", "late": 1}\n'
    done = cli(
        "predict", "--model", run_directory, "--name-column", "n", "-o", tmp_path / "o.csv", stdin=lines
    )
    assert (done.code, "the key 'late' comes first" in done.err) == (1, True)
    assert cli("predict", "--model", run_directory, "--name-column", "n", stdin=lines).out.count("\n") == 3


def test_a_table_on_a_terminal_is_literal() -> None:
    from namecls.cli import tables

    written = io.BytesIO()
    tables._SafeTerminal(written).write(b"a\x1b[2J,b\r\nc\n")
    assert written.getvalue().decode() == "a␛[2J,b\nc\n"
