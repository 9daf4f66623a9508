"""`namecls-tui` as a user meets it: typed at, looked at, interrupted."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.terminal.conftest import Place
from tests.terminal.harness import REPOSITORY, Terminal, terminal

pytestmark = pytest.mark.slow


def options(place: Place, *more: str, save_dir: Path | None = None) -> tuple[str, ...]:
    where = str(save_dir or place.save_dir)
    return ("--model", str(place.model), "--save-dir", where, "--data", str(place.data), *more)


def start_training(opened: Terminal, epochs: int) -> None:
    """From the open form to a training that has done its first epoch and does not stop early."""
    opened.wait("on this machine")
    opened.press("f7")
    opened.wait("bidirectional     [yes]")
    opened.press(*["up"] * 5, "ctrl+u", "0")
    opened.wait(f"{'patience':<18}0")
    opened.press(*["down"] * 13, "ctrl+u", str(epochs))
    opened.wait(f"{'epochs*':<18}{epochs}", "F5 start")
    opened.press("f5")
    opened.wait("train loss", "★ best")


def test_a_name_typed_is_ranked_and_the_terminal_is_left_as_it_was(place: Place) -> None:
    with terminal(*options(place)) as opened:
        opened.wait("F3 Predict", "Type a family name")
        opened.press("Borski")
        opened.wait("Borski", "1 Polish", " %", "small · ")
        opened.press("enter", "Borshvili")
        opened.wait("1 Georgian", lambda text: "Borski  Polish" in text)
        opened.press("up")
        opened.wait("1 Polish")
        opened.press("ctrl+q")
        assert opened.end() == 0
        assert opened.restored


def test_two_epochs_are_trained_watched_and_used(place: Place) -> None:
    with terminal(*options(place, "--screen", "train"), columns=120, rows=40) as opened:
        start_training(opened, 2)
        opened.press("f3")
        opened.wait("Type a family name")
        opened.press("Tomyan")
        opened.wait("Armenian")
        opened.press("f2")
        opened.wait("enter use it", "test ", "macro-F1", "saved as", "loss", "accuracy")
        assert any(0x2800 < ord(c) < 0x2900 for c in opened.text)
        opened.press("enter")
        opened.wait("Tomyan", lambda text: "bi-gru-64-" in text.splitlines()[0])
        opened.press("f4")
        opened.wait("144 rows", "Borski")
        opened.press("ctrl+q")
        assert opened.end() == 0
        assert opened.restored
    from namecls.runs.listing import list_runs

    assert "finished" in {info.status for info in list_runs(place.save_dir) if info.name != "small"}


def test_stop_and_keep_then_leave(place: Place, tmp_path: Path) -> None:
    with terminal(*options(place, "--screen", "train", save_dir=tmp_path)) as opened:
        start_training(opened, 5000)
        opened.press(" ")
        opened.wait("paused")
        opened.press(" ", "ctrl+q")
        opened.wait("a training is running")
        opened.press("s")
        assert opened.end() == 0
        assert opened.restored
    from namecls.runs.listing import list_runs

    (kept,) = list_runs(tmp_path)
    assert kept.status == "finished"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_keeps_what_is_trained_and_restores_the_terminal(
    place: Place, tmp_path: Path, number: signal.Signals
) -> None:
    with terminal(*options(place, "--screen", "train", save_dir=tmp_path)) as opened:
        start_training(opened, 5000)
        opened.send(number)
        assert opened.end() == 128 + number
        assert opened.restored
    from namecls.inference.prediction import Predictor
    from namecls.runs.listing import list_runs

    (kept,) = list_runs(tmp_path)
    assert kept.status == "unfinished"
    assert Predictor.load(kept.directory).predict(["Borski"])[0].ranked


@pytest.mark.parametrize("controlling", [True, False], ids=["with SIGHUP", "without a signal"])
def test_when_the_terminal_goes_away_the_program_goes_too(
    place: Place, tmp_path: Path, controlling: bool
) -> None:
    arguments = (
        "--model",
        str(place.model),
        "--save-dir",
        str(tmp_path),
        "--data",
        str(place.data),
        "--screen",
        "train",
    )
    arguments = options(place, "--screen", "train", save_dir=tmp_path)
    with terminal(*arguments, controlling=controlling) as opened:
        start_training(opened, 5000)
        os.close(opened.slave)
        os.close(opened.master)
        assert opened.process.wait(60) == 128 + signal.SIGHUP
    from namecls.runs.listing import list_runs

    (kept,) = list_runs(tmp_path)
    assert kept.status == "unfinished"
    assert kept.usable


def test_a_bug_leaves_the_terminal_as_it_was_and_names_the_log(tmp_path: Path) -> None:
    program = (
        "import sys; from tui.__main__ import main; from tui.screens.predict import PredictScreen\n"
        "def broken(self, _event): raise RuntimeError('a bug in a handler')\n"
        "PredictScreen.on_input_changed = broken\n"
        "sys.exit(main())"
    )
    with terminal(program=("-c", program), environment={"XDG_STATE_HOME": str(tmp_path)}) as opened:
        opened.wait("Type a family name")
        opened.press("x")
        assert opened.end() == 1
        assert opened.restored
        shown = " ".join(opened.text.split())
    assert "namecls-tui: RuntimeError: a bug in a handler" in shown
    assert "namecls.log" in shown.replace(" ", "")
    assert "a bug in a handler" in (tmp_path / "namecls" / "namecls.log").read_text(encoding="utf-8")


def test_what_is_pasted_cannot_steer_the_terminal(place: Place) -> None:
    payload = "O[x]\x9b31m\u202e\x07"
    with terminal(*options(place)) as opened:
        opened.wait("Type a family name", "small · ")
        opened.press(f"\x1b[200~{payload}\x1b]52;c;Zm9v\x1b[201~")
        opened.wait("O[x]", "1 ")
        opened.press("enter")
        opened.wait(lambda text: text.count("O[x]") == 2)
        opened.press("ctrl+q")
        opened.end()
        assert "\u202e".encode() not in opened.raw
        assert b"\x1b]52" not in opened.raw
        assert "\x9b".encode() not in opened.raw


@pytest.mark.parametrize(
    "environment",
    [
        {"NO_COLOR": "1"},
        {"TERM": "dumb"},
        {"TERM": "screen", "COLORTERM": ""},
        {"PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"},
        {"PYTHONUTF8": "0", "PYTHONIOENCODING": "latin-1"},
        {"HOME": "/nowhere", "XDG_STATE_HOME": ""},
    ],
    ids=["NO_COLOR", "dumb", "screen", "ascii", "latin-1", "no home"],
)
def test_odd_terminals_and_locales(place: Place, environment: dict[str, str]) -> None:
    with terminal(*options(place), environment=environment) as opened:
        opened.wait("Type a family name")
        opened.press("Borski")
        opened.wait("1 Polish")
        if "PYTHONIOENCODING" in environment:
            assert opened.text.isascii()
        opened.press("ctrl+q")
        assert opened.end() == 0


@pytest.mark.parametrize("size", [(20, 5), (60, 16)])
def test_small_terminals(place: Place, size: tuple[int, int]) -> None:
    with terminal(*options(place), columns=size[0], rows=size[1]) as opened:
        opened.wait("needs 60" if size[0] < 60 else "Type a family name")
        opened.press("Borski", "f2", "f4", "f3", "ctrl+q")
        assert opened.end() == 0


def run(*arguments: str, **options) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tui", *arguments],
        cwd=REPOSITORY, capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL, **options,
    )  # fmt: skip


def test_without_a_terminal_it_refuses_in_one_line() -> None:
    done = run()
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("namecls-tui: needs a terminal")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("words", [("none.tsv",), ("--data", "none.tsv")])
def test_a_file_of_names_needs_no_option(words: tuple[str, ...], tmp_path: Path) -> None:
    env = {**os.environ, "NAMECLS_DATA": str(tmp_path / "other.tsv")}
    done = subprocess.run(
        [sys.executable, "-m", "tui", "--plain", "--fresh", *words],
        cwd=REPOSITORY, capture_output=True, text=True, timeout=120, input="dataset\n", env=env,
    )  # fmt: skip
    assert "none.tsv: there is no such file" in done.stdout
    assert "other.tsv" not in done.stdout


def test_a_file_of_names_is_what_shows_first(tmp_path: Path) -> None:
    file = tmp_path / "mine.tsv"
    file.write_text("Kowalski\tPolish\nNguyen\tVietnamese\n", encoding="utf-8")
    for name, shown in ((file, "mine.tsv"), (tmp_path / "none.tsv", "there is no such file")):
        with terminal("--fresh", str(name), columns=120, rows=40) as opened:
            opened.wait("[F4 Dataset]", shown)
            opened.press("ctrl+q")
            assert opened.end() == 0


def test_a_file_of_names_is_given_once() -> None:
    done = run("one.tsv", "--data", "two.tsv")
    assert done.returncode == 2
    assert done.stderr.endswith("namecls-tui: error: argument --data: not allowed with argument FILE\n")


def test_version_and_help_need_no_terminal() -> None:
    from namecls import __version__

    assert run("--version").stdout == f"namecls {__version__}\n"
    shown = run("--help").stdout
    for words in ("--data", "--model", "--save-dir", "--screen", "exit status", "examples"):
        assert words in shown


@pytest.mark.parametrize("arguments", [("--screen", "nowhere"), ("--colour",), ("names.tsv",)])
def test_wrong_arguments_are_refused(arguments: tuple[str, ...]) -> None:
    assert run(*arguments).returncode == 2
