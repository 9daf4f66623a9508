import pytest

from namecls.errors import ConfigError, DataError
from namecls.explanation.changes import changes, edited
from namecls.explanation.evidence import edits_between
from namecls.explanation.views import KINDS, Edit
from namecls.inference.prediction import Predictor

NAME = "Kann"


def by_brute_force(name: str, predictor: Predictor) -> set[str]:
    """All names one edit away, made by slices."""
    read, letters = predictor.vocabulary.normalizer, predictor.vocabulary.characters
    halves = [(name[:i], name[i:]) for i in range(len(name) + 1)]
    made = {a + b[1:] for a, b in halves if b}
    made |= {a + b[1] + b[0] + b[2:] for a, b in halves if len(b) > 1}
    made |= {a + c + b[1:] for a, b in halves if b for c in letters}
    made |= {a + c + b for a, b in halves for c in letters}
    return {text for text in made - {name} if read(text) == text and any(map(str.isalpha, text))}


@pytest.mark.parametrize("name", ["Kann", "O' B", "É", "Ana Lü"])
def test_all_names_one_edit_away_are_tried_and_no_others(network: Predictor, name: str) -> None:
    read = network.vocabulary.normalizer(name)
    found, complete = edited(read, network.vocabulary.characters, network.vocabulary.normalizer)
    assert complete
    assert set(found) == by_brute_force(read, network)
    assert all(edit.of(read) == text for text, some in found.items() for edit in some)
    assert set(edits_between(read, list(found), 2).tolist()) == {1}


def test_the_smallest_change_is_the_best_of_all_by_brute_force(network: Predictor) -> None:
    found = changes(network, NAME, target="label 2")
    names = sorted(by_brute_force(network.vocabulary.normalizer(NAME), network))
    probabilities = network.network_probabilities(names)
    first = int(network.network_probabilities([NAME])[0].argmax())
    assert (found.first, found.tried) == (network.labels[first], len(names))
    reached = {int(i) for i in probabilities.argmax(1)} - {first}
    assert {change.label for change in found.smallest} == {network.labels[i] for i in reached}
    for change in found.smallest:
        label = network.labels.index(change.label)
        here = probabilities[probabilities.argmax(1) == label, label]
        assert change.probability == pytest.approx(float(here.max()), abs=1e-5)
        assert change.is_first
    best = sorted(probabilities[:, 2].tolist(), reverse=True)[:10]
    assert [change.probability for change in found.target] == pytest.approx(best, abs=1e-5)


def test_the_letter_that_holds_the_answer_is_the_one_whose_edits_take_most(network: Predictor) -> None:
    found = changes(network, NAME)
    read = network.vocabulary.normalizer(NAME)
    label = network.labels.index(found.first)
    some, _ = edited(read, network.vocabulary.characters, network.vocabulary.normalizer)
    values = network.network_probabilities([read, *some])[:, label].tolist()
    for place, fall in enumerate(found.falls):
        touching = [
            values[0] - value
            for value, made in zip(values[1:], some.values(), strict=True)
            for edit in made
            if edit.kind != "insert" and place - (edit.kind == "swap") <= edit.position <= place
        ]
        assert fall == pytest.approx(max(touching), abs=1e-5)


def test_two_edits_reach_at_least_what_one_does(trained: Predictor) -> None:
    once, twice = (changes(trained, "Kowalski", "Armenian", edits=number) for number in (1, 2))
    assert twice.tried > once.tried
    assert twice.target[0].probability >= once.target[0].probability
    assert {c.label for c in once.smallest} <= {c.label for c in twice.smallest}
    for change in (*twice.smallest, *twice.target):
        text = trained.vocabulary.normalizer("Kowalski")
        for edit in change.edits:
            text = edit.of(text)
        assert text == change.read_as
        label = trained.labels.index(change.label)
        given = float(trained.network_probabilities([change.name])[0, label])
        assert change.probability == pytest.approx(given, abs=1e-5)


@pytest.mark.parametrize(
    ("typed", "edits", "made"),
    [
        ("Kim", [Edit("insert", 0, "s")], "Skim"),
        ("Kim", [Edit("delete", 0)], "Im"),
        ("Kim", [Edit("swap", 0)], "Ikm"),
        ("KIM", [Edit("insert", 3, "a")], "KIMA"),
        ("McDonald", [Edit("replace", 7, "t")], "McDonalt"),
        ("de Boor", [Edit("delete", 0), Edit("replace", 2, "m")], "e Moor"),
        ("kim", [Edit("replace", 0, "t")], "tim"),
    ],
)
def test_an_edited_name_keeps_its_capitals(
    trained: Predictor, typed: str, edits: list[Edit], made: str
) -> None:
    from namecls.explanation.changes import as_typed
    from namecls.explanation.letters import read_letters

    assert as_typed(read_letters(trained, typed), edits, trained.vocabulary.normalizer) == made


def test_of_a_long_name_not_all_edits_are_tried_and_it_is_said(trained: Predictor) -> None:
    found = changes(trained, "Abcdefgh" * 32)
    assert not found.is_complete
    assert len(found.falls) == 256
    assert changes(trained, "Kowalski").is_complete


def test_what_cannot_be_asked_is_refused(trained: Predictor) -> None:
    with pytest.raises(ConfigError, match="must be 1 or 2"):
        changes(trained, "Kowalski", edits=3)
    with pytest.raises(DataError, match="a label that the model knows"):
        changes(trained, "Kowalski", "Klingon")
    assert KINDS == ("delete", "swap", "replace", "insert")
