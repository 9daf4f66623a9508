"""The command line in another language: what people read is translated, what programs read is the same."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from namecls.cli.help import texts_of
from namecls.language import ENGLISH, set_language
from namecls.wide import cells, in_a_row, wrapped
from tests.cli.conftest import Cli
from tests.cli.test_app import COMMANDS

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
import messages  # noqa: E402 - a script


@pytest.fixture(autouse=True)
def _english_afterwards() -> Iterator[None]:
    yield
    set_language(ENGLISH)


def test_the_language_is_spoken_wherever_it_is_asked_for(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    told = cli("data", "inspect", "--lang", "zh", "--help").out
    assert "用法：namecls data inspect" in told
    assert "\n选项：\n" in told
    assert "  namecls data inspect names.tsv --json > summary.json\n" in told
    assert cli("--lang=zh", "data", "inspect", "--help").out == told
    assert cli("data", "--lang", "zh", "inspect", "--help").out == told
    monkeypatch.setenv("NAMECLS_LANG", "zh")
    assert cli("data", "inspect", "--help").out == told
    assert "Usage: " in cli("data", "inspect", "--help", "--lang", "en").out
    assert "Usage: " in cli("--help", "--lang", "zh", "--lang", "en").out


@pytest.mark.parametrize("command", COMMANDS)
def test_all_help_is_translated_and_fits_a_terminal(cli: Cli, command: str) -> None:
    told = cli(*command.split(), "--lang", "zh", "--help").out
    assert max(map(cells, told.splitlines())) <= 80
    assert not re.search(r"\b(the|is|of|what|env var|default:)\b", re.sub(r"(?m)^  +namecls .*$", "", told))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("predict --lnag", "namecls predict: 没有此选项：--lnag（可能是：--lang, --on）"),
        ("pedict", "namecls: 没有命令 'pedict'。是不是要用 'predict'？"),
        ("runs show", "namecls runs show: 缺少参数 'RUN'。"),
        (
            "evaluate --train-rows 1",
            "namecls evaluate: '--train-rows' 的值无效：不得小于 2，实际为：'1'",
        ),
    ],
)
def test_a_mistake_is_told_in_the_language_and_is_2(cli: Cli, line: str, said: str) -> None:
    outcome = cli("--lang", "zh", *line.split())
    assert outcome.code == 2
    assert outcome.err.splitlines()[0] == said


def test_a_language_that_is_not_there_is_2_and_told_in_english(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcome = cli("predict", "--lang", "fr", "Kim")
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err == "namecls: --lang: expected one of en, zh_CN; found 'fr'\n"
    monkeypatch.setenv("NAMECLS_LANG", "x")
    assert cli("--version").code == 2
    assert cli("--version", "--lang", "zh").code == 0


@pytest.mark.parametrize(
    "line",
    [
        "predict Yamamoto Kowalski 42",
        "predict Yamamoto --format csv --risk 0.01",
        "data inspect FILE --json",
        "data sample FILE -n 5",
        "runs list --save-dir RUNS",
        "runs show small --save-dir RUNS --json",
        "runs mistakes small --save-dir RUNS --json",
        "runs verify small --save-dir RUNS",
        "evaluate --model RUNS/small --json",
    ],
)
def test_json_tables_in_a_pipe_and_exit_codes_are_the_same_in_every_language(
    cli: Cli, names_file: Path, run_directory: Path, line: str
) -> None:
    runs = str(run_directory.parent)
    words = [word.replace("FILE", str(names_file)).replace("RUNS", runs) for word in line.split()]
    english = cli(*words, "--lang", "en")
    other = cli(*words, "--lang", "zh")
    assert (english.code, english.out) == (other.code, other.out)
    assert english.code == 0


@pytest.mark.parametrize("flags", [(), ("--format", "csv")])
def test_names_of_a_pipe_are_answered_in_every_language(
    cli: Cli, run_directory: Path, flags: tuple[str, ...]
) -> None:
    said = [
        cli("predict", "--model", run_directory, *flags, "--lang", code, stdin=b"Kim\nM\xfc\n")
        for code in ("en", "zh")
    ]
    assert said[0].out == said[1].out
    assert [each.code for each in said] == [0, 0]
    assert "要排序的名字" in said[1].err


def test_lines_break_between_wide_characters_but_not_before_their_stops() -> None:
    assert wrapped("准确率，宏平均 F1（macro-F1）。", 12) == ["准确率，宏平", "均 F1", "（macro-F1）。"]
    assert wrapped("见 docs/onnx.md 一节", 10) == ["见", "docs/onnx.md", "一节"]


def test_sentences_stand_in_a_row_with_a_blank_between_but_for_wide_stops() -> None:
    assert in_a_row("One.", "", "Two.") == "One. Two."
    assert in_a_row("一。", "", "二。") == "一。二。"
    assert in_a_row("", "One.") == "One."


_SENTENCE = re.compile(r"[A-Za-z]{2,}[,;:.]? +[A-Za-z]{2,}")
#: Calls whose texts are collected, or seen by nobody; the help of options is collected from the table of commands.
_MARKS = {"_", "N_", "ngettext", "pgettext", "counted", "Column", "Option", "cast", "sub"}
#: What is typed as it stands, and styles.
_LITERAL = re.compile(r"\s*(namecls|# |tensorboard|predict|train|explain|runs|data|bold) .*", re.DOTALL)


def _sentences(path: Path) -> Iterator[str]:
    """The texts of a module with words in a row, without docstrings and what is marked."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    skipped: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            skipped.add(node.value)
        elif (
            isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in _MARKS
        ):
            said = [*node.args, *(keyword.value for keyword in node.keywords)]
            skipped.update(each for argument in said for each in ast.walk(argument))
        elif isinstance(node, ast.JoinedStr):
            skipped.update(part for part in node.values if isinstance(part, ast.Constant))
    known = messages.help_texts() | messages.setting_texts()
    for node in ast.walk(tree):
        if node in skipped or not isinstance(node, ast.Constant | ast.JoinedStr):
            continue
        parts = node.values if isinstance(node, ast.JoinedStr) else [node]
        text = "0".join(str(part.value) for part in parts if isinstance(part, ast.Constant))
        if (
            (isinstance(node, ast.JoinedStr) or isinstance(node.value, str))
            and _SENTENCE.search(text)
            and not _LITERAL.fullmatch(text)
            and not set(texts_of(text)) <= known
        ):
            yield f"{path.name}:{node.lineno}: {text}"


def test_no_sentence_of_the_command_line_is_hard_coded() -> None:
    modules = sorted((ROOT / "namecls" / "cli").glob("*.py"))
    assert [text for path in modules for text in _sentences(path)] == []
