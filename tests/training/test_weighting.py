"""Weights in the loss, people held out instead of names, and figures by person."""

from __future__ import annotations

import dataclasses

import pytest
import torch

from namecls.calibration.metrics import measure
from namecls.data.split import deduplicate, split_people
from namecls.data.table import REPEATS, NameTable, load_dataset
from namecls.errors import DataError
from namecls.inference.evaluation import evaluate
from namecls.inference.prediction import Predictor
from namecls.results import Metrics
from namecls.runs.counted import load_counted
from namecls.runs.run import Run
from namecls.training.learner import Learner
from namecls.training.loop import train
from namecls.training.protocol import prepare, recorded_splits, split_by_config
from tests.library import SMALL, small_table

CPU = torch.device("cpu")


def weighed(weight: float = 1.0) -> NameTable:
    """The small table; the names of its first label have this weight."""
    table = small_table()
    labels = table.label_of_rows
    weights = [weight if label == "Armenian" else 1.0 for label in labels]
    return NameTable.from_pairs(zip(table.names, labels, strict=True), weights=weights)


def learner(table: NameTable, **values: object) -> Learner:
    torch.manual_seed(0)
    config = SMALL.changed(values)
    return Learner(config, prepare(config, table), CPU)


@pytest.mark.parametrize("how", ["sqrt", "log"])
def test_a_row_counts_in_the_loss_by_its_weight(how):
    made = learner(weighed(100.0), row_weighting=how)
    of_label, others = made.rows.max(), made.rows.min()
    expected = 10.0 if how == "sqrt" else float(torch.tensor(101.0).log() / torch.tensor(2.0).log())
    assert float(of_label / others) == pytest.approx(expected, rel=1e-6)
    assert float(made.rows.mean()) == pytest.approx(1, rel=1e-6)
    logits, target = torch.randn(4, 3), torch.tensor([0, 1, 2, 0])
    rows = torch.tensor([3.0, 1.0, 0.5, 2.0])
    each = torch.nn.functional.cross_entropy(logits, target, reduction="none")
    assert float(made._loss(logits, target, rows)) == pytest.approx(float((rows * each).mean()))


def test_equal_weights_are_as_none():
    alike, none = learner(weighed(1.0)), learner(small_table())
    assert none.rows is None
    assert torch.equal(alike.rows, torch.ones(len(alike.rows)))
    logits, target = torch.randn(16, 3), torch.arange(16) % 3
    losses = [
        float(made._loss(logits, target, rows)) for made, rows in ((alike, alike.rows[:16]), (none, None))
    ]
    assert losses[0] == pytest.approx(losses[1])
    assert learner(weighed(100.0), row_weighting="none").rows is None


def test_repeated_rows_without_weights_count_once_in_the_loss():
    table = small_table()
    pairs = list(zip(table.names, table.label_of_rows, strict=True))
    assert learner(NameTable.from_pairs(pairs * 2)).rows is None


def test_the_labels_are_as_large_as_their_weights_where_they_are_balanced():
    made = learner(weighed(100.0), class_weights="balanced")
    sums = torch.bincount(made.train_set.labels, made.rows * made.weights[made.train_set.labels])
    assert sums.tolist() == pytest.approx([float(sums.mean())] * 3, rel=1e-5)


def test_by_person_each_bearer_counts_once():
    logits = torch.tensor([[2.0, 0.0], [2.0, 0.0], [0.0, 2.0]])
    target, weights = torch.tensor([0, 1, 1]), torch.tensor([6.0, 3.0, 1.0], dtype=torch.float64)
    metrics = measure(logits, target, ("a", "b"), split="test", weights=weights)
    places = torch.tensor([0] * 6 + [1] * 3 + [2])
    people = measure(logits[places], target[places], ("a", "b"), split="people")
    assert metrics.accuracy == pytest.approx(2 / 3)
    found = metrics.by_person
    assert (found.people, found.accuracy) == (10, pytest.approx(people.accuracy))
    assert found.loss == pytest.approx(people.loss)
    assert Metrics.from_json(metrics.to_json()) == metrics
    assert measure(logits, target, ("a", "b"), split="test").by_person is None


def people() -> NameTable:
    """Each name of the small table with ten bearers, two of them under the next label."""
    table = small_table()
    pairs = list(zip(table.names, table.label_of_rows, strict=True))
    others = [(name, table.labels[table.labels.index(label) - 1]) for name, label in pairs]
    return NameTable.from_pairs(pairs * 8 + others * 2)


def test_people_are_held_out_and_nobody_is_lost():
    table = deduplicate(people())
    splits = split_people(table, seed=3)
    sums: dict[tuple[str, str], float] = {}
    for _, side in splits.sides:
        for name, label, count in side.frame.select("name", "label", REPEATS).iter_rows():
            assert count > 0
            sums[name, label] = sums.get((name, label), 0) + count
    assert sums == {
        (name, label): count
        for name, label, count in table.frame.select("name", "label", REPEATS).iter_rows()
    }
    for label in table.labels:
        sizes = [side.frame.filter(side.frame["label"] == label)[REPEATS].sum() for _, side in splits.sides]
        assert sizes == [384, 48, 48]
    shuffled = table.with_frame(table.frame.sample(fraction=1, shuffle=True, seed=1))
    assert split_people(shuffled, seed=3).digest == splits.digest != split_people(table, seed=4).digest


def test_what_is_left_of_a_weight_is_trained_on_and_too_few_people_are_told():
    table = NameTable.from_pairs([("Kim", "Korean"), ("Li", "Chinese")], weights=[20.5, 30.0])
    sides = split_people(table).sides
    assert [side.frame["weight"].sum() for _, side in sides] == [40.5, 5, 5]
    with pytest.raises(DataError, match="a label with three people at least"):
        split_people(NameTable.from_pairs([("Kim", "Korean"), ("Li", "Chinese")]))
    with pytest.raises(DataError, match="split by names, or scale the weights down"):
        split_people(NameTable.from_pairs([("Kim", "Korean"), ("Li", "Chinese")], weights=[1e12, 30.0]))


def test_a_run_that_held_out_people_is_evaluated_on_them_again(tmp_path):
    table = people()
    rows = zip(table.names, table.label_of_rows, strict=True)
    (tmp_path / "people.tsv").write_text("".join(f"{name}\t{label}\n" for name, label in rows))
    config = dataclasses.replace(SMALL, epochs=1, split="rows")
    run = Run.create(tmp_path, config, "run")
    *_, last = train(config, load_dataset(tmp_path / "people.tsv"), run)
    assert last.test.held_out == "rows"
    assert last.test.by_person.people == 144
    assert "by rows" in run.record().split.method
    test = recorded_splits(run).test
    again = evaluate(Predictor.load(run.directory), test, split="test")
    assert again.by_person == last.test.by_person
    counted, figures = load_counted(run, 3)
    assert figures.rows == 144
    assert figures.accuracy == pytest.approx(
        0.8, abs=0.06
    )  # as the training people say; the network knows endings
    assert Metrics.from_json(last.test.to_json()) == last.test
    assert counted.population.name == "bearers"
    assert split_by_config(dataclasses.replace(config, split="names"), table).by_rows is False
