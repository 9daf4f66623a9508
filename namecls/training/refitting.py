"""Refit: train the recipe of a finished run again on all of its rows, for the epochs that were best, and keep that.

A run is measured on its held-out rows; a model that is used may learn from these as well. The figures stay those of
the model that was measured, and so do temperature, prediction sets, risks and the strength of its counts: no row is
left that could tell of the new one.

The work goes on in a directory below the run, with a checkpoint of its own, and the run is what it was until all that
is new lies there whole. It is put in place file by file then; a process that dies meanwhile is continued by the next,
and until then the run answers nothing.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

import polars as pl
import torch

from namecls.config import TrainConfig
from namecls.data.split import Splits
from namecls.data.table import NameTable
from namecls.errors import Diverged, RunError, TrainingError
from namecls.events import EpochEnd, Event, Finished, Progress, Refitting, Stalled
from namecls.files.locks import held
from namecls.files.opening import sha256_of
from namecls.files.storage import make_directory, write_json
from namecls.files.strict_json import read_json
from namecls.language import _
from namecls.nn.devices import choose_device
from namecls.runs.checkpoint import has_resume, load_resume, save_description, save_weights
from namecls.runs.counted import load_counted
from namecls.runs.loading import load_model
from namecls.runs.model_files import LoadedModel
from namecls.runs.record import CONFIG, RefitRecord
from namecls.runs.run import COUNTS, LONGEST_DESCRIPTION, MODEL, READY, REFIT, WEIGHTS, Run
from namecls.runs.saved_counts import save_counted
from namecls.system import reason_of
from namecls.training.counting import TrainingCounts
from namecls.training.distributed import ALONE, Group
from namecls.training.epochs import Disk, run_epochs
from namecls.training.learner import Learner, Position, thread_count
from namecls.training.memory import check_memory
from namecls.training.own_state import OwnState
from namecls.training.protocol import Prepared, learned_from, prepare, recorded_splits


def refit(run: Run, splits: Splits | None = None) -> Generator[Event, None, None]:
    """Refit a finished run, or go on with that where it was left.

    Yields `Refitting` about every `report_every` names, and the `Finished` of the run at the end, which is as it was
    measured. Closing the generator early writes a checkpoint; the run stays what it was.

    :param splits: its rows; None to read them again from where the run says that they lie.
    :raises RunBusy: if another process is at work on the run.
    :raises RunError: if it is not finished, was imported, is refitted already, or can't be written.
    :raises DataError: if the data are no longer what they were.
    :raises TrainingError: if the loss is no longer a number.
    """
    with held(run.directory):
        if not run.finished and not is_ready(run):
            raise RunError(
                _("{directory}: this run is not finished; to do that: namecls runs finish").format(
                    directory=run.directory
                )
            )
        if run.record().refit is not None and not _place(run).exists():
            raise RunError(
                _("{directory}: was refitted on all of its rows already").format(directory=run.directory)
            )
        config = run.config()
        own = OwnState(choose_device(config.device), thread_count(config))
        rows = splits if splits is not None else recorded_splits(run)
        yield from own.during(refitted(run, rows, own))
        yield measured(run)


def is_ready(run: Run) -> bool:
    """Whether a refit is whole and only has to be put in place."""
    return os.path.lexists(_place(run) / READY)


def is_wanted(run: Run) -> bool:
    """Whether a finished run is to be refitted, and is not yet."""
    return is_ready(run) or (
        run.finished
        and (_place(run).exists() or ((record := run.record()).train.refit and record.refit is None))
    )


def measured(run: Run) -> Finished:
    """The end of the training of a run, with what was measured."""
    finished = run.last_event(Finished)
    if not isinstance(finished, Finished):
        raise RunError(
            _("{directory}: expected a history with an end, found none").format(directory=run.directory)
        )
    return finished


def refitted(run: Run, splits: Splits, own: OwnState, group: Group = ALONE) -> Generator[Event, None, None]:
    """Do it; for who holds the run, under the state of the training."""
    run.require_plain()
    place = Run(_place(run))
    if place.directory.exists():
        place.clear_leftovers()
    if not is_ready(run) and run.record().refit is None:
        try:
            yield from _train_again(run, place, splits, own, group)
        except Diverged as error:
            raise TrainingError(
                _(
                    "{directory}: the refit on all rows failed: {error}; the model that was measured is kept"
                ).format(directory=run.directory, error=error)
            ) from error
    install(run)


def install(run: Run) -> None:
    """Put a refit that is whole in place of what was measured; also where that was begun before.

    :raises RunError: if the disk does not take it.
    """
    place = _place(run)
    try:
        if is_ready(run):
            run.revoke_manifest()
            for name in (WEIGHTS, MODEL, COUNTS, CONFIG):
                if (place / name).exists():
                    os.replace(place / name, run.directory / name)  # noqa: PTH105
            run.write_manifest()
            (place / READY).unlink()
        shutil.rmtree(place)
    except OSError as error:
        raise RunError(
            _("{place}: could not be put in place: {reason}").format(place=place, reason=reason_of(error))
        ) from error


def _place(run: Run) -> Path:
    return run.directory / REFIT


def _train_again(
    run: Run, place: Run, splits: Splits, own: OwnState, group: Group
) -> Generator[Refitting | Stalled, None, None]:
    config, before = run.config(), load_model(run.directory)
    epochs = measured(run).best_epoch
    everything = _all_rows(splits)
    prepared = prepare(config, replace(splits, train=everything))
    if prepared.vocabulary.labels != before.vocabulary.labels:
        raise RunError(
            _(
                "{directory}: can't be refitted: its held-out rows have labels that it was not trained on"
            ).format(directory=run.directory)
        )
    check_memory(config, prepared)
    own.seed(config.seed)
    learner = Learner(config, prepared, choose_device(config.device), group)
    steps = len(learner.sampler) * epochs
    # The schedule is that of all epochs; it ends where the best weights were.
    learner.config = replace(config, epochs=epochs, patience=0)
    make_directory(place.directory)
    if has_resume(place):
        state = load_resume(place, learner.model, learner.optimizer)
        learner.position = Position.from_state(state["position"])
        place.rewind(state["history"])
    else:
        place.rewind(0)
    disk = Disk()
    with contextlib.closing(run_epochs(learner, place, disk)) as events:
        for event in events:
            if isinstance(event, Stalled):
                yield event
            elif isinstance(event, Progress | EpochEnd):
                yield Refitting(
                    epoch=event.epoch,
                    epochs=epochs,
                    step=event.step,
                    steps=steps,
                    rows=len(prepared.train),
                    elapsed=event.elapsed,
                )
    yield from disk.write(lambda: _write(run, place, config, learner, prepared, before, epochs))


def _write(
    run: Run,
    place: Run,
    config: TrainConfig,
    learner: Learner,
    prepared: Prepared,
    before: LoadedModel,
    epochs: int,
) -> None:
    """Write all that is new, whole, into the place of the refit."""
    model = learner.model
    with torch.no_grad():  # what was fitted on held-out rows stays
        model.scales.copy_(before.model.scales)
        model.offsets.copy_(before.model.offsets)
    save_weights(place, model)
    write_json(place.directory / MODEL, read_json(run.directory / MODEL, LONGEST_DESCRIPTION))
    learned = learned_from(config, model, prepared)
    save_description(place, model.config, prepared.vocabulary, before.calibration, learned)
    counting = TrainingCounts.of(config, prepared)
    stored = load_counted(run, len(prepared.vocabulary.labels))
    if counting is not None and stored is not None:
        counted, people = stored
        counts = counting.counts.with_strengths(counted.counts.strengths, counted.counts.power)
        save_counted(place, replace(counted, counts=counts), people)
    told = RefitRecord(rows=len(prepared.train), epochs=epochs, measured=sha256_of(run.directory / WEIGHTS))
    write_json(place.directory / CONFIG, replace(run.record(), refit=told).to_json())
    write_json(place.directory / READY, {"refit": run.name})


def _all_rows(splits: Splits) -> NameTable:
    """The rows of all three sides; those that were divided among them in one piece."""
    frame = pl.concat([table.frame for _, table in splits.sides])
    if splits.by_rows:
        parts = [name for name in frame.columns if name not in ("line", "name", "label")]
        frame = frame.group_by("line", maintain_order=True).agg(
            pl.col("name", "label").first(), pl.col(parts).sum()
        )
    return splits.train.with_frame(frame)
