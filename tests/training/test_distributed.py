"""Several processes under `torchrun`: they train as one would, one of them writes, and none is missed for long."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from namecls.cli.app import run as run_command
from namecls.data.batching import NameDataset
from namecls.errors import ConfigError
from namecls.events import EpochEnd
from namecls.nn.model import NameClassifier
from namecls.runs.checkpoint import processes_of
from namecls.runs.run import Run
from namecls.training.distributed import ALONE, Group, places
from namecls.training.protocol import prepare
from namecls.training.summing import sum_gradients
from tests import programs
from tests.library import SMALL, small_file, small_table
from tests.stress.stories import ending
from tests.training.together import CASES, TOLD, WEIGHTS, trained

NETWORK = (
    *("--preset", "fast", "--network", "gru", "--no-bidirectional", "--pooling", "last", "--hidden", 8),
    *("--embedding", 4, "--threads", 1, "--device", "cpu"),
)
EPOCHS = 12
LEARNING = ("--epochs", EPOCHS, "--patience", 0, "--batch-size", 33, "--report-every", 60)


def arguments(directory: Path, name: str) -> tuple[object, ...]:
    data = directory / "small.tsv"
    named = ("--save-dir", directory, "--name", name, "--keep-checkpoints", "--json")
    return ("train", "--data", data, *NETWORK, *LEARNING, *named)


def start(count: int, *words: object, pipesize: int = -1) -> subprocess.Popen[bytes]:
    """`torchrun` with so many processes of a module."""
    together = ("--standalone", "--nproc-per-node", count, "-m", *words)
    return subprocess.Popen(
        [sys.executable, "-m", "torch.distributed.run", *map(str, together)],
        env=programs.environment({"OMP_NUM_THREADS": "1"}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        pipesize=pipesize,
    )


def heard(process: subprocess.Popen[bytes]) -> tuple[bytes, bytes]:
    """What it prints until it ends; one that does not is ended with its processes, or they would be waited for."""
    try:
        return process.communicate(timeout=240)
    except subprocess.TimeoutExpired:
        process.terminate()
        raise


def done(count: int, *words: object) -> bytes:
    """What so many processes of a module print when they go on to their end."""
    with start(count, *words) as process:
        out, errors = heard(process)
    see_connected(errors)
    assert process.returncode == 0, errors.decode()
    return out


def see_connected(errors: bytes) -> None:
    """Skip where gloo itself did not connect two processes over loopback, as seldom happens on a busy machine."""
    if b"connectFullMesh failed" in errors:
        pytest.skip("gloo was refused a connection of its own over loopback")


def workers(process: subprocess.Popen[bytes]) -> dict[int, int]:
    """The pids of the processes that `torchrun` started, by their rank."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    found = {}
    for child in children:
        lines = Path(f"/proc/{child}/environ").read_bytes().split(b"\0")
        ranks = [line for line in lines if line.startswith(b"RANK=")]
        if ranks:
            found[int(ranks[0][5:])] = int(child)
    return found


def told_until(process: subprocess.Popen[bytes], event: str) -> None:
    assert process.stdout is not None
    for line in iter(process.stdout.readline, b""):
        if json.loads(line)["event"] == event:
            return
    assert process.stderr is not None
    errors = process.stderr.read()
    see_connected(errors)
    raise AssertionError(f"it ended without {event!r}: {errors.decode()}")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("several")
    small_file(directory)
    return directory


@pytest.mark.slow
def test_two_processes_with_half_the_batch_each_are_one_with_the_whole(tmp_path: Path) -> None:
    """And a pause is no loss, and a loss is told in a pause."""
    for made in (WEIGHTS, TOLD):
        done(2, "tests.training.together", tmp_path / made)
    together = load_file(tmp_path / WEIGHTS)
    for name in CASES:
        for key, tensor in trained(name).items():
            found = together[f"{name}/{key}"]
            torch.testing.assert_close(
                found, tensor, rtol=0, atol=1e-5, msg=lambda said, of=(name, key): f"{of}: {said}"
            )
    assert (tmp_path / TOLD).read_text() == "True True"


@pytest.mark.slow
def test_one_process_under_torchrun_is_plain_training_to_the_last_bit(place: Path) -> None:
    assert run_command([str(word) for word in arguments(place, "plain")]) == 0
    done(1, "namecls", *arguments(place, "one"))
    assert ending(Run.open(place / "one")) == ending(Run.open(place / "plain"))


@pytest.mark.slow
def test_a_killed_process_ends_all_and_two_resume_to_the_same_bits(place: Path) -> None:
    done(2, "namecls", *arguments(place, "whole"), "--refit")
    whole = Run.open(place / "whole")
    assert whole.finished
    whole.verify()
    assert [event.epoch for event in whole.history(EpochEnd)] == list(range(1, EPOCHS + 1))
    with start(2, "namecls", *arguments(place, "killed"), "--refit", pipesize=programs.SMALL_PIPE) as process:
        told_until(process, "epoch")
        os.kill(workers(process)[1], signal.SIGKILL)
        _rest, errors = heard(process)
    assert process.returncode == 1
    assert b"another process of this training is gone" in errors
    assert b"torchrun --nproc-per-node 2 -m namecls train --resume" in errors
    run = Run.open(place / "killed")
    assert not run.finished
    done(2, "namecls", "train", "--resume", run.directory, "--json")
    assert ending(run) == ending(whole)


