import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from namecls.cli import console


@given(st.text())
def test_json_for_a_terminal_is_the_same_json_without_anything_that_steers(text: str) -> None:
    shown = console.json_text({"name": text}, for_terminal=True)
    assert json.loads(shown) == {"name": text}
    assert console.safe(shown) == shown
    assert json.loads(console.json_text({"name": text})) == {"name": text}


def test_json_keeps_letters_readable() -> None:
    assert console.json_text("Núñez 田中", for_terminal=True) == '"Núñez 田中"'


def test_bars_grow_in_eighths() -> None:
    assert [console.bar(share, 2) for share in (0, 1 / 16, 0.5, 9 / 16, 1, 7)] == [
        "",
        "▏",
        "█",
        "█▏",
        "██",
        "██",
    ]
    assert console.bar(0.5, 4, ascii_only=True) == "##"


def test_rows_as_data_are_quoted_where_they_have_to_be(capsys: pytest.CaptureFixture[str]) -> None:
    console.write_rows([["a\tb", "c"], ["\x1b", 'd"e']])
    assert capsys.readouterr().out == '"a\tb"\tc\n\x1b\t"d""e"\n'


def test_counts_speak_english() -> None:
    assert [console.count(n, "line") for n in (0, 1, 2080)] == ["0 lines", "1 line", "2,080 lines"]
    assert console.count(2, "name stands", "names stand") == "2 names stand"
