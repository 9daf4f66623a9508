"""What `namecls predict --on ray` refuses, before anything is started."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

import polars as pl
import pytest

from tests.cli.conftest import Cli


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--on", "spark"), "--on must be one of ray, was: 'spark'"),
        (("--on", "ray", "-i", "a.parquet", "b.parquet"), "patterns in quotes: --input 'dir/*.parquet'"),
        (("--on", "ray"), "--on ray reads Parquet: give --input"),
        (("--on", "ray", "-i", "-"), "--on ray reads Parquet: give --input"),
        (("--on", "ray", "-i", "in"), "say with --name-column where the names stand"),
        (("--on", "ray", "-i", "in", "--name-column", "name"), "give --output DIR"),
        (("--on", "ray", "-i", "in", "--format", "csv"), "not with --on ray: leave out --format"),
        (("--on", "ray", "-i", "in", "--prior", "uniform"), "not with --on ray: leave out --prior"),
    ],
)
def test_what_it_does_not_take_is_told(cli: Cli, options: tuple[str, ...], told: str) -> None:
    done = cli("predict", *options)
    assert done.code == 2
    assert told in " ".join(done.err.split())


@pytest.mark.skipif(find_spec("ray") is None, reason="the extra ray is not installed")
@pytest.mark.parametrize(
    ("more", "code", "told"),
    [
        (
            ("-i", "none/*.parquet", "--name-column", "name"),
            1,
            "none/*.parquet: expected Parquet files, found none",
        ),
        (
            ("-i", "in", "--name-column", "name"),
            1,
            "in/1.parquet: expected a column named 'name', found surname",
        ),
        (("-i", "in", "--name-column", "1", "--coverage", "2"), 2, "--coverage must be"),
        (
            ("-i", "in", "--name-column", "1", "-o", "none/out"),
            1,
            "none/out: could not be written: No such file",
        ),
    ],
)
def test_what_can_not_be_answered_is_told_and_nothing_written(
    cli: Cli, run_directory: Path, tmp_path: Path, more: tuple[str, ...], code: int, told: str
) -> None:
    (tmp_path / "in").mkdir()
    pl.DataFrame({"surname": ["Kowalski"]}).write_parquet(tmp_path / "in" / "1.parquet")
    asked = ("--on", "ray", "-o", "out", "--model", run_directory)
    done = cli("predict", *asked, *more)
    assert done.code == code
    assert told in done.err
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


def test_without_the_extra_it_is_named(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    done = cli("predict", "--on", "ray", "-i", "in", "--name-column", "name", "-o", "out")
    assert done.code == 1
    assert "this needs the package ray, which is not installed" in done.err
    assert "pip install 'namecls[ray]'" in done.err
