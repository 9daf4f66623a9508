"""What a history shows: each finding in a history that has it, and none in one that has not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from namecls.config import TrainConfig
from namecls.events import EpochEnd, Event
from namecls.results import LabelScore
from namecls.runs import diagnosis
from namecls.runs.diagnosis import diagnose
from tests.tui.fakes import epoch_end, finished, metrics, started

CONFIG = TrainConfig(epochs=6)


def history(train: list[float], valid: list[float], accuracies: list[float] | None = None) -> list[Event]:
    """A training with these losses, and a test of which nothing stands out."""
    accuracies = accuracies or [0.5] * len(valid)
    epochs: list[EpochEnd] = []
    for at, (loss, valid_loss, accuracy) in enumerate(zip(train, valid, accuracies, strict=True)):
        best = valid_loss == min(valid[: at + 1])
        epochs.append(
            replace(
                epoch_end(at + 1), train_loss=loss, valid_loss=valid_loss, valid_accuracy=accuracy, best=best
            )
        )
    return [started(len(train)), *epochs, finished(epochs=len(train))]


def kinds(events: list[Event], diverged: str = "") -> list[str]:
    return [found.kind for found in diagnose(events, CONFIG, diverged)]


FLAT = ([2.0, 1.5, 1.2, 1.1, 1.05, 1.04], [2.0, 1.5, 1.3, 1.25, 1.24, 1.241])


def test_nothing_stands_out_of_a_good_training() -> None:
    assert kinds(history(*FLAT)) == []
    assert kinds([]) == []


def test_overfitting_is_told_from_the_epoch_of_the_lowest_loss_on() -> None:
    (found,) = diagnose(history([2.0, 1.2, 0.8, 0.5, 0.3], [2.0, 1.4, 1.5, 1.7, 1.9]), CONFIG)
    assert found.kind == diagnosis.OVERFITTING
    assert "since epoch 2" in found.text
    assert "--dropout 0.5" in found.advice


@pytest.mark.parametrize("valid", [[0.3, 1e-5, 2e-5, 1e-4], [0.3, 0.0004, 0.0009, 0.0052]])
def test_a_loss_near_0_that_rises_by_next_to_nothing_is_no_overfitting(valid: list[float]) -> None:
    assert kinds(history([0.4, 0.1, 0.01, 0.0001], valid)) == []


def test_a_training_that_ended_too_early_is_to_be_longer() -> None:
    (found,) = diagnose(history([2.0, 1.8, 1.6, 1.4, 1.2, 1.0], [2.0, 1.8, 1.6, 1.4, 1.2, 1.0]), CONFIG)
    assert (found.kind, found.settings) == (diagnosis.IMPROVING, ("epochs",))
    assert "--epochs 9" in found.advice


def test_accuracies_that_jump_are_unstable() -> None:
    assert kinds(history(*FLAT, [0.5, 0.3, 0.5, 0.35, 0.5, 0.51])) == [diagnosis.UNSTABLE]
    assert kinds(history(*FLAT, [0.5, 0.499, 0.51, 0.509, 0.52, 0.519])) == []


@pytest.mark.parametrize(
    ("train", "diverged"),
    [([2.0, 1.5, 9.0, 1.4, 1.3, 1.2], ""), ([1.0, 1.1, 1.2, 1.3, 1.4, 1.5], ""), (FLAT[0], "no number")],
)
def test_a_loss_that_rises_is_of_too_high_a_learning_rate(train: list[float], diverged: str) -> None:
    found = diagnose(history(train, FLAT[1]), CONFIG, diverged)[0]
    assert found.kind == diagnosis.TOO_HIGH
    assert "--lr 0.0023" in found.advice


def unlearned(learned: int, train: list[float] = FLAT[0]) -> list[Event]:
    """A training that never learned one label, and did learn so many."""

    def with_score(split: str) -> object:
        scores = (
            LabelScore(label="Basque", precision=0, recall=0, f1=0, support=4),
            LabelScore(label="Rare", precision=0, recall=0, f1=0, support=1),
            *metrics().per_label[:learned],
        )
        return replace(metrics(split), per_label=scores)

    *events, last = history(train, FLAT[1])
    return [*events, replace(last, validation=with_score("validation"), test=with_score("test"))]


def test_a_label_of_which_no_row_is_right_was_never_learned() -> None:
    (found,) = diagnose(unlearned(3), CONFIG)
    assert (found.kind, found.labels) == (diagnosis.NEVER_LEARNED, ("Basque",))
    assert "Basque (0 of 8)" in found.text
    assert found.settings == ("class_weights", "operating_point")
    done = replace(CONFIG, class_weights="balanced", operating_point="macro-f1")
    (found,) = diagnose(unlearned(3), done)
    assert (found.settings, found.advice) == ((), "Add names under them.")


def test_where_most_labels_were_never_learned_the_training_was_too_short() -> None:
    scores = [LabelScore(label=name, precision=0, recall=0, f1=0, support=9) for name in "abcdef"]
    *events, last = unlearned(2)
    last = replace(last, test=replace(last.test, per_label=(*last.test.per_label, *scores)))
    (found,) = diagnose([*events, last], CONFIG)
    assert found.settings == ("epochs", "learning_rate")
    assert "--epochs 12" in found.advice
    *events, _ = unlearned(2, [2.0, 1.5, 9.0, 1.4, 1.3, 1.2])
    high, found = diagnose([*events, last], CONFIG)
    assert (high.kind, found.settings) == (diagnosis.TOO_HIGH, ("epochs",))


def test_a_loss_that_weights_and_smoothing_raise_above_that_of_guessing_tells_nothing() -> None:
    config = replace(CONFIG, label_smoothing=0.1, class_weights="balanced")
    events = history([9.0, 8.0, 7.5, 7.2, 7.1, 7.0], FLAT[1])
    assert [found.kind for found in diagnose(events, CONFIG)] == [diagnosis.TOO_HIGH]
    assert diagnose(events, config) == ()
