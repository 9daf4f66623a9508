from __future__ import annotations

import io
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from namecls.data.table import NameTable, load_dataset
from namecls.edits.applying import apply_edits
from namecls.edits.cleaned import write_cleaned
from namecls.edits.edit import Edit
from namecls.edits.patch import patch_of
from namecls.errors import DataError

CSV = (
    'id,surname,country\r\n1,"Kowalski, Jan", Polish \r\n2,Yamamoto,Japanese\r\n3,"a ""K"" Kim",Polish\r\n'
    "4,Sato,Japanese"
)


def edits_of(table: NameTable) -> list[Edit]:
    """The first row relabelled, the second dropped, the third corrected, and a label renamed."""
    (one, name, label), (two, *second), (three, *third), *_ = table.frame.iter_rows()
    return [
        Edit.relabel(name, label, one, "Old, Polish"),
        Edit.drop(*second, two),
        Edit.correct(*third, three, 'O"Hara'),
        Edit.rename_label("Japanese", "=Nippon"),
    ]


def cleaned(table: NameTable, edits: list[Edit] | None = None) -> bytes:
    out = io.BytesIO()
    write_cleaned(apply_edits(table, patch_of(edits_of(table) if edits is None else edits, "x")), out)
    return out.getvalue()


def written(directory: Path, content: bytes, suffix: str = ".csv") -> Path:
    path = directory / f"names{suffix}"
    path.write_bytes(content)
    return path


def test_of_a_table_only_the_edited_cells_are_others(tmp_path: Path) -> None:
    path = written(tmp_path, CSV.encode())
    table = load_dataset(path, name_column="surname", label_column="country")
    assert cleaned(table).decode() == (
        'id,surname,country\r\n1,"Kowalski, Jan","Old, Polish"\r\n3,"O""Hara",Polish\r\n4,Sato,\'=Nippon'
    )
    assert path.read_bytes() == CSV.encode()
    assert cleaned(table, []) == CSV.encode()


@pytest.mark.parametrize(
    ("content", "options", "expected"),
    [
        (
            "\ufeffsep=;\nLee; Chinese\n\nKim;Korean;x\nLim;Korean\nRé;Japanese\nbad".encode(),
            {},
            '\ufeffsep=;\nLee; Old, Polish\n\n"O""Hara";Korean\nRé;\'=Nippon\nbad'.encode(),
        ),
        (
            b"Lee\tChinese\rKim\tKorean\rLim\tKorean\rRe\tJapanese\r",
            {},
            b'Lee\tOld, Polish\r"O""Hara"\tKorean\rRe\t\'=Nippon\r',
        ),
        (
            "Lée\tChinese\nKim\tKorean\nLim\tKorean\nÖz\tJapanese\n".encode("cp1252"),
            {"encoding": "windows-1252"},
            'Lée\tOld, Polish\n"O""Hara"\tKorean\nÖz\t\'=Nippon\n'.encode("cp1252"),
        ),
        (
            "\ufeffLée\tChinese\r\nKim\tKorean\r\nLim\tKorean\r\nÖz\tJapanese\r\n".encode("utf-16-be"),
            {"encoding": "utf-16"},
            '\ufeffLée\tOld, Polish\r\n"O""Hara"\tKorean\r\nÖz\t\'=Nippon\r\n'.encode("utf-16-be"),
        ),
    ],
)
def test_marks_line_ends_encodings_and_bad_lines_stay(
    tmp_path: Path, content: bytes, options: dict[str, str], expected: bytes
) -> None:
    table = load_dataset(written(tmp_path, content), **options)  # type: ignore[arg-type]
    rows = list(table.frame.iter_rows())
    if "sep" in content.decode("latin-1"):
        assert [row[0] for row in rows] == [2, 5, 6]  # one has a cell too many
        edits = [
            Edit.relabel("Lee", "Chinese", 2, "Old, Polish"),
            Edit.correct("Lim", "Korean", 5, 'O"Hara'),
            Edit.rename_label("Japanese", "=Nippon"),
        ]
        expected = expected.replace(b"\n\n", b"\n\nKim;Korean;x\n")
        assert cleaned(table, edits) == expected
    else:
        assert cleaned(table) == expected


