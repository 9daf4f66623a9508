"""`namecls plot`."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from namecls.cli.plotted import show_pictures
from namecls.pictures.charts import KINDS, pictures
from namecls.runs.run import Run
from tests.cli.conftest import Cli


def test_a_picture_goes_into_a_file(cli: Cli, run_directory: Path, tmp_path: Path) -> None:
    (tmp_path / "link.SVG").symlink_to("there.svg")
    said = cli("plot", run_directory, run_directory, "--output", "link.SVG")
    content = (tmp_path / "there.svg").read_bytes()
    assert (said.code, said.out, said.err) == (0, "", f"written: link.SVG, {len(content):,} bytes\n")
    assert b"training rows" in content
    for name in ("x", "x.gif", "-"):
        said = cli("plot", run_directory, "-o", name)
        assert said.code == 2
        assert f"--output must end in .svg, .png or .pdf, was: {name!r}" in said.err


def test_a_directory_that_is_not_there_is_told_by_the_name_that_was_given(
    cli: Cli, run_directory: Path, tmp_path: Path
) -> None:
    said = cli("plot", run_directory, "-o", tmp_path / "none" / "x.svg")
    assert (said.code, said.err) == (
        1,
        f"namecls: {tmp_path}/none/x.svg: No such file or directory; check the path\n",
    )


def test_in_a_pipe_the_numbers_are_printed(cli: Cli, run_directory: Path) -> None:
    titles, *rows = cli("plot", run_directory).out.splitlines()
    assert titles == "series\tepoch\tloss"
    assert rows[0].startswith("small, validation rows\t1\t")
    assert len(rows) == 2 * 6 + 1
    assert cli("plot", run_directory, "--kind", "labels").out.startswith("label\trows\tsmall\n")
    (told,) = json.loads(cli("plot", run_directory, "--kind", "confusion", "--json").out)
    assert sorted(told["labels"]) == ["Armenian", "Georgian", "Polish"]


def test_what_it_refuses(cli: Cli, run_directory: Path) -> None:
    assert "--kind must be one of curves, confusion" in cli("plot", run_directory, "--kind", "x").err
    assert "--split must be one of test, validation" in cli("plot", run_directory, "--split", "x").err
    said = cli("plot", "nowhere")
    assert (said.code, len(said.err.splitlines())) == (1, 1)


@pytest.mark.parametrize("ascii_only", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_on_a_terminal_it_is_drawn(
    kind: str,
    ascii_only: bool,
    run_directory: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from namecls.cli import console

    shutil.copytree(run_directory, tmp_path / "mine")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr("namecls.cli.plotted.is_terminal", lambda: True)
    monkeypatch.setattr("namecls.cli.console.is_terminal", lambda: True)
    console.draw_ascii(ascii_only)
    try:
        show_pictures(pictures(kind, [Run(tmp_path / "mine")]))
    finally:
        console.draw_ascii(False)
    shown = capsys.readouterr().out
    assert "mine" in shown
    assert max(map(len, shown.splitlines())) <= (110 if kind == "confusion" else 80)
    assert shown.isascii() == ascii_only
    if kind == "curves":
        assert "accuracy, %" in shown
