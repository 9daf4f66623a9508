"""What a model gets wrong: the same rows as by asking it name by name, and figures that agree with the metrics."""

from collections import Counter
from pathlib import Path

import pytest

from namecls.data.table import NameTable
from namecls.inference.evaluation import evaluate
from namecls.inference.mistakes import find_mistakes
from namecls.inference.prediction import Predictor
from namecls.results import Confusion
from tests.library import small_table


def mislabelled(every: int) -> NameTable:
    """The small table, each so-and-so-manyth label a wrong one."""
    table = small_table()
    labels = list(table.label_of_rows)
    pairs = [
        (name, labels[(at + 50) % len(labels)] if at % every == 0 else label)
        for at, (name, label) in enumerate(zip(table.names, labels, strict=True))
    ]
    return NameTable.from_pairs(pairs)


def test_they_are_the_rows_that_the_model_answers_otherwise_the_most_confident_first(
    trained_run: Path,
) -> None:
    predictor = Predictor.load(trained_run)
    tables = {"test": mislabelled(4), "valid": mislabelled(3)}
    found = find_mistakes(predictor, tables)
    expected = {}
    for split, table in tables.items():
        for line, name, label in table.frame.select("line", "name", "label").iter_rows():
            ranked = predictor.predict([name], k=len(predictor.labels))[0].ranked
            if ranked[0].label != label:
                of_label = next(entry.probability for entry in ranked if entry.label == label)
                expected[split, line, name, label, ranked[0].label] = (ranked[0].probability, of_label)
    assert expected
    assert [row.confidence for row in found.rows] == sorted(
        (row.confidence for row in found.rows), reverse=True
    )
    shares = {
        (row.split, row.line, row.name, row.label, row.given): (row.confidence, row.of_label)
        for row in found.rows
    }
    assert shares.keys() == expected.keys()
    for row, pair in shares.items():
        assert pair == pytest.approx(expected[row], abs=1e-5)


def test_their_confusion_and_figures_by_label_are_those_of_the_metrics(trained_run: Path) -> None:
    predictor = Predictor.load(trained_run)
    test = mislabelled(3)
    found = find_mistakes(predictor, {"test": test})
    metrics = evaluate(predictor, test)
    assert found.confusion == metrics.confusion
    scores = found.confusion.scores(found.labels)
    for ours, theirs in zip(scores, metrics.per_label, strict=True):
        assert (ours.label, ours.support) == (theirs.label, theirs.support)
        assert (ours.precision, ours.recall, ours.f1) == pytest.approx(
            (theirs.precision, theirs.recall, theirs.f1)
        )
    pairs = Counter((row.label, row.given) for row in found.rows)
    assert {(true, given): rows for rows, true, given in found.confusion.pairs(found.labels)} == pairs


def test_rows_of_labels_that_it_does_not_know_are_left_out(trained_run: Path) -> None:
    predictor = Predictor.load(trained_run)
    table = NameTable.from_pairs([("Kowalski", "Martian"), ("Nowak", "Venusian")])
    found = find_mistakes(predictor, {"test": table})
    assert (found.rows, found.confusion) == ((), Confusion())


def test_labels_that_are_taken_for_each_other_stand_side_by_side() -> None:
    # 0 with 3, 1 with 4; 2 with nothing
    confusion = Confusion((0, 0, 1, 1, 2, 3, 4, 3), (0, 3, 1, 4, 2, 0, 1, 3), (5, 5, 9, 1, 10, 4, 3, 6))
    order = confusion.similar_order(5)
    assert sorted(order) == list(range(5))
    assert abs(order.index(0) - order.index(3)) == 1
    assert abs(order.index(1) - order.index(4)) == 1
    assert order[-1] == 2


def test_a_chain_of_labels_is_joined_at_the_ends_that_are_alike() -> None:
    # 0-1 and 2-3 are alike, then 1-2: the order is the chain
    confusion = Confusion((0, 0, 2, 2, 1, 1, 3), (1, 0, 3, 2, 2, 1, 3), (8, 2, 7, 3, 4, 6, 10))
    assert confusion.similar_order(4) in ([0, 1, 2, 3], [3, 2, 1, 0])
    assert Confusion().similar_order(3) == [0, 1, 2]
