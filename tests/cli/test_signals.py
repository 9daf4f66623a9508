"""Signals, closed terminals, words from other processes: a checkpoint of the very moment, and a status that tells."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest
from safetensors import safe_open

from namecls.data.table import load_dataset
from namecls.events import EpochEnd
from namecls.files.control import ask
from namecls.runs.record import CONFIG
from namecls.runs.run import RESUME, Run
from namecls.training.learner import Learner
from namecls.training.loop import train
from tests import programs
from tests.cli.conftest import Cli, environment, start
from tests.library import SMALL
from tests.stress.disk import Disk
from tests.stress.faults import is_full
from tests.stress.stories import damage, ending, leftovers
from tests.terminal.harness import Terminal

STATUS = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129}
NETWORK = (
    "--preset",
    "fast",
    "--network",
    "gru",
    "--no-bidirectional",
    "--pooling",
    "last",
    "--hidden",
    8,
    "--embedding",
    4,
    "--threads",
    1,
    "--device",
    "cpu",
)
EPOCHS, STEPS = 20, 80
LEARNING = ("--epochs", EPOCHS, "--patience", 0, "--batch-size", 32, "--report-every", 60)

#: The command line, which waits for a line where the training itself begins to be imported.
HELD = """
import runpy, sys
class Held:
    def find_spec(self, name, path=None, target=None):
        if name == "namecls.training.loop":
            sys.stdin.readline()
