import pytest
import torch

from namecls.calibration.abstention import RiskTable
from namecls.calibration.calibrated import Calibration
from namecls.calibration.conformal import ConformalSets
from namecls.calibration.metrics import (
    calibration_error_by_chance,
    confusion_of,
    expected_calibration_error,
    label_scores,
    macro_f1,
    measure,
    top_k_accuracy,
)
from namecls.calibration.temperature import calibrate
from namecls.guarantees import COVERAGES, METHODS, RISKS
from namecls.results import Confusion, Selection
from tests.exchangeable import drawn

TARGET = torch.tensor([0, 0, 0, 1, 1, 2])
PREDICTED = torch.tensor([0, 0, 1, 1, 0, 1])


def test_the_confusion_holds_the_cells_that_are_not_0() -> None:
    assert confusion_of(PREDICTED, TARGET, 4) == Confusion(
        true=(0, 0, 1, 1, 2), predicted=(0, 1, 0, 1, 1), rows=(2, 1, 1, 1, 1)
    )


def test_scores_follow_their_definitions() -> None:
    scores = label_scores(PREDICTED, TARGET, "abcd")
    first, second, third, fourth = scores
    assert (first.precision, first.recall, first.f1, first.support) == pytest.approx((2 / 3, 2 / 3, 2 / 3, 3))
    assert (second.precision, second.recall, second.f1) == pytest.approx((1 / 3, 1 / 2, 2 / 5))
    assert (third.precision, third.recall, third.f1, third.support) == (0, 0, 0, 1)
    assert (fourth.f1, fourth.support) == (0, 0)


def test_macro_f1_leaves_out_labels_that_neither_occur_nor_are_predicted() -> None:
    assert macro_f1(PREDICTED, TARGET, 4) == pytest.approx((2 / 3 + 2 / 5 + 0) / 3)


def test_top_k_counts_the_label_among_the_first_k() -> None:
    logits = torch.tensor([[3.0, 2.0, 1.0], [3.0, 2.0, 1.0]])
    target = torch.tensor([1, 2])
    assert [top_k_accuracy(logits, target, k) for k in (1, 2, 3, 9)] == [0.0, 0.5, 1.0, 1.0]


def test_calibration_error_is_the_gap_between_confidence_and_accuracy() -> None:
    sure = torch.tensor([[0.9, 0.1]] * 10)
    target = torch.tensor([0] * 9 + [1])
    assert expected_calibration_error(sure, target) == pytest.approx(0.0, abs=1e-6)
    assert expected_calibration_error(sure, torch.ones(10, dtype=torch.long)) == pytest.approx(0.9)
    assert expected_calibration_error(torch.tensor([[1.0, 0.0]]), torch.tensor([0])) == 0.0


def test_measuring_gives_the_mean_negative_log_likelihood() -> None:
    logits = torch.tensor([[0.7, 0.3], [0.2, 0.8]]).log()
    metrics = measure(logits, torch.tensor([0, 0]), ("a", "b"), split="test")
    assert metrics.loss == pytest.approx(-(torch.tensor([0.7, 0.2]).log().mean().item()))
    assert (metrics.rows, metrics.accuracy, metrics.top_3) == (2, 0.5, 1.0)
    assert metrics.confusion == Confusion(true=(0, 0), predicted=(0, 1), rows=(1, 1))


def test_the_calibration_error_by_chance_is_that_of_labels_drawn_with_the_probabilities() -> None:
    probabilities = drawn(1_500, 0, 1.0)[0].softmax(1)
    mean, most = calibration_error_by_chance(probabilities)
    generator = torch.Generator().manual_seed(1)
    errors = torch.tensor(
        [
            expected_calibration_error(
                probabilities, torch.multinomial(probabilities, 1, generator=generator)[:, 0]
            )
            for _ in range(100)
        ]
    )
    # Two means, of 200 and of 100 draws, of the same distribution.
    tolerance = 4 * float(errors.std()) * (1 / 200 + 1 / 100) ** 0.5
    assert mean == pytest.approx(float(errors.mean()), abs=tolerance)
    assert 0 < mean < most
    # 5 of 100 are expected above it, and that many more by chance.
    assert int((errors > most).sum()) <= 5 + 4 * (100 * 0.05 * 0.95) ** 0.5