@pytest.mark.slow
def test_a_signal_leaves_a_checkpoint_from_which_one_resumes(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with start(2, "namecls", *arguments(place, "stopped"), pipesize=programs.SMALL_PIPE) as process:
        told_until(process, "epoch")
        process.send_signal(signal.SIGTERM)
        rest, errors = heard(process)
    run = Run.open(place / "stopped")
    assert json.loads(rest.splitlines()[-1])["event"] == "interrupted", errors
    assert not run.finished
    assert processes_of(run) == 2
    assert run_command(["train", "--resume", str(run.directory), "--json"]) == 0
    assert "trained by 2 processes so far, resumed by 1 process" in capsys.readouterr().err
    assert run.finished
    run.verify()


class Halves(Group):
    """One of two processes, whose gradients are those that another one left behind."""

    size = 2

    def __init__(self, rank: int, left: list[torch.Tensor]) -> None:
        super().__init__()
        self.rank, self.left = rank, left

    def add(self, values: torch.Tensor) -> None:
        values += self.left.pop(0)

    def gather(self, values: torch.Tensor) -> torch.Tensor:
        return torch.stack([values, self.left.pop(0)])


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_every_row_is_in_the_part_of_one_process_and_the_leader_has_some(size: int) -> None:
    group = Group()
    group.size = size
    for count in (1, 2, 6, 7, 20):
        parts = []
        for group.rank in range(size):
            parts.append(group.part(torch.arange(count)))
        assert torch.cat(parts).tolist() == list(range(count))
        assert len(parts[0]) == -(-count // size)


def test_one_alone_is_the_whole_group() -> None:
    rows = torch.arange(5)
    assert torch.equal(ALONE.part(rows), rows)
    assert torch.equal(ALONE.gather(rows), rows[None])


def test_a_table_gets_the_rows_that_either_process_reached() -> None:
    table = torch.nn.Parameter(torch.zeros(8, 2))
    weight = torch.nn.Parameter(torch.zeros(3))
    table.grad = torch.sparse_coo_tensor([[1, 5, 1]], torch.ones(3, 2), (8, 2), check_invariants=True)
    weight.grad = torch.ones(3)
    other = torch.cat(
        [
            torch.tensor([5, 0], dtype=torch.int32).view(torch.uint8),
            torch.full((2, 2), 3.0).view(torch.uint8).flatten(),
        ]
    )
    left = [torch.tensor([1.0, 2.0, 3.0, 10.0]), torch.tensor([1]), other]
    assert sum_gradients(Halves(0, left), [weight], [table], torch.tensor([5.0])) == [15.0]
    assert weight.grad.tolist() == [2.0, 3.0, 4.0]
    expected = torch.zeros(8, 2)
    expected[1], expected[5] = 2.0, 4.0
    assert torch.equal(table.grad.to_dense(), expected)


def test_a_process_without_rows_adds_nothing() -> None:
    table, weight = torch.nn.Parameter(torch.zeros(8, 2)), torch.nn.Parameter(torch.zeros(2))
    other = torch.cat(
        [torch.tensor([4], dtype=torch.int32).view(torch.uint8), torch.ones(2).view(torch.uint8)]
    )
    left = [torch.tensor([1.0, 2.0, 0.0]), torch.tensor([1]), other]
    sum_gradients(Halves(1, left), [weight], [table], torch.zeros(1))
    assert weight.grad is not None
    assert weight.grad.tolist() == [1.0, 2.0]
    assert table.grad is not None
    assert float(table.grad.to_dense()[4].sum()) == 2.0


@pytest.mark.parametrize("network", ["gru", "rnn", "lstm", "cnn", "ngram", "gru+ngram,cnn"])
def test_every_parameter_gets_a_gradient(network: str) -> None:
    """One without any is not stepped; zeros, which a process without rows gives, would step it."""
    config = SMALL.changed({"network": network, "buckets": 512, "ngram_hidden": 4})
    prepared = prepare(config, small_table())
    model = NameClassifier(config.model, prepared.vocabulary.size, 3).train()
    batch = prepared.train.batch(torch.arange(8))
    torch.stack(model.answers(batch.ids, batch.lengths)).sum().backward()
    assert [name for name, p in model.named_parameters() if p.grad is None] == []


def test_a_part_of_a_dataset_is_its_names() -> None:
    whole = prepare(SMALL, small_table()).train
    part = whole.part(3, 9)
    assert isinstance(part, NameDataset)
    for one, other in zip(part.batch(torch.arange(6)), whole.batch(torch.arange(3, 9)), strict=True):
        assert torch.equal(one, other)
    assert len(whole.part(4, 4)) == 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"WORLD_SIZE": "many"},
        {"RANK": "2"},
        {"RANK": ""},
        {"LOCAL_WORLD_SIZE": "3"},
        {"LOCAL_RANK": "-1"},
    ],
)
def test_half_an_environment_is_refused(wrong: dict[str, str]) -> None:
    right = {"RANK": "1", "WORLD_SIZE": "2", "LOCAL_RANK": "1", "LOCAL_WORLD_SIZE": "2"}
    assert places(right) == (1, 2, 1, 2)
    with pytest.raises(ConfigError):
        places({**right, **wrong})


def test_in_the_background_there_is_one_process(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("MASTER_ADDR", "127.0.0.1")
    assert run_command(["train", "--detach"]) == 2
    assert "--detach" in capsys.readouterr().err
