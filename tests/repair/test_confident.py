from __future__ import annotations

import numpy as np
import pytest

from namecls.repair.confident import (
    best_other,
    confident_joint,
    confident_labels,
    margins,
    prune_by_noise_rate,
    self_confidence,
    thresholds,
    with_same_name,
)

#: Six rows, the third and the last given a label that the model does not believe.
P = np.array([[0.9, 0.1, 0], [0.7, 0.3, 0], [0.1, 0.9, 0], [0.2, 0.8, 0], [0.4, 0.6, 0], [0.95, 0.05, 0]])
GIVEN = np.array([0, 0, 0, 1, 1, 1])


def test_the_confident_joint_is_that_of_the_paper_by_hand() -> None:
    assert thresholds(P, GIVEN)[:2] == pytest.approx([(0.9 + 0.7 + 0.1) / 3, (0.8 + 0.6 + 0.05) / 3])
    assert thresholds(P, GIVEN)[2] > 1  # nothing is confidently of a label without a row
    assert confident_labels(P, GIVEN).tolist() == [0, 0, 1, 1, 1, 0]
    assert confident_joint(P, GIVEN).tolist() == [[2, 1, 0], [1, 2, 0], [0, 0, 0]]
    assert np.flatnonzero(prune_by_noise_rate(P, GIVEN)).tolist() == [2, 5]


def test_a_row_that_is_confidently_of_no_label_counts_as_the_others_of_its_label_do() -> None:
    unsure = np.vstack([P, [[0.4, 0.3, 0.3]]])
    assert confident_labels(unsure, np.append(GIVEN, 0))[-1] == -1
    joint = confident_joint(unsure, np.append(GIVEN, 0))
    assert joint.sum(1).tolist() == [4, 3, 0]
    alone = confident_joint(np.array([[0.4, 0.6], [0.5, 0.5]]), np.array([0, 1]))
    assert alone.sum() == 2


def test_scores_are_of_the_given_label_and_the_best_other() -> None:
    assert self_confidence(P, GIVEN).tolist() == [0.9, 0.7, 0.1, 0.8, 0.6, 0.05]
    assert best_other(P, GIVEN).tolist() == [1, 1, 1, 0, 0, 0]
    assert margins(P, GIVEN) == pytest.approx(np.log([9, 7 / 3, 1 / 9, 4, 1.5, 1 / 19]))


def test_other_labels_of_the_same_name_speak_against_a_row_and_copies_of_it_do_not_speak_for_it() -> None:
    names = np.array([0, 1, 2, 2, 3, 4])  # the third and the fourth row are of one name
    counts = np.array([1.0, 50, 1, 20, 1, 1])
    found = with_same_name(P, GIVEN, names, counts)
    same = [0, 1, 4, 5]
    assert found[same].tolist() == P[same].tolist()  # also the second, which stands there 50 times
    assert found[2, 0] < P[2, 0]
    assert found[2, 1] > P[2, 1]
    assert found.sum(1) == pytest.approx(np.ones(6))
    assert with_same_name(P, GIVEN, np.arange(6), np.ones(6)) is P
