"""The end of a training: its best weights calibrated, tested once, and the run made whole."""

from __future__ import annotations

from dataclasses import replace

from namecls.calibration.carrying import with_gain
from namecls.calibration.metrics import measure
from namecls.calibration.temperature import calibrate
from namecls.events import Finished
from namecls.nn.model import NameClassifier, logits_of
from namecls.runs.carried import load_carried
from namecls.runs.checkpoint import save_description
from namecls.runs.run import CARRIED, Run
from namecls.runs.saved_counts import save_carried, save_counted
from namecls.training.counting import TrainingCounts
from namecls.training.protocol import Prepared, edited_rows, known_names, learned_from


def write_finished(
    model: NameClassifier,
    prepared: Prepared,
    run: Run,
    *,
    reason: str,
    best_epoch: int,
    epochs: int,
    seconds: float,
) -> Finished:
    """Calibrate on the validation rows, evaluate once on the test rows, and write the manifest; there may be none yet.

    Counts of the training rows are written too, where some stand for more people than others.

    :raises DiskFull: if there is no room; the run is then unfinished.
    :raises RunError: if the disk does not take it.
    """
    labels, valid_set, test_set = prepared.vocabulary.labels, prepared.validation, prepared.test
    counting = TrainingCounts.of(run.config(), prepared)
    logits = logits_of(model, valid_set)
    carried = load_carried(run, len(labels))
    if carried is not None:
        added = carried.unweighed(known_names(prepared.splits.validation, prepared.vocabulary))
        carried = with_gain(carried, logits, added, valid_set.labels)
        logits = logits + carried.gain * added
        del added
        if carried.gain:
            save_carried(run, carried)
        else:  # they tell nothing that the network does not
            (run.directory / CARRIED).unlink()
    calibration = calibrate(logits, valid_set.labels)
    learned = learned_from(run.config(), model, prepared)
    save_description(run, model.config, prepared.vocabulary, calibration, learned)
    logits = logits / calibration.temperature
    validation = measure(
        logits, valid_set.labels, labels, split="validation", sets=calibration, weights=valid_set.weights
    )
    counted = counting.fit(logits.softmax(1)) if counting is not None else None
    del logits  # of many labels they are what takes the memory
    logits = logits_of(model, test_set)
    if carried is not None:
        logits = logits + carried.logits(known_names(prepared.splits.test, prepared.vocabulary))
    logits = logits / calibration.temperature
    test = measure(logits, test_set.labels, labels, split="test", sets=calibration, weights=test_set.weights)
    edited = edited_rows(prepared.splits.test, prepared.vocabulary, logits.argmax(1) == test_set.labels)
    if counting is not None and counted is not None:
        save_counted(run, counted, counting.measure(counted, logits.softmax(1)))
    point, held_out = run.config().operating_point, run.config().split
    validation = replace(validation, operating_point=point, held_out=held_out)
    finished = Finished(
        run=run.name,
        directory=str(run.directory),
        reason=reason,
        best_epoch=best_epoch,
        epochs=epochs,
        seconds=seconds,
        validation=validation,
        test=replace(
            test, edited=edited, left_out=prepared.test_left_out, operating_point=point, held_out=held_out
        ),
    )
    return run.finish(finished)


def test_again(model: NameClassifier, prepared: Prepared, run: Run, before: Finished) -> Finished:
    """Do it for a run that was tested before; its training ended as it did.

    :raises DiskFull: as `write_finished` does.
    :raises RunError: as `write_finished` does.
    """
    return write_finished(
        model,
        prepared,
        run,
        reason=before.reason,
        best_epoch=before.best_epoch,
        epochs=before.epochs,
        seconds=before.seconds,
    )
