"""fit: train to the end and return a Predictor."""

from __future__ import annotations

import tempfile

from namecls.config import TrainConfig
from namecls.data.split import Splits
from namecls.data.table import NameTable
from namecls.inference.prediction import Predictor
from namecls.runs.run import Run
from namecls.training.loop import train


def fit(config: TrainConfig, dataset: NameTable | Splits, run: Run | None = None) -> Predictor:
    """Train to the end, test once, and return a `Predictor`; for parameters and errors see `train`.

    :param run: where the run is kept; None: in a directory that is gone afterwards.
    """
    if run is None:
        with tempfile.TemporaryDirectory(prefix="namecls-") as directory:
            return fit(config, dataset, Run.create(directory, config))
    for _ in train(config, dataset, run):
        pass
    return Predictor.load(run.directory)
