"""A training as MLflow and as Weights & Biases keep it, offline, by the packages themselves."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from namecls.events import EpochEnd, Progress
from namecls.runs.run import Run

pytestmark = pytest.mark.slow

#: In a process of its own: both import much, and warn of it.
TELL = """
import sys
from namecls.cli.app import run
for _ in range(2):  # the second in the place of the first
    code = run(["runs", "log", sys.argv[1], "--to", sys.argv[2]])
    if code:
        sys.exit(code)
"""
READ = """
import json, sys
from mlflow.tracking import MlflowClient
client = MlflowClient(tracking_uri=sys.argv[1])
experiment = client.get_experiment_by_name("namecls")
(run,) = client.search_runs([experiment.experiment_id])
history = {name: [(each.step, each.value) for each in client.get_metric_history(run.info.run_id, name)]
           for name in run.data.metrics}
files = [each.path for each in client.list_artifacts(run.info.run_id)]
print(json.dumps([run.data.params, history, files, run.info.status, run.info.run_name]))
"""


def told(program: str, *arguments: object, **environment: str) -> str:
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("MLFLOW", "WANDB"))}
    return subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)],
        capture_output=True, encoding="utf-8", timeout=180, check=True, env={**plain, **environment},
    ).stdout  # fmt: skip


@pytest.fixture
def run(trained_run: Path, tmp_path: Path) -> Run:
    return Run(Path(shutil.copytree(trained_run, tmp_path / "mine")))


def test_mlflow_holds_what_the_history_holds_once(run: Run) -> None:
    pytest.importorskip("mlflow")
    told(TELL, run.directory, "mlflow")
    place = (run.directory / "mlflow").as_uri()
    found = json.loads(told(READ, place, MLFLOW_ALLOW_FILE_STORE="true"))
    settings, history, files, status, name = found
    assert (settings["hidden_size"], settings["bidirectional"]) == ("16", "False")
    steps = [event.step for event in run.history(Progress)]  # type: ignore[union-attr]
    assert [step for step, _ in history["loss/training"]] == steps
    accuracies = [event.valid_accuracy for event in run.history(EpochEnd)]  # type: ignore[union-attr]
    assert [value for _, value in history["accuracy/validation"]] == accuracies
    metrics = run.metrics()
    assert metrics is not None
    assert history["test/accuracy"][0][1] == metrics.accuracy
    assert (files, status, name) == (["confusion.png"], "FINISHED", run.name)


def test_wandb_is_told_offline_and_once(run: Run) -> None:
    pytest.importorskip("wandb")
    told(TELL, run.directory, "wandb")
    (place,) = (run.directory / "wandb").glob("offline-run-*")
    (log,) = place.glob("*.wandb")
    content = log.read_bytes()
    metrics = run.metrics()
    assert metrics is not None
    for text in (
        "loss/training",
        "macro-F1/validation",
        "hidden_size",
        "test/accuracy",
        str(metrics.accuracy),
    ):
        assert text.encode() in content, text
    assert len(list(place.glob("files/media/images/confusion*.png"))) == 1
