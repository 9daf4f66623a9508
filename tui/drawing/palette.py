"""Colours of what is drawn without CSS: those of a theme, and one of its own for every label and every curve."""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from textual.color import Color

from tui.drawing.themes import READABLE, STRONG, contrast, is_strong, of_ours

if TYPE_CHECKING:
    from textual.app import App

#: The variables that a palette is made of.
_USED = (
    "foreground", "background", "muted", "faint", "accent", "primary", "success", "warning", "error",
    "block-cursor-background", "panel",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of a theme for what is drawn without CSS, as ``#rrggbb``."""

    dark: bool
    text: str
    muted: str
    faint: str
    accent: str
    primary: str
    good: str
    warning: str
    bad: str
    cursor: str  # background of the row that the cursor is on
    shade: str  # background that is a little apart
    ground: str  # background; where it is the terminal's own, that of the theme of ours which is as light
    strong: bool = False  # in high contrast

    def label(self, label: str) -> str:
        """The colour of a label: the same on every screen, whatever other labels there are."""
        return label_color(label, self.dark, self.strong)

    def curve(self, place: int) -> str:
        """The colour of one of several curves, by its place from 0 on; below: that of the text."""
        return self.text if place < 0 else curve_color(place, self.dark, self.strong)

    def row(self, *, focus: bool = True) -> str:
        """The style of the row that the cursor is on, over that of its texts.

        :param focus: whether the keys go there.
        """
        if not focus:
            return f"on {self.shade}"
        return f"{self.ground} on {self.cursor}" if self.strong else f"on {self.cursor}"

    def cell(self, colour: str, strength: float) -> str:
        """The style of a number on a ground that goes so far towards a colour, in 0..1; less where it can't be read."""
        return _cell(self.text, self.ground, colour, round(strength, 2), STRONG if self.strong else READABLE)


def palette_of(app: App[object]) -> Palette:
    """The colours of the app's present theme."""
    theme = app.current_theme
    used = tuple((name, app.theme_variables[name]) for name in _USED)
    return _palette(theme.dark, is_strong(theme), used)


@lru_cache(maxsize=32)
def _palette(dark: bool, strong: bool, used: tuple[tuple[str, str], ...]) -> Palette:
    variables = dict(used)
    usual = of_ours(dark=dark, strong=strong).to_color_system().generate()

    def color(name: str) -> str:
        found = Color.parse(variables[name])
        if found.ansi == -1 or not found.a:  # the terminal's own, which nobody knows
            return usual.get(name, usual["foreground"])
        if found.ansi is not None:
            return found.rich_color.get_truecolor().hex
        return (
            Color.parse(variables["background"]).blend(found, found.a, 1.0).hex6
            if found.a < 1
            else found.hex6
        )

    return Palette(
        dark=dark,
        text=color("foreground"),
        muted=color("muted"),
        faint=color("faint"),
        accent=color("accent"),
        primary=color("primary"),
        good=color("success"),
        warning=color("warning"),
        bad=color("error"),
        cursor=color("block-cursor-background"),
        shade=color("panel"),
        ground=color("background"),
        strong=strong,
    )


@lru_cache(maxsize=4096)
def _between(ground: str, colour: str, share: float) -> str:
    """The colour that lies `share` of the way from one to the other, in 0..1."""
    return Color.parse(ground).blend(Color.parse(colour), share).hex6


@lru_cache(maxsize=4096)
def _cell(text: str, ground: str, colour: str, strength: float, wanted: float) -> str:
    for step in range(10, -1, -1):
        shade = _between(ground, colour, strength * step / 10)
        reads, ink = max((contrast(Color.parse(ink), Color.parse(shade)), ink) for ink in (text, ground))
        if reads >= wanted:
            break
    return f"{ink} on {shade}"


#: Lightness of the colours of labels, by dark and strong. Several, so that labels with neighbouring hues differ.
_LIGHTNESS = {
    (True, False): (0.66, 0.74, 0.82),
    (False, False): (0.39, 0.46, 0.53),
    (True, True): (0.78, 0.86, 0.94),
    (False, True): (0.26, 0.33, 0.40),
}


@lru_cache(maxsize=4096)
def label_color(label: str, dark: bool, strong: bool = False) -> str:
    """A colour made from the label's name alone: any hue, never glaring.

    Others may have nearly the same, so that it says nothing without the name.
    """
    mixed = zlib.crc32(label.encode("utf-8", "surrogatepass"))
    hue = (mixed % 3600) / 3600 * math.tau
    lightness = _LIGHTNESS[dark, strong][mixed // 3600 % 3]
    return _oklch(lightness, (0.065, 0.105)[mixed // 10_800 % 2], hue)


#: Colours of curves that lie over each other, by dark and strong: as many as runs can be marked. Found by a search for
#: those that are furthest apart to every kind of sight (`tests/colour_vision.py`), the first ones furthest of all.
_CURVES = {
    (True, False): (
        "#6b77f8", "#9d8e00", "#c65d93", "#f7f139", "#8dffc5", "#00b9e8", "#9dbf72", "#588e6a", "#ed89a7",
    ),
    (False, False): (
        "#725fe1", "#7b761c", "#3d1600", "#4b2aac", "#00815f", "#31084d", "#00543b", "#986386", "#475400",
    ),
    (True, True): (
        "#87afaf", "#afaf00", "#d787ff", "#ffd787", "#ff8787", "#afd7ff", "#5fd7af", "#ffff00", "#d7ffd7",
    ),
    (False, True): (
        "#5237b7", "#535e00", "#005e5d", "#622239", "#100055", "#353900", "#193769", "#002000", "#1c0021",
    ),
}  # fmt: skip


def curve_color(place: int, dark: bool, strong: bool = False) -> str:
    """The colour of one of some curves, by its place from 0 on; beyond the last the first comes again."""
    colours = _CURVES[dark, strong]
    return colours[place % len(colours)]


def _oklch(lightness: float, chroma: float, hue: float) -> str:
    """OKLCH to sRGB, clipped into its gamut."""
    a, b = chroma * math.cos(hue), chroma * math.sin(hue)
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    linear = (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )
    channels = (
        12.92 * c if c <= 0.0031308 else 1.055 * c ** (1 / 2.4) - 0.055 for c in (max(0.0, v) for v in linear)
    )
    return "#" + "".join(f"{round(255 * min(1.0, c)):02x}" for c in channels)
