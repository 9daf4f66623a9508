"""Themes: two of our own, each also in high contrast, and others made to fit."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from textual.color import Color
from textual.theme import Theme

if TYPE_CHECKING:
    from collections.abc import Mapping

DARK = Theme(
    name="namecls-dark",
    primary="#7aa2c8",
    secondary="#8f9bb3",
    accent="#e0a458",
    warning="#d9a441",
    error="#d66d5f",
    success="#a2d59e",
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
    error="#8e0000",
    success="#537e4c",
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

#: For people who see less: text at 7:1 and more (WCAG AAA), and the row of the cursor in the colours of a marker pen.
CONTRAST = Theme(
    name="namecls-contrast",
    primary="#87d7ff",
    secondary="#afd7ff",
    accent="#ffd700",
    warning="#ffd700",
    error="#ff875f",
    success="#d7ffd7",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#1c1c1c",
    dark=True,
    variables={
        "border": "#949494",
        "border-blurred": "#949494",
        "muted": "#d0d0d0",
        "faint": "#bcbcbc",
        "text": "#ffffff",
        "text-muted": "#d0d0d0",
        "text-disabled": "#d0d0d0",
        "text-error": "#ff875f",
        "text-success": "#d7ffd7",
        "text-warning": "#ffd700",
        "block-cursor-background": "#ffff5f",
        "block-cursor-foreground": "#000000",
        "block-cursor-text-style": "none",
        "block-cursor-blurred-background": "#ffff5f",
        "block-cursor-blurred-foreground": "#000000",
        "input-selection-background": "#ffff5f",
        "input-selection-foreground": "#000000",
        "scrollbar": "#949494",
        "scrollbar-hover": "#d0d0d0",
        "scrollbar-active": "#87d7ff",
        "scrollbar-background": "#000000",
        "scrollbar-background-hover": "#000000",
        "scrollbar-background-active": "#000000",
        "scrollbar-corner-color": "#000000",
    },
)

CONTRAST_LIGHT = Theme(
    name="namecls-contrast-light",
    primary="#2a48a9",
    secondary="#303a5e",
    accent="#3b2200",
    warning="#3b2200",
    error="#982000",
    success="#003126",
    foreground="#000000",
    background="#ffffff",
    surface="#ffffff",
    panel="#f0f0f0",
    dark=False,
    variables={
        "border": "#767676",
        "border-blurred": "#767676",
        "muted": "#444444",
        "faint": "#4e4e4e",
        "text": "#000000",
        "text-muted": "#444444",
        "text-disabled": "#444444",
        "text-error": "#982000",
        "text-success": "#003126",
        "text-warning": "#3b2200",
        "block-cursor-background": "#00005f",
        "block-cursor-foreground": "#ffffff",
        "block-cursor-text-style": "none",
        "block-cursor-blurred-background": "#00005f",
        "block-cursor-blurred-foreground": "#ffffff",
        "input-selection-background": "#00005f",
        "input-selection-foreground": "#ffffff",
        "scrollbar": "#767676",
        "scrollbar-hover": "#444444",
        "scrollbar-active": "#2a48a9",
        "scrollbar-background": "#ffffff",
        "scrollbar-background-hover": "#ffffff",
        "scrollbar-background-active": "#ffffff",
        "scrollbar-corner-color": "#ffffff",
    },
)

THEMES = (DARK, LIGHT, CONTRAST, CONTRAST_LIGHT)


def is_strong(theme: Theme) -> bool:
    """Whether it is one of ours in high contrast."""
    return theme.name in (CONTRAST.name, CONTRAST_LIGHT.name)


def of_ours(*, dark: bool, strong: bool) -> Theme:
    """The theme of ours that is so."""
    if strong:
        return CONTRAST if dark else CONTRAST_LIGHT
    return DARK if dark else LIGHT


#: Contrast, by the formula of WCAG: of text that is read, of signs and signals, of all that is read in high contrast.
READABLE, VISIBLE, STRONG = 4.5, 3.0, 7.0


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
