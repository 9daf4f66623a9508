"""Comparisons: the bootstrap against one by hand, and a small comparison from its beginning to its end."""

from __future__ import annotations

import dataclasses
import json
import shutil
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
import torch

from namecls.calibration.metrics import macro_f1
from namecls.config import ModelConfig, TrainConfig
from namecls.errors import ConfigError, RunBusy, RunError
from namecls.events import EpochEnd, Finished, Progress, Started
from namecls.explanation.fresh import fresh_predictor
from namecls.explanation.reach import reach
from namecls.inference.prediction import Predictor
from namecls.runs.record import CONFIG
from namecls.runs.run import Run
from namecls.search.compared import COMPARISON, ComparedRun, Comparison, Spread, differences
from namecls.search.comparison import (
    Compared,
    RunBegan,
    RunCompared,
    compare,
    go_on,
    reach_by_distance,
)
from namecls.search.experiment import EXPERIMENT, MEASURED, Experiment, configs_of, list_experiments
from namecls.training.protocol import encode_table, file_record, split_by_config
from tests.library import SMALL, small_table

QUICK = SMALL.changed({"epochs": 2, "hidden_size": 6, "seed": 3})


def compared(save_dir: Path, base: TrainConfig = QUICK) -> list[object]:
    return list(compare(base, ["rnn", "gru"], [0, 7], small_table(), save_dir, "mine"))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[object]]:
    directory = tmp_path_factory.mktemp("whole")
    return directory, compared(directory)


def test_each_network_is_trained_under_each_seed_on_the_same_rows(whole: tuple[Path, list[object]]) -> None:
    directory, events = whole
    began = [event for event in events if isinstance(event, RunBegan)]
    assert [(e.network, e.seed, e.run, e.number, e.runs, e.is_done) for e in began] == [
        ("rnn", 0, "mine-rnn-0", 1, 4, False),
        ("rnn", 7, "mine-rnn-7", 2, 4, False),
        ("gru", 0, "mine-gru-0", 3, 4, False),
        ("gru", 7, "mine-gru-7", 4, 4, False),
    ]
    runs = [Run.open(directory / event.run) for event in began]
    digests = {run.record().split.sha256 for run in runs}
    assert digests == {split_by_config(QUICK, small_table()).digest}
    assert [run.config().seed for run in runs] == [0, 7, 0, 7]
    assert {run.config().epochs for run in runs} == {2}
    weights = {(run.directory / "model.safetensors").read_bytes() for run in runs}
    assert len(weights) == 4


def test_its_figures_are_those_of_its_runs(whole: tuple[Path, list[object]]) -> None:
    directory, events = whole
    last = events[-1]
    assert isinstance(last, Compared)
    assert Experiment.open(last.directory).result == last.comparison
    for network in last.comparison.networks:
        for run in network.runs:
            predictor = Predictor.load(directory / run.run)
            test = split_by_config(QUICK, small_table()).test
            right = [
                predictor.labels[int(shares.argmax())] == label
                for shares, label in zip(
                    predictor.network_probabilities(test.names), test.label_of_rows, strict=True
                )
            ]
            assert run.accuracy == pytest.approx(np.mean(right))
            history = list(Run.open(directory / run.run).history())
            assert run.validation == tuple(e.valid_accuracy for e in history if isinstance(e, EpochEnd))
            (finished,) = (e for e in history if isinstance(e, Finished))
            assert (run.macro_f1, run.seconds) == (finished.test.macro_f1, finished.seconds)
        values = [run.accuracy for run in network.runs]
        assert network.accuracy == Spread(
            mean=pytest.approx(np.mean(values)),
            deviation=pytest.approx(np.std(values, ddof=1)),
            lowest=min(values),
            highest=max(values),
        )
    assert {(d.first, d.second) for d in last.comparison.differences} == {("rnn", "gru")}
    assert last.comparison.test_rows == len(split_by_config(QUICK, small_table()).test)


