"""A column of weights: how often a row counts."""

import gzip
import json

import polars as pl
import pytest

from namecls.data.inspection import inspect_table
from namecls.data.split import deduplicate
from namecls.data.table import NameTable, load_dataset
from namecls.errors import DataError

ROWS = [("Kim", "Korean", 5210.0), ("Kim", "Chinese", 3.0), ("Müller", "German", 0.5)]


def tsv(*lines: str) -> str:
    return "name\tlabel\tcount\n" + "".join(f"{line}\n" for line in lines)


USUAL = tsv("Kim\tKorean\t5210", "Kim\tChinese\t3", "Müller\tGerman\t0.5")
OBJECTS = [{"name": n, "label": of, "count": w} for n, of, w in ROWS]


def rows(table: NameTable) -> list[tuple[object, ...]]:
    return list(table.frame.select("name", pl.col("label").cast(pl.String), "weight").iter_rows())


@pytest.mark.parametrize(
    ("name", "content", "column"),
    [
        ("a.tsv", USUAL.encode(), "count"),
        ("a.tsv", USUAL.encode(), 3),
        ("a.tsv", USUAL.replace("Kim\tK", '"Kim"\tK').encode(), "Count"),
        ("a.tsv.gz", gzip.compress(USUAL.encode(), mtime=0), "3"),
        ("a.csv", b"5210,Kim,Korean\n3,Kim,Chinese\n0.5,M\xc3\xbcller,German\n", 1),
        ("a.jsonl", "".join(json.dumps(found) + "\n" for found in OBJECTS).encode(), "count"),
        ("a.json", json.dumps(OBJECTS).encode(), "count"),
        (
            "a.json",
            json.dumps({key: [found[key] for found in OBJECTS] for key in OBJECTS[0]}).encode(),
            "count",
        ),
    ],
)
def test_weights_are_read_from_every_kind_of_file(tmp_path, name, content, column):
    (tmp_path / name).write_bytes(content)
    table = load_dataset(tmp_path / name, weight_column=column)
    assert rows(table) == ROWS
    asked = table.layout.columns
    again = load_dataset(
        tmp_path / name,
        name_column=asked.name,
        label_column=asked.label,
        header=asked.header,
        separator=asked.separator,
        weight_column=asked.weight,
    )
    assert rows(again) == ROWS


def test_weights_are_read_from_parquet(tmp_path):
    pl.DataFrame(OBJECTS).write_parquet(tmp_path / "a.parquet")
    table = load_dataset(tmp_path / "a.parquet", weight_column="count")
    assert rows(table) == ROWS
    assert "weights from 'count'" in table.layout.told


def test_a_table_has_weights_only_where_they_were_asked_for(tmp_path):
    (tmp_path / "a.tsv").write_text(USUAL)
    table = load_dataset(tmp_path / "a.tsv", name_column="name", label_column="label")
    assert table.weights is None
    assert table.frame.columns == ["line", "name", "label"]


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("", "no weight"),
        ("many", "the weight is no number, such as 5210 or 0.5"),
        ("5,210", "the weight is no number, such as 5210 or 0.5"),
        ("nan", "the weight is no number, such as 5210 or 0.5"),
        ("0", "the weight is not above 0 (from 1e-06 to 1e+12)"),
        ("-3", "the weight is not above 0 (from 1e-06 to 1e+12)"),
        ("inf", "the weight is not above 0 (from 1e-06 to 1e+12)"),
        ("1e300", "the weight is not above 0 (from 1e-06 to 1e+12)"),
    ],
)
def test_a_weight_that_is_no_positive_number_makes_a_bad_line(tmp_path, cell, reason):
    (tmp_path / "a.tsv").write_text(tsv("Abel\tCzech\t1", f"Bo\tDanish\t{cell}", "Li\tChinese\t2"))
    table = load_dataset(tmp_path / "a.tsv", weight_column="count")
    assert table.names == ["Abel", "Li"]
    assert [(bad.line, bad.reason) for bad in table.bad_lines] == [(3, reason)]
    pairs = [("Abel", "Czech"), ("Bo", "Danish")]
    if cell not in ("", "many", "5,210"):
        made = NameTable.from_pairs(pairs, weights=[1, float(cell)])
        assert [bad.reason for bad in made.bad_lines] == [reason]


@pytest.mark.parametrize(
    ("content", "column", "message"),
    [
        (
            "name\tlabel\nAbel\tCzech\nBo\tDanish\n",
            "count",
            "expected a column named 'count', found name, label",
        ),
        ("name\tlabel\nAbel\tCzech\nBo\tDanish\n", 3, "expected column 3, found 2 columns"),
        (USUAL, "label", "column 2 can't be both the label and the weight"),
        ("Abel\t1\nBo\t2\n", 2, "expected a name and a label beside the weight, found 2 columns"),
        (
            '{"Abel": "Czech", "Bo": "Danish"}',
            "count",
            "expected a column of weights, 'count', found .*, which has none",
        ),
    ],
)
def test_a_column_of_weights_that_is_not_there_is_told(tmp_path, content, column, message):
    (tmp_path / "a.tsv").write_text(content)
    with pytest.raises(DataError, match=message):
        load_dataset(tmp_path / "a.tsv", weight_column=column)


def test_pairs_may_have_weights():
    table = NameTable.from_pairs([(n, of) for n, of, _ in ROWS], weights=[w for *_, w in ROWS])
    assert rows(table) == ROWS
    assert table.sha256 != NameTable.from_pairs([(n, of) for n, of, _ in ROWS]).sha256
    with pytest.raises(DataError, match="a weight for each of 3 pairs, found 1"):
        NameTable.from_pairs([(n, of) for n, of, _ in ROWS], weights=[1.0])


def test_the_weights_of_exact_duplicates_add_up():
    pairs = [("Kim", "Korean"), ("Li", "Chinese"), ("Kim", "Korean"), ("Kim", "Chinese")]
    table = deduplicate(NameTable.from_pairs(pairs, weights=[2, 1, 5, 1]))
    assert rows(table) == [("Kim", "Korean", 7), ("Li", "Chinese", 1), ("Kim", "Chinese", 1)]


def test_the_weights_of_a_table_are_summed_up():
    table = NameTable.from_pairs([(n, of) for n, of, _ in ROWS], weights=[w for *_, w in ROWS])
    told = inspect_table(table).to_json()["weights"]
    assert told == {
        "total": 5213.5,
        "least": 0.5,
        "median": 3.0,
        "most": 5210.0,
        "labels": {"Korean": 5210.0, "Chinese": 3.0, "German": 0.5},
    }
    assert inspect_table(NameTable.from_pairs([("Kim", "Korean")])).weights is None


@pytest.mark.parametrize("cell", ["", "many", "-3"])
def test_where_no_weight_is_one_the_error_names_what_helps(tmp_path, cell):
    (tmp_path / "a.tsv").write_text(tsv("\tCzech\t1", f"Bo\tDanish\t{cell}", f"Li\tChinese\t{cell}"))
    with pytest.raises(DataError, match=r"line 3: .*weight.* --weight-column") as told:
        load_dataset(tmp_path / "a.tsv", weight_column="count")
    assert "--separator" not in str(told.value)
    assert "--name-column" not in str(told.value)
