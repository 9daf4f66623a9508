from __future__ import annotations

import re

from textual.color import Color

from tui.drawing.palette import DARK, LIGHT, contrast, label_color


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
