import codecs
import gzip
import json
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from namecls.data import lines, reading, reasons
from namecls.data.table import NameTable, load_dataset
from namecls.errors import DataError

PAIRS = [("Abel", "Czech"), ("Müller", "German"), ("Núñez", "Spanish")]
TSV = "".join(f"{name}\t{label}\n" for name, label in PAIRS)


def packed(content: bytes) -> bytes:
    """Without a time in it: each worker has to see the same tests."""
    return gzip.compress(content, mtime=0)


def read(folder: Path, content: bytes | str, name: str = "names.tsv", **options) -> NameTable:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return load_dataset(path, **options)


def pairs(table: NameTable) -> list[tuple[str, str]]:
    return list(zip(table.names, table.label_of_rows, strict=True))


def bad(table: NameTable) -> list[tuple[int, str]]:
    return [(line.line, line.reason) for line in table.bad_lines]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("names.tsv", TSV),
        ("names.txt", TSV),
        ("names", TSV),
        ("names.csv", TSV.replace("\t", ",")),
        ("names.csv", TSV.replace("\t", ";")),
        ("names.txt", TSV.replace("\t", ";")),
        ("bom.tsv", codecs.BOM_UTF8 + TSV.encode()),
        ("crlf.tsv", TSV.replace("\n", "\r\n")),
        ("mac.tsv", TSV.replace("\n", "\r")),
        ("cut.tsv", TSV.removesuffix("\n")),
        ("cut.tsv", TSV.replace("\n", "\r\n").removesuffix("\r\n")),
        ("quoted.csv", "".join(f'"{name}","{label}"\n' for name, label in PAIRS)),
        ("half.csv", "".join(f'"{name}",{label}\n' for name, label in PAIRS)),
        ("header.csv", "Name,Country\n" + TSV.replace("\t", ",")),
        ("header.csv", '"Family Name";"LABEL"\n' + TSV.replace("\t", ";")),
        ("turned.csv", "country,surname\n" + "".join(f"{label},{name}\n" for name, label in PAIRS)),
        (
            "wide.tsv",
            "id\tname\tyear\tlanguage\n" + "".join(f"7\t{name}\t1900\t{label}\n" for name, label in PAIRS),
        ),
        ("names.tsv.gz", packed(TSV.encode())),
        ("names.csv.gz", packed(TSV.replace("\t", ",").encode())),
        ("names.jsonl", "".join(json.dumps({"name": n, "label": c}) + "\n" for n, c in PAIRS)),
        (
            "names.jsonl.gz",
            packed("".join(f'{{"country":"{c}","name":"{n}"}}\n' for n, c in PAIRS).encode()),
        ),
        ("objects.txt", "".join(json.dumps({"who": n, "where": c}) + "\n" for n, c in PAIRS)),
    ],
)
def test_every_format_gives_the_same_rows(tmp_path, name, content):
    table = read(tmp_path, content, name)
    assert pairs(table) == PAIRS
    assert table.bad_lines == ()


@pytest.mark.parametrize("name", ["names.parquet", "names.pq", "no-suffix"])
def test_parquet_gives_the_same_rows(tmp_path, name):
    frame = pl.DataFrame({"id": [1, 2, 3], "country": [c for _, c in PAIRS], "name": [n for n, _ in PAIRS]})
    frame.write_parquet(tmp_path / name)
    assert pairs(load_dataset(tmp_path / name)) == PAIRS


def test_parquet_rows_that_can_not_be_used_have_record_numbers(tmp_path):
    frame = pl.DataFrame(
        {
            "name": ["Abel", None, "Bo"],
            "label": pl.Series(["Czech", "Danish", "Danish"], dtype=pl.Categorical),
        }
    )
    frame.write_parquet(tmp_path / "names.parquet")
    table = load_dataset(tmp_path / "names.parquet")
    assert (pairs(table), bad(table)) == ([("Abel", "Czech"), ("Bo", "Danish")], [(2, "no name")])


def test_columns_are_told_by_name_or_by_number(tmp_path):
    content = "who;where;what\nAbel;Prague;Czech\nBo;Aarhus;Danish\n"
    expected = [("Abel", "Czech"), ("Bo", "Danish")]
    assert pairs(read(tmp_path, content, name_column="WHO", label_column="what")) == expected
    assert pairs(read(tmp_path, content, name_column=1, label_column=3, header=True)) == expected
    assert pairs(read(tmp_path, content, name_column="1", label_column="3", header=True)) == expected
    assert pairs(read(tmp_path, content, label_column=3)) == [("who", "what"), *expected]