sys.meta_path.insert(0, Held())
runpy.run_module("namecls", run_name="__main__", alter_sys=True)
"""


def arguments(data: Path, directory: Path, *more: object) -> tuple[object, ...]:
    return (
        "train",
        "--data",
        data,
        *NETWORK,
        *LEARNING,
        "--save-dir",
        directory,
        "--name",
        "run",
        "--keep-checkpoints",
        *more,
    )


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, names_file: Path) -> dict[str, object]:
    """What a training of these arguments ends with, if nothing disturbs it."""
    from namecls.cli.app import run

    directory = tmp_path_factory.mktemp("whole")
    assert run([str(a) for a in arguments(names_file, directory, "--json")]) == 0
    return ending(Run(directory / "run"))


def state_of(run: Run) -> dict[str, int]:
    """The counters of the last checkpoint."""
    with safe_open(run.directory / RESUME / "state.safetensors", framework="pt") as file:
        position: dict[str, int] = json.loads(file.metadata()["state"])["position"]
        return position


def catches(pid: int, number: signal.Signals) -> bool:
    """Whether a process has a handler for a signal."""
    status = Path(f"/proc/{pid}/status").read_text()
    return bool(int(status.partition("SigCgt:")[2].split()[0], 16) >> (number - 1) & 1)


def goes_on_to_the_same_end(cli: Cli, run: Run, whole: dict[str, object]) -> bool:
    assert damage(run, told_of_epoch=False) == ""
    assert leftovers(run) == []
    outcome = cli("train", "--resume", run.directory, "--json")
    assert outcome.code == 0, outcome.err
    return ending(run) == whole


@pytest.mark.parametrize("number", STATUS)
def test_a_signal_leaves_a_checkpoint_of_that_moment(
    cli: Cli, names_file: Path, tmp_path: Path, whole: dict[str, object], number: signal.Signals
) -> None:
    # What it tells does not fit into so small a pipe: it can't have ended before the signal comes.
    with start(*arguments(names_file, tmp_path, "--json"), pipesize=programs.SMALL_PIPE) as process:
        assert process.stdout is not None
        for line in iter(process.stdout.readline, b""):
            if json.loads(line)["event"] == "epoch":
                break
        process.send_signal(number)
        rest, errors = process.communicate(timeout=60)
    assert process.returncode == STATUS[number], errors
    run = Run.open(tmp_path / "run")
    last = json.loads(rest.splitlines()[-1])
    assert (last["event"], last["step"]) == ("interrupted", state_of(run)["step"])
    assert 0 < last["step"] < STEPS
    assert goes_on_to_the_same_end(cli, run, whole)


@pytest.mark.parametrize("number", STATUS)
@pytest.mark.parametrize("where", ["step", "validate"])
def test_a_signal_in_the_midst_of_a_step_or_a_validation_waits_for_its_end(
    cli: Cli,
    names_file: Path,
    tmp_path: Path,
    whole: dict[str, object],
    monkeypatch: pytest.MonkeyPatch,
    where: str,
    number: signal.Signals,
) -> None:
    real, calls = getattr(Learner, where), 0

    def disturbed(self: Learner, *values: object) -> object:
        nonlocal calls
        calls += 1
        if calls == 3:
            os.kill(os.getpid(), number)
        return real(self, *values)

    with monkeypatch.context() as patched:
        patched.setattr(Learner, where, disturbed)
        outcome = cli(*arguments(names_file, tmp_path, "--json"))
    assert outcome.code == STATUS[number]
    run = Run.open(tmp_path / "run")
    last = json.loads(outcome.out.splitlines()[-1])
    assert (last["event"], last["step"]) == ("interrupted", state_of(run)["step"])
    assert goes_on_to_the_same_end(cli, run, whole)


def test_a_signal_before_the_first_step_leaves_a_run_that_can_begin(
    cli: Cli, names_file: Path, tmp_path: Path, whole: dict[str, object]
) -> None:
    words = map(str, arguments(names_file, tmp_path, "--json"))
    with programs.start(["-c", HELD, *words], env=environment()) as process:
        while not ((tmp_path / "run").exists() and catches(process.pid, signal.SIGTERM)):
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(signal.SIGTERM)
        rest, errors = process.communicate(b"\n", timeout=60)
    assert process.returncode == 143, errors
    assert json.loads(rest.splitlines()[-1])["step"] == 0
    assert b"interrupted before its first step" in errors
    assert goes_on_to_the_same_end(cli, Run.open(tmp_path / "run"), whole)


def test_a_signal_during_the_test_lets_it_end(
    cli: Cli, names_file: Path, tmp_path: Path, whole: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    from namecls.training import finishing

    real = finishing.calibrate

    def disturbed(*values: object) -> object:
        os.kill(os.getpid(), signal.SIGTERM)
        return real(*values)  # type: ignore[arg-type]

    monkeypatch.setattr(finishing, "calibrate", disturbed)
    outcome = cli(*arguments(names_file, tmp_path, "--json"))
    assert outcome.code == 143
    assert json.loads(outcome.out.splitlines()[-1])["event"] == "finished"
    assert ending(Run.open(tmp_path / "run")) == whole


def test_a_signal_while_it_is_paused_ends_it(
    cli: Cli, names_file: Path, tmp_path: Path, whole: dict[str, object]
) -> None:
    with start(*arguments(names_file, tmp_path, "--json"), stdout=subprocess.DEVNULL) as process:
        assert process.stderr is not None
        while not (tmp_path / "run" / CONFIG).exists():
            assert process.poll() is None
            time.sleep(0.01)
        ask(tmp_path / "run", "pause")
        assert process.stderr.readline() == b"paused by another process\n"
        process.send_signal(signal.SIGHUP)
        process.communicate(timeout=60)
    assert process.returncode == 129
    assert goes_on_to_the_same_end(cli, Run.open(tmp_path / "run"), whole)


def test_a_signal_while_the_disk_is_full_leaves_the_last_checkpoint_and_says_so(
    cli: Cli, names_file: Path, tmp_path: Path, whole: dict[str, object]
) -> None:
    directory = tmp_path / "run"
    sent = False

    def before(call: int, name: str) -> bool:
        nonlocal sent
        if (directory / RESUME / "state.safetensors").exists():
            if not sent:
                os.kill(os.getpid(), signal.SIGTERM)
                sent = True
            return is_full(0, 1)(call, name)
        return False

    with Disk(directory, before).installed():
        outcome = cli(*arguments(names_file, tmp_path))
    assert outcome.code == 1  # no checkpoint of this moment: that is for the user to know
    assert "waiting: " in outcome.err
    assert "No space left on device; what stood there before is safe; free some space" in outcome.err
    assert f"to resume from its last checkpoint: namecls train --resume {directory}" in outcome.err
    assert goes_on_to_the_same_end(cli, Run.open(directory), whole)


@pytest.mark.parametrize("controlling", [True, False], ids=["SIGHUP", "end of file"])
def test_a_terminal_that_goes_away_leaves_a_checkpoint(
    cli: Cli, names_file: Path, tmp_path: Path, whole: dict[str, object], controlling: bool
) -> None:
    program = ["-m", "namecls"]
    terminal = Terminal(
        [str(a) for a in arguments(names_file, tmp_path)],
        program=program,
        controlling=controlling,
        directory=tmp_path,
    )
    try:
        terminal.wait("valid loss")
        os.close(terminal.slave)
        os.close(terminal.master)
        status = terminal.process.wait(timeout=60)
    finally:
        terminal.process.kill()
        terminal.process.wait()
    assert status == 129
    assert goes_on_to_the_same_end(cli, Run.open(tmp_path / "run"), whole)


def test_changed_data_are_an_error_that_says_what_to_do(cli: Cli, names_file: Path, tmp_path: Path) -> None:
    data = tmp_path / "names.tsv"
    data.write_bytes(names_file.read_bytes())
    run = Run.create(tmp_path, SMALL, "run")
    events = train(SMALL, load_dataset(data), run)
    next(event for event in events if isinstance(event, EpochEnd))
    events.close()
    data.write_bytes(names_file.read_bytes() + b"Kowalski\tPolish\n")
    outcome = cli("train", "--resume", run.directory)
    assert outcome.code == 1
    assert (
        f"{data}: has changed since the run was trained on it; put back the file that it was" in outcome.err
    )
    data.unlink()
    outcome = cli("train", "--resume", run.directory)
    assert (outcome.code, outcome.err.count("\n")) == (1, 1)
    assert "there is no such file" in outcome.err


def test_another_torch_is_told_of(cli: Cli, names_file: Path, tmp_path: Path) -> None:
    run = Run.create(tmp_path, SMALL, "run")
    events = train(SMALL, load_dataset(names_file), run)
    next(events)
    events.close()
    text = (run.directory / CONFIG).read_text()
    outcome = cli("train", "--resume", run.directory, "--json")
    assert outcome.err == ""
    (run.directory / "MANIFEST.json").unlink()
    record = json.loads(text)
    record["versions"]["torch"] = "1.0\x1b[2J"
    (run.directory / CONFIG).write_text(json.dumps(record))
    outcome = cli("train", "--resume", run.directory, "--json")
    assert outcome.code == 0
    assert "started with PyTorch 1.0␛[2J, resumed with " in outcome.err


def test_a_training_goes_on_with_data_that_were_moved(cli: Cli, names_file: Path, tmp_path: Path) -> None:
    data = Path(shutil.copy(names_file, tmp_path / "names.tsv"))
    run = Run.create(tmp_path, SMALL, "run")
    events = train(SMALL, load_dataset(data), run)
    next(event for event in events if isinstance(event, EpochEnd))
    events.close()
    moved = data.rename(tmp_path / "moved.tsv")
    assert cli("train", "--resume", run.directory).code == 1
    other = tmp_path / "other.tsv"
    other.write_text("a\tb\nc\td\n", encoding="utf-8")
    outcome = cli("train", "--resume", run.directory, "--data", other)
    assert outcome.code == 1
    assert "other.tsv: is not the file that the run was trained on" in outcome.err
    outcome = cli("train", "--resume", run.directory, "--data", moved)
    assert outcome.code == 0
    assert run.finished
    assert run.record().data.path == moved


def test_one_whose_loss_was_no_number_is_to_be_finished_and_not_gone_on_with(
    cli: Cli, names_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run.create(tmp_path, SMALL, "run")
    events = train(SMALL, load_dataset(names_file), run)
    next(event for event in events if isinstance(event, EpochEnd))
    events.close()
    real = Learner.step

    def spoiled(self: Learner, indices: object) -> None:
        next(self.model.parameters()).data.fill_(float("nan"))
        real(self, indices)  # type: ignore[arg-type]

    monkeypatch.setattr(Learner, "step", spoiled)
    assert cli("train", "--resume", run.directory).code == 1
    monkeypatch.undo()
    outcome = cli("train", "--resume", run.directory, "--json")
    assert (outcome.code, outcome.err.count("\n")) == (1, 1)
    assert "can't resume: the loss is no longer a number" in outcome.err
    assert f"to test and keep them: namecls runs finish {run.directory}" in outcome.err
    assert cli("runs", "finish", run.directory).code == 0
