"""A stated risk is kept, for any network, on rows that are like those the thresholds were tested on."""

import json
import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from namecls.calibration.abstention import CONFIDENCE, GRID, RiskTable, chance_of_so_few
from namecls.calibration.temperature import count_risks
from namecls.errors import ModelFileError
from namecls.guarantees import RISKS
from tests.exchangeable import drawn

ROWS, REPEATS = 600, 300


@pytest.mark.parametrize("sharpness", [0.7, 2.0])
def test_a_stated_risk_is_exceeded_no_more_often_than_stated(sharpness: float) -> None:
    logits, target = drawn(100_000, 10_000, sharpness, spread=4.0)
    everything = count_risks(logits.softmax(1), target)
    true = {
        threshold: wrong / answered if answered else 0.0
        for threshold, answered, wrong in zip(
            everything.thresholds, everything.answered, everything.wrong, strict=True
        )
    }
    broken = dict.fromkeys(RISKS, 0)
    broken_by_counting = dict.fromkeys(RISKS, 0)
    answered = dict.fromkeys(RISKS, 0.0)
    for seed in range(REPEATS):
        logits, target = drawn(ROWS, seed, sharpness, spread=4.0)
        table = count_risks(logits.softmax(1), target)
        for risk in RISKS:
            threshold = table.threshold(risk)
            broken[risk] += threshold is not None and true[threshold] > risk
            answered[risk] += table.share_answered(threshold) / REPEATS
            counted = [
                t
                for t, n, bad in zip(table.thresholds, table.answered, table.wrong, strict=True)
                if n and bad <= risk * n
            ]
            broken_by_counting[risk] += bool(counted) and true[min(counted)] > risk
    level = 1 - CONFIDENCE
    most = REPEATS * level + 3 * math.sqrt(REPEATS * level * CONFIDENCE)
    for risk in RISKS:
        assert broken[risk] <= most
        assert broken_by_counting[risk] > 2 * most  # so it is the test that keeps the promise
        assert answered[risk] > 0.1  # and not that nothing is ever answered


@pytest.mark.parametrize("rows", [1, 5, 40])
def test_the_chance_is_that_of_the_binomial_distribution(rows: int) -> None:
    for risk in (0.05, 0.3, 0.5):
        for wrong in range(rows + 1):
            exact = sum(math.comb(rows, i) * risk**i * (1 - risk) ** (rows - i) for i in range(wrong + 1))
            found = chance_of_so_few(wrong, rows, risk)
            assert found == pytest.approx(exact) if wrong < rows * risk else found == 1.0


@given(st.integers(0, 10**7), st.integers(0, 10**7), st.floats(0.01, 0.5))
def test_a_chance_is_a_chance_at_any_size(one: int, other: int, risk: float) -> None:
    wrong, rows = sorted((one, other))
    assert 0 <= chance_of_so_few(wrong, rows, risk) <= 1


def test_the_threshold_is_the_last_one_that_passes() -> None:
    table = RiskTable((0.9, 0.7, 0.5, 0.3, 0.0), (100, 200, 300, 400, 500), (0, 5, 18, 80, 81))
    # At most 18 wrong of 300: probable with a risk of 10 % in 1 case of 100; 80 of 400 and 81 of 500 are not.
    assert table.threshold(0.1) == 0.5
    assert table.threshold(0.05) == 0.7 if chance_of_so_few(5, 200, 0.05) <= 0.05 else 0.9
    assert table.threshold(0.01) is None  # 100 rows can't tell
    assert table.threshold(0.3) == 0.0
    assert table.share_answered(0.5) == pytest.approx(0.6)
    assert table.share_answered(None) == 0.0


def test_one_bad_row_among_the_surest_does_not_end_it_all() -> None:
    answered = tuple(range(1, 1 + len(GRID) * 40, 40))
    table = RiskTable(GRID, answered, tuple(min(1, n) for n in answered))
    assert table.threshold(0.05) == 0.0


def test_no_rows_and_few_rows_promise_nothing() -> None:
    logits, target = drawn(8, 0, 1.0)
    assert count_risks(logits.softmax(1), target).threshold(0.2) is None
    empty = count_risks(torch.zeros(0, 3), torch.zeros(0, dtype=torch.long))
    assert empty.threshold(0.5) is None
    assert empty.share_answered(0.0) == 0.0


def test_a_table_survives_json() -> None:
    logits, target = drawn(300, 0, 1.0)
    table = count_risks(logits.softmax(1), target)
    assert RiskTable.from_json(json.loads(json.dumps(table.to_json()))) == table


@pytest.mark.parametrize(
    "values",
    [
        {"thresholds": [], "answered": [], "wrong": []},
        {"thresholds": [0.5, 0.0], "answered": [1, 2], "wrong": [0]},
        {"thresholds": [0.0, 0.5], "answered": [1, 2], "wrong": [0, 0]},
        {"thresholds": [0.5, 0.1], "answered": [1, 2], "wrong": [0, 0]},
        {"thresholds": [1.5, 0.0], "answered": [1, 2], "wrong": [0, 0]},
        {"thresholds": [0.5, 0.0], "answered": [2, 1], "wrong": [0, 0]},
        {"thresholds": [0.5, 0.0], "answered": [1, 2], "wrong": [1, 0]},
        {"thresholds": [0.5, 0.0], "answered": [1, 2], "wrong": [2, 2]},
        {"thresholds": [0.5, 0.0], "answered": [-1, 2], "wrong": [0, 0]},
        {"thresholds": [0.5, 0.0], "answered": [1, 10**9], "wrong": [0, 0]},
        {"thresholds": [0.5, 0.0], "answered": [1, 10**5000], "wrong": [0, 0]},
        {"thresholds": [0.5, 0.0], "answered": [1.0, 2.0], "wrong": [0, 0]},
        {"thresholds": [0.5, 0.0], "answered": [True, True], "wrong": [0, 0]},
        {"thresholds": ["a", 0.0], "answered": [1, 2], "wrong": [0, 0]},
        {"thresholds": "00", "answered": [1, 2], "wrong": [0, 0]},
        {"thresholds": [float("nan"), 0.0], "answered": [1, 2], "wrong": [0, 0]},
        {"thresholds": [10**5000, 0], "answered": [1, 2], "wrong": [0, 0]},
    ],
)
def test_what_is_no_table_is_refused(values: dict[str, object]) -> None:
    with pytest.raises(ModelFileError):
        RiskTable.from_json(values)
