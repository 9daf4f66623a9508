import dataclasses
import itertools
import random
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch

from namecls.answers import TOO_UNCERTAIN
from namecls.calibration.abstention import RiskTable
from namecls.calibration.calibrated import Calibration
from namecls.errors import ConfigError, DataError
from namecls.guarantees import METHODS, RISKS
from namecls.inference.prediction import Predictor
from namecls.inference.ranker import most_probable
from tests.library import small_table


@pytest.fixture(scope="module")
def predictor(trained_run: Path) -> Predictor:
    return Predictor.load(trained_run)


def test_probabilities_of_all_labels_sum_to_one(predictor: Predictor) -> None:
    for prediction in predictor.predict(["Petrosyan", "bo", "Ωmega", "a" * 5000], k=99):
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
    (prediction,) = predictor.predict(["Łowaλski karian łλ 王"])
    assert prediction.status == "ok"
    assert prediction.unknown == ("Ł", "w", "λ", "ł", "王")


def test_letters_that_are_only_rare_are_no_unknown_script(predictor: Predictor) -> None:
    assert [p.status for p in predictor.predict(["xX", "王x", "王"])] == ["unknown letters"] * 2 + [
        "unknown script"
    ]


def test_a_sign_that_is_read_as_an_apostrophe_is_no_letter(predictor: Predictor) -> None:
    assert predictor.predict("\u02bc").status == "no letters"  # a letter, by its category


def test_no_names_get_no_answers(predictor: Predictor) -> None:
    assert predictor.predict([]) == []


def test_one_text_is_one_name(predictor: Predictor) -> None:
    assert predictor.predict("Kowalski", k=1) == predictor.predict(["Kowalski"], k=1)[0]
    assert torch.equal(predictor.probabilities("Kowalski"), predictor.probabilities(["Kowalski"])[0])


def test_names_come_from_anything_that_can_be_gone_through(predictor: Predictor) -> None:
    names = ["Kowalski", "Petrosyan"]
    expected = predictor.predict(names)
    columns = (pl.Series(names), np.array(names))
    for same in (iter(names), (n for n in names), tuple(names), dict.fromkeys(names), *columns):
        assert predictor.predict(same) == expected


@pytest.mark.parametrize("odd", [None, float("nan"), 7, b"Kowalski", ["Kowalski"]])
def test_what_is_no_text_is_an_error_that_says_where(predictor: Predictor, odd: object) -> None:
    for ask in (predictor.predict, predictor.probabilities):
        with pytest.raises(DataError, match=r"name 2 of 3 is .*, expected a text"):
            ask(["Kowalski", odd, "Petrosyan"])
    if not isinstance(odd, bytes | list):
        with pytest.raises(DataError, match="expected names as texts"):
            predictor.predict(odd)


@pytest.mark.parametrize("k", [0, -1, 1.5, float("nan"), True, "3"])
def test_a_number_of_labels_that_is_none_is_an_error(predictor: Predictor, k: int) -> None:
    for names in (["Kowalski"], "Kowalski", []):
        with pytest.raises(ConfigError, match="k must be a whole number from 1, or None"):
            predictor.predict(names, k)


def test_none_is_all_labels(predictor: Predictor) -> None:
    assert len(predictor.predict("Kowalski", k=None).ranked) == len(predictor.labels)


def test_more_names_than_fit_in_one_chunk_come_back_in_order(predictor: Predictor) -> None:
    names = [f"{'a' * (i % 13)}ski" for i in range(9000)]
    assert [p.name for p in predictor.predict(names, k=1)] == names


def test_probabilities_are_what_predictions_tell(predictor: Predictor) -> None:
    (prediction,) = predictor.predict(["Kowalski"], k=3)
    row = predictor.probabilities(["Kowalski"])[0]
    by_label = dict(zip(predictor.labels, row.tolist(), strict=True))
    assert torch.is_tensor(row)
    assert {r.label: pytest.approx(r.probability) for r in prediction.ranked} == by_label


def calibrated(predictor: Predictor, **parts: object) -> Predictor:
    """The same network with another calibration."""
    calibration = dataclasses.replace(predictor.loaded.calibration, **parts)  # type: ignore[arg-type]
    return Predictor(dataclasses.replace(predictor.loaded, calibration=calibration), predictor.info)


