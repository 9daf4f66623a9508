"""What the READMEs say, done."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from typer.main import get_command

from namecls.cli.app import build
from namecls.paths import packaged_model
from namecls.runs.run import Run
from tests.library import small_file

ROOT = Path(__file__).resolve().parents[1]
READMES = ("README.md", "README.zh.md")


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", READMES)
def test_the_example_in_python_runs(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(small_file(tmp_path), tmp_path / "mine.tsv")
    shutil.copy(tmp_path / "mine.tsv", tmp_path / "new.tsv")
    monkeypatch.chdir(tmp_path)
    (program,) = re.findall(r"```python\n(.*?)```", read(name), re.DOTALL)
    exec(compile(program, name, "exec"), {})


@pytest.mark.parametrize("name", READMES)
def test_what_it_links_to_is_there(name: str) -> None:
    targets = re.findall(r"\]\(([^)]+)\)", read(name))
    assert targets
    assert [target for target in targets if "://" not in target and not (ROOT / target).exists()] == []


@pytest.mark.parametrize("name", READMES)
def test_its_figures_are_those_of_the_shipped_model(name: str) -> None:
    metrics = Run.open(packaged_model()).metrics()
    assert metrics is not None
    shares = (metrics.accuracy, metrics.macro_f1, metrics.top_3)
    assert f"{metrics.rows:,}" in read(name)
    assert " | ".join(f"{share * 100:.1f} %" for share in shares) in read(name)
    assert f"{len(metrics.per_label)} " in read(name)


@pytest.mark.parametrize("name", READMES)
def test_the_options_of_its_commands_exist(name: str) -> None:
    commands = get_command(build()).commands  # type: ignore[attr-defined]
    lines = re.findall(r"^    (?:\$ )?(?:cat \S+ \| )?namecls (\w+)([^#\n]*)", read(name), re.MULTILINE)
    assert len(lines) > 5
    for command, rest in lines:
        known = commands[command]
        first = rest.split()[0] if rest.split() else ""
        if hasattr(known, "commands"):
            known = known.commands[first]
        options = {option for parameter in known.params for option in parameter.opts}
        assert set(re.findall(r"(?<!\S)--?[a-z-]+", rest)) <= options, command