def test_json_keeps_its_other_values_and_its_blanks(tmp_path: Path) -> None:
    lines = [
        '{"n": {"name": 1}, "name" : "Lee" , "label":"Chinese"}',
        '{"name": "Kim", "label": "Korean"}',
        ' {"label": "Korean", "name": "L\\u00e9", "n": [1, "]}"]}\t',
        '{"name": "Re", "label": "Chinese", "label": "Japanese"}',
    ]
    table = load_dataset(written(tmp_path, "\n".join(lines).encode(), ".jsonl"))
    assert cleaned(table).decode().split("\n") == [
        '{"n": {"name": 1}, "name" : "Lee" , "label":"Old, Polish"}',
        ' {"label": "Korean", "name": "O\\"Hara", "n": [1, "]}"]}\t',
        '{"name": "Re", "label": "Chinese", "label": "=Nippon"}',
    ]
    pairs = b'["Lee", "Chinese"]\n["Kim", "Korean"]\n["Lim","Korean"]\n["Re", "Japanese"]\n'
    table = load_dataset(written(tmp_path, pairs, ".jsonl"))
    assert cleaned(table) == b'["Lee", "Old, Polish"]\n["O\\"Hara","Korean"]\n["Re", "=Nippon"]\n'


def test_parquet_keeps_its_columns_and_their_types(tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {
            "age": [1, 2, 3, None],
            "name": ["Lee", "Kim", "Lim", "Sato"],
            "label": pl.Series(
                ["Chinese", "Korean", "Korean", "Japanese"], dtype=pl.Enum(["Chinese", "Korean", "Japanese"])
            ),
            "tags": [["a"], [], None, ["b", "c"]],
        }
    )
    path = tmp_path / "names.parquet"
    frame.write_parquet(path)
    found = pl.read_parquet(cleaned(load_dataset(path)))
    assert found.drop("name", "label").equals(
        frame.drop("name", "label").filter(pl.Series([True, False, True, True]))
    )
    assert found["name"].to_list() == ["Lee", 'O"Hara', "Sato"]
    assert found["label"].cast(pl.String).to_list() == ["Old, Polish", "Korean", "=Nippon"]
    assert isinstance(found.schema["label"], pl.Enum)
    frame.with_columns(label=pl.Series([1, 2, 2, 3])).write_parquet(path)
    table = load_dataset(path)
    assert pl.read_parquet(cleaned(table, [Edit.rename_label("2", "7")]))["label"].to_list() == [1, 7, 7, 3]
    with pytest.raises(DataError, match="holds Int64, and can't hold an edit such as 'x'"):
        cleaned(table, [Edit.rename_label("2", "x")])


CELL = st.text(st.characters(exclude_categories=("Cs", "Cc"), codec="utf-8"), min_size=1, max_size=6)
WORD = st.text("aB,;\"' \t|=é", min_size=1, max_size=6).map(lambda text: f"x{text}".strip())


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(CELL, WORD, WORD), min_size=3, max_size=6), WORD, WORD, st.sampled_from(",;\t|"))
def test_the_cleaned_file_is_read_as_the_edited_table(
    tmp_path: Path, rows: list[tuple[str, str, str]], name: str, label: str, sign: str
) -> None:
    quoted = [sign.join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows]
    text = f'"other"{sign}"name"{sign}"label"\n' + "\n".join(quoted)
    path = written(tmp_path, text.encode())
    options = {
        "name_column": "name",
        "label_column": "label",
        "separator": sign,
        "header": True,
        "min_labels": 1,
    }
    table = load_dataset(path, **options)  # type: ignore[arg-type]
    line, *first = table.frame.row(0)
    edited = apply_edits(
        table, patch_of([Edit.correct(*first, line, name), Edit.relabel(*first, line, label)], "x")
    )
    out = io.BytesIO()
    write_cleaned(edited, out)
    again = load_dataset(written(tmp_path, out.getvalue()), **options)  # type: ignore[arg-type]
    assert again.frame.select(pl.all().cast(pl.String)).equals(edited.frame.select(pl.all().cast(pl.String)))
    unedited = text.encode().split(b"\n")
    found = out.getvalue().split(b"\n")
    assert [a for at, a in enumerate(found, 1) if at != line] == [
        a for at, a in enumerate(unedited, 1) if at != line
    ]


def test_what_can_not_be_written_is_an_error(tmp_path: Path) -> None:
    table = load_dataset(written(tmp_path, "Lée\tA\nKim\tB\n".encode("cp1252")), encoding="windows-1252")
    with pytest.raises(DataError, match="line 1: expected text that cp1252 can hold, found 'Ки'"):
        cleaned(table, [Edit.correct("Lée", "A", 1, "Ки")])
    fast_text = load_dataset(written(tmp_path, b"__label__a Lee\n__label__b Kim\n", ".txt"))
    with pytest.raises(DataError, match=r"fastText.*which is only read"):
        cleaned(fast_text, [])
    path = written(tmp_path, b"Lee\tA\nKim\tB\n", ".tsv")
    table = load_dataset(path)
    path.write_bytes(b"Lee\tA\nKim\tC\n")
    with pytest.raises(DataError, match="has changed since it was read"):
        cleaned(table, [])
