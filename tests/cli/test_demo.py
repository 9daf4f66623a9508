from __future__ import annotations

import json
from pathlib import Path

import pytest

from namecls.cli import demo
from namecls.edits.patch import read_patch
from tests.terminal.harness import terminal


def test_alone_on_a_terminal_it_says_the_three_things_to_begin_with() -> None:
    with terminal(program=("-m", "namecls")) as opened:
        opened.wait(
            "namecls predict Yamamoto", "namecls train --data mine.tsv", "namecls-tui", "namecls demo"
        )
        assert opened.end() == 2


def test_the_demo_shows_each_command_and_ends_at_a_key() -> None:
    with terminal("demo", program=("-m", "namecls"), columns=120, rows=40) as opened:
        opened.wait("$ namecls data inspect names.tsv")
        opened.press(" ")
        opened.wait("stopped")
        assert opened.end() == 0


def test_the_demo_plays_all_of_its_steps_in_a_directory_that_is_gone_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[str] = []
    edited: list[str] = []

    def run(self: demo._Stage, told: str, command: str, *, to: str = "") -> Path:  # noqa: ARG001
        ran.append(command)
        if command.startswith("data apply"):
            edited.extend(
                f"{edit.op} {edit.name}" for edit in read_patch(self._place / "names.tsv.edits.jsonl").edits
            )
        text = (
            json.dumps({"rows": [{"name": "Kim", "label": "Czech", "line": 3}]})
            if "--json" in command
            else "Kim\tCzech\n"
        )
        (self._place / (to or "output")).write_text(text)
        return self._place / (to or "output")

    monkeypatch.setattr(demo._Stage, "run", run)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    demo.demo(pause=0)
    words = [command.split()[0] for command in ran]
    assert words == ["data", "data", "train", "predict", "explain", "runs", "runs", "data"]
    assert edited == ["drop Kim"]
    assert list(tmp_path.iterdir()) == []
