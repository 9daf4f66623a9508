import hashlib

import polars as pl
import pytest

from namecls.data.table import BadLine, NameTable, load_dataset
from namecls.errors import DataError


def test_the_classic_file_loads_as_it_is(classic_file):
    table = load_dataset(classic_file)
    assert len(table) == 20_074
    assert len(table.labels) == 18
    assert [(bad.line, bad.reason) for bad in table.bad_lines] == [
        (1, "expected 2 columns, found 1"),
        (2, "expected 2 columns, found 1"),
    ]
    assert table.bad_lines[0].text.startswith("categorys = ['Italian', 'English',")
    assert table.frame["line"][0] == 3


def test_the_frame_has_lean_columns(tmp_path):
    (tmp_path / "n.tsv").write_text("Abel\tCzech\nBo\tDanish\n")
    table = load_dataset(tmp_path / "n.tsv")
    assert table.frame.columns == ["line", "name", "label"]
    assert table.frame.dtypes == [pl.UInt32, pl.String, pl.Categorical]


def test_labels_are_sorted_and_counts_fall():
    table = NameTable.from_pairs([("Li", "Chinese"), ("Abel", "Czech"), ("Wu", "Chinese"), ("Bo", "Danish")])
    assert table.labels == ("Chinese", "Czech", "Danish")
    assert list(table.label_counts.items()) == [("Chinese", 2), ("Czech", 1), ("Danish", 1)]
    assert table.names == ["Li", "Abel", "Wu", "Bo"]
    assert table.label_of_rows == ["Chinese", "Czech", "Chinese", "Danish"]


def test_other_rows_of_a_table_keep_its_source_and_its_own_counts(tmp_path):
    (tmp_path / "n.tsv").write_text("Abel\tCzech\nBo\tDanish\nbad\n")
    table = load_dataset(tmp_path / "n.tsv")
    assert table.label_counts == {"Czech": 1, "Danish": 1}
    part = table.with_frame(table.frame.head(1))
    assert part.label_counts == {"Czech": 1}
    assert (part.title, part.sha256) == ("n.tsv", table.sha256)
    assert part.bad_lines == (BadLine(3, "expected 2 columns, found 1", "bad"),)


def test_the_hash_is_that_of_the_bytes_of_the_file(tmp_path):
    (tmp_path / "n.tsv").write_bytes(b"Abel\tCzech\nBo\tDanish\n")
    expected = hashlib.sha256(b"Abel\tCzech\nBo\tDanish\n").hexdigest()
    assert load_dataset(tmp_path / "n.tsv").sha256 == expected


def test_labels_of_different_files_stay_comparable():
    one, other = (
        NameTable.from_pairs([("Li", "Chinese")]),
        NameTable.from_pairs([("Bo", "Danish"), ("Wu", "Chinese")]),
    )
    both = pl.concat([one.frame, other.frame])
    assert both["label"].to_list() == ["Chinese", "Danish", "Chinese"]
    assert both.filter(pl.col("label") == "Chinese")["name"].to_list() == ["Li", "Wu"]


def test_a_file_to_be_tested_on_may_have_one_label(tmp_path):
    (tmp_path / "n.tsv").write_text("Abel\tCzech\n")
    assert len(load_dataset(tmp_path / "n.tsv", min_labels=1)) == 1
    with pytest.raises(DataError, match="is the label in another column"):
        load_dataset(tmp_path / "n.tsv")