def test_the_same_call_takes_what_is_finished(whole: tuple[Path, list[object]]) -> None:
    directory, events = whole
    again = compared(directory)
    assert not [event for event in again if isinstance(event, Started | Progress)]
    assert [e.is_done for e in again if isinstance(e, RunBegan)] == [True] * 4
    assert again[-1] == events[-1]


def test_what_is_interrupted_goes_on_and_comes_to_the_same(
    whole: tuple[Path, list[object]], tmp_path: Path
) -> None:
    for most in (3, 8, 1, 20):
        with closing(compare(QUICK, ["rnn", "gru"], [0, 7], small_table(), tmp_path, "mine")) as events:
            for _, event in zip(range(most), events, strict=False):
                assert not isinstance(event, Compared)
    last = compared(tmp_path)[-1]
    assert isinstance(last, Compared)
    expected = whole[1][-1]
    assert isinstance(expected, Compared)

    def timeless(comparison: Comparison) -> list[ComparedRun]:
        return [dataclasses.replace(run, seconds=0) for each in comparison.networks for run in each.runs]

    assert timeless(last.comparison) == timeless(expected.comparison)
    assert last.comparison.differences == expected.comparison.differences


def test_what_is_another_is_left_alone(whole: tuple[Path, list[object]], tmp_path: Path) -> None:
    with pytest.raises(RunError, match="of other networks, seeds, settings or data"):
        compared(whole[0], QUICK.changed({"epochs": 3}))
    (tmp_path / "mine-rnn-0").mkdir()
    shutil.copy(whole[0] / "mine-rnn-7" / CONFIG, tmp_path / "mine-rnn-0")
    with pytest.raises(RunError, match="with other settings"):
        compared(tmp_path)


def test_a_name_follows_from_what_is_compared(tmp_path: Path) -> None:
    def begun(base: TrainConfig, networks: list[str]) -> str:
        with closing(compare(base, networks, [0], small_table(), tmp_path)) as events:
            event = next(events)
            assert isinstance(event, RunBegan)
            return event.run

    names = {begun(QUICK, ["rnn"]), begun(QUICK, ["rnn"]), begun(QUICK.changed({"epochs": 3}), ["rnn"])}
    assert len(names) == 2
    assert begun(QUICK, ["rnn", "gru"]) not in names


@pytest.mark.parametrize(
    ("networks", "seeds"),
    [([], [0]), (["rnn"], []), (["rnn", "rnn"], [0]), (["rnn"], [1, 1]), (["rnm"], [0]), (["rnn"], [-1])],
)
def test_what_can_not_be_compared_is_refused(networks: list[str], seeds: list[int]) -> None:
    with pytest.raises(ConfigError):
        configs_of(QUICK, networks, seeds)
    with pytest.raises(ConfigError, match="without a refit"):
        configs_of(QUICK.changed({"refit": True}), ["rnn"], [0])


def test_the_seed_of_the_split_is_in_the_record(whole: tuple[Path, list[object]]) -> None:
    """What it takes to find the rows again: the split of a compared run is not that of its seed."""
    run = Run.open(whole[0] / "mine-gru-7")
    assert (run.config().seed, run.config().split_by) == (7, 3)
    assert TrainConfig.from_json(run.config().to_json()) == run.config()
    assert TrainConfig(seed=5).split_by == 5


def by_hand(
    first: np.ndarray, second: np.ndarray, target: np.ndarray, resamples: int
) -> list[tuple[float, float]]:
    """The same draws, with every row that is drawn standing there as often."""
    drawn = np.random.default_rng(0)
    found: list[tuple[float, float]] = []
    for _ in range(resamples):
        rows = drawn.integers(0, len(target), len(target))
        seeds = drawn.integers(0, len(first), len(first))
        figures = []
        for ids in (first, second):
            of_seeds = [
                (
                    np.mean(ids[seed][rows] == target[rows]),
                    macro_f1(torch.from_numpy(ids[seed][rows]), torch.from_numpy(target[rows]), 4),
                )
                for seed in seeds
            ]
            figures.append(np.mean(of_seeds, axis=0))
        found.append(tuple(figures[0] - figures[1]))
    return found


