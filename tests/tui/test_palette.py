from __future__ import annotations

import re

import pytest
from textual.color import Color
from textual.theme import Theme

from tests.tui.screen import palette_in
from tui.drawing.palette import curve_color, label_color
from tui.drawing.themes import DARK, LIGHT, READABLE, STRONG, THEMES, contrast, is_strong


def test_a_label_has_one_colour_whatever_the_others() -> None:
    assert label_color("Polish", True) == label_color("Polish", True)
    assert label_color("Polish", True) != label_color("Czech", True)


def test_colours_of_labels_can_be_read_on_both_themes() -> None:
    for theme in (DARK, LIGHT):
        ground = Color.parse(theme.background or "")
        for label in ("Polish", "Czech", "", "한국", "x" * 1000, "\udc80"):
            colour = label_color(label, theme.dark)
            assert re.fullmatch("#[0-9a-f]{6}", colour)
            assert abs(Color.parse(colour).brightness - ground.brightness) > 0.25


def test_text_has_contrast_in_both_themes() -> None:
    for theme in (DARK, LIGHT):
        ground = Color.parse(theme.background or "")
        for colour in (theme.foreground, theme.accent, theme.primary, theme.error, theme.variables["muted"]):
            assert contrast(Color.parse(colour or ""), ground) >= 4.5, (theme.name, colour)


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_labels_and_curves_can_be_read_in_every_theme_of_ours(theme: Theme) -> None:
    wanted = STRONG if is_strong(theme) else READABLE
    ground = Color.parse(theme.background or "")
    for number in range(2000):
        colour = label_color(f"label {number}", theme.dark, is_strong(theme))
        assert contrast(Color.parse(colour), ground) >= wanted, number
    for place in range(10):
        colour = curve_color(place, theme.dark, is_strong(theme))
        assert contrast(Color.parse(colour), ground) >= wanted, place


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_numbers_can_be_read_on_every_ground_of_a_heat_map(theme: Theme) -> None:
    palette = palette_in(theme)
    wanted = STRONG if is_strong(theme) else READABLE
    for colour in (
        palette.good,
        palette.bad,
        palette.primary,
        palette.muted,
        *map(palette.label, "abcdefghij"),
    ):
        for hundredth in range(0, 71, 5):
            ink, ground = palette.cell(colour, hundredth / 100).split(" on ")
            assert contrast(Color.parse(ink), Color.parse(ground)) >= wanted, (colour, hundredth)
