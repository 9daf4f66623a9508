"""docs/notebook.ipynb runs, and shows what it is to show; answers in a notebook are escaped."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from namecls.inference.prediction import Predictor
from namecls.notebook import history, table
from namecls.runs.run import Run
from tests.library import small_file

NOTEBOOK = Path(__file__).resolve().parents[1] / "docs" / "notebook.ipynb"
#: The cells in IPython, without a kernel: what each shows, as JSON.
PROGRAM = """
import json, sys
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
shell, shown = InteractiveShell.instance(), []
for cell in json.load(open(sys.argv[1], encoding="utf-8"))["cells"]:
    if cell["cell_type"] == "code":
        with capture_output() as told:
            done = shell.run_cell("".join(cell["source"]))
        done.raise_error()
        shown.append([each.data.get("text/html", "") for each in told.outputs])
        if hasattr(done.result, "_repr_html_"):
            shown[-1].append(done.result._repr_html_())
print(json.dumps(shown))
"""


@pytest.mark.slow
def test_the_notebook_runs_and_shows_the_training_and_the_answers(tmp_path: Path) -> None:
    pytest.importorskip("IPython")
    shutil.copy(small_file(tmp_path), tmp_path / "mine.tsv")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PROGRAM, NOTEBOOK],
        cwd=tmp_path, env={**os.environ, "IPYTHONDIR": str(tmp_path / "ipython")},
        capture_output=True, encoding="utf-8", timeout=180,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    _, training, frame, one, several, metrics = json.loads(done.stdout.splitlines()[-1])
    assert any("<progress value=" in each for each in training)
    assert any("data:image/png;base64," in each for each in training)
    assert "macro-F1" in training[-1]
    assert "valid_accuracy" in frame[0]
    assert "<td>Polish</td>" in one[0]
    assert "&lt;b&gt;O&#x27;Brien&lt;/b&gt;" in several[0]
    assert "<b>" not in several[0]
    assert "accuracy" in metrics[0]


def test_what_a_run_and_a_model_hold_is_shown_and_escaped(trained_run: Path) -> None:
    run = Run(trained_run)
    frame = history(run)
    assert frame["epoch"].to_list() == list(range(1, frame.height + 1))
    hostile = "<script>alert(1)</script>"
    (answer,) = Predictor.load(trained_run).predict([hostile])
    metrics = run.metrics()
    assert metrics is not None
    for shown in (answer, table([answer]), replace(metrics, split=hostile)):
        page = shown._repr_html_()
        assert page.startswith("<table>")
        assert "<script>" not in page
    assert "&lt;script&gt;" in answer._repr_html_()
