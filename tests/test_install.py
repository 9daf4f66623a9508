"""What a Dockerfile, a workflow and the two modules promise, as far as it can be seen without running them."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib

import pytest

from tests.test_docs import ROOT


def test_what_the_dockerfile_copies_is_there_and_is_not_ignored() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    sources = [word for line in re.findall(r"^COPY (.*)$", text, re.MULTILINE) for word in line.split()[:-1]]
    let_in = re.findall(r"^!(\S+)$", (ROOT / ".dockerignore").read_text(encoding="utf-8"), re.MULTILINE)
    assert sources
    for source in sources:
        assert (ROOT / source).exists()
        assert source in let_in
    assert text.index("USER namecls") < text.index("CMD")


def test_all_that_a_wheel_is_made_of_is_let_into_the_image() -> None:
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]
    copied = re.findall(
        r"^COPY (\S+)|(?<= )(\S+\.(?:md|toml)|LICENSE)(?= )", (ROOT / "Dockerfile").read_text(), re.MULTILINE
    )
    places = {word for pair in copied for word in pair if word}
    for source in wheel["targets"]["wheel"]["force-include"]:
        assert any(source == place or source.startswith(f"{place}/") for place in places), source


@pytest.mark.parametrize("module", ["namecls", "tui"])
def test_both_commands_are_modules_that_run(module: str) -> None:
    told = subprocess.run([sys.executable, "-m", module, "--help"], cwd=ROOT, capture_output=True, text=True)
    assert told.returncode == 0
    assert "--version" in told.stdout


def test_an_sdist_has_what_its_tests_and_pages_need() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    held = project["tool"]["hatch"]["build"]["targets"]["sdist"]["include"]
    for needed in ("Dockerfile", ".dockerignore", ".github", "docs", "tests", "bench", "constraints.txt"):
        assert (ROOT / needed).exists()
        assert needed in held


def test_the_extra_for_benches_has_all_that_they_import() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert "ray[data]" in project["optional-dependencies"]["bench"]


def test_the_workflow_asks_what_is_installed_and_installs_what_is_pinned() -> None:
    workflow = (ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
    (answers,) = re.findall(r"- name: What is installed answers\n((?: {8}.*\n)+)", workflow)
    assert "working-directory: ${{ runner.temp }}" in answers
    assert "run: namecls " in answers
    installs = re.findall(r"run: (python -m pip install .*)", workflow)
    assert installs
    assert all("-c constraints.txt" in install for install in installs)
