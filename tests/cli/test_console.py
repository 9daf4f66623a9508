import dataclasses
import io
import json
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from namecls.cli import console, watching
from namecls.cli.console import Column, loss_text, show_table
from namecls.data.table import load_dataset
from namecls.events import EpochEnd
from namecls.files.storage import write_json
from namecls.language import ENGLISH, set_language
from namecls.runs.run import Run
from namecls.text import json_text, safe
from namecls.training.loop import train
from tests.cli.conftest import Cli
from tests.library import SMALL

STEERING = {"Cc", "Cf", "Zl", "Zp", "Cs"}
HOSTILE = "\x1b[31m\x9b5m\u202e\u2028"


@given(st.text())
def test_json_for_a_terminal_is_the_same_json_without_anything_that_steers(text: str) -> None:
    shown = json_text({"name": text}, for_terminal=True)
    assert json.loads(shown) == {"name": text}
    assert safe(shown) == shown


@given(st.text())
def test_json_for_a_machine_holds_no_control_and_no_format_character(text: str) -> None:
    written = json_text({text: [text]}, indent=1)
    assert json.loads(written) == {text: [text]}
    assert not STEERING & {unicodedata.category(c) for c in written.replace("\n", "")}


def test_json_keeps_letters_readable() -> None:
    assert json_text("Núñez 田中", for_terminal=True) == json_text("Núñez 田中") == '"Núñez 田中"'
    assert json_text("a\u202eb\x9bc\U000e0041") == r'"a\u202eb\u009bc\udb40\udc41"'


def test_json_files_are_escaped_too(tmp_path: Path) -> None:
    write_json(tmp_path / "x.json", {"label": "\u202e\x9b"})
    assert (tmp_path / "x.json").read_text() == '{\n "label": "\\u202e\\u009b"\n}\n'


@pytest.fixture(scope="module")
def hostile_place(tmp_path_factory: pytest.TempPathFactory, names_file: Path) -> Path:
    """A directory with a file of hostile labels, names and bad lines, and a run under a hostile name of that."""
    place = tmp_path_factory.mktemp("hostile")
    rows = names_file.read_text().replace("Polish", f"Pol{HOSTILE}ish").replace("Bor", f"B{HOSTILE}or")
    data = place / f"n{HOSTILE}.tsv"
    data.write_text(f"{rows}\n{rows}\nno tab in{HOSTILE} it\nKowalski{HOSTILE}\tGeorgian\n")
    config = dataclasses.replace(SMALL, epochs=1)
    list(train(config, load_dataset(data), Run.create(place / "save_model", config, "small")))
    return place


@pytest.mark.parametrize(
    "line",
    [
        "data inspect FILE",
        "data inspect FILE --json",
        "data inspect FILE --problems",
        "data inspect FILE --problems --json",
        "data inspect FILE --near",
        "data inspect FILE --near --json",
        "data inspect FILE --unlike",
        "data inspect FILE --unlike --json",
        "data sample FILE --json",
        "evaluate --model RUN",
        "evaluate --model RUN --json",
        "evaluate --model RUN --data FILE",
        "runs list --save-dir RUNS",
        "runs list --save-dir RUNS --json",
        "runs show small --save-dir RUNS",
        "runs show small --save-dir RUNS --json",
        "predict NAME --model RUN --format table",
        "predict NAME --model RUN --format jsonl",
        "explain NAME --model RUN",
        "explain NAME --model RUN --json",
    ],
)
def test_what_is_for_people_or_json_is_safe_in_a_pipe_too(cli: Cli, hostile_place: Path, line: str) -> None:
    (file,) = hostile_place.glob("*.tsv")
    meant = {
        "FILE": file,
        "RUN": hostile_place / "save_model" / "small",
        "RUNS": hostile_place / "save_model",
    }
    told = cli(*(meant.get(word, f"Bor{HOSTILE}ski" if word == "NAME" else word) for word in line.split()))
    assert (told.code, told.out != "") == (0, True), told.err
    for output in (told.out, told.err):
        assert not STEERING & {unicodedata.category(c) for c in output.replace("\n", "").replace("\t", "")}


@pytest.mark.parametrize(
    "line", ["data sample FILE -n 999 --raw-cells", "predict NAME --model RUN --format tsv -k 3"]
)
def test_csv_and_tsv_in_a_pipe_are_the_data(cli: Cli, hostile_place: Path, line: str) -> None:
    (file,) = hostile_place.glob("*.tsv")
    meant = {"FILE": file, "RUN": hostile_place / "save_model" / "small", "NAME": f"Bor{HOSTILE}ski"}
    assert HOSTILE in cli(*(meant.get(word, word) for word in line.split())).out


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


def test_numbers_of_a_table_are_numbers_in_a_pipe_and_titles_are_quoted(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show_table([Column("=a"), Column("-b", number=True)], [["=x", "+3.6"], ["-y", "-1"]])
    assert capsys.readouterr().out == "'=a\t'-b\n'=x\t+3.6\n'-y\t-1\n"


def test_long_lines_of_chinese_break_between_characters_and_commands_and_pipes_keep_theirs(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    long = "  准确率在一百次中有 95 次不超过 0.0123"
    command = "要恢复：namecls train --resume runs/mine"
    set_language("zh_CN")
    try:
        console.show(long)
        assert capsys.readouterr().out == f"{long}\n"
        monkeypatch.setattr(console, "is_terminal", lambda: True)
        console.show(long, (command[:0], "bold"))
        assert capsys.readouterr().out.splitlines() == ["  准确率在一百次中有", "  95 次不超过 0.0123"]
        console.show(command)
        assert capsys.readouterr().out == f"{command}\n"
        set_language(ENGLISH)
        console.show("An English line of more than twenty cells")
        assert capsys.readouterr().out == "An English line of more than twenty cells\n"
    finally:
        set_language(ENGLISH)


def test_counts_speak_english() -> None:
    found = [console.counted(n, "{n:,} line", "{n:,} lines") for n in (0, 1, 2080)]
    assert found == ["0 lines", "1 line", "2,080 lines"]
    assert console.counted(2, "{n:,} name stands", "{n:,} names stand") == "2 names stand"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.12345, "0.1235"),
        (9999.5, "9999.5000"),
        (1234567890.5, "1.235e+09"),
        (float("nan"), "nan"),
        (1e300, "1.000e+300"),
    ],
)
def test_a_loss_of_any_size_leaves_room_to_its_neighbour(value: float, text: str) -> None:
    assert loss_text(value) == text
    assert len(text) <= 10


def test_losses_that_left_all_bounds_stand_apart() -> None:
    stream = io.StringIO()
    epoch = EpochEnd(
        epoch=1,
        step=1,
        train_loss=1234567890.1,
        train_accuracy=0.5,
        valid_loss=9876543210.9,
        valid_accuracy=0.5,
        valid_macro_f1=0.5,
        seconds=1.0,
        elapsed=1.0,
        best=False,
    )
    watching._tell(Console(file=stream, width=200), epoch)
    assert stream.getvalue().split()[:4] == ["1", "1.235e+09", "9.877e+09", "50.0"]