def test_a_header_can_be_denied(tmp_path):
    assert pairs(read(tmp_path, "Name\tCountry\nAbel\tCzech\n", header=False))[0] == ("Name", "Country")


def test_a_row_of_the_data_is_not_taken_for_a_header(tmp_path):
    assert len(read(tmp_path, "Country\tEnglish\nAbel\tCzech\n")) == 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"name_column": "nome"}, "expected a column named 'nome', found who, where"),
        ({"label_column": 3}, "expected column 3, found 2 columns; they are counted from 1"),
        ({"label_column": 0}, "expected column 0, found 2 columns"),
        ({"name_column": 1, "label_column": "1"}, "column 1 can't be both the name and the label"),
        ({"name_column": "nome", "header": False}, "found none with a name; say a number from 1 to 2"),
    ],
)
def test_a_column_that_is_not_there_is_an_error(tmp_path, options, message):
    with pytest.raises(DataError, match=message):
        read(tmp_path, "who,where\nAbel,Czech\nBo,Danish\n", "names.csv", **options)


def test_a_title_of_several_columns_is_not_taken_for_the_first(tmp_path):
    text = "name,Name,label,label\nAbel,Abby,Czech,Danish\nBo,Bob,Danish,Czech\n"
    with pytest.raises(DataError, match="columns 3, 4 are named 'label'; say which one by its number"):
        read(tmp_path, text, "names.csv", name_column="name", label_column="label")
    with pytest.raises(DataError, match="columns 1, 2 are named 'NAME'"):
        read(tmp_path, text, "names.csv", name_column="NAME", label_column=4)
    assert pairs(read(tmp_path, text, "names.csv", name_column="Name", label_column=4))[0] == (
        "Abby",
        "Danish",
    )


def test_every_unusable_line_is_kept_with_number_and_reason(tmp_path):
    text = [
        "Abel\tCzech",
        "no delimiter",
        "",
        "  \t ",
        "Bo\tDanish\tmore",
        "\tCzech",
        "Bo\t",
        "42\tDanish",
        "x" * 257 + "\tCzech",
        "Bo\t" + "y" * 129,
        "Bo\tDanish",
        "z" * 20_000,
    ]
    table = read(tmp_path, "\n".join(text))
    assert pairs(table) == [("Abel", "Czech"), ("Bo", "Danish")]
    assert table.frame["line"].to_list() == [1, 11]
    assert bad(table) == [
        (2, "expected 2 columns, found 1"),
        (3, "empty line"),
        (4, "empty line"),
        (5, "expected 2 columns, found 3"),
        (6, "no name"),
        (7, "no label"),
        (8, "no letters in the name"),
        (9, "name longer than 256 characters"),
        (10, "label longer than 128 characters"),
        (12, "line longer than 10,000 characters"),
    ]
    assert table.bad_lines[0].text == "no delimiter"
    assert len(table.bad_lines[-1].text) == 200
    assert table.bad_lines[-1].text.endswith("z…")


def test_an_unclosed_quote_spoils_one_line_only(tmp_path):
    table = read(
        tmp_path, 'Abel,Czech\n"Bo,Danish\n"O""Neil, J.",Irish\n"Li"x,Chinese\nO"Hara,Irish\n', "n.csv"
    )
    assert pairs(table) == [("Abel", "Czech"), ('O"Neil, J.', "Irish"), ('O"Hara', "Irish")]
    assert bad(table) == [(2, reasons.BAD_QUOTES), (4, reasons.BAD_QUOTES)]


def test_quoted_lines_stay_in_the_order_of_the_file(tmp_path):
    table = read(tmp_path, 'Abel\tCzech\n"Bo"\tDanish\nCid\tSpanish\n"Dee"\tEnglish\n')
    assert table.names == ["Abel", "Bo", "Cid", "Dee"]
    assert table.frame["line"].to_list() == [1, 2, 3, 4]


def test_only_line_feeds_end_a_line(tmp_path):
    table = read(tmp_path, "A\u2028b\x0bc\x0cd\x85e\tCzech\nBo\tDanish\n")
    assert pairs(table)[0] == ("A\u2028b\x0bc\x0cd\x85e", "Czech")


