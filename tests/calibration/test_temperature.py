import json

import pytest
import torch

from namecls.calibration.calibrated import Calibration
from namecls.calibration.metrics import expected_calibration_error
from namecls.calibration.temperature import calibrate, count_risks, fit_scales, fit_temperature
from namecls.errors import ConfigError
from namecls.guarantees import Guarantees
from tests.exchangeable import drawn


@pytest.mark.parametrize("sharpness", [0.5, 1.0, 2.5])
def test_the_temperature_undoes_too_much_or_too_little_confidence(sharpness: float) -> None:
    logits, target = drawn(20_000, 0, sharpness)
    assert fit_temperature(logits, target) == pytest.approx(sharpness, rel=0.05)


def pooled(answers: list[torch.Tensor], scales: torch.Tensor, target: torch.Tensor) -> float:
    logits = torch.stack([a * s for a, s in zip(answers, scales, strict=True)]).mean(0)
    return float(torch.nn.functional.cross_entropy(logits, target))


def test_of_members_that_many_rows_weigh_the_one_that_knows_counts() -> None:
    logits, target = drawn(30_000, 0, 2.0)
    noise = torch.randn(logits.shape, generator=torch.Generator().manual_seed(9))
    knows, guesses = logits, noise
    scales = fit_scales([knows, guesses], target)
    assert scales[0] / 2 == pytest.approx(0.5, rel=0.05)  # the mean of two members, the first twice too sure
    assert 0 <= scales[1] < 0.05


@pytest.mark.parametrize("noise", [0.3, 1.0, 3.0])
def test_no_other_scales_of_members_fit_better(noise: float) -> None:
    logits, target = drawn(25_000, 0, 1.5)
    torch.manual_seed(0)
    answers = [logits + noise * torch.randn_like(logits), logits + torch.randn_like(logits), -logits]
    scales = fit_scales(answers, target)
    best = pooled(answers, scales, target)
    assert bool((scales >= 0).all())
    for member in range(3):
        for change in (0.97, 1.03):
            other = scales.clone()
            other[member] *= change
            assert pooled(answers, other, target) >= best - 1e-6
    assert best <= pooled(answers, torch.ones(3), target)


def test_few_rows_do_not_weigh_members() -> None:
    logits, target = drawn(2_000, 0, 2.0)
    scales = fit_scales([logits, 2 * logits], target)
    assert scales[0] == pytest.approx(1 / fit_temperature(logits, target))
    assert scales[0] == pytest.approx(2 * float(scales[1]), rel=1e-3)


def test_calibrated_probabilities_are_honest_on_other_rows() -> None:
    calibration = calibrate(*drawn(20_000, 0, 2.0))
    logits, target = drawn(20_000, 1, 2.0)
    assert expected_calibration_error(logits.softmax(1), target) > 0.05
    assert expected_calibration_error(calibration.probabilities(logits), target) < 0.02


def test_a_calibration_survives_json() -> None:
    calibration = calibrate(*drawn(100, 0, 2.0))
    assert Calibration.from_json(json.loads(json.dumps(calibration.to_json()))) == calibration
    assert Calibration.from_json(json.loads(json.dumps(Calibration().to_json()))) == Calibration()


def test_without_sets_none_are_given_and_that_is_no_error() -> None:
    Calibration().require(Guarantees(coverage=0.95, sets="lac"))
    with pytest.raises(ConfigError, match="imported"):
        Calibration().require(Guarantees(risk=0.2))


def test_risks_are_counted_from_the_first_label() -> None:
    probabilities = torch.tensor([[0.9, 0.1], [0.6, 0.4], [0.3, 0.7]])
    table = count_risks(probabilities, torch.tensor([0, 1, 1]))
    by_threshold = {
        threshold: counts
        for threshold, *counts in zip(table.thresholds, table.answered, table.wrong, strict=True)
    }
    assert by_threshold[0.95] == [0, 0]
    assert by_threshold[0.75] == [1, 0]
    assert by_threshold[0.65] == [2, 0]
    assert by_threshold[0.55] == by_threshold[0.0] == [3, 1]
