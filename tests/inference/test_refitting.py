"""A Predictor under a stated population."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from namecls.calibration.counted import Counted
from namecls.calibration.counts import NameCounts
from namecls.calibration.population import Learned, Population
from namecls.errors import ConfigError, DataError, RunError
from namecls.inference.evaluation import evaluate
from namecls.inference.prediction import Predictor
from namecls.inference.refitting import as_in_population, refit
from namecls.runs.run import MODEL, Run
from namecls.training.recalibration import recalibrate
from tests.library import small_table

NAMES = ["Petrosyan", "Kowalski", "Levshvili", "Tomas", "123"]
SKEWED = Population("mine.tsv", (0.8, 0.15, 0.05))


@pytest.fixture(scope="module")
def predictor(trained_run: Path) -> Predictor:
    return Predictor.load(trained_run)


@pytest.fixture(scope="module")
def counted(predictor: Predictor) -> Predictor:
    """The same with counts: Tomas is borne by two Armenians and a Pole; a Pole counts for four times as many."""
    counts = NameCounts.of_rows(
        ["Tomas", "Tomas"],
        torch.tensor([0, 2]),
        torch.tensor([2.0, 1.0]),
        priors=torch.tensor([0.5, 1.0, 2.0]),
    )
    return replace(
        predictor, loaded=replace(predictor.loaded, counted=Counted(counts, predictor.loaded.calibration))
    )


def test_the_population_that_a_model_was_made_for_changes_nothing(predictor: Predictor) -> None:
    assert predictor.under("data").predict(NAMES) == predictor.predict(NAMES)
    assert torch.equal(predictor.under("data").probabilities(NAMES), predictor.probabilities(NAMES))
    assert {p.population for p in predictor.predict(NAMES)} == {"training rows"}


def test_uniform_changes_nothing_of_a_model_of_balanced_rows(predictor: Predictor) -> None:
    assert predictor.loaded.learned == Learned((38, 38, 38))
    assert torch.equal(predictor.under("uniform").probabilities(NAMES), predictor.probabilities(NAMES))


def test_rankings_are_those_of_bayes_rule(predictor: Predictor) -> None:
    weighed = predictor.probabilities(NAMES[:4]) * torch.tensor(SKEWED.shares)
    expected = weighed / weighed.sum(1, keepdim=True)
    under = predictor.under(SKEWED)
    assert torch.allclose(under.probabilities(NAMES[:4]), expected)
    for row, prediction in zip(expected, under.predict(NAMES[:4], k=None), strict=True):
        assert [r.probability for r in prediction.ranked] == pytest.approx(
            row.sort(descending=True).values.tolist()
        )
        assert prediction.population == "mine.tsv"


def test_many_names_are_answered_as_each_alone(predictor: Predictor) -> None:
    under = predictor.under(SKEWED)
    names = small_table().names
    for name, found in zip(names, under.predict(names), strict=True):
        alone = under.predict(name)
        assert [r.label for r in alone.ranked] == [r.label for r in found.ranked]


def test_counted_names_are_restated_from_the_population_of_their_bearers(counted: Predictor) -> None:
    assert counted.loaded.counted is not None
    # A bearer weighs the root of the bearers of his label, upside down: they are 4, 1 and 1/4, and their roots
    assert counted.loaded.counted.population == Population(
        "bearers^0.5", pytest.approx((4 / 7, 2 / 7, 1 / 7))
    )
    weighed = counted.probabilities("Tomas") * torch.tensor(SKEWED.shares) / torch.tensor([4.0, 2.0, 1.0])
    assert torch.allclose(counted.under(SKEWED).probabilities("Tomas"), weighed / weighed.sum())
    assert [p.population for p in counted.predict(["Tomas", "Kowalski"])] == ["bearers^0.5", "training rows"]
    assert counted.under(SKEWED).predict("Tomas").population == "mine.tsv"


def test_sets_and_risks_are_left_out_or_refused(predictor: Predictor) -> None:
    under = predictor.under(SKEWED)
    prediction = under.predict("Kowalski")
    assert (prediction.likely, prediction.risks) == ((), None)
    with pytest.raises(ConfigError, match=r"made for, not for mine.tsv: leave out the risk"):
        under.predict("Kowalski", risk=0.1)


def test_sets_and_risks_are_fitted_again_on_the_validation_rows(predictor: Predictor) -> None:
    under = refit(predictor.under(SKEWED))
    prediction = under.predict("Kowalski", risk=0.5)
    assert prediction.likely[0] == prediction.ranked[0].label
    assert prediction.calibrated_on is not None
    assert prediction.calibrated_on < 15  # rows drawn of the 15 there are
    assert refit(predictor) is predictor
    assert under.under("data").predict("Kowalski") == predictor.predict("Kowalski")


def test_what_can_not_be_fitted_again_says_why(
    predictor: Predictor, counted: Predictor, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=r"fitted on people who bear the names .* not at hand"):
        refit(counted.under(SKEWED))
    away = replace(predictor, info=replace(predictor.info, directory=tmp_path))
    with pytest.raises(RunError):
        refit(away.under(SKEWED))


def test_a_model_that_does_not_tell_what_it_learned_from_is_refused(predictor: Predictor) -> None:
    silent = replace(predictor, loaded=replace(predictor.loaded, learned=None))
    assert silent.predict("Kowalski").population == ""
    with pytest.raises(ConfigError, match=r"is not recorded.*namecls runs calibrate"):
        silent.under("uniform")
    with pytest.raises(DataError, match="which is no file"):
        predictor.under("unform")


def test_rows_stand_for_the_people_of_the_population(predictor: Predictor) -> None:
    target = torch.tensor([0] * 40 + [1] * 40 + [2] * 20)
    logits = torch.eye(3)[target] * 9
    answers, people, some = as_in_population(predictor.under(SKEWED), logits, target)
    assert torch.bincount(people).tolist() == [80, 15, 5]
    assert torch.allclose(answers.exp().sum(1), torch.ones(100), atol=1e-5)
    assert len(some) == 60  # 100 / (0.8**2 / 0.4 + 0.15**2 / 0.4 + 0.05**2 / 0.2)


def test_an_evaluation_is_that_of_the_population(predictor: Predictor) -> None:
    table = small_table()
    metrics = evaluate(refit(predictor.under(SKEWED)), table)
    assert [score.support for score in metrics.per_label] == [115, 21, 8]  # of 144
    assert metrics.rows == len(table)
    assert metrics.coverages
    bare = evaluate(predictor.under(SKEWED), table)
    assert (bare.coverages, bare.selections) == ((), ())


def test_calibrating_a_run_records_what_it_learned_from(trained_run: Path, tmp_path: Path) -> None:
    run = Run(Path(shutil.copytree(trained_run, tmp_path / "old")))
    description = json.loads((run.directory / MODEL).read_text())
    del description["learned"]
    (run.directory / MODEL).write_text(json.dumps(description))
    run.write_manifest()
    with pytest.raises(ConfigError, match="is not recorded"):
        Predictor.load(run.directory).under("uniform")
    recalibrate(run)
    assert Predictor.load(run.directory).loaded.learned == Learned((38, 38, 38))
