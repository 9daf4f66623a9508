"""Recalibrate a finished run, with its weights as they are: for runs of versions that fitted less."""

from __future__ import annotations

from pathlib import Path

from namecls.errors import RunError
from namecls.events import Finished
from namecls.files.locks import held
from namecls.language import _
from namecls.runs.history import HISTORY
from namecls.runs.loading import load_model
from namecls.runs.run import Run
from namecls.training.finishing import test_again
from namecls.training.protocol import moved_splits, prepare, refuse_refitted


def recalibrate(run: Run, data: Path | None = None) -> Finished:
    """Fit temperature, prediction sets and risks on the validation rows, evaluate the test rows again, write both.

    If it is interrupted, the run is as if it had not been tested yet; `training.finish` does that, and so does who
    resumes it.

    :param data: where its data file lies now, if it was moved.
    :raises RunBusy: if another process holds the run.
    :raises RunError: if it is not finished, was imported, or can't be written.
    :raises ModelFileError: if its weights are damaged.
    :raises DataError: if the data are no longer what they were.
    """
    with held(run.directory):
        if not run.finished:
            raise RunError(
                _("{directory}: this run is not finished; to do that: namecls runs finish").format(
                    directory=run.directory
                )
            )
        refuse_refitted(run)
        run.clear_leftovers()
        prepared = prepare(run.config(), moved_splits(run, data), run)
        loaded = load_model(run.directory)
        if loaded.vocabulary != prepared.vocabulary:
            raise RunError(
                _("{directory}: its rows have other letters or labels than its weights were made for").format(
                    directory=run.directory
                )
            )
        run.verify(HISTORY)
        before = run.last_event()
        if not isinstance(before, Finished):
            raise RunError(
                _("{directory}: expected a history with an end, found none").format(directory=run.directory)
            )
        run.revoke_manifest()
        return test_again(loaded.model, prepared, run, before)
