import dataclasses
import json
from pathlib import Path

import pytest

from namecls.data.table import NameTable, load_dataset
from namecls.errors import DataError
from namecls.files.storage import write_json
from namecls.inference.evaluation import evaluate
from namecls.inference.prediction import Predictor
from namecls.runs.record import CONFIG
from namecls.runs.run import MODEL, Run
from namecls.training.loop import train
from namecls.training.protocol import recorded_splits
from tests.library import SMALL, small_table


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


def test_a_run_of_an_older_version_keeps_its_rules_its_split_and_its_figures(tmp_path: Path) -> None:
    old = dataclasses.replace(SMALL, model=dataclasses.replace(SMALL.model, normalization=1))
    pairs = [
        (name + sign, label)
        for name, label in zip(small_table().names, small_table().label_of_rows, strict=True)
        for sign in ("", "’")
    ]
    (tmp_path / "n.tsv").write_text("".join(f"{name}\t{label}\n" for name, label in pairs), encoding="utf-8")
    run = Run.create(tmp_path / "runs", old, "old")
    list(train(old, load_dataset(tmp_path / "n.tsv"), run))
    for name, path in ((CONFIG, ("train", "model")), (MODEL, ("network",))):
        values = json.loads((run.directory / name).read_text())
        of = values
        for key in path:
            of = of[key]
        assert of.pop("normalization") == 1  # as those versions wrote it
        write_json(run.directory / name, values)
    run.write_manifest()
    predictor = Predictor.load(run.directory)
    assert predictor.vocabulary.normalizer("O’Brien") == "o’brien"
    assert evaluate(predictor, recorded_splits(run).test, split="test") == run.metrics("test")


@pytest.mark.parametrize(
    "spelling", ["O’Brien", "O`Brien", "Oʼ\u200bBrien", "Ｏ＇Ｂｒｉｅｎ\u202c", "\ufeffO'BRIEN\u00a0"]
)
def test_the_shipped_model_reads_all_spellings_of_a_name_alike(spelling: str) -> None:
    predictor = Predictor.load()
    plain, other = predictor.predict(["O'Brien", spelling])
    assert (other.status, other.ranked, other.unknown) == ("ok", plain.ranked, ())
