"""Hostile files of names; `tests/stress/inputs.py` tries more of them."""

from __future__ import annotations

import csv
import gzip
import io
import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from namecls.data import lines
from namecls.data.browse import Catalog, Query
from namecls.data.cells import RISKY, quote_cell, unquote_cell
from namecls.data.doubts import find_doubts
from namecls.data.table import load_dataset
from namecls.errors import DataError
from tests.cli.conftest import Cli, cli  # noqa: F401
from tests.library import small_table
from tests.stress import inputs
from tests.stress.files import FIRST, FORMATS, expected, one_line, written

#: The same examples every time: a failure here is a failure everywhere.
hostile = settings(max_examples=60, deadline=None, derandomize=True, database=None)

CELLS = st.text(st.sampled_from("''=+-@＝＋－＠ \t\n\r\0\x1f\x85\u200b\u2028\ufeff\u3000.a"), max_size=6)
NAMES = st.text(st.characters(exclude_categories=("Cs", "Cn")), max_size=12).map("a{}".format) | CELLS.map(
    "{}a".format
)
TABLES = st.lists(st.tuples(NAMES, NAMES), max_size=8).map(lambda pairs: FIRST + pairs)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hostile")


def test_hostile_files_are_refused_clearly_or_read_correctly() -> None:
    told: list[str] = []
    counts = inputs.run(False, told.append)
    assert counts["lost"] == 0, told
    assert counts["inputs tried"] == counts["refused clearly"] + counts["read correctly"]
    assert min(counts["refused clearly"], counts["read correctly"]) > 100


@hostile
@given(st.binary(max_size=400), st.sampled_from(inputs.SUFFIXES[:-1]))
def test_any_bytes_are_a_table_or_a_clear_error(folder: Path, data: bytes, suffix: str) -> None:
    path = folder / f"bytes{suffix}"
    path.write_bytes(data)
    if (table := inputs.read(path).table) is not None:
        inputs.look_through(table)
    inputs.incoming(data)


@pytest.mark.parametrize("kind", [kind for kind in FORMATS if kind != ".parquet"])
@hostile
@given(TABLES)
def test_a_table_is_read_back_as_it_was_written(
    folder: Path, kind: str, pairs: list[tuple[str, str]]
) -> None:
    rows = pairs if kind.startswith(".json") else one_line(pairs)
    path = folder / f"table{kind}"
    path.write_bytes(written(rows, kind))
    table = inputs.read(path).table
    assert table is not None
    assert list(zip(table.names, table.label_of_rows, strict=True)) == expected(rows)


@pytest.mark.parametrize("kind", [".tsv", ".csv"])
@hostile
@given(TABLES)
def test_a_table_of_someone_else_is_read_as_it_is(
    folder: Path, kind: str, pairs: list[tuple[str, str]]
) -> None:
    rows = [pair for pair in one_line(pairs) if not any(cell.startswith("'") for cell in pair)]
    path = folder / f"theirs{kind}"
    path.write_bytes(written(rows, kind, quote=str))
    table = inputs.read(path).table
    assert table is not None
    assert list(zip(table.names, table.label_of_rows, strict=True)) == expected(rows)


# Cells


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+a", "'+a"),
        ("-a", "'-a"),
        ("@home", "'@home"),
        ("＝1", "'＝1"),
        ("  =1", "'  =1"),
        ("\ufeff=1", "'\ufeff=1"),
        ("\tx", "'\tx"),
        ("\rx", "'\rx"),
        ("\n", "'\n"),
        ("'=1", "''=1"),
        ("''@a", "'''@a"),
        ("'t Hooft", "'t Hooft"),
        ("O'=x", "O'=x"),
        ("-", "-"),
        ("'", "'"),
        ("Kowalski-Nowak", "Kowalski-Nowak"),
        ("", ""),
    ],
)
def test_what_a_spreadsheet_would_run_gets_an_apostrophe(text: str, cell: str) -> None:
    assert quote_cell(text) == cell
    assert unquote_cell(cell) == text


