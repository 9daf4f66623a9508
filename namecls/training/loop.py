"""Training, as a generator of events.

    for event in train(config, load_dataset("names.tsv"), Run.create("save_model", config)):
        print(event)

To pause is not to ask for the next event, to stop is to close the generator. What an event tells is on the disk
when it is yielded. Seed, device and files are handled here; `Learner` has the training step.

A training that was killed resumes (`resume=True`) from its last checkpoint, and comes out the same to the last bit: a
checkpoint holds weights, optimizer state, random numbers, counters and the length of the history, in one file.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass

import torch

from namecls.calibration.calibrated import Calibration
from namecls.config import TrainConfig
from namecls.data.batching import LengthBatchSampler
from namecls.data.doubts import Doubt, find_doubts
from namecls.data.split import Splits
from namecls.data.table import NameTable
from namecls.errors import Diverged, RunError, TrainingError
from namecls.events import EpochEnd, Event, Finished, Started
from namecls.files.locks import held
from namecls.files.storage import write_json
from namecls.language import N_, _
from namecls.nn.devices import choose_device
from namecls.nn.model import NameClassifier
from namecls.runs.checkpoint import (
    has_resume,
    load_resume,
    save_description,
)
from namecls.runs.loading import load_model
from namecls.runs.manifest import MANIFEST
from namecls.runs.record import CONFIG
from namecls.runs.run import DIVERGED, WEIGHTS, Run
from namecls.runs.saved_counts import save_carried
from namecls.training.distributed import ALONE, Group
from namecls.training.epochs import Disk, run_epochs
from namecls.training.finishing import test_again, write_finished
from namecls.training.learner import Learner, Position, thread_count
from namecls.training.memory import check_memory, memory_error
from namecls.training.own_state import OwnState
from namecls.training.protocol import (
    Prepared,
    carried_counts,
    learned_from,
    prepare,
    recorded_splits,
    split_by_config,
    write_record,
)
from namecls.training.refitting import install, is_ready, is_wanted, measured, refitted


def train(
    config: TrainConfig,
    dataset: NameTable | Splits,
    run: Run,
    *,
    resume: bool = False,
    gradients: Callable[[], bool] | None = None,
    group: Group = ALONE,
) -> Generator[Event, None, None]:
    """Train a classifier, write checkpoints, history and the best weights into the run's directory, and test it.

    Yields `Started`, then `Progress` about every `config.report_every` names, `EpochEnd` after every epoch, when
    its checkpoint is written, and `Finished` at the very end, with the metrics of the test rows.

    Names that are watched (`runs.watched`) are ranked after every epoch, told by `Watched`.

    With `config.refit` it is then trained again on all rows, told by `Refitting`, before `Finished`; see `refitting`.

    Closing the generator early writes a checkpoint of that moment, for `resume`; if not even one epoch was over,
    its weights also become the model. `finish` then makes a finished run of it.

    Threads, seeds and random numbers of torch are the caller's own whenever it has an event, and afterwards.

    If the disk is full it yields `Stalled`; asking on tries again, after a second.

    :param dataset: one table, split here as `config` says, or the three tables of a split of your own.
    :param resume: resume this run from its last checkpoint, as if it had never been interrupted; from the start, if
        there is no checkpoint yet.
    :param gradients: asked between two steps whether gradient norms are wanted now, told by `Gradients`; see
        `training.gradients`.
    :param group: the processes that train it together, of which this one leads; see `training.distributed`.
    :raises DataError: if the rows can't be trained on.
    :raises RunBusy: if another process holds the run.
    :raises RunError: if the run can't be written, or is finished already.
    :raises TrainingError: if the loss is no longer a number, or memory runs out. The best weights so far are kept.
    :raises ProcessLost: if another process of the group is gone; there is a checkpoint of that moment then.
    """
    with held(run.directory):
        state = OwnState(choose_device(config.device), thread_count(config, group))
        if resume and is_wanted(run):
            rows = dataset if isinstance(dataset, Splits) else split_by_config(config, dataset)
            yield from state.during(refitted(run, rows, state, group))
            yield measured(run)
            return
        if (run.directory / MANIFEST).exists():
            raise RunError(
                _("{directory}: this run is finished; start a new one").format(directory=run.directory)
            )
        run.clear_leftovers()
        if resume and (problem := run.diverged):
            raise TrainingError(
                _("{directory}: can't resume: {problem}").format(directory=run.directory, problem=problem)
            )
        with _clear_memory_errors(config, dataset, run):
            try:
                yield from state.during(_train(config, dataset, run, state, resume, gradients, group))
            except Diverged as error:
                with contextlib.suppress(RunError):  # what matters is told in any case
                    write_json(run.directory / DIVERGED, {"problem": str(error)})
                raise


def _train(
    config: TrainConfig,
    dataset: NameTable | Splits,
    run: Run,
    own: OwnState,
    resume: bool,
    gradients: Callable[[], bool] | None,
    group: Group,
) -> Generator[Event, None, None]:
    disk = Disk()
    ended: list[Finished] = []
    if resume and not has_resume(run) and _tested_before(run) is not None:  # its checkpoint is gone since
        prepared = prepare(config, dataset, run)
        yield from disk.write(lambda: ended.append(_finish(run, prepared)))
        if config.refit:
            yield from refitted(run, prepared.splits, own, group)
        yield from ended
        return
    prepared = prepare(config, dataset, run if resume and has_resume(run) else None)
    check_memory(config, prepared)
    device = choose_device(config.device)
    own.seed(config.seed)
    learner = Learner(config, prepared, device, group)
    if resume and has_resume(run):
        state = load_resume(run, learner.model, learner.optimizer)
        learner.position = Position.from_state(state["position"])
        run.rewind(state["history"])
    else:
        run.rewind(0)
        started = _started(learner, prepared, run)
        if not (
            resume and (run.directory / CONFIG).exists()
        ):  # what was recorded first tells where the rows are from
            yield from disk.write(lambda: write_record(run, config, prepared))
        if (carried := carried_counts(config, prepared)) is not None:
            yield from disk.write(lambda: save_carried(run, carried))
        learned = learned_from(config, learner.model, prepared)
        yield from disk.write(
            lambda: save_description(run, config.model, prepared.vocabulary, Calibration(), learned),
            lambda: run.append(started),
        )
        yield started
    yield from run_epochs(learner, run, disk, gradients)
    yield from disk.write(lambda: ended.append(_test(learner, prepared, run)))
    if config.refit:
        del learner
        yield from refitted(run, prepared.splits, own, group)
    yield from ended


def finish(run: Run, dataset: NameTable | Splits | None = None) -> Finished:
    """Finish a run whose training was closed early: test its best weights, write metrics and manifest.

    :param dataset: what was trained on; None to read it again from where the run says that it lies.
    :raises RunBusy: if another process holds the run.
    :raises RunError: if the run is finished already.
    :raises ModelFileError: if no weights were written yet.
    :raises DataError: if the data are no longer what they were.
    """
    with held(run.directory):
        if is_wanted(run):  # it was tested, and is stopped while it is refitted
            if is_ready(run):
                install(run)
            return measured(run)
        if (run.directory / MANIFEST).exists():
            raise RunError(_("{directory}: this run is finished already").format(directory=run.directory))
        run.clear_leftovers()
        config, rows = run.config(), dataset if dataset is not None else recorded_splits(run)
        with _clear_memory_errors(config, rows, run):
            return _finish(run, prepare(config, rows, run))


def _finish(run: Run, prepared: Prepared) -> Finished:
    """Test the best weights; of a run that was tested before, and left while that was done again, as it ended then."""
    model = load_model(run.directory).model
    if (before := _tested_before(run)) is not None:
        return test_again(model, prepared, run, before)
    best = [e.epoch for e in run.history(EpochEnd) if isinstance(e, EpochEnd) and e.best]
    last = run.last_report()
    return write_finished(
        model,
        prepared,
        run,
        reason="stopped",
        best_epoch=max(best, default=1),
        epochs=last.epoch if last else 1,
        seconds=last.elapsed if last else 0.0,
    )


def _tested_before(run: Run) -> Finished | None:
    """The end that the history of a run tells of, whose test was begun again."""
    with contextlib.suppress(RunError):
        if isinstance(event := run.last_event(), Finished):
            return event
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Size and duration of a training that has not been started."""

    rows: int  # of the data, with their edits; exact duplicates among them
    train_rows: int
    validation_rows: int
    test_rows: int
    labels: int
    characters: int
    parameters: int
    steps_per_epoch: int
    steps: int
    seconds: float | None  # for all epochs on this machine, roughly; None if not measured
    doubts: tuple[Doubt, ...] = ()  # of the labels