def test_all_unicode_white_space_is_trimmed(tmp_path):
    table = read(tmp_path, "\u3000Abel\xa0\tCzech \nBo\x1f\t\u2003Danish\n")
    assert pairs(table) == [("Abel", "Czech"), ("Bo", "Danish")]


def test_names_are_otherwise_as_in_the_file(tmp_path):
    names = ["O[x]", "Mu\u0308ller", "\u202eevil", "a\x1b[31mb", "Ng  Lee", "‏אבי"]
    table = read(tmp_path, "".join(f"{name}\tA{i % 2}\n" for i, name in enumerate(names)))
    assert table.names == names


def test_lines_that_are_not_utf8_are_bad_lines(tmp_path):
    table = read(tmp_path, b"\xef\xbb\xbfAbel\tCzech\r\nM\xfcller\tGerman\r\nBo\tDanish")
    assert pairs(table) == [("Abel", "Czech"), ("Bo", "Danish")]
    assert bad(table) == [(2, "not UTF-8")]
    assert table.bad_lines[0].text == "M\\xfcller\tGerman"


def test_a_lone_nul_spoils_nothing_else(tmp_path):
    table = read(tmp_path, TSV * 40 + "a\0b\tCzech\n")
    assert bad(table) == [(121, "a NUL byte")]


def test_json_lines_say_what_is_wrong_with_them(tmp_path):
    text = [
        '{"name": "Abel", "label": "Czech", "born": 1900}',
        '{"name": "Bo", "label": "Danish"}',
        '{"name": "Bo"}',
        '{"name": 7, "label": "Danish"}',
        '{"name": null, "label": "Danish"}',
        '["Bo", "Danish"]',
        '{"name": "Bo", "label": ',
        '{"name": "\\ud800", "label": "Danish"}',
        "[" * 9000,
    ]
    assert bad(read(tmp_path, "\n".join(text), "names.jsonl")) == [
        (3, "no 'label'"),
        (4, "'name' is not text"),
        (5, "no name"),
        (6, "not a JSON object"),
        (7, "not a JSON object"),
        (8, "half of a surrogate pair"),
        (9, "not a JSON object"),
    ]


UTF_16 = "names of people\tand labels\n" * 3


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.tsv", b"", "the file is empty"),
        ("a.tsv", b" \n\n", "the file is empty"),
        ("a.tsv", codecs.BOM_UTF8, "the file is empty"),
        ("a.tsv.gz", packed(b""), "the file is empty"),
        (
            "a.tsv",
            b"Abel\nBo\n",
            "line 1: expected 2 columns, found 1; none of 2 records can be used, expected a name and",
        ),
        ("a.csv", b"Abel\n", "line 1: expected 2 columns, found 1; its only record can't be used"),
        (
            "a.tsv",
            b"Abel\tCzech\nBo\tCzech\n",
            "expected at least 2 labels, found only 'Czech' in all 2 rows",
        ),
        ("a.tsv", b"name\tlabel\n", "found a header only"),
        ("a.tsv", b"x" * 10_000_000, "line 1: line longer than 10,000 characters"),
        ("a.tsv", b"\t" * 10_000_000, "the file is empty"),
        (
            "a.tsv",
            b"M\xfcller\tGerman\nN\xfa\xf1ez\tSpanish\n",
            "found 2 of 2 lines that are not; it looks like Windows-1252: --encoding windows-1252",
        ),
        (
            "a.tsv",
            UTF_16.encode("utf-16"),
            "found UTF-16 text; read it with --encoding utf-16, or save it as UTF-8",
        ),
        (
            "a.tsv",
            UTF_16.encode("utf-16-le"),
            "found UTF-16 text without a mark; read it with --encoding utf-16le",
        ),
        ("a.tsv", bytes(range(256)) * 4, r"found a binary file \(NUL bytes\)"),
        ("a.tsv", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "found a picture"),
        ("a.xlsx", b"PK\x03\x04\x14\x00\x06\x00", "a ZIP archive or an Excel workbook"),
        ("a.parquet", b"PAR1 nothing of the kind PAR1", "expected a Parquet file, found a damaged one"),
        ("a.parquet", b"Abel\tCzech\n", "expected a Parquet file, found a damaged one"),
        ("a.tsv.gz", packed(TSV.encode())[:-12], "the gzip data ends too early"),
        ("a.tsv.gz", packed(TSV.encode())[:-8] + b"\0" * 8, "the gzip data is damaged"),
        ("a.jsonl", b"[1]\n", "line 1: not a JSON object"),
        ("a.jsonl", b'{"name": "Abel"}\n', "with a name and a label per line, found only 'name'"),
    ],
)
def test_a_file_without_anything_useful_is_an_error_that_says_why(tmp_path, name, content, message):
    with pytest.raises(DataError, match=message) as error:
        read(tmp_path, content, name)
    assert str(tmp_path / name) in str(error.value)