@settings(max_examples=500, deadline=None, derandomize=True, database=None)
@given(st.lists(CELLS | st.text(), max_size=10))
def test_every_text_comes_back_and_no_cell_begins_a_formula(texts: list[str]) -> None:
    cells = [quote_cell(text) for text in texts]
    assert [unquote_cell(cell) for cell in cells] == texts
    for cell in cells:
        assert cell.strip()[:1] not in set("=+-@＝＋－＠") or len(cell.strip()) == 1
    sound = [cell for cell in (*cells, *texts) if cell.isprintable() or cell.isascii()]
    as_column = pl.Series(sound, dtype=pl.String).str.replace(f"^'({RISKY})", "$1").to_list()
    assert as_column == [unquote_cell(cell) for cell in sound]


@pytest.mark.parametrize("kind", ["csv", "tsv"])
def test_answers_are_safe_cells_unless_raw_ones_are_asked_for(
    cli: Cli,  # noqa: F811
    trained_run: Path,
    tmp_path: Path,
    kind: str,
) -> None:
    names = ["=cmd|' /C calc'!A0", "@Karyan", "-", "'=Karyan", "'t Hooft", "Karyan"]
    ask = ("predict", *("--model", trained_run), *("-f", kind), "--", *names)
    dialect = "excel" if kind == "csv" else "excel-tab"
    safe = list(csv.reader(io.StringIO(cli(*ask).out), dialect))[1:]
    raw = list(csv.reader(io.StringIO(cli(ask[0], "--raw-cells", *ask[1:]).out), dialect))[1:]
    assert [row[0] for row in raw] == names
    assert [row[0] for row in safe] == [
        "'=cmd|' /C calc'!A0",
        "'@Karyan",
        "-",
        "''=Karyan",
        "'t Hooft",
        "Karyan",
    ]
    answers = tmp_path / f"answers.{kind}"
    assert cli(*ask[:-7], "--output", answers, *ask[-7:]).code == 0
    table = load_dataset(answers, name_column="name", label_column="label_1", min_labels=1)
    assert table.names == [name for name, _, label, *_ in raw if label]
    assert {"@Karyan", "'=Karyan", "'t Hooft"} <= set(table.names)


def test_a_sample_is_a_file_of_the_same_names(cli: Cli, tmp_path: Path) -> None:  # noqa: F811
    pairs = [*FIRST, ("=1+a", "@b"), ("'=1+a", "'t Hooft"), ("-a", "-")]
    (tmp_path / "names.tsv").write_bytes(written(pairs, ".tsv"))
    sample = cli("data", "sample", tmp_path / "names.tsv").out
    assert "\n'=1+a\t'@b\n''=1+a\t't Hooft\n'-a\t-\n" in sample
    (tmp_path / "sample.tsv").write_text(sample, encoding="utf-8")
    table = load_dataset(tmp_path / "sample.tsv")
    assert list(zip(table.names, table.label_of_rows, strict=True)) == pairs
    raw = cli("data", "sample", tmp_path / "names.tsv", "--raw-cells").out
    assert "\n=1+a\t@b\n'=1+a\t" in raw


# Files that a fuzzer seldom finds


def test_a_pipe_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.tsv")
    with pytest.raises(DataError, match="found a device, pipe or socket"):
        load_dataset(tmp_path / "pipe.tsv")


