"""Values to a few cells: bars, small lines, shares, text cut to its room."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size

from namecls.text import safe

_EIGHTHS = ("", "▏", "▎", "▍", "▌", "▋", "▊", "▉")


def bar(share: float, width: int, ascii_only: bool = False) -> str:
    """A horizontal bar of `share` of `width` cells, in eighths of a cell; in ASCII of whole ones."""
    share = min(max(share, 0.0), 1.0)
    if ascii_only:
        return "#" * round(share * width)
    whole, eighths = divmod(round(share * width * 8), 8)
    return "█" * whole + _EIGHTHS[eighths]


def cut(text: str, width: int, ascii_only: bool = False) -> str:
    """Text from anywhere, made safe, in exactly `width` cells; an ellipsis where something was cut."""
    shown = safe(text, limit=4 * width + 8)
    if cell_len(shown) > width:
        ellipsis = "~" if ascii_only else "…"
        shown = set_cell_size(shown, max(width - 1, 0)).rstrip() + ellipsis
    return set_cell_size(shown, width)


def to_left(text: str, width: int) -> str:
    """Text, and blanks behind it up to `width` cells."""
    return text + " " * (width - cell_len(text))


def to_right(text: str, width: int) -> str:
    """Text, and blanks before it up to `width` cells."""
    return " " * (width - cell_len(text)) + text


def percent(share: float) -> str:
    """A share as people read it, in seven cells: `` 68.4 %``."""
    return f"{100 * share:5.1f} %"


_LEVELS = "▁▂▃▄▅▆▇█"
_LEVELS_ASCII = "_.-=+*#@"


def small_line(values: Sequence[float], width: int, low: float, high: float, ascii_only: bool = False) -> str:
    """The last `width` values as one line of levels between `low` and `high`; a blank for what is no number."""
    levels = _LEVELS_ASCII if ascii_only else _LEVELS
    span = high - low

    def level(value: float) -> str:
        if not math.isfinite(value):
            return " "
        share = (value - low) / span if span > 0 else 0.0
        return levels[min(max(int(share * len(levels)), 0), len(levels) - 1)]

    return "".join(map(level, values[-width:] if width > 0 else ()))
