"""Files as people have them: what separates, encodes and titles their columns is found out, and told."""

import json
from pathlib import Path

import polars as pl
import pytest

from namecls.data.layout import Layout
from namecls.data.table import NameTable, load_dataset
from namecls.errors import DataError
from namecls.training.protocol import file_record, read_again

FOUR = ["Kowalski", "Nowak", "Smith", "Jones"]
PAIRS = [
    (f"{name}{end}", label)
    for end in ("", "a", "e")
    for name, label in zip(FOUR, ["Polish", "Polish", "English", "English"], strict=True)
]


def read(folder: Path, content: str | bytes, name: str = "names.txt", **options) -> NameTable:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return load_dataset(path, **options)


def pairs(table: NameTable) -> list[tuple[str, str]]:
    return list(zip(table.names, table.label_of_rows, strict=True))


def rows(form: str) -> str:
    return "".join(form.format(name=name, label=label) + "\n" for name, label in PAIRS)


@pytest.mark.parametrize(
    "titles",
    [
        *(
            "Person;Country",
            "Nom;Pays",
            "姓名;国家",
            "Name;Race",
            "firstname;gender",
            "text;lang",
            "Nachname;Herkunft",
        ),
        *(
            "фамилия;страна",
            "名前;国籍",
            "이름;국적",
            "apellido;país",
            "الاسم;الجنسية",
            "Given Name;Country of origin",
        ),
        "sep=;\nNom;Pays",
        "Quux;Zork",
        "name, full;country",
    ],
)
def test_titles_in_any_language_are_no_row(tmp_path: Path, titles: str) -> None:
    table = read(tmp_path, f"{titles}\n{rows('{name};{label}')}", "names.csv")
    assert pairs(table) == PAIRS
    assert table.bad_lines == ()
    assert table.layout.header
    assert "titles in the first line" in table.layout.told
    denied = load_dataset(table.source, header=False)
    assert len(denied) == len(PAIRS) + 1


def test_what_decided_on_titles_is_told_with_the_switch(tmp_path: Path) -> None:
    layout = read(tmp_path, f"Quux;Zork\n{rows('{name};{label}')}").layout
    assert layout.why == "the label 'Zork' never comes again"
    assert "(the label 'Zork' never comes again; else --no-header)" in layout.told
    assert not layout.is_plain


def test_a_first_row_whose_label_comes_again_is_a_row(tmp_path: Path) -> None:
    last = "Wu;Chinese\n" * 3
    table = read(tmp_path, f"Land;Chinese\n{rows('{name};{label}') * 500}{last}")
    assert pairs(table)[0] == ("Land", "Chinese")
    assert not table.layout.header


def test_a_first_row_stays_where_other_labels_stand_alone_too(tmp_path: Path) -> None:
    table = read(tmp_path, f"Abaza;Abkhaz\n{rows('{name};{label}')}Wu;Chinese\n")
    assert pairs(table)[0] == ("Abaza", "Abkhaz")


def test_files_that_were_put_together_have_marks_and_titles_within(tmp_path: Path) -> None:
    part = "\ufeffname\tcountry\n" + rows("{name}\t{label}")
    table = read(tmp_path, part + part)
    assert pairs(table) == PAIRS * 2
    assert [(bad.line, bad.reason) for bad in table.bad_lines] == [(len(PAIRS) + 2, "the titles again")]


@pytest.mark.parametrize(
    ("form", "name"),
    [
        ("{name}|{label}", "{}"),
        ("{name} {label}", "{}"),
        ("{name}    {label}", "{}"),
        ("{name} van Dyk   {label}", "{} van Dyk"),
        ("__label__{label} {name}", "{}"),
        ("__label__{label} , {name}", "{}"),
        ("{name} __label__{label}", "{}"),
        ("{name}, Anna;{label}", "{}, Anna"),
        ("{name},Anna;{label}", "{},Anna"),
        ("{name};{label};0,5", "{}"),
        ("{name};{label};1.200,5", "{}"),
        ("{name}\t{label}", "{}"),
        ("{name}, Jan\t{label}", "{}, Jan"),
        ("{name},{label}", "{}"),
        ("{name}, {label}", "{}"),
        ('"{name}, Jan",{label}', "{}, Jan"),
        ('"{name}, Jan";{label}', "{}, Jan"),
        ("7,{name},{label}", "{}"),
    ],
)
@pytest.mark.parametrize("suffix", [".csv", ".txt"])
def test_what_separates_is_what_gives_labels_that_come_again(
    tmp_path: Path, form: str, name: str, suffix: str
) -> None:
    table = read(tmp_path, rows(form), f"names{suffix}")
    assert pairs(table) == [(name.format(each), label) for each, label in PAIRS]
    assert pairs(read_again(file_record(table))) == pairs(table)


