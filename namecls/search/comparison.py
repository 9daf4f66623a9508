"""The tutorial's experiment as a generator of events: the same training with other networks, under several seeds.

    for event in compare(base, ["rnn", "lstm", "gru"], [0, 1, 2], table, "save_model"):
        print(event)

All networks see the same split and have the same budget of epochs. Each training is a run like any other, and is kept;
if the comparison is interrupted, the same call goes on where it was: what is finished is taken as it is, what was begun
is resumed.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from namecls.config import TrainConfig
from namecls.data.batching import NameDataset
from namecls.data.table import NameTable
from namecls.errors import NameclsError, RunError
from namecls.events import EpochEnd, Event, Finished, Started
from namecls.explanation.reach import gradient_sizes, measured_parts
from namecls.files.locks import held
from namecls.files.storage import write_json
from namecls.language import _
from namecls.nn.model import NameClassifier, logits_of
from namecls.runs.loading import load_model
from namecls.runs.record import CONFIG
from namecls.runs.run import Run
from namecls.search.compared import COMPARISON, ComparedNetwork, ComparedRun, Comparison, differences
from namecls.search.experiment import Experiment, configs_of
from namecls.training.kept_edits import with_kept_edits
from namecls.training.loop import train
from namecls.training.protocol import encode_table, file_record, read_again, split_by_config

#: Distances from the last letter that are told, and from which on a letter is far.
DISTANCES, FAR = 12, 5

_MEASURED = 1000  # test names whose gradients are taken
_AT_ONCE = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class RunBegan:
    """A training of the comparison starts, or resumes; or it is done already."""

    network: str
    seed: int
    run: str
    number: int  # from 1
    runs: int
    is_done: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCompared:
    """A training is over, and measured."""

    run: ComparedRun
    number: int
    runs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """The last event."""

    comparison: Comparison
    directory: Path


ComparisonEvent = RunBegan | RunCompared | Compared


def compare(
    base: TrainConfig,
    networks: Sequence[str],
    seeds: Sequence[int],
    table: NameTable,
    save_dir: Path,
    name: str | None = None,
) -> Generator[Event | ComparisonEvent, None, None]:
    """Train each network under each seed, test it, and compare them.

    Yields `RunBegan`, the events of the training and `RunCompared` for each of them, and `Compared`, which is kept in a
    directory of the comparison's name (`experiment`). To close the generator writes a checkpoint.

    :param base: all settings but the network and the seed; its own seed decides the split of all.
    :param networks: as `ModelConfig.network` has them.
    :param name: None for one that follows from all that is compared, so that the same call goes on with it.
    :raises ConfigError: if there are no such networks or seeds.
    :raises DataError: if the rows can't be trained on.
    :raises RunBusy: if another process is at work on it.
    :raises RunError: if a run or a comparison of its name is there that is another, or can't be written.
    :raises TrainingError: if a training can't continue.
    """
    configs = configs_of(base, networks, seeds)
    split_by_config(next(iter(configs.values())), table)  # what can't be compared leaves nothing behind
    yield from go_on(Experiment.make(save_dir, base, networks, seeds, file_record(table), name, table), table)


def go_on(
    experiment: Experiment, table: NameTable | None = None
) -> Generator[Event | ComparisonEvent, None, None]:
    """Begin or resume a comparison; see `compare`.

    :param table: its data; None: read again.
    :raises DataError: if the file is gone or is not what it was.
    """
    with held(experiment.directory):
        if table is None:
            table = with_kept_edits(experiment.directory, experiment.edits, read_again(experiment.data))
        yield from _compare(experiment, table)


def _compare(experiment: Experiment, table: NameTable) -> Generator[Event | ComparisonEvent, None, None]:
    networks, configs = experiment.networks, experiment.configs
    splits = split_by_config(next(iter(configs.values())), table)
    runs: dict[str, list[ComparedRun]] = {network: [] for network in networks}
    predicted: dict[str, list[np.ndarray[tuple[int], np.dtype[np.int64]]]] = {
        network: [] for network in networks
    }
    target, labels = np.empty(0, np.int64), 0
    for number, ((network, seed), config) in enumerate(configs.items(), 1):
        run = _opened(experiment.save_dir, experiment.run_name(network, seed), config)
        yield RunBegan(
            network=network, seed=seed, run=run.name, number=number, runs=len(configs), is_done=run.finished
        )
        if not run.finished:
            with closing(train(config, table, run, resume=True)) as events:
                yield from events
        loaded = load_model(run.directory)
        tested, _ = encode_table(splits.test, loaded.vocabulary)
        target, labels = tested.labels.numpy(), len(loaded.vocabulary.labels)
        predicted[network].append(logits_of(loaded.model, tested).argmax(1).numpy())
        compared = _measured(run, config, loaded.model, tested)
        runs[network].append(compared)
        experiment = experiment.with_run(compared)
        yield RunCompared(run=compared, number=number, runs=len(configs))
    comparison = Comparison(
        name=experiment.name,
        data=table.title,
        seeds=experiment.seeds,
        test_rows=len(target),
        networks=tuple(map(ComparedNetwork.of, runs.values())),
        differences=differences({n: np.stack(ids) for n, ids in predicted.items()}, target, labels),
    )
    write_json(experiment.directory / COMPARISON, comparison.to_json())
    yield Compared(comparison=comparison, directory=experiment.directory)


def reach_by_distance(model: NameClassifier, dataset: NameDataset) -> tuple[tuple[float, ...], float | None]:
    """How much the answers hang on letters by their distance from the last one, as a share of what they hang on that.

    Of each name the size of the gradient of its first label's log-probability at each letter is taken
    (`explanation.reach`); summed at a distance, over the same sum at the last letter of the same names.

    :return: for each distance from 0 on, and for all letters that are far together; None: no name has so many.
    """
    if not measured_parts(model) or not len(dataset):
        return (), None
    near, at = torch.zeros(DISTANCES, dtype=torch.double), torch.zeros(DISTANCES, dtype=torch.double)
    far_near, far_at = 0.0, 0.0
    some = torch.from_numpy(np.linspace(0, len(dataset) - 1, min(_MEASURED, len(dataset))).astype(np.int64))
    for length in sorted(set(dataset.lengths[some].tolist())):
        same = some[dataset.lengths[some] == length]
        for indices in torch.split(same, _AT_ONCE):
            sizes = _sizes(model, dataset, indices).flip(1)  # the last letter first
            sums = sizes.sum(0)[:DISTANCES]
            at[: len(sums)] += sums
            near[: len(sums)] += sizes[:, 0].sum()
            if length > FAR:
                far_at += float(sizes[:, FAR:].mean(1).sum())
                far_near += float(sizes[:, 0].sum())
    told = near > 0
    return tuple((at[told] / near[told]).tolist()), far_at / far_near if far_near else None


def _sizes(model: NameClassifier, dataset: NameDataset, indices: Tensor) -> Tensor:
    """The sizes of the gradients of the first labels. *Shape:* (names, letters), double"""
    batch = dataset.batch(indices)
    with torch.inference_mode():
        first = model(batch.ids, batch.lengths).argmax(1)
    return gradient_sizes(model, batch._replace(labels=first.clone())).double()


def _opened(save_dir: Path, name: str, config: TrainConfig) -> Run:
    """The run of a training, new or as it was left.

    :raises RunError: if it is another.
    """
    directory = save_dir / name
    if not (directory / CONFIG).exists():
        return Run.create(save_dir, config, name)
    run = Run.open(directory)
    if run.config() != config:
        raise RunError(
            _(
                "{directory}: a run of that name is there already, with other settings: give the "
                "comparison another name"
            ).format(directory=directory)
        )
    return run


def _measured(run: Run, config: TrainConfig, model: NameClassifier, tested: NameDataset) -> ComparedRun:
    try:
        told = list(run.history(Started, EpochEnd, Finished))
        started, finished = told[0], told[-1]
    except (NameclsError, IndexError) as error:
        raise RunError(
            _("{directory}: its history does not tell of its training: {error}").format(
                directory=run.directory, error=error
            )
        ) from error
    if not isinstance(started, Started) or not isinstance(finished, Finished):
        raise RunError(
            _("{directory}: its history does not tell of a whole training").format(directory=run.directory)
        )
    reach, far = reach_by_distance(model, tested)
    return ComparedRun(
        network=config.model.network,
        seed=config.seed,
        run=run.name,
        accuracy=finished.test.accuracy,
        macro_f1=finished.test.macro_f1,
        seconds=finished.seconds,
        epochs=finished.epochs,
        parameters=started.parameters,
        validation=tuple(event.valid_accuracy for event in told if isinstance(event, EpochEnd)),
        reach=reach,
        far=far,
    )
