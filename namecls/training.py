"""Training, as a generator of events.

    for event in train(config, load_dataset("names.tsv"), Run.create("save_model", config)):
        print(event)

To pause is not to ask for the next event, to stop is to close the generator. What an event tells is on the disk
when it is yielded. Seed, device and files are the business of this module; `Learner` only learns.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Generator, Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

import torch

from namecls.batching import LengthBatchSampler
from namecls.calibration import Calibration, calibrate
from namecls.checkpoint import load_model, load_resume, save_description, save_resume, save_weights
from namecls.config import TrainConfig
from namecls.data import NameTable
from namecls.errors import RunError, TrainingError
from namecls.events import EpochEnd, Event, Finished, Progress, Started
from namecls.learner import Learner, Position, choose_device, learning_rate, thread_count
from namecls.metrics import measure
from namecls.model import NameClassifier, logits_of
from namecls.protocol import Prepared, prepare, recorded_splits, write_record
from namecls.runs import MANIFEST, Run
from namecls.split import Splits


def train(
    config: TrainConfig, dataset: NameTable | Splits, run: Run, *, resume: bool = False
) -> Generator[Event, None, None]:
    """Train a classifier and write everything of it into the run's directory.

    Yields `Started`, then `Progress` about every `config.report_every` names, `EpochEnd` after every epoch, when
    its checkpoint is written, and `Finished` at the very end, with the metrics of the test rows.

    Closing the generator early writes the state of that moment, for `resume`; if not even one epoch was over,
    its weights also become the model. `finish` then makes a finished run of it.

    :param dataset: one table, split here as `config` says, or the three tables of a split of your own.
    :param resume: go on where this run was left, as if it had never been interrupted.
    :raises DataError: if the rows can't be learned from.
    :raises RunError: if the run can't be written, or is finished already.
    :raises TrainingError: if the loss is no longer a number, or memory runs out. The best weights so far are kept.
    """
    if (run.directory / MANIFEST).exists():
        raise RunError(f"{run.directory}: this run is finished; start a new one")
    prepared = prepare(config, dataset)
    device = choose_device(config.device)
    torch.set_num_threads(thread_count(config))
    torch.manual_seed(config.seed)
    with _clear_memory_errors(config):
        learner = Learner(config, prepared, device)
        if resume:
            state = load_resume(run, learner.model, learner.optimizer)
            learner.position = Position(**state["position"])
            run.rewind(int(state["history"]))
        else:
            write_record(run, config, prepared)
            save_description(run, config.model, prepared.vocabulary, Calibration())
            started = _started(learner, prepared, run)
            run.append(started)
            yield started
        yield from _epochs(learner, run)
        finished = _test(learner, prepared, run)
    yield finished


def finish(run: Run, dataset: NameTable | Splits | None = None) -> Finished:
    """Make a finished run of one whose training was closed early: test its best weights, write metrics and manifest.

    :param dataset: what was trained on; None to read it again from where the run says that it lies.
    :raises RunError: if the run is finished already.
    :raises ModelFileError: if no weights were written yet.
    :raises DataError: if the data are no longer what they were.
    """
    if (run.directory / MANIFEST).exists():
        raise RunError(f"{run.directory}: this run is finished already")
    config = run.config()
    prepared = prepare(config, dataset if dataset is not None else recorded_splits(run))
    model = load_model(run.directory).model
    past = [event for event in run.history() if isinstance(event, Progress | EpochEnd)]
    best = [event.epoch for event in past if isinstance(event, EpochEnd) and event.best]
    return _write_finished(
        model,
        prepared,
        run,
        reason="stopped",
        best_epoch=max(best, default=1),
        epochs=max((event.epoch for event in past), default=1),
        seconds=max((event.elapsed for event in past), default=0.0),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a training would be."""

    train_rows: int
    validation_rows: int
    test_rows: int
    labels: int
    characters: int
    parameters: int
    steps_per_epoch: int
    steps: int
    seconds: float | None  # for all epochs on this machine, roughly; None if not measured


def plan(config: TrainConfig, dataset: NameTable | Splits, *, measure: bool = False) -> Plan:
    """What `train` would do, without doing it.

    :param measure: also try some steps to say how long it would take. Draws random numbers: not beside a training
        that has to come out the same twice.
    :raises DataError: if the rows can't be learned from.
    """
    prepared = prepare(config, dataset)
    labels, size = len(prepared.vocabulary.labels), prepared.vocabulary.size
    with torch.device("meta"):
        parameters = NameClassifier(config.model, size, labels).parameter_count()
    steps = len(LengthBatchSampler(prepared.train.lengths, config.batch_size))
    return Plan(
        train_rows=len(prepared.train),
        validation_rows=len(prepared.validation),
        test_rows=len(prepared.test),
        labels=labels,
        characters=len(prepared.vocabulary.characters),
        parameters=parameters,
        steps_per_epoch=steps,
        steps=steps * config.epochs,
        seconds=_seconds_per_step(config, prepared) * steps * config.epochs if measure else None,
    )


class _Clock:
    """Seconds of work: stops while nobody asks for the next event."""

    def __init__(self, position: Position) -> None:
        self.position = position
        self.since = time.perf_counter()

    def read(self) -> float:
        now = time.perf_counter()
        self.position.elapsed += now - self.since
        self.since = now
        return self.position.elapsed

    def skip(self) -> None:
        self.since = time.perf_counter()