def test_the_calibration_error_by_chance_falls_with_the_rows_and_is_always_the_same() -> None:
    few, many = (drawn(rows, 0, 1.0)[0].softmax(1) for rows in (200, 20_000))
    before = torch.get_rng_state()
    assert calibration_error_by_chance(few) == calibration_error_by_chance(few)
    assert torch.equal(torch.get_rng_state(), before)
    assert calibration_error_by_chance(few)[0] > 5 * calibration_error_by_chance(many)[0]
    assert calibration_error_by_chance(torch.tensor([[1.0, 0.0]])) == (0.0, 0.0)


def test_what_is_stated_is_measured_over_all_rows_and_by_label() -> None:
    calibration = calibrate(*drawn(4_000, 0, 2.0))
    logits, target = drawn(4_000, 1, 2.0)
    labels = tuple("abcdefghij")
    metrics = measure(logits / calibration.temperature, target, labels, split="test", sets=calibration)
    assert [(c.method, c.stated) for c in metrics.coverages] == [(m, c) for m in METHODS for c in COVERAGES]
    for each in metrics.coverages:
        # Beta and binomial spread, five of them.
        spread = (each.stated * (1 - each.stated) * (2 / 4_000)) ** 0.5
        assert each.found >= each.stated - 5 * spread
        assert 1 <= each.mean_size <= 10
    usual = next(c for c in metrics.coverages if (c.method, c.stated) == ("aps", 0.9))
    support = sum(score.support for score in metrics.per_label)
    by_label = sum((score.covered or 0) * score.support for score in metrics.per_label) / support
    assert by_label == pytest.approx(usual.found)
    answered = sum((score.answered_at_10 or 0) * score.support for score in metrics.per_label) / support
    at_10 = next(s for s in metrics.selections if s.stated == 0.1)
    assert answered == pytest.approx(at_10.answered)
    assert [s.stated for s in metrics.selections] == list(RISKS)
    assert [s.answered for s in metrics.selections] == sorted(
        (s.answered for s in metrics.selections), reverse=True
    )
    for each in metrics.selections:
        assert each.wrong <= each.stated + 4 * (each.stated / max(each.answered * 4_000, 1)) ** 0.5


def test_other_coverages_and_risks_can_be_asked_for() -> None:
    logits, target = drawn(500, 0, 1.0)
    metrics = measure(
        logits, target, tuple("abcdefghij"), split="test", sets=calibrate(logits, target),
        coverages=(0.85,), risks=(0.3, 0.02),
    )  # fmt: skip
    assert {c.stated for c in metrics.coverages} == {0.85}
    assert [s.stated for s in metrics.selections] == [0.3, 0.02]


def test_only_what_was_fitted_is_measured() -> None:
    logits, target = torch.tensor([[0.7, 0.3], [0.4, 0.6]]).log(), torch.tensor([0, 0])
    nothing = measure(logits, target, ("a", "b"), split="test", sets=Calibration())
    assert (nothing.coverages, nothing.selections) == ((), ())
    assert nothing.ece_by_chance is not None
    old = Calibration(1.0, ConformalSets((0.8, 0.9, 0.95), {"aps": (0.0, 0.7, 0.9)}))
    found = measure(logits, target, ("a", "b"), split="test", sets=old)
    assert [(c.method, c.stated, c.found, c.mean_size) for c in found.coverages] == [
        ("aps", 0.8, 0.5, 1.0),
        ("aps", 0.9, 1.0, 2.0),
        ("aps", 0.95, 1.0, 2.0),
    ]
    table = RiskTable((0.65, 0.0), (100, 200), (1, 90))
    answered = measure(
        logits, target, ("a", "b"), split="test", sets=Calibration(1.0, None, table), risks=(0.1, 0.01)
    )
    assert answered.selections == (
        Selection(stated=0.1, threshold=0.65, answered=0.5, wrong=0.0),
        Selection(stated=0.01, threshold=None, answered=0.0, wrong=0.0),
    )
