"""What comes with the program, and what comes in files of others, in a real pseudo-terminal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.library import small_file
from tests.terminal.harness import Terminal, terminal

pytestmark = pytest.mark.slow


@pytest.fixture
def bench(trained_run: Path, tmp_path: Path) -> Iterator[Terminal]:
    """The app on a small file and a small model, with an empty directory for its runs."""
    data = small_file(tmp_path)
    with terminal(
        "--data", str(data), "--model", str(trained_run), "--save-dir", str(tmp_path / "runs")
    ) as opened:
        opened.wait("F2 Train", "F4 Dataset")
        yield opened


def test_the_shipped_model_knows_yamamoto() -> None:
    with terminal() as bench:
        bench.wait("% test")
        bench.press("Yamamoto")
        bench.wait(lambda text: first_label(text) == "Japanese")
        bench.press("ctrl+q")
        assert bench.end() == 0


def test_the_rows_of_the_file_can_be_searched(bench: Terminal) -> None:
    bench.press("f4")
    bench.wait("144", "Armenian")
    bench.press("vladski")
    bench.wait("Vladski", lambda text: "Vladyan" not in text)
    bench.press("ctrl+q")
    assert bench.end() == 0


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


def first_label(text: str) -> str:
    """The label at rank 1, or nothing."""
    for line in text.splitlines():
        rank, _, rest = line.strip().partition(" ")
        if rank == "1" and rest.split():
            return rest.split()[0]
    return ""
