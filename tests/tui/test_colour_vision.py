"""Colours that mean different things differ for people who see fewer of them."""

from __future__ import annotations

from itertools import combinations

import pytest
from textual.theme import Theme

from namecls.data.table import load_dataset
from tests.colour_vision import SIGHTS, apart, difference, seen
from tests.tui.screen import palette_in
from tui.drawing.themes import THEMES

#: CIEDE2000 between what is told apart side by side. 1 can just be seen on large patches that touch; the marks of a
#: terminal are small and lie apart.
APART = 10.0

#: Hues of labels that are as good as the same to somebody, at most, of all pairs.
ALIKE = 0.2

OWN = pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)


@pytest.mark.parametrize(
    ("one", "other", "told"),
    [
        ((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485), 2.0425),
        ((50.0, 2.5, 0.0), (50.0, 0.0, -2.5), 4.3065),
        ((50.0, 2.5, 0.0), (73.0, 25.0, -18.0), 27.1492),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
        ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
    ],
)
def test_differences_are_those_of_the_published_test_data(
    one: tuple[float, float, float], other: tuple[float, float, float], told: float
) -> None:
    """From the table of Sharma, Wu and Dalal, 2005."""
    assert difference(one, other) == pytest.approx(told, abs=1e-4)
    assert difference(other, one) == pytest.approx(told, abs=1e-4)


def test_a_red_and_a_green_that_look_alike_are_found_by_the_simulation() -> None:
    red, green = "#e07a6e", "#8fbf7f"  # the colours of bad and good before they were mended
    assert difference(seen(red, "normal"), seen(green, "normal")) > 40
    assert apart(red, green) < 6
    for grey in ("#000000", "#808080", "#ffffff"):  # which look the same to everybody
        for sight in SIGHTS:
            assert difference(seen(grey, sight), seen(grey, "normal")) < 1, (grey, sight)


@OWN
def test_signals_can_be_told_apart_by_every_kind_of_sight(theme: Theme) -> None:
    p = palette_in(theme)
    for one, other in [
        ("good", "bad"),
        ("good", "warning"),
        ("bad", "warning"),
        ("primary", "accent"),  # the curves of training and validation
        ("good", "primary"),
        ("bad", "primary"),
        *((name, "text") for name in ("good", "bad", "warning", "primary", "accent")),
    ]:
        assert apart(getattr(p, one), getattr(p, other)) >= APART, (one, other)


@OWN
def test_the_ends_of_a_heat_map_differ_from_each_other_and_from_its_middle(theme: Theme) -> None:
    p = palette_in(theme)
    for strength in (0.6, 0.7):  # of heat maps, and of the confusion matrix
        high, low = (p.cell(colour, strength).split(" on ")[1] for colour in (p.primary, p.bad))
        assert apart(high, low) >= APART
        assert min(apart(high, p.ground), apart(low, p.ground)) >= APART


@OWN
def test_nine_curves_and_the_baseline_can_be_told_apart_by_every_kind_of_sight(theme: Theme) -> None:
    p = palette_in(theme)
    colours = [p.curve(place) for place in range(-1, 9)]
    assert len(set(colours)) == 10
    for one, other in combinations(colours, 2):
        assert apart(one, other) >= APART, (one, other)
    assert min(apart(one, other) for one, other in combinations(colours[:3], 2)) >= 1.5 * APART


@OWN
def test_few_pairs_of_labels_look_alike_though_their_colours_come_from_their_names(theme: Theme) -> None:
    p = palette_in(theme)
    pairs = [apart(p.label(one), p.label(other)) for one, other in combinations(load_dataset().labels, 2)]
    assert sum(each < 2 for each in pairs) / len(pairs) < ALIKE
