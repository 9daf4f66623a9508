"""Curves from a history, on each axis, smoothed and thinned out."""

from __future__ import annotations

import math

import pytest

from namecls.events import EpochEnd, Progress
from namecls.runs import curves
from namecls.runs.curves import AXES, Curve, curves_of
from tests.tui.fakes import STEPS_PER_EPOCH, started, whole_training


def test_a_history_gives_a_point_an_epoch_and_a_point_a_report() -> None:
    events = whole_training(3)
    found = curves_of(events)
    epochs = [event for event in events if isinstance(event, EpochEnd)]
    assert found["valid_loss"].points("epoch") == tuple((float(e.epoch), e.valid_loss) for e in epochs)
    assert found["valid_macro_f1"].points("seconds") == tuple((e.elapsed, e.valid_macro_f1) for e in epochs)
    reports = [event for event in events if isinstance(event, Progress)]
    assert found["train_loss"].points("step") == tuple((float(e.step), e.loss) for e in reports)
    assert found["train_loss"].end("epoch") == reports[-1].step / STEPS_PER_EPOCH
    assert curves_of([])["valid_loss"] == Curve()


def test_a_training_that_was_started_over_begins_anew() -> None:
    assert curves_of([*whole_training(3)[:200], *whole_training(3)]) == curves_of(whole_training(3))


def test_many_reports_are_taken_together_and_keep_their_mean(monkeypatch: pytest.MonkeyPatch) -> None:
    everything = [event for event in whole_training(3) if isinstance(event, Progress)]
    monkeypatch.setattr(curves, "_MOST", 16)
    found = curves_of([started(3), *everything])["train_loss"]
    assert found.end("step") == everything[-1].step
    size = 32  # the first power of two in which they are 16 or fewer
    assert len(found.values) == -(-len(everything) // size)
    assert found.values[0] == pytest.approx(sum(e.loss for e in everything[:size]) / size)


@pytest.mark.parametrize("axis", AXES)
def test_the_value_at_a_place_is_the_last_that_was_known(axis: curves.Axis) -> None:
    curve = Curve(step=(10, 20), epoch=(1, 2), seconds=(3.0, 6.0), values=(0.5, 0.4))
    first, last = curve.points(axis)
    after = 2 * last[0] - first[0]  # where the next one would stand
    places = (0, first[0], last[0] - 0.1, last[0], after - 0.1, after, 1e9)
    assert [curve.at(axis, x) for x in places] == [None, 0.5, 0.5, 0.4, 0.4, None, None]


def test_a_curve_of_one_point_has_ended_behind_it() -> None:
    curve = Curve(step=(10,), epoch=(1,), seconds=(3.0,), values=(0.5,))
    assert (curve.at("epoch", 1), curve.at("epoch", 1.5)) == (0.5, None)


def test_smoothing_is_an_exponential_moving_average_without_a_start_at_0() -> None:
    curve = Curve(step=(1, 2, 3), epoch=(1, 2, 3), seconds=(1, 2, 3), values=(1.0, math.nan, 3.0))
    first, gap, last = curve.smoothed(0.6).values
    assert first == pytest.approx(1.0)
    assert math.isnan(gap)
    assert last == pytest.approx((0.6 * 1.0 + 3.0) / 1.6)