def test_labels_with_commas_are_whole(tmp_path: Path) -> None:
    labels = ["Korea, South", "Korea, North", "Congo, Republic", "Poland"]
    for some in (labels, labels[:3]):
        expected = [
            (f"{name}{end}", label) for end in "abcde" for name, label in zip(FOUR, some, strict=False)
        ]
        table = read(tmp_path, "".join(f"{name};{label}\n" for name, label in expected))
        assert pairs(table) == expected


def test_a_separator_can_be_said(tmp_path: Path) -> None:
    content = "Anna Maria:Polish\nJohn:English\n"
    expected = [("Anna Maria", "Polish"), ("John", "English")]
    assert pairs(read(tmp_path, content, separator=":")) == expected
    for word, sign in (("tab", "\t"), ("commas", ","), ("pipe", "|"), ("spaces", " ")):
        assert pairs(read(tmp_path, content.replace(":", sign), separator=word)) == expected
    with pytest.raises(DataError, match=r"expected a separator of columns \(tab, comma, .*, found 'ab'"):
        read(tmp_path, content, separator="ab")


def test_names_alone_are_no_names_and_labels_with_spaces_between(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"expected 2 columns, found 1; .* --separator"):
        read(
            tmp_path,
            "".join(f"{a} {b}\n" for a in FOUR for b in ("Anna", "Jan", "Eva", *FOUR[:3], "Li", "Bo")),
        )


def test_a_column_of_numbers_before_the_others_is_an_index(tmp_path: Path) -> None:
    frame = pl.DataFrame(PAIRS, schema=["Nom", "Zork"], orient="row").with_row_index("")
    for kept in (frame, frame.rename({"Nom": "Quux"})):
        assert pairs(read(tmp_path, kept.write_csv(), "names.csv")) == PAIRS
    without_title = 'name label\n"1" "Kowalski" "Polish"\n"2" "Smith" "English"\n'.replace(" ", "\t")
    assert pairs(read(tmp_path, without_title)) == [("Kowalski", "Polish"), ("Smith", "English")]


@pytest.mark.parametrize("trailing", ["\t", "\t\t", "\t \t"])
def test_a_tab_at_the_end_of_some_lines_loses_none(tmp_path: Path, trailing: str) -> None:
    for every in (2, 3, 7):
        lines = [
            f"{name}\t{label}{trailing if at % every else ''}\n" for at, (name, label) in enumerate(PAIRS)
        ]
        for content in (
            "".join(lines),
            "name\tlabel\n" + "".join(lines),
            "name\tlabel\tnote\n" + "".join(lines),
        ):
            table = read(tmp_path, content)
            assert (pairs(table), table.bad_lines) == (PAIRS, ())
    assert [bad.reason for bad in read(tmp_path, "".join(lines) + "Bo\t\n").bad_lines] == ["no label"]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ([{"name": name, "label": label} for name, label in PAIRS], PAIRS),
        ([list(pair) for pair in PAIRS], PAIRS),
        (dict(PAIRS), PAIRS),
        (
            {"Polish": ["Nowak", "Kowalski"], "English": ["Smith"]},
            [("Nowak", "Polish"), ("Kowalski", "Polish"), ("Smith", "English")],
        ),
        ({"name": [n for n, _ in PAIRS], "label": [c for _, c in PAIRS]}, PAIRS),
        (
            {
                key: {str(at): pair[i] for at, pair in enumerate(PAIRS)}
                for i, key in enumerate(("name", "label"))
            },
            PAIRS,
        ),
        (
            [{"name": "Bo", "label": 1}, {"name": "Li", "label": 2.5}, {"name": "Al", "label": True}],
            [("Bo", "1"), ("Li", "2.5"), ("Al", "true")],
        ),
        ({"Kowalski": "Polish", "Bo": 1}, [("Kowalski", "Polish"), ("Bo", "1")]),
    ],
)
@pytest.mark.parametrize("suffix", [".json", ".txt"])
@pytest.mark.parametrize("indent", [None, 2])
def test_json_of_any_shape_is_read(
    tmp_path: Path, content: object, expected: object, suffix: str, indent: int | None
) -> None:
    table = read(tmp_path, json.dumps(content, indent=indent), f"names{suffix}")
    assert pairs(table) == expected
    assert table.bad_lines == ()
    assert pairs(read_again(file_record(table))) == expected


