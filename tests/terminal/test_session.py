"""A visitor's session, in a real pseudo-terminal: everything that the first screenful promises."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from namecls.runs import list_runs
from tests.library import small_file
from tests.terminal.harness import REPOSITORY, Terminal, terminal


@pytest.fixture
def bench(trained_run: Path, tmp_path: Path) -> Iterator[Terminal]:
    """The app on a small file and a small model, with an empty directory for its runs."""
    data = small_file(tmp_path)
    with terminal(
        "--data", str(data), "--model", str(trained_run), "--save-dir", str(tmp_path / "runs")
    ) as opened:
        opened.wait("F2 Train", "F4 Dataset")
        yield opened


def test_a_typed_name_gets_a_ranking_letter_by_letter(bench: Terminal) -> None:
    bench.press("Kowal")
    bench.wait("Kowal", "1 ", "%")
    bench.press("ski")
    bench.wait("Kowalski", lambda text: first_label(text) == "Polish")
    bench.press("ctrl+u", "123")
    bench.wait("No letters")
    bench.press("ctrl+q")
    assert bench.end() == 0
    assert bench.restored


def test_the_shipped_model_knows_yamamoto() -> None:
    with terminal() as bench:
        bench.wait("% test")
        bench.press("Yamamoto")
        bench.wait(lambda text: first_label(text) == "Japanese")
        bench.press("ctrl+q")
        assert bench.end() == 0


def test_a_training_runs_to_its_end_and_its_model_answers(bench: Terminal, tmp_path: Path) -> None:
    bench.press("f2")
    bench.wait("epochs", "names to learn from")
    bench.press(*["down"] * 7, "ctrl+u")  # from the line of the data to that of the epochs
    bench.wait("epochs must be")
    bench.press("2")
    bench.wait(lambda text: "epochs must be" not in text)
    bench.press("f5")
    bench.wait("use it")
    bench.press("enter")
    bench.wait("% test", lambda text: "small" not in text.splitlines()[0])
    bench.press("Petrosyan")
    bench.wait("Petrosyan", "%")
    bench.press("ctrl+q")
    assert bench.end() == 0
    (info,) = list_runs(tmp_path / "runs")
    assert info.status == "finished"


def test_the_rows_of_the_file_can_be_searched(bench: Terminal) -> None:
    bench.press("f4")
    bench.wait("144", "Armenian")
    bench.press("vladski")
    bench.wait("Vladski", lambda text: "Vladyan" not in text)
    bench.press("ctrl+q")
    assert bench.end() == 0


def test_help_lists_the_keys_of_the_place(bench: Terminal) -> None:
    bench.press("f1")
    bench.wait("help", "Everything by name")
    bench.press("f1")
    bench.wait(lambda text: "Everything by name" not in text)
    bench.press("ctrl+q")
    assert bench.end() == 0


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_ends_it_with_a_clean_terminal(bench: Terminal, number: signal.Signals, status: int) -> None:
    bench.send(number)
    assert bench.end() == status
    assert bench.restored


def test_hostile_names_reach_the_screen_as_text(trained_run: Path, tmp_path: Path) -> None:
    data = tmp_path / "hostile.tsv"
    payload = "\x1b]52;c;aGFjaw==\x07"
    data.write_text(
        f"O[x]\tEnglish\n[/b]Bad\t{payload}Evil\nSmith\tEnglish\nJones\t[red]Welsh\n" * 3, encoding="utf-8"
    )
    with terminal("--data", str(data), "--model", str(trained_run), "--screen", "dataset") as bench:
        bench.wait("O[x]", "[/b]Bad", "␛]52;", "[red]Welsh")
        bench.press("ctrl+q")
        assert bench.end() == 0
        assert payload.encode() not in bytes(bench.raw)
        assert b"\x1b]52" not in bytes(bench.raw)


def test_without_a_terminal_it_refuses_in_one_line() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tui"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert "terminal" in done.stderr


def first_label(text: str) -> str:
    """The label at rank 1, or nothing."""
    for line in text.splitlines():
        rank, _, rest = line.strip().partition(" ")
        if rank == "1" and rest.split():
            return rest.split()[0]
    return ""
