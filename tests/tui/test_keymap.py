from __future__ import annotations

import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from tests.terminal.harness import terminal
from tests.test_docs import ROOT
from tui import keys
from tui.keymap import own_keys, remapped


def test_a_key_of_ones_own_takes_the_place_of_the_usual_one() -> None:
    found, problems = remapped(keys.USUAL, {"dataset": {"drop": "delete", "move_page(1)": "pagedown,ctrl+f"}})
    assert problems == []
    held = {entry.id: entry.keys for entry in found["dataset"]}
    assert (held["drop"], held["move_page(1)"]) == ("delete", "pagedown,ctrl+f")
    assert held["relabel"] == "r"
    assert found["train"] == keys.USUAL["train"]


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ({"predict": {"keep": "f5"}}, "predict.keep: f5 is choose_model of predict already"),
        ({"predict": {"keep": "f1"}}, "predict.keep: f1 is keys_here of app already"),
        ({"app": {"leave": "f5"}}, "app.leave: f5 is choose_model of predict already"),
        ({"predict": {"dance": "f5"}}, "predict has no action 'dance'"),
        ({"nowhere": {"keep": "f5"}}, "there is no place 'nowhere'"),
        ({"predict": {"keep": "Control N"}}, "predict.keep: expected a key such as ctrl+n or f5"),
        ({"predict": {"keep": ""}}, "predict.keep: expected a key"),
    ],
)
def test_what_can_not_be_is_told_and_the_key_stays(wanted: dict[str, dict[str, str]], told: str) -> None:
    found, problems = remapped(keys.USUAL, wanted)
    assert (dict(found), len(problems)) == (dict(keys.USUAL), 1)
    assert len(problems) == 1
    assert told in problems[0]


@pytest.mark.parametrize("text", ["[predict", "\x00", "keep = 1"])
def test_a_file_that_is_no_keymap_changes_nothing(tmp_path: Path, text: str) -> None:
    file = tmp_path / "keys.toml"
    file.write_text(text)
    found, problems = own_keys(file, keys.USUAL)
    assert (dict(found), len(problems)) == (dict(keys.USUAL), 1)
    assert all(str(file) in problem for problem in problems)


def test_a_file_that_is_too_long_is_told_and_not_cut(tmp_path: Path) -> None:
    file = tmp_path / "keys.toml"
    file.write_text('[predict]\nkeep = "ctrl+k"\n' + "#\n" * 2**15)
    found, problems = own_keys(file, keys.USUAL)
    assert (dict(found), len(problems)) == (dict(keys.USUAL), 1)
    assert "expected keys of at most 65,536 bytes, found more" in problems[0]


def test_a_place_where_no_file_can_be_has_no_keys(tmp_path: Path) -> None:
    for file in (tmp_path / ("x" * 300), tmp_path / "keys.toml" / "keys.toml"):
        assert own_keys(file, keys.USUAL) == (keys.USUAL, [])


def test_without_a_file_nothing_is_imported_to_read_it(tmp_path: Path) -> None:
    told = subprocess.run(
        [
            sys.executable,
            "-c",
            "import pathlib, sys; from tui import keymap, keys;"
            f"keymap.own_keys(pathlib.Path({str(tmp_path / 'keys.toml')!r}), keys.USUAL);"
            "print({'tomllib', 'namecls.files.opening'} & sys.modules.keys())",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert told.stdout == "set()\n"


def test_the_program_has_the_keys_of_the_file_and_tells_of_a_conflict(tmp_path: Path) -> None:
    (tmp_path / "namecls").mkdir()
    (tmp_path / "namecls" / "keys.toml").write_text(
        '[predict]\nkeep = "f5"\n[app]\nleave = "ctrl+x"\n', encoding="utf-8"
    )
    with terminal(environment={"XDG_CONFIG_HOME": str(tmp_path)}) as opened:
        opened.wait("ctrl+x quit", "already")  # told in a box that wraps
        opened.press("\x18")
        assert opened.end() == 0


def test_the_page_of_the_keys_is_made_from_the_table() -> None:
    made = runpy.run_path(str(ROOT / "scripts" / "keys_page.py"))["page"]()
    assert made == (ROOT / "docs" / "keys.md").read_text(encoding="utf-8")