def test_json_lines_may_have_labels_that_are_numbers_or_be_pairs(tmp_path: Path) -> None:
    assert pairs(read(tmp_path, '{"name":"Bo","label":1}\n{"name":"Li","label":2}\n')) == [
        ("Bo", "1"),
        ("Li", "2"),
    ]
    assert pairs(read(tmp_path, '["Bo", "A"]\n["Li", "B"]\n')) == [("Bo", "A"), ("Li", "B")]


def test_json_of_another_shape_says_what_is_expected(tmp_path: Path) -> None:
    for content in ('{"a": {"b": {}}}', "[1, 2]", "[]"):
        with pytest.raises(DataError, match=r"expected a JSON array of objects such as \{"):
            read(tmp_path, content, "names.json")
    with pytest.raises(DataError, match=r"expected JSON, found a file that is damaged or none .line 2: "):
        read(tmp_path, '[{"name": "Bo",\n', "names.json")


@pytest.mark.parametrize("label", ["7", "NA", "None", "True", "null", "nan"])
def test_labels_that_look_like_values_are_text(tmp_path: Path, label: str) -> None:
    for separator in "\t,;|":
        table = read(tmp_path, f"Bo{separator}{label}\nLi{separator}8\n")
        assert pairs(table) == [("Bo", label), ("Li", "8")]


def test_labels_that_are_numbers_may_stand_first(tmp_path: Path) -> None:
    assert pairs(read(tmp_path, "0,Bo\n1,Li\n0,Al\n")) == [("Bo", "0"), ("Li", "1"), ("Al", "0")]


@pytest.mark.parametrize(
    ("encoding", "sample"),
    [
        (
            "windows-1252",
            [("Müller", "German"), ("Núñez", "Spanish"), ("Lefèvre", "French"), ("Schröder", "German")],
        ),
        (
            "windows-1250",
            [("Dvořák", "Czech"), ("Wałęsa", "Polish"), ("Růžička", "Czech"), ("Błaszczyk", "Polish")],
        ),
        ("windows-1251", [("Иванов", "Russian"), ("Шевченко", "Ukrainian"), ("Кузнецов", "Russian")]),
        (
            "gbk",
            [("王伟", "中国"), ("李娜", "中国"), ("田中太郎", "日本"), ("张敏", "中国"), ("陈静", "中国")],
        ),
        ("big5", [("陳志明", "台灣"), ("林淑芬", "台灣"), ("黃俊傑", "台灣"), ("張雅婷", "香港")]),
        ("shift-jis", [("田中太郎", "日本"), ("鈴木一郎", "日本"), ("山本タケシ", "日本"), ("キム", "韓国")]),
        ("utf-16", [("Müller", "German"), ("Núñez", "Spanish"), ("Li", "Chinese")]),
        ("utf-16le", [("Muller", "German"), ("Nunez", "Spanish"), ("Li", "Chinese")]),
    ],
)
def test_another_encoding_is_named_and_read_if_it_is_said(
    tmp_path: Path, encoding: str, sample: list[tuple[str, str]]
) -> None:
    content = "".join(f"{name}\t{label}\n" for name, label in sample).encode(encoding)
    with pytest.raises(DataError, match=f"--encoding {encoding}"):
        read(tmp_path, content)
    table = read(tmp_path, content, encoding=encoding)
    assert pairs(table) == sample
    assert table.layout.told.lower().startswith(encoding)
    assert pairs(read_again(file_record(table))) == sample


def test_a_share_of_lines_that_can_not_be_decoded_is_an_error(tmp_path: Path) -> None:
    text = "".join(f"Name{chr(97 + at % 26)}\tL{at % 3}\n" for at in range(300)).encode()
    accented = "Müller\tGerman\n".encode("latin-1")
    assert len(read(tmp_path, text + accented).bad_lines) == 1
    with pytest.raises(DataError, match="found 4 of 304 lines that are not; it looks like Windows-1252"):
        read(tmp_path, text + accented * 4)
    both = "Müller\tGerman\n".encode()
    assert len(read(tmp_path, text + both * 9 + accented * 4).bad_lines) == 4
    with pytest.raises(DataError, match="files of two encodings put together"):
        read(tmp_path, text + both * 99 + accented * 99)
    with pytest.raises(DataError, match=r"expected Shift-JIS text, found .* lines that are not"):
        read(tmp_path, accented * 9 + text, encoding="sjis")


