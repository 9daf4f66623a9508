"""Colours: two themes, others made to fit, and a colour of its own for every label."""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from textual.color import Color
from textual.theme import Theme

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual.app import App

DARK = Theme(
    name="namecls-dark",
    primary="#7aa2c8",
    secondary="#8f9bb3",
    accent="#e0a458",
    warning="#d9a441",
    error="#e07a6e",
    success="#8fbf7f",
    foreground="#d5d9e0",
    background="#14171c",
    surface="#191d23",
    panel="#20252d",
    dark=True,
    variables={
        "border": "#3a424e",
        "muted": "#8b94a3",
        "faint": "#4a5361",
        "block-cursor-background": "#2f3947",
        "block-cursor-foreground": "#f0f2f5",
        "block-cursor-text-style": "none",
        "input-selection-background": "#7aa2c8 35%",
        "scrollbar": "#3a424e",
        "scrollbar-hover": "#4a5361",
        "scrollbar-active": "#7aa2c8",
        "scrollbar-background": "#14171c",
        "scrollbar-background-hover": "#14171c",
        "scrollbar-background-active": "#14171c",
        "scrollbar-corner-color": "#14171c",
    },
)

LIGHT = Theme(
    name="namecls-light",
    primary="#2f6597",
    secondary="#5d6778",
    accent="#a85c00",
    warning="#8f6400",
    error="#b3382c",
    success="#3f7a2f",
    foreground="#23272e",
    background="#fafaf8",
    surface="#f3f3f0",
    panel="#e9e9e5",
    dark=False,
    variables={
        "border": "#c3c6cb",
        "muted": "#666e7a",
        "faint": "#b3b8c0",
        "block-cursor-background": "#dbe4ee",
        "block-cursor-foreground": "#14171c",
        "block-cursor-text-style": "none",
        "input-selection-background": "#2f6597 30%",
        "scrollbar": "#c3c6cb",
        "scrollbar-hover": "#a4a9b0",
        "scrollbar-active": "#2f6597",
        "scrollbar-background": "#fafaf8",
        "scrollbar-background-hover": "#fafaf8",
        "scrollbar-background-active": "#fafaf8",
        "scrollbar-corner-color": "#fafaf8",
    },
)

THEMES = (DARK, LIGHT)


#: The variables that a palette is made of.
_USED = (
    "foreground", "background", "muted", "faint", "accent", "primary", "success", "warning", "error",
    "block-cursor-background", "panel",
)  # fmt: skip

#: Contrast, by the formula of WCAG, that other themes are given for text that is read, and for signs and signals.
READABLE, VISIBLE = 4.5, 3.0


def fitted(theme: Theme) -> Theme:
    """A theme from elsewhere, with the colours that the style sheets want besides, and none that can't be read."""
    own = DARK if theme.dark else LIGHT
    if theme.ansi:  # the terminal's own colours, which nobody here knows: what lies between them can't be had
        ours = {name: own.variables[name] for name in ("muted", "faint", "border")}
        return replace(theme, variables={**theme.variables, **ours, **_cursor(own.variables)})
    colours = theme.to_color_system().generate()
    ground, text = Color.parse(colours["background"]), Color.parse(colours["foreground"])

    def read(name: str) -> str:
        return _towards(text, Color.parse(colours[name]), ground, VISIBLE).hex6

    made = {
        "muted": _towards(text, text.blend(ground, 0.35), ground, READABLE).hex6,
        "faint": text.blend(ground, 0.65).hex6,
        "border": text.blend(ground, 0.7).hex6,
        "block-cursor-background": ground.blend(Color.parse(colours["primary"]), 0.2).hex6,
        "block-cursor-foreground": text.hex6,
    }
    return replace(
        theme,
        primary=read("primary"),
        accent=read("accent"),
        warning=read("warning"),
        error=read("error"),
        success=read("success"),
        variables={**theme.variables, **made, **_cursor(made)},
    )


def _cursor(variables: Mapping[str, str]) -> dict[str, str]:
    """The cursor's row: a quiet ground, on which all other colours can be read."""
    names = ("block-cursor-background", "block-cursor-foreground")
    return {**{name: variables[name] for name in names}, "block-cursor-text-style": "none"}


def _towards(text: Color, colour: Color, ground: Color, wanted: float) -> Color:
    """The colour, moved towards that of the text until it stands out from the ground."""
    steps = (colour.blend(text, step / 10) for step in range(11))
    return next((each for each in steps if contrast(each, ground) >= wanted), text)


def contrast(one: Color, other: Color) -> float:
    """How far two colours stand apart, in 1..21, by the formula of WCAG."""

    def luminance(colour: Color) -> float:
        channels = (c / 255 for c in colour.rgb)
        red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


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

    def label(self, label: str) -> str:
        """The colour of a label: the same on every screen, whatever other labels there are."""
        return label_color(label, self.dark)


def palette_of(app: App[object]) -> Palette:
    """The colours of the app's present theme."""
    return _palette(app.current_theme.dark, tuple((name, app.theme_variables[name]) for name in _USED))


@lru_cache(maxsize=32)
def _palette(dark: bool, used: tuple[tuple[str, str], ...]) -> Palette:
    variables = dict(used)
    usual = (DARK if dark else LIGHT).to_color_system().generate()

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
    )


@lru_cache(maxsize=4096)
def between(ground: str, colour: str, share: float) -> str:
    """The colour that lies `share` of the way from one to the other, in 0..1."""
    return Color.parse(ground).blend(Color.parse(colour), share).hex6


@lru_cache(maxsize=4096)
def label_color(label: str, dark: bool) -> str:
    """A colour made from the label's name alone: any hue, never glaring."""
    mixed = zlib.crc32(label.encode("utf-8", "surrogatepass"))
    hue = (mixed % 3600) / 3600 * math.tau
    # Shades besides the hue, so that labels with neighbouring hues can still be told apart.
    lightness = ((0.66, 0.74, 0.82) if dark else (0.46, 0.53, 0.60))[mixed // 3600 % 3]
    return _oklch(lightness, (0.065, 0.105)[mixed // 10_800 % 2], hue)


def curve_color(place: int, dark: bool) -> str:
    """The colour of one of some curves, by its place from 0 on: those of neighbours lie far apart."""
    return _oklch(0.76 if dark else 0.52, 0.12, 0.9 + place * 2.39996)  # radians: the golden angle


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