def _epochs(learner: Learner, run: Run) -> Iterator[Event]:
    """The pure loop. On the way out, however it ends, the state of the moment is written."""
    config, at = learner.config, learner.position
    clock = _Clock(at)
    intact = True
    try:
        while at.epoch < config.epochs and not _is_over(config, at):
            learner.model.train()
            learner.sampler.set_epoch(at.epoch)
            for indices in learner.sampler.batches()[at.batch :]:
                learner.step(torch.from_numpy(indices))
                if at.window_names >= config.report_every:
                    progress = _progress(learner, clock)
                    run.append(progress)
                    yield progress
                    clock.skip()
            epoch_end = _end_epoch(learner, run, clock)
            yield epoch_end
            clock.skip()
    except GeneratorExit:
        raise
    except BaseException:
        intact = False  # in the middle of a step: the weights are of no single moment
        raise
    finally:
        if intact and at.step:
            if not at.best_epoch:
                save_weights(run, learner.model)
            _save_state(learner, run)


def _progress(learner: Learner, clock: _Clock) -> Progress:
    at = learner.position
    elapsed = clock.read()
    progress = Progress(
        epoch=at.epoch + 1,
        step=at.step,
        steps=learner.steps,
        names=at.names,
        loss=at.window_loss / at.window_names,
        accuracy=at.window_hits / at.window_names,
        learning_rate=learning_rate(learner.config, at.step - 1, learner.steps),
        names_per_second=at.names / max(elapsed, 1e-9),
        elapsed=elapsed,
        remaining=elapsed / at.step * (learner.steps - at.step),
    )
    at.window_names, at.window_loss, at.window_hits = 0, 0.0, 0
    return progress


def _end_epoch(learner: Learner, run: Run, clock: _Clock) -> EpochEnd:
    at = learner.position
    valid = learner.validate()
    best = valid.accuracy > at.best_accuracy
    at.epoch += 1
    if best:
        at.best_accuracy, at.best_epoch, at.epochs_without_gain = valid.accuracy, at.epoch, 0
        save_weights(run, learner.model)
    else:
        at.epochs_without_gain += 1
    elapsed = clock.read()
    event = EpochEnd(
        epoch=at.epoch,
        step=at.step,
        train_loss=at.epoch_loss / at.epoch_names,
        train_accuracy=at.epoch_hits / at.epoch_names,
        valid_loss=valid.loss,
        valid_accuracy=valid.accuracy,
        valid_macro_f1=valid.macro_f1,
        seconds=elapsed - at.epoch_began,
        elapsed=elapsed,
        best=best,
    )
    at.batch, at.epoch_began = 0, elapsed
    at.epoch_names, at.epoch_loss, at.epoch_hits = 0, 0.0, 0
    run.append(event)
    _save_state(learner, run)
    return event


def _is_over(config: TrainConfig, at: Position) -> bool:
    return bool(config.patience) and at.epochs_without_gain >= config.patience


def _save_state(learner: Learner, run: Run) -> None:
    state: dict[str, Any] = {"position": asdict(learner.position), "history": run.history_size()}
    save_resume(run, learner.model, learner.optimizer, state)


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
    return _write_finished(
        load_model(run.directory, learner.device).model,
        prepared,
        run,
        reason="stopped early" if at.epoch < learner.config.epochs else "completed",
        best_epoch=at.best_epoch,
        epochs=at.epoch,
        seconds=at.elapsed,
    )


def _write_finished(
    model: NameClassifier,
    prepared: Prepared,
    run: Run,
    *,
    reason: str,
    best_epoch: int,
    epochs: int,
    seconds: float,
) -> Finished:
    labels, valid_set, test_set = prepared.vocabulary.labels, prepared.validation, prepared.test
    valid_logits = logits_of(model, valid_set)
    calibration = calibrate(valid_logits, valid_set.labels)
    save_description(run, model.config, prepared.vocabulary, calibration)
    validation = measure(valid_logits / calibration.temperature, valid_set.labels, labels, split="validation")
    test_logits = logits_of(model, test_set) / calibration.temperature
    test = measure(test_logits, test_set.labels, labels, split="test")
    finished = Finished(
        run=run.name,
        directory=str(run.directory),
        reason=reason,
        best_epoch=best_epoch,
        epochs=epochs,
        seconds=seconds,
        validation=validation,
        test=replace(test, left_out=prepared.test_left_out),
    )
    run.finish(finished)
    return finished


@contextlib.contextmanager
def _clear_memory_errors(config: TrainConfig) -> Iterator[None]:
    """Memory that ran out, told as a setting to lower."""
    try:
        yield
    except (MemoryError, torch.OutOfMemoryError, RuntimeError) as error:
        text = str(error)
        if isinstance(error, RuntimeError) and not any(
            sign in text for sign in ("out of memory", "not enough memory", "can't allocate memory")
        ):
            raise
        raise TrainingError(
            f"memory ran out: lower the batch size ({config.batch_size:,}) or the hidden size "
            f"({config.model.hidden_size:,}); the best weights so far are kept"
        ) from error


def _seconds_per_step(config: TrainConfig, prepared: Prepared) -> float:
    """The time of a step on this machine, from a few of them."""
    learner = Learner(config, prepared, choose_device(config.device))
    batches = learner.sampler.batches()
    began = time.perf_counter()
    count = 0
    for indices in batches[:50]:
        learner.step(torch.from_numpy(indices))
        count += 1
        if count > 1 and time.perf_counter() - began > 0.5:
            break
    return (time.perf_counter() - began) / max(count, 1)