def test_an_encoding_that_is_none_is_refused(tmp_path: Path) -> None:
    for wrong in ("klingon", "rot13", "base64", "unicode_escape", "punycode", "idna", "", "utf-7", "\0"):
        with pytest.raises(DataError, match="expected an encoding such as UTF-8, UTF-16, Windows-1252"):
            read(tmp_path, "Bo\tA\nLi\tB\n", encoding=wrong)


def test_several_columns_that_nothing_tells_apart_are_listed(tmp_path: Path) -> None:
    content = "id,email,city,tariff\n" + "".join(
        f"{at},{name}@x.org,T{at},A\n" for at, (name, _) in enumerate(PAIRS)
    )
    with pytest.raises(
        DataError,
        match=r"4 columns: id, email, city, tariff; say which of them .* --name-column and --label-column",
    ):
        read(tmp_path, content, "customers.csv")
    frame = pl.read_csv(tmp_path / "customers.csv")
    frame.write_parquet(tmp_path / "customers.parquet")
    with pytest.raises(DataError, match="4 columns: id, email, city, tariff"):
        load_dataset(tmp_path / "customers.parquet")
    table = read(tmp_path, content, "customers.csv", name_column="email", label_column="city")
    assert table.layout.titles == ("id", "email", "city", "tariff")


def test_words_above_numbers_are_titles(tmp_path: Path) -> None:
    content = "quux;zork;born\nKowalski;Polish;1900\nSmith;English;1901\n"
    with pytest.raises(DataError, match="3 columns: quux, zork, born"):
        read(tmp_path, content)
    table = read(tmp_path, content, name_column=1, label_column=2)
    assert pairs(table) == [("Kowalski", "Polish"), ("Smith", "English")]
    assert table.layout.why == "'born' stands above numbers"
    table = read(tmp_path, "Kowalski;Polish;NA\nSmith;English;0,5\nLi;English;1\n")
    assert len(table) == 3


def test_titles_choose_among_several_columns(tmp_path: Path) -> None:
    content = "id,first,last,email,country\n" + "".join(
        f"{at},Jo,{n},x@y.z,{c}\n" for at, (n, c) in enumerate(PAIRS)
    )
    table = read(tmp_path, content, "customers.csv")
    assert pairs(table) == PAIRS
    assert "names from 'last', labels from 'country' of id, first, last, email, country" in table.layout.told


def test_a_directory_has_a_file_for_each_label(tmp_path: Path) -> None:
    folder = tmp_path / "names"
    folder.mkdir()
    (folder / "Polish.txt").write_text("Kowalski\nNowak\n\n", encoding="utf-8")
    (folder / "English.txt").write_text("\ufeffSmith\r\n99\r\n", encoding="utf-8")
    (folder / "README.txt").write_text("What this is\n", encoding="utf-8")
    (folder / "other.md").write_text("no\n", encoding="utf-8")
    table = load_dataset(folder)
    assert pairs(table) == [("Smith", "English"), ("Kowalski", "Polish"), ("Nowak", "Polish")]
    assert table.frame["line"].to_list() == [1, 3, 4]
    assert [(bad.line, bad.text) for bad in table.bad_lines] == [
        (2, "English.txt, line 2: 99"),
        (5, "Polish.txt, line 3: "),
    ]
    assert table.layout.form == "directory"
    assert pairs(read_again(file_record(table))) == pairs(table)
    (folder / "Polish.txt").write_text("Kowalska\n", encoding="utf-8")
    with pytest.raises(DataError, match="has changed"):
        read_again(file_record(table))
    (folder / "Polish.txt").write_text("Kowalska\tx\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"found columns in Polish\.txt"):
        load_dataset(folder)


def test_a_plain_file_is_plain(tmp_path: Path) -> None:
    layout = read(tmp_path, rows("{name}\t{label}")).layout
    assert layout == Layout(form="text", separator="\t")
    assert layout.is_plain
    assert (
        layout.told
        == "UTF-8 text, 2 columns separated by tabs; no titles; names from column 1, labels from column 2"
    )
