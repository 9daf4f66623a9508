import json

import pytest
import torch

from namecls.calibration import Calibration, calibrate, count_risks, fit_temperature
from namecls.errors import ConfigError
from namecls.guarantees import Guarantees
from namecls.metrics import expected_calibration_error
from tests.exchangeable import drawn


@pytest.mark.parametrize("sharpness", [0.5, 1.0, 2.5])
def test_the_temperature_undoes_too_much_or_too_little_confidence(sharpness: float) -> None:
    logits, target = drawn(20_000, 0, sharpness)
    assert fit_temperature(logits, target) == pytest.approx(sharpness, rel=0.05)


def test_calibrated_probabilities_are_honest_on_other_rows() -> None:
    calibration = calibrate(*drawn(20_000, 0, 2.0))
    logits, target = drawn(20_000, 1, 2.0)
    assert expected_calibration_error(logits.softmax(1), target) > 0.05
    assert expected_calibration_error(calibration.probabilities(logits), target) < 0.02


def test_a_calibration_survives_json() -> None:
    calibration = calibrate(*drawn(100, 0, 2.0))
    assert Calibration.from_json(json.loads(json.dumps(calibration.to_json()))) == calibration
    assert Calibration.from_json(json.loads(json.dumps(Calibration().to_json()))) == Calibration()


def test_what_version_0_1_wrote_is_read_as_sets_of_one_kind() -> None:
    old = {
        "temperature": 1.5,
        "coverages": [0.5, 0.8, 0.9, 0.95, 0.99],
        "thresholds": [0.0, 0.5, 0.8, 0.9, 1.0],
    }
    calibration = Calibration.from_json(old)
    assert calibration.sets is not None
    assert list(calibration.sets.thresholds) == ["aps"]
    ranked = torch.tensor([[0.6, 0.25, 0.1, 0.05]])
    # The labels before have 0, .6, .85 and .95 together; 85 % is stated at 90 %.
    assert [int(calibration.sets.sizes(ranked, c)) for c in (0.5, 0.8, 0.85, 0.9, 0.95, 0.99)] == [
        1,
        1,
        2,
        2,
        3,
        4,
    ]
    with pytest.raises(ConfigError, match=r"no table of risks.*namecls runs calibrate"):
        calibration.require(Guarantees(risk=0.1))
    with pytest.raises(ConfigError, match="no sets of the kind lac, only: aps"):
        calibration.require(Guarantees(sets="lac"))
    assert Calibration.from_json({**old, "thresholds": []}) == Calibration(1.5)


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
