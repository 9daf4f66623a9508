"""requirements-lite.txt is enough for `namecls predict` and what is told of data; the rest says what it lacks."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import packages_distributions, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.programs import environment

ROOT = Path(__file__).resolve().parents[1]
#: A program that finds none of the modules of other packages than those.
ALONE = """
import sys
from importlib.abc import MetaPathFinder

class Missing(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name.partition(".")[0] in {others!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name.partition(".")[0])

sys.meta_path.insert(0, Missing())
import importlib.util
found = importlib.util.find_spec
importlib.util.find_spec = lambda name, package=None: None if name in {others!r} else found(name, package)
sys.argv = ["namecls", *{words!r}]
import runpy
runpy.run_module({module!r}, run_name="__main__")
"""


def wanted() -> set[str]:
    """The packages of requirements-lite.txt, and those that they need."""
    lines = (ROOT / "requirements-lite.txt").read_text(encoding="utf-8").splitlines()
    found: set[str] = set()
    ahead = [Requirement(line) for line in lines if line and not line.startswith("#")]
    while ahead:
        each = ahead.pop()
        name = canonicalize_name(each.name)
        if name in found or (each.marker is not None and not each.marker.evaluate({"extra": ""})):
            continue
        found.add(name)
        ahead += map(Requirement, requires(each.name) or ())
    return found


def alone(place: Path, module: str, *words: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    """A command with nothing but these installed."""
    kept = {*wanted(), "namecls"}
    homes = packages_distributions().items()
    others = {name for name, dists in homes if not kept & set(map(canonicalize_name, dists))}
    assert others > {"torch", "textual", "plotext"}
    assert not others & {"numpy", "polars", "rich", "typer", "namecls", "tui"}
    program = ALONE.format(others=others, words=words, module=module)
    return subprocess.run(
        [sys.executable, "-c", program], cwd=place, env=environment(), input=typed,
        capture_output=True, encoding="utf-8", timeout=120, check=False,
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--version",), "namecls 0"),
        (("predict", "Kim", "--format", "table"), "Korean"),
        (("predict", "Kim", "--prior", "uniform", "--whole-name"), '"population": "uniform"'),
        (("data", "inspect", f"{ROOT}/data/names.tsv"), "67 labels"),
        (("data", "sample", "-n", "3"), "\t"),
        (("runs", "show", "default", "--save-dir", f"{ROOT}/save_model"), "accuracy"),
        (("train", "--help"), "--data"),
    ],
)
def test_these_commands_need_no_more(words: tuple[str, ...], told: str, tmp_path: Path) -> None:
    done = alone(tmp_path, "namecls", *words)
    assert done.returncode == 0, done.stderr
    assert told in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    ("module", "words", "lacks"),
    [
        ("namecls", ("explain", "Kim"), "PyTorch"),
        ("namecls", ("serve",), "the package uvicorn"),
        ("namecls", ("plot", f"{ROOT}/save_model/default", "-o", "x.svg"), "the package matplotlib"),
        (
            "namecls",
            ("predict", "--on", "ray", "-i", "x", "--name-column", "1", "-o", "y"),
            "the package ray",
        ),
        ("tui", ("--plain",), "torch"),
    ],
)
def test_the_others_say_what_they_lack(
    module: str, words: tuple[str, ...], lacks: str, tmp_path: Path
) -> None:
    done = alone(tmp_path, module, *words, typed="predict\nKim\n")
    assert done.returncode == 1
    assert f"this needs {lacks}, which is not installed; to install it: pip install" in done.stderr
