import json

import pytest
import torch
from torch.distributions import Dirichlet

from namecls.calibration import (
    COVERAGES,
    Calibration,
    calibrate,
    conformal_quantile,
    fit_temperature,
    label_scores,
)
from namecls.metrics import expected_calibration_error


def drawn(rows: int, seed: int, sharpness: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Logits that are `sharpness` times too sure, and labels drawn with the true probabilities."""
    torch.manual_seed(seed)
    probabilities = Dirichlet(torch.full((10,), 0.3)).sample((rows,)).clamp(min=1e-6)
    target = torch.multinomial(probabilities, 1)[:, 0]
    return probabilities.log() * sharpness, target


@pytest.mark.parametrize("sharpness", [0.5, 1.0, 2.5])
def test_the_temperature_undoes_too_much_or_too_little_confidence(sharpness: float) -> None:
    logits, target = drawn(20_000, 0, sharpness)
    assert fit_temperature(logits, target) == pytest.approx(sharpness, rel=0.05)


def test_calibrated_probabilities_are_honest_on_other_rows() -> None:
    calibration = calibrate(*drawn(20_000, 0, 2.0))
    logits, target = drawn(20_000, 1, 2.0)
    assert expected_calibration_error(logits.softmax(1), target) > 0.05
    assert expected_calibration_error(calibration.probabilities(logits), target) < 0.02


def test_prediction_sets_have_the_coverage_that_they_state() -> None:
    calibration = calibrate(*drawn(20_000, 0, 2.0))
    logits, target = drawn(20_000, 1, 2.0)
    probabilities = calibration.probabilities(logits)
    rank = (probabilities > probabilities.gather(1, target[:, None])).sum(1)
    for coverage in COVERAGES:
        sizes = calibration.set_sizes(probabilities, coverage)
        inside = float((rank < sizes).double().mean())
        top_1 = float((rank == 0).double().mean())
        assert inside == pytest.approx(max(coverage, top_1), abs=0.01)
        assert int(sizes.min()) >= 1


def test_the_score_of_a_label_is_the_probability_before_it() -> None:
    probabilities = torch.tensor([[0.5, 0.3, 0.2]] * 3)
    assert label_scores(probabilities, torch.tensor([0, 1, 2])).tolist() == pytest.approx([0.0, 0.5, 0.8])


def test_too_few_rows_for_a_coverage_take_every_label() -> None:
    assert conformal_quantile(torch.tensor([0.1, 0.2, 0.3]), 0.9) == 1.0
    assert conformal_quantile(torch.tensor([0.1, 0.2, 0.3]), 0.5) == pytest.approx(0.2)


def test_nothing_fitted_means_every_label() -> None:
    assert Calibration().set_sizes(torch.tensor([[0.9, 0.1]])).tolist() == [2]


def test_a_calibration_survives_json() -> None:
    calibration = calibrate(*drawn(100, 0, 2.0))
    assert Calibration.from_json(json.loads(json.dumps(calibration.to_json()))) == calibration
