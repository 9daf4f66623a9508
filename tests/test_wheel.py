"""The wheel, as a stranger gets it: data and model inside, at home in any directory."""

from __future__ import annotations

import os
import posixpath
import re
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[1]
QUIET = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INDEX": "1", "PIP_NO_INPUT": "1"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("wheel")
    build = [
        sys.executable,
        "-m",
        "build",
        "--wheel",
        "--no-isolation",
        "--outdir",
        str(directory),
        str(ROOT),
    ]
    subprocess.run(build, env={**os.environ, **QUIET}, capture_output=True, check=True, timeout=120)
    (found,) = directory.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def bin_directory(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with the wheel in it; what the wheel depends on is lent by the present one."""
    place = tmp_path_factory.mktemp("fresh") / "venv"
    venv.create(place, symlinks=True)
    interpreter = place / "bin" / "python"
    pip = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        str(interpreter),
        "install",
        "--no-deps",
        "--quiet",
        str(wheel),
    ]
    subprocess.run(pip, env={**os.environ, **QUIET}, capture_output=True, check=True, timeout=120)
    (packages,) = place.glob("lib/python*/site-packages")
    (packages / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return place / "bin"


def run(
    bin_directory: Path, directory: Path, *command: str, stdin: str = ""
) -> subprocess.CompletedProcess[str]:
    environment = {
        key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "VIRTUAL_ENV")
    }
    return subprocess.run(
        [str(bin_directory / command[0]), *command[1:]],
        cwd=directory,
        env=environment,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_wheel_holds_packages_data_and_model(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    shipped = {name.removeprefix("namecls/_shipped/") for name in names}
    assert {"data/names.tsv", "data/regions.tsv", "data/README.md"} <= shipped
    model = Path(__file__).parents[1] / "save_model" / "default"
    assert {f"save_model/default/{path.name}" for path in model.iterdir()} <= shipped
    assert "namecls/py.typed" in names
    assert any(name.startswith("tui/") and name.endswith(".tcss") for name in names)
    assert not [
        name for name in names if name.startswith(("tests/", "bench/", "data/")) or "/resume/" in name
    ]


def test_the_links_of_what_is_shipped_lead_to_what_is_shipped(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        for page in [name for name in names if name.startswith("namecls/_shipped/") and name.endswith(".md")]:
            text = archive.read(page).decode("utf-8")
            links = [link for link in re.findall(r"\]\(([^)#]+)", text) if "://" not in link]
            ends = {posixpath.normpath(posixpath.join(posixpath.dirname(page), link)) for link in links}
            assert ends <= names, page
            assert "default" not in page or "namecls/_shipped/data/README.md" in ends
    notices = [name for name in names if name.endswith("licenses/data/README.md")]
    assert len(notices) == 1


def test_it_answers_from_an_empty_directory(bin_directory: Path, tmp_path: Path) -> None:
    done = run(bin_directory, tmp_path, "namecls", "predict", "Kowalski", "--format", "jsonl")
    assert done.returncode == 0, done.stderr
    assert '{"label": "Polish"' in done.stdout.split("ranked")[1][:30]
    assert list(tmp_path.iterdir()) == []


def test_it_is_the_installed_one_that_answers(bin_directory: Path, tmp_path: Path) -> None:
    done = run(
        bin_directory, tmp_path, "python", "-c", "import namecls, tui; print(namecls.__file__, tui.__file__)"
    )
    assert [str(bin_directory.parent) in place for place in done.stdout.split()] == [True, True], done.stderr


def test_it_knows_its_data(bin_directory: Path, tmp_path: Path) -> None:
    done = run(bin_directory, tmp_path, "namecls", "data", "sample", "-n", "5", "--label", "Polish")
    assert done.returncode == 0, done.stderr
    assert [line.split("\t")[1] for line in done.stdout.splitlines()] == ["Polish"] * 5


def test_the_app_is_there_and_wants_a_terminal(bin_directory: Path, tmp_path: Path) -> None:
    done = run(bin_directory, tmp_path, "namecls-tui")
    assert done.returncode != 0
    assert len(done.stderr.splitlines()) == 1
    assert "terminal" in done.stderr
