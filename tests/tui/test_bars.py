from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from namecls.text import safe
from tui.drawing.cells import bar, cut, percent
from tui.widgets.apart import CutApart


@pytest.mark.parametrize(
    ("share", "width", "drawn"),
    [
        (0.0, 8, ""),
        (1.0, 4, "████"),
        (0.5, 4, "██"),
        (1 / 32, 4, "▏"),
        (0.28, 4, "█▏"),
        (2.0, 2, "██"),
        (-1.0, 2, ""),
    ],
)
def test_bars_grow_by_eighths(share: float, width: int, drawn: str) -> None:
    assert bar(share, width) == drawn


def test_ascii_bars_are_ascii() -> None:
    assert bar(0.5, 8, ascii_only=True) == "####"


@given(st.text(), st.integers(1, 40), st.booleans())
def test_any_text_fits_its_cells_exactly(text: str, width: int, ascii_only: bool) -> None:
    shown = cut(text, width, ascii_only)
    assert cell_len(shown) == width
    assert safe(shown) == shown


def test_what_is_cut_ends_in_an_ellipsis() -> None:
    assert cut("Wolfeschlegelsteinhausenbergerdorff", 10) == "Wolfeschl…"
    assert cut("Wolfeschlegelsteinhausenbergerdorff", 10, ascii_only=True) == "Wolfeschl~"
    assert cut("欧阳娜娜", 5) == "欧阳…"


def test_percentages_have_one_width() -> None:
    assert {len(percent(share)) for share in (0.0, 0.004, 0.684, 1.0)} == {7}


@pytest.mark.parametrize("width", [9, 12, 14, 20])
@pytest.mark.parametrize(
    "labels",
    [
        ("Latin American", "Latin American (Brazil)", "Latin American (Mexico)", "Latin"),
        ("Southern European, west coast of it, north", "Southern European, east coast of it, north"),
        (
            "a very long label of a first kind",
            "a very long label of a second kind",
            "a very long label of a second try",
        ),
        ("x" * 60 + "1", "x" * 60 + "2", "x" * 60 + "12"),
        ("\u202eaaaaaaaaaaaaaaaaaaaaaaaaab", "\u202eaaaaaaaaaaaaaaaaaaaaaaaaac"),
        ("中文中文中文中文中文中文中文中文甲", "中文中文中文中文中文中文中文中文乙"),
    ],
)
def test_labels_that_differ_look_different_when_they_are_cut(labels: tuple[str, ...], width: int) -> None:
    for ascii_only in (False, True):
        apart = CutApart(labels)
        shown = [apart(label, width, ascii_only) for label in labels]
        assert len(set(shown)) == len(labels), shown
        assert {cell_len(text) for text in shown} == {width}


@pytest.mark.parametrize("width", [2, 3, 4])
def test_in_a_few_cells_the_letter_shows_by_which_labels_differ(width: int) -> None:
    apart = CutApart(("Slovak", "Slovenian", "Chinese", "Indian", "Indonesian", "Lao", "中文甲", "中文乙"))
    assert [apart(label, 3) for label in ("Slovak", "Slovenian", "Chinese")] == ["Sla", "Sle", "Chi"]
    labels = ("Slovak", "Slovenian", "Indian", "Indonesian", "Lao", "Chinese")
    shown = [apart(label, width, ascii_only) for ascii_only in (False, True) for label in labels]
    assert len(set(shown)) == len(labels), shown
    assert {cell_len(text) for text in shown} == {width}


@given(st.lists(st.text(max_size=40), max_size=6), st.integers(2, 20))
def test_any_labels_fit_their_cells_exactly(labels: list[str], width: int) -> None:
    apart = CutApart(labels)
    assert all(cell_len(apart(label, width)) == width for label in labels)
