"""What others write while the app has the terminal."""

from __future__ import annotations

from pathlib import Path

from tests.terminal.harness import terminal

PROGRAM = """
import os, subprocess, sys
from tui.terminal.alone import alone
with alone():
    print("drawn", file=sys.__stderr__, flush=True)
    os.write(2, b"a panic in a library")
    print("printed", flush=True)
    subprocess.run(["sh", "-c", "echo of a child >&2"])
    print("last words", file=sys.stderr, flush=True)
print("and out", flush=True)
print("and on", file=sys.stderr)
"""


def test_nothing_reaches_the_terminal_beside_the_app_and_afterwards_all_does(tmp_path: Path) -> None:
    with terminal(program=("-c", PROGRAM), environment={"XDG_STATE_HOME": str(tmp_path)}) as opened:
        assert opened.end() == 0
        assert opened.text.split("\n")[:5] == ["drawn", "last words", "and out", "and on", ""]
    log = (tmp_path / "namecls" / "namecls.log").read_text(encoding="utf-8")
    assert all(words in log for words in ("a panic in a library", "printed", "of a child"))


def test_without_a_log_what_others_write_is_lost(tmp_path: Path) -> None:
    (tmp_path / "namecls").write_text("no directory")
    with terminal(program=("-c", PROGRAM), environment={"XDG_STATE_HOME": str(tmp_path)}) as opened:
        assert opened.end() == 0
        assert opened.text.split("\n")[:4] == ["drawn", "last words", "and out", "and on"]
