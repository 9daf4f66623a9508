"""Intervals of accuracy and macro-F1."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from namecls.paths import packaged_model
from namecls.results import Confusion
from namecls.runs.run import Run
from namecls.uncertainty import intervals, macro_f1_interval
from namecls.wilson import Interval, wilson


@pytest.mark.parametrize(
    ("right", "rows", "low", "high"),
    # Newcombe, Two-sided confidence intervals for the single proportion, 1998, table I, method 3
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_is_that_of_the_literature(right: int, rows: int, low: float, high: float) -> None:
    found = wilson(right / rows, rows)
    assert (found.low, found.high) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


@given(rows=st.integers(0, 10**7), share=st.floats(0, 1))
def test_wilson_holds_the_share_and_stays_within_bounds(rows: int, share: float) -> None:
    found = wilson(share, rows)
    assert 0 <= found.low <= share + 1e-9
    assert share - 1e-9 <= found.high <= 1


def test_the_interval_of_macro_f1_is_that_of_rows_drawn_again() -> None:
    draw = np.random.default_rng(1)
    true = draw.integers(0, 4, 400)
    given_ = np.where(draw.random(400) < 0.7, true, draw.integers(0, 4, 400))
    cells, counts = np.unique(np.stack([true, given_], 1), axis=0, return_counts=True)
    confusion = Confusion(*(tuple(column.tolist()) for column in (*cells.T, counts)))
    found = macro_f1_interval(confusion, 5)  # a label that nobody has
    resamples = [draw.integers(0, 400, 400) for _ in range(1000)]
    f1 = [f1_score(true[rows], given_[rows], average="macro") for rows in resamples]
    assert (found.low, found.high) == pytest.approx(tuple(np.quantile(f1, (0.025, 0.975))), abs=0.01)
    assert macro_f1_interval(confusion, 5) == found


def test_of_nothing_nothing_is_known() -> None:
    assert wilson(0.0, 0) == macro_f1_interval(Confusion(), 3) == Interval(0, 1)
    assert str(Interval(0.6, 0.71234)) == "60.0 to 71.2 %"


def test_those_of_the_shipped_model_hold_its_figures() -> None:
    metrics = Run(packaged_model()).metrics()
    assert metrics is not None
    found = intervals(metrics)
    assert found.accuracy.low < metrics.accuracy < found.accuracy.high
    assert found.macro_f1.low < metrics.macro_f1 < found.macro_f1.high
    half = 1.96 * math.sqrt(metrics.accuracy * (1 - metrics.accuracy) / metrics.rows)
    assert found.accuracy.high - found.accuracy.low == pytest.approx(2 * half, rel=0.01)
