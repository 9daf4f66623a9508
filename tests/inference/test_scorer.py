"""Scorer: answers for batches, in any process."""

from __future__ import annotations

import pickle
import shutil
from pathlib import Path

import polars as pl
import pytest

from namecls.errors import DataError, ModelFileError
from namecls.inference import scorer as module
from namecls.inference.prediction import Predictor
from namecls.inference.scorer import Scorer

NAMES = ["Kowalski", "", "O'Brien"]


def test_a_pickled_scorer_is_a_path_and_answers_as_the_model_does(trained_run: Path) -> None:
    content = pickle.dumps(Scorer(trained_run, k=2, prefix="p_"))
    assert len(content) < 1000
    scorer = pickle.loads(content)
    found = scorer(NAMES)
    predictions = Predictor.load(trained_run).predict(NAMES, k=2)
    assert tuple(found) == scorer.titles
    assert found["p_status"] == [each.status for each in predictions]
    assert found["p_set"] == [list(each.likely) for each in predictions]
    assert found["p_label_2"] == [each.ranked[1].label if each.ranked else None for each in predictions]
    assert scorer.load() is pickle.loads(content).load()


def test_ranks_beyond_the_labels_are_empty(trained_run: Path) -> None:
    predictor = Predictor.load(trained_run)
    beyond = len(predictor.labels) + 1
    scored = Scorer(trained_run, k=beyond)(NAMES)
    framed = predictor.predict_frame(pl.DataFrame({"name": NAMES}), "name", k=beyond)
    assert scored[f"label_{beyond}"] == framed[f"label_{beyond}"].to_list() == [None] * len(NAMES)
    last = predictor.predict(NAMES, k=None)[0].ranked[-1].label
    assert scored[f"label_{beyond - 1}"][0] == framed[f"label_{beyond - 1}"][0] == last


def test_a_batch_comes_back_of_its_kind_with_the_answers_behind_it(trained_run: Path) -> None:
    frame = pl.DataFrame({"id": [1, 2, 3], "given": ["Jan", None, "Pat"], "family": NAMES})
    scorer = Scorer(trained_run, ["given", "family"])
    answered = scorer(frame)
    assert answered.columns == ["id", "given", "family", "label", "probability", "set", "status"]
    assert answered["label"].to_list() == scorer(["Jan Kowalski", "", "Pat O'Brien"])["label"]
    with pytest.raises(DataError, match="expected a column 'given', found id"):
        scorer(frame.select("id"))
    with pytest.raises(DataError, match="batch_format='pyarrow'"):
        scorer({"given": NAMES})


def test_arrow_stays_arrow(trained_run: Path) -> None:
    pa = pytest.importorskip("pyarrow", reason="comes with the extra ray alone")
    scorer = Scorer(trained_run)
    table = pa.table({"name": ["Kowalski", None], "id": [1, 2]})
    assert scorer(table).to_pydict() == {**table.to_pydict(), **scorer(["Kowalski", ""])}
    batch = scorer(table.to_batches()[0])
    assert isinstance(batch, pa.RecordBatch)
    assert batch.schema == scorer(table.schema.empty_table()).schema
    with pytest.raises(DataError, match="expected a column 'name'"):
        scorer(table.select(["id"]))
    with pytest.raises(DataError, match="has a column 'label' already"):
        scorer(table.append_column("label", table["id"]))


def test_another_run_in_the_place_of_the_first_is_refused(trained_run: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match=r"expected a finished run, found no MANIFEST\.json"):
        Scorer(tmp_path / "none")
    place = tmp_path / "run"
    shutil.copytree(trained_run, place)
    scorer = Scorer(place)
    manifest = place / "MANIFEST.json"
    manifest.write_bytes(manifest.read_bytes() + b"\n")
    module._load.cache_clear()
    with pytest.raises(ModelFileError, match="expected the run that the scorer was made of"):
        scorer(NAMES)