def test_the_intervals_are_those_of_resampling_by_hand() -> None:
    random = np.random.default_rng(4)
    target = random.integers(0, 3, 60)  # a label that never occurs is among the four
    first = np.where(random.random((3, 60)) < 0.7, target, random.integers(0, 4, (3, 60)))
    second = np.where(random.random((3, 60)) < 0.5, target, random.integers(0, 4, (3, 60)))
    found = differences({"a": first, "b": second}, target, 4, resamples=200)
    redrawn = np.array(by_hand(first, second, target, 200))
    for at, each in enumerate(found):
        assert (each.first, each.second, each.figure) == ("a", "b", ("accuracy", "macro_f1")[at])
        low, high = np.quantile(redrawn[:, at], [0.025, 0.975])
        assert (each.low, each.high) == pytest.approx((low, high))
        assert each.exceeds_noise == (low > 0 or high < 0)
    assert found[0].mean == pytest.approx(np.mean(first == target) - np.mean(second == target))


def test_a_large_difference_exceeds_the_noise_and_none_does_not() -> None:
    random = np.random.default_rng(1)
    target = random.integers(0, 3, 300)
    good = np.where(random.random((3, 300)) < 0.9, target, (target + 1) % 3)
    bad = np.where(random.random((3, 300)) < 0.5, target, (target + 1) % 3)
    far = differences({"good": good, "bad": bad}, target, 3, resamples=200)
    assert all(each.exceeds_noise and each.mean > 0 for each in far)
    same = differences({"good": good, "again": good.copy()}, target, 3, resamples=200)
    assert [(each.mean, each.low, each.high, each.exceeds_noise) for each in same] == [(0, 0, 0, False)] * 2


def test_networks_that_are_alike_seldom_seem_to_differ() -> None:
    """Of 60 pairs that differ by chance alone, about one in twenty is taken for one that does."""
    random = np.random.default_rng(2)
    wrong = 0
    for _ in range(60):
        target = random.integers(0, 3, 200)
        pair = [np.where(random.random((4, 200)) < 0.7, target, (target + 1) % 3) for _ in range(2)]
        (accuracy, _) = differences(dict(zip("ab", pair, strict=True)), target, 3, resamples=150)
        wrong += accuracy.exceeds_noise
    assert wrong <= 12


def test_the_reach_of_far_letters_is_that_of_each_name() -> None:
    table = small_table()
    config = ModelConfig(network="gru", hidden_size=6, embedding_size=5, pooling="last", bidirectional=False)
    predictor = fresh_predictor(config, sorted(set(table.labels)))
    dataset, _ = encode_table(table, predictor.vocabulary)
    found, far = reach_by_distance(predictor.model, dataset)
    sizes = [reach(predictor, name).sizes[::-1] for name in table.names]
    for distance, share in enumerate(found):
        those = [each for each in sizes if len(each) > distance]
        assert share == pytest.approx(sum(s[distance] for s in those) / sum(s[0] for s in those), rel=1e-4)
    long = [each for each in sizes if len(each) > 5]
    assert far == pytest.approx(sum(np.mean(s[5:]) for s in long) / sum(s[0] for s in long), rel=1e-4)
    ngrams = fresh_predictor(ModelConfig(network="ngram", buckets=512), predictor.labels)
    assert reach_by_distance(ngrams.model, dataset) == ((), None)


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d.pop("seeds"),
        lambda d: d.update(networks=[]),
        lambda d: d.update(networks=[{"runs": []}]),
        lambda d: d.update(more=1),
        lambda d: d.update(test_rows=-1),
        lambda d: d.update(seeds=["0"]),
        lambda d: d["networks"][0]["runs"][0].update(accuracy=1e300),
        lambda d: d["networks"][0]["runs"][0].update(accuracy=True),
        lambda d: d["networks"][0]["runs"][0].update(reach=[None]),
        lambda d: d["networks"][0]["runs"][0].update(network=3),
        lambda d: d["networks"][0].update(runs={}),
        lambda d: d["differences"][0].update(exceeds_noise=1),
        lambda d: d.update(differences=3),
    ],
)
def test_a_hostile_comparison_is_refused(
    whole: tuple[Path, list[object]], tmp_path: Path, change: object
) -> None:
    values = json.loads((whole[0] / "mine" / COMPARISON).read_text())
    assert Comparison.from_json(values)
    change(values)  # type: ignore[operator]
    shutil.copy(whole[0] / "mine" / EXPERIMENT, tmp_path)
    (tmp_path / COMPARISON).write_text(json.dumps(values))
    with pytest.raises(RunError, match="expected a comparison"):
        Experiment.open(tmp_path)


