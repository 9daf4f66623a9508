"""Training, search, many names and explanations on a GPU, held against the CPU: `pytest tests/gpu`."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path

import pytest
import torch

from namecls.cli.app import run as namecls
from namecls.config import PRESETS, TrainConfig
from namecls.data.table import load_dataset
from namecls.errors import ConfigError
from namecls.events import EpochEnd, Finished, Gradients, Started
from namecls.explanation.together import explain
from namecls.explanation.walk import walk
from namecls.inference.prediction import Predictor
from namecls.nn.devices import choose_device
from namecls.runs.run import Run
from namecls.search.loop import SearchEnded, search
from namecls.search.space import space_of
from namecls.search.study import COMPLETED, Study
from namecls.training.learner import Learner
from namecls.training.loop import train
from namecls.training.protocol import file_record, prepare
from tests.library import SMALL, small_file, small_table

NETWORKS = (
    *("rnn", "lstm", "gru", "cnn", "ngram"),
    "gru+ngram",
)


@pytest.fixture(params=["cuda", "mps"])
def device(request: pytest.FixtureRequest) -> Iterator[str]:
    try:
        choose_device(request.param)
    except ConfigError:
        pytest.skip(f"no {request.param} here")
    before = torch.backends.cudnn.allow_tf32
    torch.backends.cudnn.allow_tf32 = False  # which has ten bits, too few to be held against the CPU
    yield request.param
    torch.backends.cudnn.allow_tf32 = before


def config(device: str, network: str = "gru", **settings: object) -> TrainConfig:
    model = dataclasses.replace(
        SMALL.model, network=network, dropout=0.0, ngram_dropout=0.0, ngram_size=64, buckets=512, filters=8
    )
    return dataclasses.replace(SMALL, model=model, device=device, **settings)


def learner(settings: TrainConfig) -> Learner:
    with torch.random.fork_rng():
        torch.manual_seed(3)
        return Learner(settings, prepare(settings, small_table()), choose_device(settings.device))


@pytest.mark.parametrize("network", [*NETWORKS[:5], "lstm,cnn"])
def test_every_network_is_explained_there(device: str, network: str, tmp_path: Path) -> None:
    settings = config(device, network, epochs=1)
    run = Run.create(tmp_path, settings, "run")
    list(train(settings, small_table(), run))
    one, other = (
        [step.to_json() for step in walk(Predictor.load(run.directory, where), "Borski")]
        for where in (device, "cpu")
    )
    for step in (*one, *other):
        del step["preview"], step["order"]
    see_alike(one, other, "walk")


@pytest.mark.parametrize("network", NETWORKS)
def test_twenty_steps_are_those_of_the_cpu(device: str, network: str) -> None:
    """The same weights at first and the same batches; dropout, whose random numbers are others, is off."""
    here, there = learner(config("cpu", network)), learner(config(device, network))
    for indices in map(torch.from_numpy, here.sampler.batches()[:20]):
        here.step(indices)
        there.step(indices)
    assert there.position.epoch_loss == pytest.approx(here.position.epoch_loss, rel=1e-3)
    for name, tensor in here.model.state_dict().items():
        found = there.model.state_dict()[name]
        assert found.device.type == device
        torch.testing.assert_close(found.cpu(), tensor, rtol=2e-2, atol=2e-3, msg=name)


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_trains_there_and_answers_the_same_on_the_cpu(
    device: str, preset: str, tmp_path: Path
) -> None:
    settings = dataclasses.replace(
        PRESETS[preset].config, epochs=2, batch_size=16, device=device, refit=False, report_every=30
    )
    run = Run.create(tmp_path, settings, "run")
    events = list(train(settings, small_table(), run, gradients=lambda: True))
    assert isinstance(events[0], Started)
    assert events[0].device == device
    assert any(isinstance(event, Gradients) for event in events)
    assert isinstance(events[-1], Finished)
    assert math.isfinite(events[-1].test.loss)
    names = [*small_table().names, "Yamamoto", "王", "x" * 300]
    one, other = (Predictor.load(run.directory, where).predict_proba(names) for where in (device, "cpu"))
    assert abs(one - other).max() < 1e-4


def test_it_learns_there(device: str, tmp_path: Path) -> None:
    settings = config(device, epochs=8)
    events = list(train(settings, small_table(), Run.create(tmp_path, settings, "run")))
    assert isinstance(events[-1], Finished)
    assert events[-1].test.accuracy > 0.9


def test_what_was_stopped_resumes_there_and_on_the_cpu(
    device: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert choose_device("auto").type == device
    settings = config("auto", epochs=4)
    for name in ("here", "there"):
        run = Run.create(tmp_path, settings, name)
        with closing(train(settings, small_table(), run)) as events:
            list(islice(events, 12))
    uncut = list(train(settings, small_table(), Run.create(tmp_path, settings, "uncut")))
    resumed = list(train(settings, small_table(), Run.open(tmp_path / "here"), resume=True))
    losses = [[e.valid_loss for e in some if isinstance(e, EpochEnd)] for some in (resumed, uncut)]
    assert losses[0] == pytest.approx(losses[1][-len(losses[0]) :], rel=1e-3)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    *_, last = train(settings, small_table(), Run.open(tmp_path / "there"), resume=True)
    assert isinstance(last, Finished)
    assert last.epochs == 4


def test_the_random_numbers_of_the_caller_stay_there_too(device: str, tmp_path: Path) -> None:
    settings = dataclasses.replace(config(device), model=dataclasses.replace(SMALL.model, dropout=0.5))
    there = choose_device(device)
    torch.manual_seed(11)
    expected = torch.rand(3, device=there).tolist()
    torch.manual_seed(11)
    list(train(settings, small_table(), Run.create(tmp_path, settings, "run")))
    assert torch.rand(3, device=there).tolist() == expected


def test_a_search_runs_there(device: str, tmp_path: Path) -> None:
    table = load_dataset(small_file(tmp_path))
    base = config(device)
    space = space_of({"learning_rate": "0.005..0.05 log", "pooling": "last,mean"}, base)
    study = Study.create(tmp_path, base, space, name="s", most_trials=3, data=file_record(table))
    *_, last = search(study, table)
    assert isinstance(last, SearchEnded)
    assert any(trial.status == COMPLETED for trial in Study.open(study.directory).trials)


def test_many_names_get_the_answers_of_the_cpu(device: str, tmp_path: Path) -> None:
    names = tmp_path / "names.txt"
    names.write_text("\n".join([*load_dataset().names[::40], "王", "", "O'Brien"]) + "\n", encoding="utf-8")
    found = []
    for where in ("cpu", device):
        path = tmp_path / f"{where}.jsonl"
        assert namecls(["predict", "-i", str(names), "-o", str(path), "-k", "3", "--device", where]) == 0
        found.append([json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()])
    assert len(found[0]) == len(found[1]) > 1000
    for one, other in zip(*found, strict=True):
        assert one.get("status") == other.get("status")
        first, second = ([each["probability"] for each in record["ranked"]] for record in (one, other))
        assert first == pytest.approx(second, abs=1e-3)


def test_an_explanation_is_that_of_the_cpu(device: str) -> None:
    found = []
    for where in (device, "cpu"):
        predictor = Predictor.load(device=where)
        steps = [step.to_json() for step in walk(predictor, "Kowalski")]
        found.append({**explain(predictor, "Kowalski").to_json(), "walk": steps})
    for told in found:
        for step in told["walk"]:
            del step["preview"], step["order"]  # numbers as text, and which of two equal ones is first
    see_alike(*found, "explanation")


def see_alike(one: object, other: object, where: str) -> None:
    """Equal but for the last digits of numbers."""
    if isinstance(one, float) or isinstance(other, float):
        assert one == pytest.approx(other, rel=2e-2, abs=2e-3), where
    elif isinstance(one, dict) and isinstance(other, dict):
        assert one.keys() == other.keys(), where
        for key in one:
            see_alike(one[key], other[key], f"{where}.{key}")
    elif isinstance(one, list | tuple) and isinstance(other, list | tuple):
        assert len(one) == len(other), where
        for place, (first, second) in enumerate(zip(one, other, strict=True)):
            see_alike(first, second, f"{where}[{place}]")
    else:
        assert one == other, where
