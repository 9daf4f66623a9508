from pathlib import Path

import pytest

from namecls.data.table import NameTable
from namecls.errors import DataError
from namecls.inference.evaluation import evaluate
from namecls.inference.prediction import Predictor
from namecls.runs.run import Run
from namecls.training.protocol import recorded_splits


def test_evaluating_the_test_rows_gives_the_metrics_that_training_wrote(trained_run: Path) -> None:
    run = Run.open(trained_run)
    table = recorded_splits(run).test
    assert evaluate(Predictor.load(trained_run), table, split="test") == run.metrics("test")


def test_rows_under_unknown_labels_are_left_out_and_counted(trained_run: Path) -> None:
    table = NameTable.from_pairs([("Kowalski", "Polish"), ("Nagy", "Hungarian"), ("Petrosyan", "Armenian")])
    metrics = evaluate(Predictor.load(trained_run), table)
    assert (metrics.rows, metrics.left_out) == (2, 1)


def test_a_table_of_unknown_labels_only_is_an_error(trained_run: Path) -> None:
    table = NameTable.from_pairs([("Nagy", "Hungarian"), ("Kiss", "Hungarian")])
    with pytest.raises(DataError, match="labels that the model knows"):
        evaluate(Predictor.load(trained_run), table)