def test_a_small_file_unpacks_to_little(tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.tsv.gz"
    bomb.write_bytes(gzip.compress(b"Abel\tCzech\n" * 500_000))
    with pytest.raises(
        DataError, match=r"unpacks to more than 1 MiB, the most that is read of a file of [\d,]+ bytes"
    ):
        load_dataset(bomb)
    assert lines.unpacked_limit(2**20) == 100 * 2**20
    assert lines.unpacked_limit(2**30) == lines.MAX_BYTES


def test_a_parquet_file_unpacks_to_little_too(tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.parquet"
    pl.select(name=pl.repeat("Abel" * 50, 100_000), label=pl.lit("Czech")).write_parquet(bomb)
    with pytest.raises(DataError, match="unpacks to more than 1 MiB"):
        load_dataset(bomb)


def test_what_ends_the_parquet_reader_ends_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "names.parquet"
    path.write_bytes(written(FIRST, ".parquet"))
    for end in ("os.abort()", "os._exit(0)", "print(1, flush=True)", "raise SystemExit('words')"):
        monkeypatch.setattr("namecls.data.parquet._PROGRAM", f"import os; {end}")
        with pytest.raises(DataError, match="expected a Parquet file, found a damaged one"):
            load_dataset(path)
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(DataError, match="the reader of Parquet can't be started: No such file"):
        load_dataset(path)


def test_the_parquet_reader_prints_nothing_when_it_breaks_down(tmp_path: Path) -> None:
    path = tmp_path / "names.parquet"
    program = f"from namecls.data.table import load_dataset; load_dataset({str(path)!r})"
    for cut in (60, 200):
        data = written(FIRST * 100, ".parquet")
        path.write_bytes(data[:cut] + bytes(len(data) - cut - 300) + data[-300:])
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
        assert "DataError: " in done.stderr
        assert "panicked" not in done.stderr


def test_of_an_overlong_line_only_the_beginning_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "_BLOCK", 64)
    path = tmp_path / "long.tsv"
    for letter in ("x", "é", "中", "😀"):
        for more in range(4):
            path.write_text(
                f"Abel\tCzech\n{'y' * more}{letter * 100_000}\tDanish\nBo\tDanish\n", encoding="utf-8"
            )
            table = load_dataset(path)
            assert table.frame["line"].to_list() == [1, 3]
            assert [bad.reason for bad in table.bad_lines] == ["line longer than 10,000 characters"]


def test_bad_lines_are_a_sequence(tmp_path: Path) -> None:
    (tmp_path / "n.tsv").write_text("Abel\tCzech\nx\ny\nBo\tDanish\nz\n")
    bad = load_dataset(tmp_path / "n.tsv").bad_lines
    assert [line.text for line in bad] == ["x", "y", "z"]
    assert (len(bad), bad[0].line, bad[-1].line) == (3, 2, 5)
    assert bad[1:] == (bad[1], bad[2])
    assert bad[5:] == ()
    assert bad == tuple(bad)
    with pytest.raises(IndexError):
        bad[3]


def test_a_name_holds_no_line_end(tmp_path: Path) -> None:
    path = tmp_path / "n.jsonl"
    names = ["Abel", "a\\nb", "a\\rb", "a\\u0000b", "Bo"]
    path.write_text("".join(f'{{"name": "{name}", "label": "L{at}"}}\n' for at, name in enumerate(names)))
    table = load_dataset(path)
    assert table.names == ["Abel", "Bo"]
    assert {bad.reason for bad in table.bad_lines} == {"a line end or a NUL inside"}


def test_columns_that_look_swapped_are_told(cli: Cli, tmp_path: Path) -> None:  # noqa: F811
    table = small_table()
    path = tmp_path / "swapped.tsv"
    rows = zip(table.label_of_rows, table.names, strict=True)
    path.write_text("".join(f"{label}\t{name}\n" for label, name in rows), encoding="utf-8")
    hint = "144 labels for 3 different names: the columns look swapped"
    (doubt,) = find_doubts(load_dataset(path))
    assert hint in doubt.text
    assert hint in cli("data", "inspect", path).out
    assert hint in cli("data", "sample", path).err
    assert find_doubts(load_dataset(path, name_column=2, label_column=1)) == find_doubts(table) == ()


def test_a_search_for_half_a_character_finds_nothing() -> None:
    assert len(Catalog(small_table()).select(Query("\ud800"))) == 0


def test_names_without_any_line_end_are_refused_some_time(monkeypatch: pytest.MonkeyPatch) -> None:
    from namecls.cli import incoming
    from namecls.cli.bulk import read_blocks

    monkeypatch.setattr(incoming, "MAX_ENDLESS", 2**20)
    with (
        Path("/dev/zero").open("rb", buffering=2**16) as endless,
        pytest.raises(DataError, match="no line end in 1 MiB"),
    ):
        list(read_blocks(endless))