def test_it_is_found_on_disk_with_all_that_is_measured(whole: tuple[Path, list[object]]) -> None:
    (found,) = list_experiments(whole[0])
    assert (found.name, found.networks, found.seeds, found.base) == ("mine", ("rnn", "gru"), (0, 7), QUICK)
    assert found.data.sha256 == small_table().sha256
    assert found.result is not None
    assert found.measured == tuple(run for network in found.result.networks for run in network.runs)


def test_while_it_goes_on_what_is_measured_stands_on_disk_and_nobody_else_works_on_it(tmp_path: Path) -> None:
    with closing(compare(QUICK, ["rnn"], [0, 7], small_table(), tmp_path, "mine")) as events:
        first = next(event for event in events if isinstance(event, RunCompared))
        found = Experiment.open(tmp_path / "mine")
        assert (found.measured, found.result) == ((first.run,), None)
        with pytest.raises(RunBusy):
            next(compare(QUICK, ["rnn"], [0, 7], small_table(), tmp_path, "mine"))
    last = list(go_on(found, small_table()))[-1]
    assert isinstance(last, Compared)
    assert found.looked_at_again().result == last.comparison


def test_the_directory_of_runs_is_made_where_there_is_none(tmp_path: Path) -> None:
    record = file_record(small_table())
    made = Experiment.make(tmp_path / "new" / "runs", QUICK, ["rnn"], [0], record)
    assert Experiment.open(made.directory) == made
    (tmp_path / "file").touch()
    with pytest.raises(RunError, match="could not be made"):
        Experiment.make(tmp_path / "file", QUICK, ["rnn"], [0], record)


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d.pop("seeds"),
        lambda d: d.update(format=2),
        lambda d: d.update(networks="rnn"),
        lambda d: d.update(networks=["\x1b[2J"]),
        lambda d: d.update(networks=[["rnn"]]),
        lambda d: d.update(networks=3),
        lambda d: d.update(seeds=[True]),
        lambda d: d.update(seeds=["0"]),
        lambda d: d.update(seeds=list(range(101))),
        lambda d: d.update(base=3),
        lambda d: d.update(data={}),
        lambda d: d["base"].update(epochs=-1),
    ],
)
def test_a_hostile_file_of_what_is_compared_is_refused(
    whole: tuple[Path, list[object]], tmp_path: Path, change: object
) -> None:
    values = json.loads((whole[0] / "mine" / EXPERIMENT).read_text())
    change(values)  # type: ignore[operator]
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / EXPERIMENT).write_text(json.dumps(values))
    with pytest.raises(RunError, match=r"experiment\.json"):
        Experiment.open(tmp_path / "mine")
    assert list_experiments(tmp_path) == []


@pytest.mark.parametrize("runs", [None, 3, [3], [{}], [{"network": 3}]])
def test_hostile_runs_are_refused(whole: tuple[Path, list[object]], tmp_path: Path, runs: object) -> None:
    shutil.copy(whole[0] / "mine" / EXPERIMENT, tmp_path)
    (tmp_path / MEASURED).write_text(json.dumps({"runs": runs}))
    with pytest.raises(RunError, match="expected runs of a comparison"):
        Experiment.open(tmp_path)
