"""A table of numbers as coloured cells with the numbers in them, so that it can be read without colours."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from namecls.text import safe, stand_ins
from tui.drawing.cells import cut
from tui.drawing.palette import Palette

#: The widest cell, and the widest name of a row.
_WIDEST, _NAME = 6, 16
_STRONGEST = 0.6  # how far the ground of a cell goes towards its colour


@dataclass(frozen=True, slots=True)
class Heatmap:
    """Numbers by row and column; the columns are the letters of a name.

    :param values: by row, then by column.
    :param colours: of each row, as ``#rrggbb``; none: blue for what is above 0, red for what is below.
    :param top: the absolute value that the strongest colour stands for.
    :param signed: numbers with a sign; else shares in 0..1, which are written as percentages.
    :param ones: zeros and ones, which are written as such.
    """

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    values: tuple[tuple[float, ...], ...]
    colours: tuple[str, ...] = ()
    top: float = 1.0
    signed: bool = False
    ones: bool = False


def draw_heatmap(
    spec: Heatmap,
    width: int,
    cursor: int,
    palette: Palette,
    ascii_only: bool = False,
    *,
    names: bool = False,
) -> list[Text]:
    """The letters above, and a line for each row, in at most `width` cells.

    Where there is room a cell has its number: a percentage, or a sign and a number. Where there is less, it has
    one digit: tenths of the strongest. Where not all letters fit, those about the cursor show.

    :param cursor: the column that is marked; beyond the last one: none.
    :param names: the columns are no letters: each shows as much of its name as fits.
    """
    name = min(max((cell_len(safe(row, 40)) for row in spec.rows), default=0), _NAME, max(width // 3, 0))
    cell, shown = _fit(
        len(spec.columns), width - name - 2, cursor, least=4 if names else 2 if spec.signed else 1
    )
    more = ("<", ">") if ascii_only else ("‹", "›")
    before, behind = (
        more[0] if shown.start else " ",
        more[1] if shown.stop < len(spec.columns) else " ",
    )
    head = Text(" " * name + before, style=palette.muted, no_wrap=True)
    shown_names = (
        [cut(each, cell - 1, ascii_only).strip() for each in spec.columns] if names else spec.columns
    )
    head.append_text(draw_letters(shown_names, shown, cell, cursor, palette, ascii_only, whole=names))
    head.append(behind)
    lines = [head]
    for y, title in enumerate(spec.rows):
        own = spec.colours[y] if spec.colours else ""
        line = Text(cut(title, name, ascii_only) + " ", style=palette.text, no_wrap=True)
        for x in shown:
            line.append(*_cell(spec, spec.values[y][x], cell, own, palette))
        lines.append(line)
    return lines


def draw_letters(
    letters: Sequence[str],
    shown: range,
    cell: int,
    cursor: int,
    palette: Palette,
    ascii_only: bool = False,
    *,
    whole: bool = False,
) -> Text:
    """Letters, each at the right of its cell; that under the cursor stands out by more than its colour.

    :param whole: all of each text, not its first letter.
    """
    line = Text(no_wrap=True)
    for x in shown:
        letter = letters[x] if whole else face(letters[x], ascii_only)
        letter = set_cell_size(letter, min(cell_len(letter), cell))
        line.append(" " * (cell - cell_len(letter)))
        line.append(letter, style=f"bold reverse {palette.accent}" if x == cursor else f"bold {palette.text}")
    return line


def face(letter: str, ascii_only: bool = False) -> str:
    """A letter of a name as one visible character; a blank too."""
    if letter.isspace():
        return "_" if ascii_only else "␣"
    return stand_ins(letter)[:1] or "?"


def percentage(share: float, cell: int) -> str:
    """A share in at most `cell` cells: whole percents, or where there are two at most tenths of the whole."""
    if not math.isfinite(share):
        return "?"
    if cell <= 2:
        return str(min(int(10 * share), 9)) if share >= 0.05 else "."
    whole = round(100 * share)
    return str(whole if cell > 3 else min(whole, 99))


def with_sign(value: float, cell: int, top: float = 1.0) -> str:
    """A number with its sign in at most `cell` cells; in two or three a digit: tenths of `top`."""
    if not math.isfinite(value):
        return "?"
    if cell <= 3:
        tenths = min(round(10 * min(abs(value) / top, 1.0)), 9) if top > 0 else 0
        return f"{'-' if value < 0 else '+'}{tenths}" if tenths else "."
    places = 2 if cell > 5 and abs(value) < 9.995 else 1 if abs(value) < 99.95 else 0
    if not round(abs(value), places):
        return "0"
    text = f"{value:+.{places}f}"
    return text if len(text) < cell else f"{value:+.0f}" if abs(value) >= 1 else text.replace("0.", ".", 1)


def _fit(count: int, room: int, cursor: int, *, least: int) -> tuple[int, range]:
    """The widest cells in which all columns fit; else as many of the narrowest as fit, about the cursor."""
    cell = min(max(room // max(count, 1), least), _WIDEST)
    if cell * count <= room:
        return cell, range(count)
    fitting = max(room // cell, 1)
    first = min(max(cursor - fitting // 2, 0), count - fitting)
    return cell, range(first, first + fitting)


def _cell(spec: Heatmap, value: float, cell: int, colour: str, palette: Palette) -> tuple[str, str]:
    """What stands in a cell, and how it is coloured."""
    if spec.ones:
        text = ("1" if value else ".").rjust(cell)
    else:
        text = (with_sign(value, cell, spec.top) if spec.signed else percentage(value, cell)).rjust(cell)
    share = min(abs(value) / spec.top, 1.0) if spec.top > 0 and math.isfinite(value) else 0.0
    if share < 0.005:
        return text, palette.faint
    hue = colour or (palette.primary if value > 0 else palette.bad)
    return text, palette.cell(hue, _STRONGEST * round(share, 2))
