"""A second opinion: two answers pooled, as far as each fits the labels of the file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from namecls.data.table import NameTable, load_dataset
from namecls.errors import DataError
from namecls.paths import packaged_dataset, packaged_model
from namecls.repair import suspects
from namecls.repair.found import Suspected
from namecls.repair.opinion import fit_pool, load_opinion, opinion_of, pooled, shipped_opinion
from namecls.repair.suspects import find_suspects
from tests.library import SMALL, small_table

LABELS = 4


def answers(truth: np.ndarray, sharp: float, drawn: np.random.Generator) -> np.ndarray:
    """Probabilities that tell more or less of the truth."""
    logits = drawn.normal(size=(len(truth), LABELS))
    logits[np.arange(len(truth)), truth] += sharp
    found = np.exp(logits)
    return found / found.sum(1, keepdims=True)


@pytest.fixture
def drawn() -> np.random.Generator:
    return np.random.default_rng(0)


def test_the_pool_is_the_one_that_makes_the_labels_of_the_file_most_likely(
    drawn: np.random.Generator,
) -> None:
    given = drawn.integers(0, LABELS, 3000)
    logs = np.log(np.stack([answers(given, 1.5, drawn), answers(given, 0.7, drawn)]))
    weights, bias = fit_pool(logs, given)

    def likelihood(weights: np.ndarray, bias: np.ndarray) -> float:
        scores = np.tensordot(weights, logs, 1) + bias
        scores -= np.log(np.exp(scores).sum(1, keepdims=True))
        return float(scores[np.arange(len(given)), given].sum())

    best = likelihood(weights, bias)
    for step in (0.1, -0.1):
        for at in range(2):
            assert likelihood(weights + step * np.eye(2)[at], bias) < best
        for at in range(LABELS):
            assert likelihood(weights, bias + step * np.eye(LABELS)[at]) < best


def test_an_opinion_that_tells_nothing_changes_next_to_nothing(drawn: np.random.Generator) -> None:
    given = drawn.integers(0, LABELS, 3000)
    alone, noise = answers(given, 2.0, drawn), answers(drawn.integers(0, LABELS, 3000), 2.0, drawn)
    assert fit_pool(np.log(np.stack([alone, noise])), given)[0][1] < 0.05
    found = pooled(alone, noise, given)
    assert (found.argmax(1) == alone.argmax(1)).mean() > 0.97


def test_two_opinions_find_more_wrong_labels_than_one(drawn: np.random.Generator) -> None:
    truth = drawn.integers(0, LABELS, 2000)
    wrong = np.arange(2000) < 100
    given = np.where(wrong, (truth + 1) % LABELS, truth)
    alone, other = answers(truth, 2.0, drawn), answers(truth, 2.0, drawn)

    def hits(probabilities: np.ndarray) -> int:
        return int(wrong[np.argsort(probabilities[np.arange(2000), given])[:100]].sum())

    assert hits(pooled(alone, other, given)) > hits(alone) + 5


def test_a_label_that_the_folds_did_not_know_stays_unjudged(drawn: np.random.Generator) -> None:
    given = drawn.integers(0, LABELS - 1, 50)
    given[0] = LABELS - 1
    alone = answers(given, 2.0, drawn)
    alone[:, LABELS - 1] = 0
    found = pooled(alone, answers(given, 2.0, drawn), given)
    assert found[0, given[0]] == 0
    assert found.sum(1) == pytest.approx(np.ones(50))


def test_of_a_label_that_it_does_not_know_a_model_says_the_mean_of_the_others() -> None:
    model = load_opinion(packaged_model(), "")
    found = opinion_of(model, ["Kowalski", "Nguyen"], ["Polish", "Klingon", "Vietnamese"])
    assert found[:, 1] == pytest.approx(found[:, [0, 2]].mean(1))
    assert found.argmax(1).tolist() == [0, 2]
    with pytest.raises(DataError, match="knows two of the labels at least"):
        opinion_of(model, ["Kowalski"], ["Polish", "Klingon"])


def test_a_model_gives_no_second_opinion_on_the_file_that_it_was_trained_on(tmp_path: Path) -> None:
    copy = tmp_path / "copy.tsv"
    copy.write_bytes(packaged_dataset().read_bytes())
    table = load_dataset(copy)
    with pytest.raises(DataError, match="trained on this very file"):
        next(find_suspects(SMALL, table, second_opinion=packaged_model()))
    assert shipped_opinion(table) is None
    assert shipped_opinion(small_table()) == packaged_model()


def test_the_shipped_model_is_asked_only_of_labels_that_it_can_choose_between() -> None:
    asked = {("Polish", "Klingon"): None, ("Polish", "Czech"): packaged_model()}
    asked |= {("Polish", "Czech", "A", "B"): packaged_model(), ("Polish", "Czech", "A", "B", "C"): None}
    for labels, model in asked.items():
        assert shipped_opinion(NameTable.from_pairs([("Nowak", label) for label in labels])) == model


def test_suspects_take_the_second_opinion_in(monkeypatch: pytest.MonkeyPatch) -> None:
    pairs = list(zip(small_table().names, small_table().label_of_rows, strict=True))
    pairs[5] = (pairs[5][0], "Georgian")
    taken: list[np.ndarray] = []
    monkeypatch.setattr(suspects, "pooled", lambda *both: taken.append(pooled(*both)) or taken[0])
    table = NameTable.from_pairs(pairs)
    found = list(find_suspects(SMALL, table, folds=2, most=5, second_opinion=packaged_model()))[-1]
    assert isinstance(found, Suspected)
    assert found.suspects[0].lines == (6,)
    assert found.suspects[0].probability == taken[0][5].max()
