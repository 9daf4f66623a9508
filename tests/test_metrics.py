import pytest
import torch

from namecls.metrics import (
    confusion_matrix,
    expected_calibration_error,
    label_scores,
    macro_f1,
    measure,
    top_k_accuracy,
)

TARGET = torch.tensor([0, 0, 0, 1, 1, 2])
PREDICTED = torch.tensor([0, 0, 1, 1, 0, 1])


def test_rows_of_the_confusion_matrix_are_true_labels() -> None:
    matrix = confusion_matrix(PREDICTED, TARGET, 4)
    assert matrix.tolist() == [[2, 1, 0, 0], [1, 1, 0, 0], [0, 1, 0, 0], [0, 0, 0, 0]]


def test_scores_follow_their_definitions() -> None:
    scores = label_scores(confusion_matrix(PREDICTED, TARGET, 4), "abcd")
    first, second, third, fourth = scores
    assert (first.precision, first.recall, first.f1, first.support) == pytest.approx((2 / 3, 2 / 3, 2 / 3, 3))
    assert (second.precision, second.recall, second.f1) == pytest.approx((1 / 3, 1 / 2, 2 / 5))
    assert (third.precision, third.recall, third.f1, third.support) == (0, 0, 0, 1)
    assert (fourth.f1, fourth.support) == (0, 0)


def test_macro_f1_leaves_out_labels_that_neither_occur_nor_are_predicted() -> None:
    assert macro_f1(confusion_matrix(PREDICTED, TARGET, 4)) == pytest.approx((2 / 3 + 2 / 5 + 0) / 3)


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
    assert metrics.confusion == ((1, 1), (0, 0))
