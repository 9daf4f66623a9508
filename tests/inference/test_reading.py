"""What is read of a name, in which script, and when there is too little to go by."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch

from namecls.answers import NO_LETTERS, OK, TOO_LITTLE, UNKNOWN_SCRIPT
from namecls.data.writing import Alphabet, labels_that_write, writing_from_json, writing_to_json
from namecls.errors import ConfigError, ModelFileError
from namecls.inference.prediction import Predictor
from namecls.runs.loading import load_model
from namecls.runs.run import MODEL, Run

WRITING = {
    "Russian": Alphabet(("CYRILLIC",), "абвгдежзийклмнопрстуфхцчшщъыьэюя"),
    "Serbian": Alphabet(("CYRILLIC",), "абвгдђежзијклљмнњопрстћуфхцчџш"),
    "Greek": Alphabet(("GREEK",)),
}


@pytest.fixture(scope="module")
def shipped() -> Predictor:
    return Predictor.load()


@pytest.mark.parametrize(
    ("name", "labels"),
    [
        ("Петров", {"Russian", "Serbian"}),
        ("Петровић", {"Serbian"}),
        ("ЩУКИН", {"Russian"}),
        ("Παππάς", {"Greek"}),
        ("Müller", set()),
        ("Петровa", set()),  # the last one is Latin
        ("123", set()),
    ],
)
def test_labels_write_a_name_if_all_its_letters_are_theirs(name: str, labels: set[str]) -> None:
    every = ("English", *WRITING)
    found = labels_that_write(name, WRITING, every)
    assert {label for label, writes in zip(every, found, strict=True) if writes} == labels
    assert writing_from_json(json.loads(json.dumps(writing_to_json(WRITING)))) == WRITING


@pytest.mark.parametrize(
    "wrong", [[], {"Greek": []}, {"Greek": {"scripts": "GREEK", "letters": ""}}, {"a": {}}]
)
def test_wrong_alphabets_are_refused(wrong: object, trained_run: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="alphabet"):
        writing_from_json(wrong)
    run = Run(Path(shutil.copytree(trained_run, tmp_path / "run")))
    run.revoke_manifest()
    path = run.directory / MODEL
    path.write_text(json.dumps({**json.loads(path.read_text()), "writing": wrong}))
    with pytest.raises(ModelFileError, match="alphabet"):
        load_model(run.directory)


@pytest.mark.parametrize(
    ("name", "first", "not_sure"),
    [
        ("Георгиев", "Bulgarian", "Russian"),
        ("Шевченко", "Ukrainian", "Russian"),
        ("Петровић", "Serbian", "Russian"),
        ("Ђурђевдановић", "Serbian", "Macedonian"),  # not counted under any spelling
    ],
)
def test_a_name_in_another_script_is_read_by_its_transliteration(
    shipped: Predictor, name: str, first: str, not_sure: str
) -> None:
    prediction = shipped.predict(name, None)
    shares = {entry.label: entry.probability for entry in prediction.ranked}
    assert (prediction.status, prediction.ranked[0].label) == (OK, first)
    assert shares[not_sure] < 0.5
    assert sum(shares.values()) == pytest.approx(1, abs=1e-4)
    assert bool(prediction.seen) != bool(prediction.reading)
    every = shipped.probabilities(name)
    assert every.max().item() == pytest.approx(prediction.ranked[0].probability, abs=1e-5)
    assert {p.ranked[0].label for p in shipped.predict([name] * 70)} == {first}


def test_without_alphabets_a_script_stays_unknown(trained_run: Path) -> None:
    mine = Predictor.load(trained_run)
    assert mine.predict("Ђурђевдановић").status == UNKNOWN_SCRIPT


@pytest.mark.parametrize("name", ["3x7", "abc123", "R2D2", "7a"])
def test_junk_gets_no_answer(shipped: Predictor, name: str) -> None:
    prediction = shipped.predict(name)
    assert (prediction.status, prediction.ranked, prediction.answer) == (TOO_LITTLE, (), None)
    assert {p.status for p in shipped.predict([name, "Kim"] * 40)} == {TOO_LITTLE, OK}


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("....", NO_LETTERS),
        ("12345", NO_LETTERS),
        ("😀", NO_LETTERS),
        ("Wu", OK),
        ("x", OK),
        ("Ng", OK),
        ("王", OK),
        ("Smith2", OK),
    ],
)
def test_short_names_and_a_digit_are_no_junk(shipped: Predictor, name: str, status: str) -> None:
    assert shipped.predict(name).status == status


def test_a_name_in_letters_that_the_network_knows_is_answered_as_before(shipped: Predictor) -> None:
    name = "Zzyzxova"
    assert torch.equal(shipped.probabilities(name), shipped.network_probabilities([name])[0])