@pytest.mark.parametrize("method", METHODS)
def test_a_name_has_the_same_set_alone_and_among_others(predictor: Predictor, method: str) -> None:
    names = small_table().names
    together = predictor.predict(names, k=1, coverage=0.8, sets=method)
    for among_others in together:
        (alone,) = predictor.predict([among_others.name], k=1, coverage=0.8, sets=method)
        assert alone.likely == among_others.likely
        assert (alone.coverage, len(alone.likely) > 0) == (0.8, True)


def test_a_set_with_more_coverage_holds_the_one_with_less(predictor: Predictor) -> None:
    likely = [predictor.predict(["Kowalx"], coverage=c)[0].likely for c in (0.5, 0.8, 0.95, 0.99)]
    for smaller, larger in itertools.pairwise(likely):
        assert larger[: len(smaller)] == smaller


@pytest.mark.parametrize("many", [False, True])
def test_names_of_which_it_is_not_sure_are_too_uncertain(predictor: Predictor, many: bool) -> None:
    names = [*small_table().names, "Kowalx", "x", "", "王"]
    ranked = predictor.predict(names, k=1)
    tops = sorted(p.ranked[0].probability for p in ranked if p.ranked)
    half = round(tops[len(tops) // 2], 2)
    table = RiskTable((half, 0.0), (100, 200), (1, 90))
    ours = calibrated(predictor, risks=table)
    answers = (
        ours.predict(names, k=1, risk=0.1) if many else [ours.predict([n], k=1, risk=0.1)[0] for n in names]
    )
    for prediction, before in zip(answers, ranked, strict=True):
        if not before.ranked:
            assert (prediction.status, prediction.risks) == (before.status, None)
            continue
        sure = before.ranked[0].probability >= half
        assert prediction.status == ("ok" if sure else TOO_UNCERTAIN)
        assert (prediction.answer is not None) == sure
        assert prediction.ranked[0].label == before.ranked[0].label
        assert prediction.likely == before.likely
        assert prediction.risks == tuple(risk for risk in RISKS if sure and table.threshold(risk) is not None)
    assert {p.status for p in answers} == {
        "ok",
        TOO_UNCERTAIN,
        "no letters",
        "unknown script",
        "unknown letters",
    }


def test_where_no_threshold_keeps_the_risk_no_name_is_answered(predictor: Predictor) -> None:
    ours = calibrated(predictor, risks=RiskTable((0.0,), (100,), (50,)))
    (prediction,) = ours.predict(["Kowalski"], risk=0.1)
    assert (prediction.status, prediction.risks) == (TOO_UNCERTAIN, ())
    assert prediction.ranked[0].label == "Polish"
    (prediction,) = ours.predict(["Kowalski"])
    assert (prediction.status, prediction.risks) == ("ok", ())


def test_what_a_model_does_not_hold_is_an_error_only_if_it_is_asked_for(predictor: Predictor) -> None:
    bare = Predictor(dataclasses.replace(predictor.loaded, calibration=Calibration()), predictor.info)
    (prediction,) = bare.predict(["Kowalski"], coverage=0.95)
    assert (prediction.status, prediction.likely, prediction.risks) == ("ok", (), None)
    with pytest.raises(ConfigError, match="no table of risks"):
        bare.predict(["Kowalski"], risk=0.1)


@pytest.mark.parametrize("values", [{"coverage": 1.0}, {"risk": 0.0}, {"sets": "none"}])
def test_what_can_not_be_guaranteed_is_an_error(predictor: Predictor, values: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match="must be"):
        predictor.predict(["Kowalski"], **values)  # type: ignore[arg-type]


@pytest.mark.parametrize("k", [1, 2, 5, 8, 9])
def test_equally_probable_labels_come_in_the_order_of_the_labels_however_many_are_asked_for(k: int) -> None:
    torch.manual_seed(0)
    probabilities = torch.randint(0, 3, (50, 8)).float() / 3
    values, labels = probabilities.sort(dim=1, descending=True, stable=True)
    found = most_probable(probabilities, k)
    assert found[0].equal(values[:, :k])
    assert found[1].equal(labels[:, :k])
