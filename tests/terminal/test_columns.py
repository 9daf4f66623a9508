"""Columns begin in the same cell of every line, whatever script the names are in."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.terminal.harness import Terminal, terminal

#: Names whose letters take no cell, one or two, or of which terminals disagree.
NAMES = {
    "Latin": "Kowalski",
    "Chinese": "田中",
    "Half-width": "ｶﾞﾗｽ",
    "Hangul": "한국",
    "Jamo": "\u1112\u1161\u11ab\u1100",
    "Hindi": "शर्मा क्षत्रिय",
    "Tamil": "கோவிந்தன்",
    "Arabic": "محمد",
    "Pointed": "שָׁלוֹם",
    "Thai": "กำแพง",
    "Burmese": "မြန်မာ",
    "Family": "a👨\u200d👩\u200d👧",
    "Flag": "a🇩🇪",
    "Skin": "a👍🏽",
    "Heart": "a❤\ufe0f",
    "Keycap": "a1\ufe0f\u20e3",
    "Zalgo": "e" + "\u0301\u0302\u0303\u0327" * 9 + "x",
    "Spaces": "a\u200bb\u00a0c",
    "Vietnamese": "Nguye\u0302\u0303n",
    "Long": "田" * 60,
}


def columns_of(opened: Terminal, words: list[str]) -> dict[str, list[int]]:
    """In which cells each word begins, line by line, as pyte counts cells."""
    found: dict[str, list[int]] = {word: [] for word in words}
    for y in range(opened._screen.lines):
        cells = [opened._screen.buffer[y][x].data for x in range(opened._screen.columns)]
        for word in words:
            for x in range(len(cells) - len(word)):
                if "".join(cells[x : x + len(word)]) == word and cells[x - 1].strip() == "":
                    found[word].append(x)
    return found


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "scripts.tsv"
    rows = [f"{name}\tLabel-{script}\n{name}\tSecond\n" for script, name in NAMES.items()]
    path.write_text("".join(rows), encoding="utf-8")
    return path


def test_the_lists_of_the_app_keep_their_columns(data: Path, trained_run: Path, tmp_path: Path) -> None:
    arguments = ("--data", str(data), "--model", str(trained_run), "--save-dir", str(tmp_path / "runs"))
    with terminal(*arguments, "--screen", "dataset", columns=150, rows=50) as opened:
        opened.wait("Label-Flag", "1–40 of 40")
        # the split and the problems are worked out after the rows
        opened.wait(lambda shown: re.search(r"problems: \d", shown) and shown.count(" train ") >= len(NAMES))
        starts = columns_of(opened, [f"Label-{script}" for script in NAMES])
        # in the list of labels, in the label of a row, and among the other labels of a name; the details stand behind
        top = next(
            y for y in range(50) if "details" in "".join(opened._screen.buffer[y][x].data for x in range(150))
        )
        (details,) = (x for x in range(100, 150) if opened._screen.buffer[top][x].data == "╭")
        assert len({place for places in starts.values() for place in places if place < details}) == 3, starts
        assert sum(len(places) >= 3 for places in starts.values()) >= 15
        opened.press("escape")
        opened.wait("/ search")
        opened.press("p")
        # it opens with the only kind that there is
        opened.wait(f"[several labels {len(NAMES)}]", *(f"Label-{script} 1" for script in NAMES))
        starts = columns_of(opened, [f"Label-{script}" for script in NAMES])
        assert len({places[0] for places in starts.values()}) == 1, starts
        opened.press("f3")
        opened.wait("Type a family name", "small · ")
        for count, name in enumerate(NAMES.values(), start=1):
            opened.press(f"\x1b[200~{name}x\x1b[201~", "enter")
            opened.wait(lambda _, count=count: answered(opened) == count)
        opened.wait(lambda _: border_is_straight(opened))
        opened.press("ctrl+q")
        assert opened.end() == 0


def lines_of(opened: Terminal, start: int, end: int) -> list[str]:
    """Each line of the screen from one column to another, as pyte counts cells."""
    screen = opened._screen
    return ["".join(screen.buffer[y][x].data for x in range(start, end)) for y in range(screen.lines)]


def answered(opened: Terminal) -> int:
    """How many names have been tried and answered: their list is the panel below the ranking."""
    lines = lines_of(opened, 0, 74)
    top = next((y for y, line in enumerate(lines) if "─ tried ─" in line), len(lines))
    return sum(any(word in line for word in ("%", "unknown", "too little")) for line in lines[top:])


def border_is_straight(opened: Terminal) -> bool:
    """Whether the right border of the panel at the right stands in the last column of every line of the body."""
    last = opened._screen.columns - 1
    edge = lines_of(opened, last, last + 1)[1:-1]
    return set(edge) == {"│", "╮", "╯"}


_PROGRAM = """
import json, os, pathlib, sys
from namecls.cli.app import run
sys.stderr = open(os.devnull, "w")  # what is said of the file is no table
for arguments in json.loads(pathlib.Path(sys.argv[1]).read_text()):
    run(arguments)
"""


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_the_tables_of_the_command_line_keep_their_columns(data: Path, tmp_path: Path, encoding: str) -> None:
    commands = [["data", "sample", str(data), "-n", "40"]]
    listed = tmp_path / "commands.json"
    listed.write_text(json.dumps(commands), encoding="utf-8")
    environment = {} if encoding == "utf-8" else {"PYTHONUTF8": "0", "PYTHONIOENCODING": encoding}
    with terminal(
        str(listed), program=("-c", _PROGRAM), columns=600, rows=60, environment=environment
    ) as opened:
        assert opened.end() == 0
        starts = columns_of(opened, [f"Label-{script}" for script in NAMES] + ["label"])
    assert len({places[0] for places in starts.values() if places}) == 1, starts
    assert all(starts.values())