def test_paths_that_are_no_files_are_errors(tmp_path):
    with pytest.raises(DataError, match="there is no such file"):
        load_dataset(tmp_path / "missing.tsv")
    with pytest.raises(DataError, match="found a directory"):
        load_dataset(tmp_path)
    with pytest.raises(DataError, match="found a device, pipe or socket"):
        load_dataset("/dev/null")
    with pytest.raises(DataError, match="can't be read"):
        load_dataset("a\0b")


def test_a_parquet_file_of_numbers_or_one_column_is_an_error(tmp_path):
    pl.DataFrame({"name": ["Abel"]}).write_parquet(tmp_path / "one.parquet")
    with pytest.raises(DataError, match="found 1"):
        load_dataset(tmp_path / "one.parquet")
    pl.DataFrame({"name": [["Abel"]], "label": ["Czech"]}).write_parquet(tmp_path / "lists.parquet")
    with pytest.raises(DataError, match="expected text in column 'name', found List"):
        load_dataset(tmp_path / "lists.parquet")


def test_no_more_than_the_limit_is_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(lines, "MAX_BYTES", 2**20)
    bomb = packed(b"\n" * 2**22)
    assert len(bomb) < 2**14
    with pytest.raises(DataError, match="unpacks to more than 1 MiB"):
        read(tmp_path, bomb, "a.tsv.gz")
    with pytest.raises(DataError, match="larger than 1 MiB"):
        read(tmp_path, b"\n" * 2**22, "a.tsv")


def test_no_more_records_than_the_limit_are_read(tmp_path, monkeypatch):
    monkeypatch.setattr(lines, "MAX_RECORDS", 2)
    monkeypatch.setattr(reading, "MAX_RECORDS", 2)
    with pytest.raises(DataError, match="more than 2 lines"):
        read(tmp_path, TSV)
    pl.DataFrame(PAIRS, schema=["name", "label"], orient="row").write_parquet(tmp_path / "a.parquet")
    with pytest.raises(DataError, match="3 rows; at most 2 are read"):
        load_dataset(tmp_path / "a.parquet")


def test_lines_are_numbered_through_all_blocks(tmp_path, monkeypatch):
    monkeypatch.setattr(lines, "_BLOCK", 64)
    text = ["name\tlabel", *(f"Name{chr(97 + i % 26)}\tL{i % 3}" for i in range(100))]
    text[40], text[70] = "bad", '"quoted"\tL1'
    table = read(tmp_path, "\r\n".join(text).encode() + b"\r\nM\xfcller\tGerman")
    assert bad(table) == [(41, "expected 2 columns, found 1"), (102, "not UTF-8")]
    assert table.frame["line"].to_list() == [*range(2, 41), *range(42, 102)]
    assert table.frame.filter(pl.col("line") == 71)["name"].item() == "quoted"


CELL = st.text(st.sampled_from("aé \"',;\r\x1f\ufeff\u0301中{}[]:\\"), max_size=4)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(CELL, min_size=1, max_size=3).map("\t".join), max_size=8), st.booleans())
def test_every_line_becomes_a_row_or_a_reason(tmp_path_factory, records, last):
    content = "Abel\tCzech\nBo\tDanish\n" * 5 + "\n".join(records) + "\n" * last
    table = read(tmp_path_factory.mktemp("lines"), content, "n.tsv", header=False)
    numbers = sorted([*table.frame["line"], *(line.line for line in table.bad_lines)])
    content = content.replace("\n\ufeff", "\n")  # a mark is none of a line's text, and no last line
    assert numbers == list(range(1, content.removesuffix("\n").count("\n") + 2))


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200), st.sampled_from(["a.tsv", "a.csv", "a.jsonl", "a.gz"]))
def test_no_bytes_lead_to_anything_but_a_table_or_a_data_error(tmp_path_factory, content, name):
    try:
        table = read(tmp_path_factory.mktemp("bytes"), content, name, min_labels=1)
    except DataError:
        return
    assert len(table) > 0
