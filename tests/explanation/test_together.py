"""All views of names that nobody expects, by networks of every kind."""

import json
import math
from typing import Any

import pytest

from namecls.data.reasons import MAX_NAME
from namecls.errors import DataError
from namecls.explanation.evidence import TrainingNames
from namecls.explanation.together import explain
from namecls.explanation.views import METHODS
from namecls.inference.prediction import Predictor
from namecls.text import json_text

HOSTILE = (
    "K",
    "a\x1b[2Jb",
    "\u202eKowalski",
    "Kow\u0300\u0301\u0302alski",
    "김철수",
    "Иванов",
    "O\u2019Neil-d'Or",
    "Anna Maria de Kowalski, Dr.",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467x",
    "ⅷß\ufb01",
    "Lu\tisa  B",
    "ا\u0644\u0639",
    "7up",
)


def numbers(value: Any) -> list[float]:
    """All numbers in a JSON value."""
    if isinstance(value, dict | list):
        return [n for each in (value.values() if isinstance(value, dict) else value) for n in numbers(each)]
    return [value] if isinstance(value, float) else []


@pytest.mark.parametrize("name", HOSTILE)
def test_any_name_with_letters_is_explained(network: Predictor, name: str) -> None:
    found = explain(network, name, names=TrainingNames(network))
    told = json.loads(json_text(found.to_json()))
    assert all(map(math.isfinite, numbers(told)))
    letters = told["belief"]["letters"]
    for view in ("belief", "influence", "changes"):
        assert (told[view]["letters"], len(told[view]["typed"])) == (letters, len(letters))
    for row in (*told["belief"]["probabilities"], *(told["influence"][method] for method in METHODS)):
        assert len(row) == len(letters)
    assert len(told["changes"]["falls"]) == len(letters)
    for change in (*found.changes.smallest, *found.changes.target):
        assert network.vocabulary.normalizer(change.name) == change.read_as


def test_the_longest_name_is_explained_and_a_longer_one_refused(trained: Predictor) -> None:
    names = TrainingNames.of(trained)
    found = explain(trained, "Abo-" * (MAX_NAME // 4), names=names)
    assert len(found.belief.letters) == len(found.influence.leave_one_out) == MAX_NAME
    assert not found.changes.is_complete
    with pytest.raises(DataError, match="at most 256 letters"):
        explain(trained, "a" * (MAX_NAME + 1), names=names)


@pytest.mark.parametrize("name", ["", "123", "\u200b\u200d", "'-'", "\x1b\x1b"])
def test_a_name_without_letters_is_refused(trained: Predictor, name: str) -> None:
    with pytest.raises(DataError, match="with letters"):
        explain(trained, name, names=TrainingNames(trained))


def test_all_views_are_of_the_same_answer(trained: Predictor) -> None:
    found = explain(trained, "Kowalski", against="Armenian")
    (label, *_), (row, *_) = found.belief.labels, found.belief.probabilities
    assert found.influence.label == found.changes.first == label == found.prediction.ranked[0].label
    assert found.changes.probability == pytest.approx(row[-1], abs=1e-6)
    against = trained.network_probabilities(["Kowalski"])[0, trained.labels.index("Armenian")]
    assert found.influence.logit == pytest.approx(math.log(row[-1] / float(against)), abs=1e-4)
    assert found.changes.target[0].label == "Armenian"
    assert found.seen.is_known


def test_of_a_full_name_the_family_name_is_explained() -> None:
    predictor = Predictor.load().reading("family")
    found = explain(predictor, "Jan Kowalski", names=TrainingNames(predictor))
    assert "".join(found.belief.typed) == "Kowalski" == found.seen.name
    assert found.prediction.family_name == "Kowalski"


def test_the_shipped_model_finds_its_data() -> None:
    predictor = Predictor.load()
    names = TrainingNames.of(predictor)
    kowalski = names.evidence("KOWALSKI")
    assert [(each.label, each.part) for each in kowalski.sightings] == [("Polish", "training")]
    assert kowalski.started_from == "surnames"
    assert names.evidence("Kowalskyi").nearest[0].name == "Kowalski"
