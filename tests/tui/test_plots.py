from __future__ import annotations

import dataclasses
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.drawing.palette import Palette
from tui.drawing.plots import Line, PlotSpec, render

PALETTE = Palette(
    dark=True, text="#ffffff", muted="#aaaaaa", faint="#555555", accent="#ffaa00", primary="#0088ff",
    good="#00ff00", warning="#ffff00", bad="#ff0000", cursor="#222222", shade="#111111", ground="#000000",
)  # fmt: skip
FALLING = tuple((float(x), 3.0 * math.exp(-x / 30)) for x in range(100))
SPEC = PlotSpec((Line(FALLING, "primary"),), (0, 100), x_ticks=((0, "0"), (50, "5"), (100, "10")))


def rows(spec: PlotSpec, width: int = 50, height: int = 12) -> list[str]:
    return render(spec, width, height, PALETTE).plain.split("\n")


def test_a_plot_fills_its_place_exactly() -> None:
    lines = rows(SPEC)
    assert len(lines) == 12
    assert all(len(line) <= 50 for line in lines)


def test_a_curve_that_falls_begins_high_and_ends_low() -> None:
    lines = rows(SPEC)
    drawn = [[x for x, c in enumerate(line) if 0x2800 < ord(c) < 0x2900] for line in lines]
    assert min(x for row in drawn[:3] for x in row) < 10
    assert max(x for row in drawn[-4:] for x in row) > 40


def test_the_axis_has_round_numbers() -> None:
    assert [line[:4] for line in rows(SPEC) if line[:4].strip()][:4] == ["3.00", "2.00", "1.00", "0.00"]


def test_the_numbers_below_stand_where_they_belong() -> None:
    below = rows(SPEC)[-1]
    assert below.split() == ["0", "5", "10"]
    assert 24 <= below.index("5") <= 30


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, 0.0, -1.0])
def test_values_that_a_log_axis_lacks_are_left_out(bad: float) -> None:
    spec = dataclasses.replace(SPEC, lines=(Line((*FALLING, (100.0, bad)), "primary"),), log_y=True)
    assert rows(spec)[0].strip()


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0.011, 90.0, ["100", "10.0", "1.00", "0.10", "0.010"]),
        (0.6, 2.4, ["2.00", "1.00"]),
        (2.05, 2.3, ["2.40", "2.20", "2.00"]),
    ],
)
def test_a_log_axis_has_round_numbers(low: float, high: float, ticks: list[str]) -> None:
    line = Line(((0.0, high), (100.0, low)), "primary")
    lines = rows(dataclasses.replace(SPEC, lines=(line,), log_y=True), height=18)
    shown = [row[:5].strip(" ┤│") for row in lines[:-1]]
    assert [tick for tick in shown if tick and tick in ticks] == [tick for tick in shown if tick]


def test_nothing_to_draw_is_drawn_as_nothing() -> None:
    assert rows(dataclasses.replace(SPEC, lines=())) == [""]
    assert rows(dataclasses.replace(SPEC, lines=(Line(((1.0, math.nan),), "primary"),))) == [""]
    assert rows(SPEC, width=5) == [""]


def test_an_axis_of_shares_has_percentages_and_ends_at_all_of_them() -> None:
    spec = PlotSpec((Line(((0.0, 0.2), (1.0, 0.99)), "primary"),), (0, 1), shares=True)
    assert rows(spec)[0].startswith("100 %")


def test_ascii_is_ascii() -> None:
    spec = dataclasses.replace(
        SPEC, ascii_only=True, lines=(*SPEC.lines, Line(((50.0, 1.0),), "accent", dots=True))
    )
    assert "\n".join(rows(spec)).isascii()


@given(
    st.lists(st.floats(allow_nan=True, allow_infinity=True, width=32), min_size=1, max_size=30),
    st.integers(1, 70),
    st.integers(1, 20),
    st.booleans(),
)
def test_no_values_and_no_size_break_a_plot(
    values: list[float], width: int, height: int, log_y: bool
) -> None:
    points = tuple((float(x), y) for x, y in enumerate(values))
    spec = PlotSpec((Line(points, "primary"),), (0, len(values)), log_y=log_y)
    assert len(rows(spec, width, height)) <= height


def test_what_lies_beside_the_axis_is_not_drawn_and_not_waited_for() -> None:
    far = ((-(2.0**53), 1.0), *FALLING, (2.0**53, 1.0), (math.inf, 1.0), (math.nan, 1.0))
    assert rows(dataclasses.replace(SPEC, lines=(Line(far, "primary"),))) == rows(SPEC)


def test_the_axis_follows_the_curves_and_not_the_spread_of_single_batches() -> None:
    curve = Line(tuple((float(x), 1.0 + x / 100) for x in range(100)), "primary")
    spread = tuple(point for x in range(100) for point in ((float(x), 0.0), (float(x), 8.0)))
    alone = [line[:4] for line in rows(dataclasses.replace(SPEC, lines=(curve,)))]
    lines = (Line(spread, "faint", follows=True), curve)
    assert [line[:4] for line in rows(dataclasses.replace(SPEC, lines=lines))] == alone


@given(st.integers(0, 99), st.integers(4, 30), st.integers(30, 90), st.booleans())
def test_a_mark_lies_on_its_curve(at: int, height: int, width: int, log_y: bool) -> None:
    spec = dataclasses.replace(SPEC, log_y=log_y)
    marked = dataclasses.replace(spec, lines=(*SPEC.lines, Line((FALLING[at],), "accent", dots=True)))
    alone = dataclasses.replace(spec, lines=(Line((FALLING[at],), "primary"), Line(FALLING, "faint")))
    drawn, plain = rows(marked, width, height), rows(alone, width, height)
    (place,) = [(y, x) for y, line in enumerate(drawn) for x, c in enumerate(line) if c == "●"]
    assert plain[place[0]][place[1]] not in " │┤"
