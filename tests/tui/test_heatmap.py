from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from namecls.text import safe
from tui.app import NameclsApp
from tui.drawing.cells import small_line
from tui.drawing.heatmap import Heatmap, draw_heatmap, percentage, with_sign
from tui.drawing.palette import palette_of

PALETTE = palette_of(NameclsApp())


def lines(spec: Heatmap, width: int, cursor: int = 0, *, ascii_only: bool = False) -> list[str]:
    return [line.plain.rstrip() for line in draw_heatmap(spec, width, cursor, PALETTE, ascii_only)]


def belief(letters: str) -> Heatmap:
    shares = tuple((x + 1) / len(letters) for x in range(len(letters)))
    return Heatmap(("Polish", "Czech"), tuple(letters), (shares, tuple(1 - s for s in shares)))


def test_the_numbers_stand_in_the_cells_where_there_is_room() -> None:
    assert lines(belief("Kowa"), 40) == [
        "            K     o     w     a",
        "Polish     25    50    75   100",
        "Czech      75    50    25     0",
    ]


def test_where_there_is_less_room_a_cell_has_tenths_and_the_letters_about_the_cursor_show() -> None:
    assert lines(belief("Kowalskiego"), 20) == [
        "       Kowalskiego",
        "Polish 01234567899",
        "Czech  9876543210.",
    ]
    long = lines(belief("abcdefghijklmnopqrstuvwxyz"), 16, 13)
    assert long[0] == "     ‹jklmnopqr›"


def test_signs_are_written_so_that_no_colour_is_needed() -> None:
    spec = Heatmap(("leave out",), ("a", "b", "c"), ((1.25, -0.5, 0.0),), top=1.25, signed=True)
    assert lines(spec, 40)[1].split() == ["leave", "out", "+1.25", "-0.50", "0"]
    assert lines(spec, 20)[1].split() == ["leave…", "+1", "-.5", "0"]
    assert lines(spec, 15)[1].split() == ["leav…", "+9-4", "."]


@pytest.mark.parametrize(
    ("share", "cell", "written"),
    [(1.0, 4, "100"), (1.0, 3, "99"), (0.414, 3, "41"), (0.414, 1, "4"), (0.0, 1, "."), (1.0, 1, "9")],
)
def test_percentages_fit_their_cells(share: float, cell: int, written: str) -> None:
    assert percentage(share, cell) == written


@given(st.floats(), st.integers(2, 6), st.floats(min_value=0, max_value=1e9))
def test_any_number_with_its_sign_fits_its_cell(value: float, cell: int, top: float) -> None:
    assert len(with_sign(value, cell, top)) <= cell or abs(value) >= 10 ** (cell - 2)


@given(
    st.lists(st.characters(), min_size=1, max_size=300),
    st.text(max_size=40),
    st.integers(12, 130),
    st.integers(0, 400),
    st.booleans(),
    st.booleans(),
)
def test_any_letters_and_labels_fit_the_width_and_can_not_steer(
    letters: list[str], label: str, width: int, cursor: int, ascii_only: bool, signed: bool
) -> None:
    row = tuple((x % 3 - 1) / 2 if signed else x % 3 / 2 for x in range(len(letters)))
    spec = Heatmap((label, "other"), tuple(letters), (row, row), signed=signed)
    for line in draw_heatmap(spec, width, cursor, PALETTE, ascii_only):
        assert cell_len(line.plain) <= width
        assert safe(line.plain) == line.plain


def test_a_small_line_shows_the_last_values() -> None:
    assert small_line([0, 0.5, 1.0], 2, 0, 1) == "▅█"
    assert small_line([0, float("nan"), 1.0], 3, 0, 1, ascii_only=True) == "_ @"