def plan(config: TrainConfig, dataset: NameTable | Splits, *, measure: bool = False) -> Plan:
    """Dry run of `train`: rows, parameters, steps, and the time if measured.

    :param measure: also try some steps to say how long it would take. Draws random numbers: not beside a training
        that has to come out the same twice.
    :raises DataError: if the rows can't be trained on.
    """
    prepared = prepare(config, dataset)
    labels, size = len(prepared.vocabulary.labels), prepared.vocabulary.size
    with torch.device("meta"):
        parameters = NameClassifier(config.model, size, labels).parameter_count()
    steps = len(LengthBatchSampler(prepared.train.lengths, config.batch_size))
    return Plan(
        rows=len(dataset)
        if isinstance(dataset, NameTable)
        else sum(len(part) for _side, part in dataset.sides),
        train_rows=len(prepared.train),
        validation_rows=len(prepared.validation),
        test_rows=len(prepared.test),
        labels=labels,
        characters=len(prepared.vocabulary.characters),
        parameters=parameters,
        steps_per_epoch=steps,
        steps=steps * config.epochs,
        seconds=_seconds_per_step(config, prepared) * steps * config.epochs if measure else None,
        doubts=find_doubts(dataset.train if isinstance(dataset, Splits) else dataset),
    )


def _started(learner: Learner, prepared: Prepared, run: Run) -> Started:
    return Started(
        run=run.name,
        directory=str(run.directory),
        title=learner.config.model.title,
        data=prepared.splits.train.title,
        train_rows=len(prepared.train),
        validation_rows=len(prepared.validation),
        test_rows=len(prepared.test),
        labels=prepared.vocabulary.labels,
        characters=len(prepared.vocabulary.characters),
        parameters=learner.model.parameter_count(),
        epochs=learner.config.epochs,
        steps=learner.steps,
        device=learner.device.type,
    )


