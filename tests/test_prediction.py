import random
from pathlib import Path

import pytest
import torch

from namecls.prediction import Predictor
from tests.library import small_table


@pytest.fixture(scope="module")
def predictor(trained_run: Path) -> Predictor:
    return Predictor.load(trained_run)


def test_probabilities_of_all_labels_sum_to_one(predictor: Predictor) -> None:
    for prediction in predictor.predict(["Petrosyan", "b", "Ωmega", "a" * 5000], k=99):
        assert len(prediction.ranked) == len(predictor.labels)
        assert sum(r.probability for r in prediction.ranked) == pytest.approx(1, abs=1e-5)


def test_the_ranking_begins_with_the_most_probable(predictor: Predictor) -> None:
    (prediction,) = predictor.predict(["Kowalski"], k=3)
    probabilities = [r.probability for r in prediction.ranked]
    assert prediction.ranked[0].label == "Polish"
    assert probabilities == sorted(probabilities, reverse=True)


def test_the_answer_does_not_depend_on_the_names_beside_it(predictor: Predictor) -> None:
    names = [*small_table().names, "", "王", "Li", "1"]
    random.Random(0).shuffle(names)
    together = predictor.predict(names, k=3)
    for name, among_others in zip(names, together, strict=True):
        (alone,) = predictor.predict([name], k=3)
        assert alone.name == among_others.name == name
        assert (alone.status, alone.unknown) == (among_others.status, among_others.unknown)
        assert [r.label for r in alone.ranked] == [r.label for r in among_others.ranked]
        assert [r.probability for r in alone.ranked] == pytest.approx(
            [r.probability for r in among_others.ranked], abs=1e-5
        )


@pytest.mark.parametrize("name", ["", " \u3000", "123", "🙂🙂", "-'", "\x1b\x00"])
def test_a_name_without_letters_gets_no_guess(predictor: Predictor, name: str) -> None:
    (prediction,) = predictor.predict([name])
    assert (prediction.status, prediction.ranked) == ("no letters", ())


@pytest.mark.parametrize("name", ["王小明", "محمد", "Иванов"])
def test_a_script_that_the_model_never_saw_gets_no_guess(predictor: Predictor, name: str) -> None:
    (prediction,) = predictor.predict([name])
    assert (prediction.status, prediction.ranked) == ("unknown script", ())
    assert prediction.unknown == tuple(dict.fromkeys(name))


def test_letters_that_the_model_does_not_know_are_named(predictor: Predictor) -> None:
    (prediction,) = predictor.predict(["Łowaλski łλ 王"])
    assert prediction.status == "ok"
    assert prediction.unknown == ("Ł", "w", "λ", "ł", "王")


def test_no_names_get_no_answers(predictor: Predictor) -> None:
    assert predictor.predict([]) == []


def test_more_names_than_fit_in_one_chunk_come_back_in_order(predictor: Predictor) -> None:
    names = [f"{'a' * (i % 13)}ski" for i in range(9000)]
    assert [p.name for p in predictor.predict(names, k=1)] == names


def test_probabilities_are_what_predictions_tell(predictor: Predictor) -> None:
    (prediction,) = predictor.predict(["Kowalski"], k=3)
    row = predictor.probabilities(["Kowalski"])[0]
    by_label = dict(zip(predictor.labels, row.tolist(), strict=True))
    assert torch.is_tensor(row)
    assert {r.label: pytest.approx(r.probability) for r in prediction.ranked} == by_label
