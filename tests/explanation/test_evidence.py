import itertools
import shutil
from pathlib import Path

import numpy as np
import pytest

from namecls.config import ModelConfig
from namecls.data.split import split_table
from namecls.explanation.evidence import TrainingNames, edits_between
from namecls.explanation.fresh import fresh_predictor
from namecls.inference.prediction import Predictor
from tests.library import small_table


@pytest.fixture(scope="module")
def names(trained: Predictor) -> TrainingNames:
    return TrainingNames.of(trained)


def test_every_row_is_found_in_the_part_that_the_split_put_it_into(names: TrainingNames) -> None:
    splits = split_table(small_table(), seed=0)
    for part, (_, table) in zip(("training", "validation", "test"), splits.sides, strict=True):
        for name, label in zip(table.names, table.label_of_rows, strict=True):
            (seen,) = names.evidence(name.upper()).sightings
            assert (seen.label, seen.part, seen.count) == (label, part, 1.0)
    assert len(names) == len(splits.train)


def test_bearers_are_counted_by_label_and_part(trained: Predictor) -> None:
    rows = small_table()
    pairs = [
        *zip(rows.names, rows.label_of_rows, strict=True),
        ("Novák", "Czech"),
        ("novák", "Czech"),
        ("Novák", "Slovak"),
    ]
    splits = split_table(type(rows).from_pairs(pairs, weights=[1.0] * len(rows) + [12.0, 3.0, 0.5]), seed=0)
    found = TrainingNames(trained, splits).evidence("NOVÁK")
    assert {(each.label, each.count) for each in found.sightings} == {("Czech", 15.0), ("Slovak", 0.5)}
    assert len({each.part for each in found.sightings}) == 1
    assert found.text == f"in {found.sightings[0].part}: Czech 15, Slovak 0.5"


def test_of_an_unseen_name_the_nearest_are_told(names: TrainingNames) -> None:
    found = names.evidence("Boroskj")
    assert found.sightings == ()
    assert found.text.startswith("not in training; nearest: ")
    trained = split_table(small_table(), seed=0).train
    distances = {name: osa("boroskj", name.casefold()) for name in trained.names}
    assert [each.edits for each in found.nearest] == sorted(d for d in distances.values() if d <= 2)[:3]
    for each in found.nearest:
        assert distances[each.name] == each.edits
        assert each.label == dict(zip(trained.names, trained.label_of_rows, strict=True))[each.name]
    assert names.evidence("Xxxxxxxxxxxx").text == "not in training, nor a name like it"


def osa(a: str, b: str) -> int:
    """The same distance, cell by cell."""
    table = {(i, 0): i for i in range(len(a) + 1)} | {(0, j): j for j in range(len(b) + 1)}
    for i, j in itertools.product(range(1, len(a) + 1), range(1, len(b) + 1)):
        best = min(table[i - 1, j] + 1, table[i, j - 1] + 1, table[i - 1, j - 1] + (a[i - 1] != b[j - 1]))
        if i > 1 and j > 1 and (a[i - 1], a[i - 2]) == (b[j - 2], b[j - 1]):
            best = min(best, table[i - 2, j - 2] + 1)
        table[i, j] = best
    return table[len(a), len(b)]


def test_edits_are_those_of_a_table_filled_cell_by_cell() -> None:
    drawn = np.random.default_rng(0)
    words = ["".join(drawn.choice(list("abc"), drawn.integers(1, 8))) for _ in range(300)]
    for name in ("abcab", "b", "ccca"):
        exact = [osa(name, word) for word in words]
        assert edits_between(name, words, 9).tolist() == exact
        near = edits_between(name, words, 2)
        assert [d if d <= 2 else 9 for d in near.tolist()] == [d if d <= 2 else 9 for d in exact]


def test_data_that_are_gone_or_others_are_not_guessed(trained_run: Path, tmp_path: Path) -> None:
    run = tmp_path / "moved"
    shutil.copytree(trained_run, run)
    (run / "places.json").unlink()
    found = TrainingNames.of(Predictor.load(run)).evidence("Borski")
    assert not found.is_known
    assert found.sightings == ()
    assert "not known" in found.text
    (run / "small.tsv").write_text("Kowalski\tPolish\n", encoding="utf-8")
    assert not TrainingNames.of(Predictor.load(run)).evidence("Kowalski").is_known


def test_an_untrained_network_has_no_data(trained_run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(trained_run)  # whose data are not its
    found = TrainingNames.of(fresh_predictor(ModelConfig(), ["a", "b"])).evidence("Borski")
    assert (found.is_known, found.sightings) == (False, ())
