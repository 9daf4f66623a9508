"""What was held under attack: naughty words, clocks that run backwards, and the same bits however a program is run."""

from __future__ import annotations

import hashlib
import itertools
import os
import subprocess
import sys
import time
import unicodedata
from pathlib import Path

import pytest
from textual import events
from textual.widgets import Input

from namecls.cli.app import BUG
from namecls.data.table import load_dataset
from namecls.runs.listing import list_runs
from namecls.runs.run import WEIGHTS, Run
from namecls.training.loop import train
from tests.cli.conftest import Cli, cli, environment  # noqa: F401
from tests.library import SMALL, small_file
from tests.terminal.payloads import PAYLOADS
from tests.tui.fakes import FakeEngine
from tests.tui.screen import screen_of
from tests.tui.waiting import until
from tui.app import NameclsApp

NAUGHTY = (
    *PAYLOADS.values(),
    *(
        "",
        " ",
        "-",
        "--",
        "--help=",
        "-k",
        "'",
        '"',
        "\\",
        "%s%n",
        "{}",
        "[bold]x[/bold]",
        "[/]",
        "$(id)",
        "`id`",
    ),
    *("../../etc/passwd", "~", "~nobody-at-all", "/dev/zero", "/", ".", "NaN", "inf", "-1", "9" * 400, "١٢٣"),
    *(
        "x" * 5_000,
        "a,b;c|d",
        "a=b",
        "\ufeff",
        "İ",
        "ß" * 300,
        "👩‍👩‍👧‍👦",
        "日本語",
        "עברית",
        "e\u0301",
        "a\udc9bc",
    ),
)
#: All of them, some in each line that is pasted.
LINES = [word for word in NAUGHTY if len(word.splitlines()) == 1 and len(word) < 1_000]
TEXTS = ("x" * 5_000, *("".join(LINES[at::8]) for at in range(8)))
COMMANDS = (
    ("predict", "--model", "{}", "Abel"),
    ("predict", "--input", "{}"),
    ("data", "inspect", "{}"),
    ("data", "inspect", "{}", "--encoding", "{}", "--separator", "{}", "--name-column", "{}"),
    ("train", "--data", "{}", "--name", "{}", "--preset", "fast"),
    ("train", "--preset", "{}"),
    ("tune", "--space", "{}", "--budget", "1s"),
    ("tune", "--budget", "{}"),
    ("evaluate", "--model", "{}", "--data", "{}"),
    ("evaluate", "--seeds", "{}"),
    ("explain", "Abel", "--model", "{}"),
    ("runs", "show", "{}"),
    ("runs", "delete", "{}"),
    ("import-tutorial", "{}"),
    ("runs", "{}"),
)


def is_safe(text: str) -> bool:
    return not any(unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") for c in text if c != "\n")


def test_naughty_words_in_any_place_of_a_command_line_are_used_or_refused_in_a_line(
    cli: Cli,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    words = [word for word in NAUGHTY if "\0" not in word and may_be_given(word)]
    for at, word in enumerate(words):
        for command in COMMANDS[at % 6 :: 6]:  # each word in some of them, and each of them with many words
            check(cli, [part.replace("{}", word) for part in command])


def check(cli: Cli, arguments: list[str]) -> None:  # noqa: F811
    outcome = cli(*arguments)
    assert outcome.code != BUG, (arguments, outcome.err)
    assert is_safe(outcome.err), (arguments, outcome.err)
    assert is_safe(outcome.out), (arguments, outcome.out)


def may_be_given(word: str) -> bool:
    """Whether a process can be started with it."""
    try:
        os.fsencode(word)
    except UnicodeEncodeError:
        return False
    return True


async def test_naughty_texts_in_every_input_of_the_app_are_shown_and_not_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    app = NameclsApp(engine=FakeEngine())
    places = {"f3": "#name", "f4": "#search", "f2": "#data", "f12": "#data"}
    async with app.run_test(size=(80, 24)) as pilot:
        for key, place in places.items():
            await pilot.press(key)
            await until(pilot, lambda place=place: app.screen.query(place))
            box = app.screen.query_one(place, Input)
            for text in TEXTS:
                box.value = ""
                box.post_message(events.Paste(text))
                await pilot.pause()
                assert is_safe(screen_of(app)), (key, text)
        await pilot.press("f6")
        await until(pilot, lambda: app.screen.query("#path"))
        for text in TEXTS:
            app.screen.query_one("#path", Input).value = text
            await pilot.pause()
            assert is_safe(screen_of(app)), text
        assert app.is_running


def test_a_clock_that_runs_backwards_changes_no_training(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    cli: Cli,  # noqa: F811
) -> None:
    ticks = itertools.count(2_000_000_000, -3_600)
    monkeypatch.setattr(time, "time", lambda: float(next(ticks)))
    table = load_dataset(small_file(tmp_path))
    made = [Run.create(tmp_path / "runs", SMALL) for _ in range(2)]
    stories = [list(train(SMALL, table, run)) for run in made]
    assert all(getattr(event, "elapsed", 0) >= 0 for story in stories for event in story)
    assert len({weights(run) for run in made}) == 1
    assert {info.status for info in list_runs(tmp_path / "runs")} == {"finished"}
    assert cli("runs", "list", "--save-dir", tmp_path / "runs").code == 0


def weights(run: Run) -> str:
    return hashlib.sha256((run.directory / WEIGHTS).read_bytes()).hexdigest()


_TRAINING = """
import sys
from pathlib import Path
import torch
from namecls.data.table import load_dataset
from namecls.runs.run import Run
from namecls.training.loop import train
from tests.library import SMALL
torch.set_num_threads(int(sys.argv[1]))
list(train(SMALL, load_dataset(sys.argv[2]), Run.create(sys.argv[3], SMALL, "run")))
"""


@pytest.mark.slow
def test_a_training_comes_to_the_same_bits_under_any_hash_seed_and_number_of_threads(tmp_path: Path) -> None:
    data, found = small_file(tmp_path), set()
    for seed, threads in (("1", "1"), ("2", "2")):
        place = tmp_path / seed
        subprocess.run(
            [sys.executable, "-c", _TRAINING, threads, str(data), str(place)],
            env=environment(PYTHONHASHSEED=seed),
            check=True,
        )
        found.add(weights(Run(place / "run")))
    assert len(found) == 1
