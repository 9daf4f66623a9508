"""The programs of docs/tools.md run."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.library import small_file

PAGE = (Path(__file__).resolve().parents[1] / "docs" / "tools.md").read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.parametrize(
    "program", re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL), ids=["scikit-learn", "lite", "service"]
)
def test_a_program_of_the_page_runs(program: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copy(small_file(tmp_path), tmp_path / "mine.tsv")
    exec(compile(program, "docs/tools.md", "exec"), {})
    assert capsys.readouterr().out
