"""A training as TensorBoard reads it, read by TensorBoard."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import plugin_data_pb2

from namecls.events import EpochEnd, Gradients, Progress
from namecls.runs.run import Run
from namecls.trackers.tensorboard import TensorBoard
from tests.cli.conftest import Cli, cli, names_file  # noqa: F401

QUICK = (
    "--epochs",
    2,
    "--hidden",
    8,
    "--embedding",
    4,
    "--threads",
    1,
    "--device",
    "cpu",
    "--report-every",
    30,
)


def read(directory: Path) -> EventAccumulator:
    assert len(list(directory.iterdir())) == 1
    return EventAccumulator(str(directory), size_guidance={"images": 0, "scalars": 0}).Reload()


def hparams(log: EventAccumulator, name: str) -> Any:
    content = log.summary_metadata[f"_hparams_/{name}"].plugin_data.content
    return plugin_data_pb2.HParamsPluginData.FromString(content)


def test_gradient_norms_are_of_the_moment_at_which_they_were_told(trained_run: Path, tmp_path: Path) -> None:
    run = Run(trained_run)
    last = [event for event in run.history(EpochEnd) if isinstance(event, EpochEnd)][-1]
    norms = Gradients(epoch=last.epoch, step=last.step, layers=("gru",), norms=(0.5,))
    log = TensorBoard(run, tmp_path / "log")
    log.tell(last)
    log.tell(norms)
    log.close()
    found = read(tmp_path / "log")
    (norm,) = found.Scalars("gradient norm/gru")
    began = found.Scalars("loss/training")[0].wall_time
    assert norm.wall_time == pytest.approx(found.Scalars("accuracy/validation")[-1].wall_time)
    assert norm.wall_time >= began


def test_a_log_holds_what_the_history_holds(trained_run: Path, tmp_path: Path) -> None:
    run = Run(trained_run)
    TensorBoard(run, tmp_path / "log").close()
    log = read(tmp_path / "log")
    reports = list(run.history(Progress))
    epochs = list(run.history(EpochEnd))
    assert [each.step for each in log.Scalars("loss/training")] == [each.step for each in reports]  # type: ignore[union-attr]
    found = [(each.step, each.value) for each in log.Scalars("accuracy/validation")]
    assert found == [(e.step, pytest.approx(e.valid_accuracy)) for e in epochs]  # type: ignore[union-attr]
    metrics = run.metrics()
    assert metrics is not None
    assert log.Scalars("test/accuracy")[0].value == pytest.approx(metrics.accuracy)
    assert log.Scalars("test/macro-F1")[0].value == pytest.approx(metrics.macro_f1)
    (image,) = log.Images("confusion")
    assert image.encoded_image_string.startswith(b"\x89PNG")
    assert image.width > 100
    (settings,) = log.Tensors("settings")
    assert b"| hidden_size | 16 |" in settings.tensor_proto.string_val[0]
    start = hparams(log, "session_start_info").session_start_info
    assert (start.group_name, start.hparams["learning_rate"].number_value) == ("small", 0.02)
    assert start.hparams["bidirectional"].bool_value is False
    assert hparams(log, "session_end_info").HasField("session_end_info")


def test_a_training_is_told_live_and_once(
    cli: Cli,  # noqa: F811
    names_file: Path,  # noqa: F811
    tmp_path: Path,
) -> None:
    asked = ("train", "--data", names_file, *QUICK, "--save-dir", tmp_path, "--log-to", "tensorboard")
    said = cli(*asked, "--name", "mine", "--json")
    assert said.code == 0, said.err
    events = [json.loads(line) for line in said.out.splitlines()]
    log = read(tmp_path / "mine" / "tensorboard")
    steps = [event["step"] for event in events if event["event"] == "progress"]
    assert [each.step for each in log.Scalars("loss/training")] == steps
    assert len(log.Scalars("test/accuracy")) == 1
    said = cli("runs", "log", "mine", "--save-dir", tmp_path)  # in the place of the other
    assert said.err == "written: mine/tensorboard; to see it: tensorboard --logdir mine/tensorboard\n"
    again = read(tmp_path / "mine" / "tensorboard")
    assert again.Tags() == log.Tags()
    assert again.Scalars("loss/training") == log.Scalars("loss/training")
    assert cli("runs", "verify", "mine", "--save-dir", tmp_path).code == 0


def test_a_log_that_cannot_be_written_ends_no_training(
    cli: Cli,  # noqa: F811
    names_file: Path,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(TensorBoard, "tell", full)
    asked = ("train", "--data", names_file, *QUICK, "--save-dir", tmp_path, "--name", "mine")
    said = cli(*asked, "--log-to", "tensorboard")
    assert said.code == 0
    assert (
        f"no longer logged: No space left on device; later: namecls runs log {tmp_path / 'mine'}" in said.err
    )
    assert (tmp_path / "mine" / "MANIFEST.json").exists()


def test_what_it_refuses(
    cli: Cli,  # noqa: F811
    trained_run: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert (
        "a tracker must be one of tensorboard, mlflow, wandb, was: 'x'" in cli("train", "--log-to", "x").err
    )
    said = cli("train", "--log-to", "tensorboard", "--detach")
    assert said.code == 2
    assert "afterwards: namecls runs log RUN" in said.err
    shutil.copytree(trained_run, tmp_path / "mine")
    for module in [name for name in sys.modules if name.partition(".")[0] == "tensorboard"]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    said = cli("runs", "log", tmp_path / "mine")
    assert (said.code, len(said.err.splitlines())) == (1, 1)
    assert (
        "package tensorboard, which is not installed; to install it: pip install 'namecls[tensorboard]'"
        in said.err
    )
    assert not (tmp_path / "mine" / "tensorboard").exists()
