"""The epochs of a training: steps, reports, validation, checkpoints, and what a full disk makes wait."""

from __future__ import annotations

import contextlib
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator
from dataclasses import asdict
from functools import partial
from typing import Any

import torch

from namecls.config import TrainConfig
from namecls.data.batching import Batch
from namecls.errors import DiskFull, ProcessLost, RunError
from namecls.events import EpochEnd, Gradients, Progress, Stalled, Watched
from namecls.plain_values import LARGEST
from namecls.runs.checkpoint import save_epoch, save_resume, save_weights
from namecls.runs.run import Run
from namecls.runs.watched import watched_names
from namecls.training.gradients import GradientMeter
from namecls.training.learner import Learner, Position, learning_rate
from namecls.training.worker import adopt, hand_over

#: Seconds between two checkpoints within an epoch: what a killed training loses at most.
CHECKPOINT_EVERY = 60.0
_RETRY_AFTER = 1.0  # seconds, on a full disk


class _Clock:
    """Seconds of work, writing included: stops while nobody asks for the next event, or the disk is full."""

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


class Disk:
    """What has yet to be written, in order. A full disk makes it wait, not fail."""

    def __init__(self) -> None:
        self._waiting: deque[Callable[[], object]] = deque()

    def write(
        self, *writes: Callable[[], object], waited: Callable[[], object] = lambda: None
    ) -> Iterator[Stalled]:
        """Write all that waits; yields as long as there is no room.

        :param waited: called after each wait for room.
        """
        self._waiting.extend(writes)
        while self._waiting:
            try:
                self.write_now()
            except DiskFull as error:
                yield Stalled(problem=str(error))
                time.sleep(_RETRY_AFTER)
                waited()

    def write_now(self) -> None:
        """Write all that waits.

        :raises RunError: if the disk does not take it.
        """
        while self._waiting:
            self._waiting[0]()
            self._waiting.popleft()


def run_epochs(
    learner: Learner, run: Run, disk: Disk, gradients: Callable[[], bool] | None = None
) -> Generator[Progress | EpochEnd | Watched | Gradients | Stalled, None, None]:
    """The training loop. When it is closed, which is between two steps, a checkpoint of that moment is written.

    So it is when another process of several is gone: the step that it was needed for is not begun then.

    :param gradients: whether gradient norms are wanted now.
    """
    config, at = learner.config, learner.position
    clock = _Clock(at)
    saved = time.monotonic()
    meter, measured = GradientMeter(gradients), list[Gradients]()

    def look(batch: Batch) -> None:
        measured.append(meter.measure(learner.model, batch, at.epoch + 1, at.step + 1))

    try:
        hand_over(learner)
        while at.epoch < config.epochs and not _is_over(config, at):
            learner.model.train()
            learner.sampler.set_epoch(at.epoch)
            for indices in learner.sampler.batches()[at.batch :]:
                learner.look = look if meter.is_due() else None
                learner.step(torch.from_numpy(indices))
                while measured:
                    norms = measured.pop()
                    yield from _written(disk, clock, partial(run.append, norms))
                    yield norms
                    clock.skip()
                if at.window_names >= config.report_every:
                    progress = _progress(learner, clock)
                    yield from _written(disk, clock, partial(run.append, progress))
                    yield progress
                    clock.skip()
                if time.monotonic() - saved > CHECKPOINT_EVERY:
                    clock.read()
                    yield from _written(disk, clock, lambda: _save_state(learner, run))
                    saved = time.monotonic()
            events, writes = _end_epoch(learner, run, clock)
            yield from _written(disk, clock, *writes)
            saved = time.monotonic()
            yield from events
            clock.skip()
    except (
        GeneratorExit,
        ProcessLost,
    ):  # what else is raised may come within an optimizer step, with weights of no single moment
        if at.step:
            disk.write_now()
            if not at.best_epoch:
                save_weights(run, learner.model)
            _save_state(learner, run)
        raise


def _written(disk: Disk, clock: _Clock, *writes: Callable[[], object]) -> Iterator[Stalled]:
    """Write. That is work, too: with a large network and few names most of it."""
    yield from disk.write(*writes, waited=clock.skip)
    clock.read()


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


def _end_epoch(
    learner: Learner, run: Run, clock: _Clock
) -> tuple[list[EpochEnd | Watched], list[Callable[[], object]]]:
    """Validate, and apply early stopping's count; returns the events and what is to be written before them."""
    at = learner.position
    valid = learner.validate()
    adopt(learner)
    figure = learner.figure(valid)
    best = (figure, -valid.loss) > (at.best_figure, -at.best_loss)
    at.epoch += 1
    # An equal figure with a lower loss is kept, but puts nothing off: where few rows validate, it would do so for ever.
    at.epochs_without_gain = 0 if figure > at.best_figure else at.epochs_without_gain + 1
    if best:
        at.best_figure, at.best_loss, at.best_epoch = figure, min(valid.loss, LARGEST), at.epoch
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
    weights = [lambda: save_weights(run, learner.model)] if best else []
    weights.append(lambda: save_epoch(run, learner.model, event.epoch))
    events: list[EpochEnd | Watched] = [event]
    with contextlib.suppress(RunError):  # a list that someone has damaged is no reason to end a training
        if names := learner.rank(watched_names(run)):
            events.append(Watched(epoch=event.epoch, step=event.step, names=names))
    appends = [partial(run.append, each) for each in events]
    return events, [*weights, *appends, lambda: _save_state(learner, run)]


def _is_over(config: TrainConfig, at: Position) -> bool:
    return bool(config.patience) and at.epochs_without_gain >= config.patience


def _save_state(learner: Learner, run: Run) -> None:
    run.sync_history()
    state: dict[str, Any] = {
        "position": asdict(learner.position),
        "history": run.history_size(),
        "processes": learner.group.size,
    }
    save_resume(run, learner.model, learner.optimizer, state)
