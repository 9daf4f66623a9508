"""A trained model against rows with known labels."""

from __future__ import annotations

from dataclasses import replace

from namecls.data import NameTable
from namecls.errors import DataError
from namecls.events import Metrics
from namecls.metrics import measure
from namecls.model import logits_of
from namecls.prediction import Predictor
from namecls.protocol import encode_table


def evaluate(predictor: Predictor, table: NameTable, *, split: str = "") -> Metrics:
    """All metrics of a model on the rows of a table.

    Rows under a label that the model does not know are left out and counted in `Metrics.left_out`. Whether the
    model was trained on some of the rows is not known here: the caller has to see to that.

    :param split: the name of the rows, for the record; the table's title if empty.
    :raises DataError: if the model knows none of the labels.
    """
    dataset, left_out = encode_table(table, predictor.vocabulary)
    if not len(dataset):
        known = ", ".join(predictor.labels[:5])
        raise DataError(
            f"{table.title}: expected labels that the model knows ({known}, …), found none of them"
        )
    logits = logits_of(predictor.model, dataset) / predictor.loaded.calibration.temperature
    metrics = measure(logits, dataset.labels, predictor.labels, split=split or table.title)
    return replace(metrics, left_out=left_out)
