from __future__ import annotations

import math
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tui.drawing.series import Series


def series_of(values: list[float], limit: int = 2048) -> Series:
    series = Series(limit)
    for x, y in enumerate(values):
        series.append(x, y)
    return series


def test_memory_stays_flat() -> None:
    series = series_of([math.sin(i) for i in range(10_000)], limit=64)
    assert len(series) <= 64


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=400), st.integers(2, 20))
def test_no_extreme_is_lost(values: list[float], limit: int) -> None:
    columns = series_of(values, limit).columns(-1, len(values), 7)
    assert min(c.low for c in columns) == min(values)
    assert max(c.high for c in columns) == max(values)
    assert sum(c.count for c in columns) == len(values)
    assert math.isclose(sum(c.total for c in columns), math.fsum(values), rel_tol=1e-9, abs_tol=1e-3)


def test_columns_follow_each_other() -> None:
    columns = series_of([float(i) for i in range(1000)], limit=50).columns(0, 1000, 30)
    assert 25 <= len(columns) <= 30
    assert all(left.last < right.first for left, right in pairwise(columns))


def test_a_point_that_is_no_number_is_a_gap() -> None:
    series = series_of([1.0, math.nan, math.inf, 3.0], limit=2)
    (only,) = series.columns(0, 4, 1)
    assert (only.low, only.high, only.count, only.mean) == (1.0, 3.0, 2, 2.0)
    (gap,) = series_of([math.nan]).columns(-1, 1, 1)
    assert gap.count == 0
    assert math.isnan(gap.mean)


def test_without_room_there_are_no_columns() -> None:
    assert series_of([1.0, 2.0]).columns(3, 3, 5) == []
    assert series_of([1.0, 2.0]).columns(0, 3, 0) == []


def test_the_recent_value_is_the_mean_of_the_last_buckets() -> None:
    series = Series(limit=8)
    for x in range(6):
        series.append(x, 10.0 * x)
    assert series.recent(2) == 45.0
    assert series.recent(100) == 25.0
    series.append(6, math.nan)
    assert series.recent(2) == 50.0
    assert math.isnan(Series().recent())