def _test(learner: Learner, prepared: Prepared, run: Run) -> Finished:
    at = learner.position
    return write_finished(
        load_model(run.directory, learner.device).model,
        prepared,
        run,
        reason=N_("stopped early") if at.epoch < learner.config.epochs else N_("completed"),
        best_epoch=at.best_epoch,
        epochs=at.epoch,
        seconds=at.elapsed,
    )


@contextlib.contextmanager
def _clear_memory_errors(config: TrainConfig, dataset: NameTable | Splits, run: Run) -> Iterator[None]:
    """Turn out-of-memory errors into a TrainingError that names the setting to lower."""
    try:
        yield
    except (MemoryError, torch.OutOfMemoryError, RuntimeError) as error:
        text = str(error)
        if isinstance(error, RuntimeError) and not any(
            sign in text for sign in ("out of memory", "not enough memory", "can't allocate memory")
        ):
            raise
        table = dataset.train if isinstance(dataset, Splits) else dataset
        kept = (run.directory / WEIGHTS).exists()
        raise memory_error(config, len(table.labels), kept=kept) from error


def _seconds_per_step(config: TrainConfig, prepared: Prepared) -> float:
    """Seconds per step on this machine, measured on a few of them, with the threads of a training."""
    device = choose_device(config.device)
    with OwnState(device, thread_count(config)).in_place():
        return _time_of_a_step(Learner(config, prepared, device))


def _time_of_a_step(learner: Learner) -> float:
    batches = learner.sampler.batches()[:50]
    learner.step(torch.from_numpy(batches[0]))  # not measured: the first one loads and prepares what all need
    began = time.perf_counter()
    count = 0
    for indices in batches:
        learner.step(torch.from_numpy(indices))
        count += 1
        if count > 1 and time.perf_counter() - began > 0.5:
            break
    return (time.perf_counter() - began) / count
