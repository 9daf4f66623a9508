"""Plots: values in, coloured text out. The only module that imports plotext, whose state is global.

Call it on one thread only.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from rich.text import Text

from tui.drawing.palette import Palette

#: x and y of points that are joined by lines; NaN makes a gap.
Points = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Line:
    """A curve, from left to right.

    :param colour: the name of a colour of `Palette`, or one as ``#rrggbb``.
    :param dots: draw points only.
    :param mark: a character that stands for each of them.
    :param follows: whether it has no say in the range of the axis, and is cut off there.
    """

    points: Points
    colour: str
    dots: bool = False
    follows: bool = False
    mark: str = ""


@dataclass(frozen=True, slots=True)
class PlotSpec:
    """What to draw. Later lines lie above earlier ones.

    :param x_range: what the width stands for.
    :param x_ticks: where on it to write what, below.
    :param log_y: a logarithmic axis; points that are not above 0 are left out.
    :param shares: the values are shares, in 0..1, and the axis has them as percentages.
    """

    lines: tuple[Line, ...]
    x_range: tuple[float, float]
    x_ticks: tuple[tuple[float, str], ...] = ()
    log_y: bool = False
    shares: bool = False
    ascii_only: bool = False


def render(spec: PlotSpec, width: int, height: int, palette: Palette) -> Text:
    """The plot in `width` columns and `height` rows: the values of the axis at the left, the curves, no frame."""
    import plotext  # type: ignore[import-untyped]  # it has no types

    lines = [(line, _within(line.points, spec)) for line in spec.lines]
    leading = [points for line, points in lines if not line.follows]
    values = [y for points in leading for _, y in points if _drawable(y, spec.log_y)]
    if not values or width < 12 or height < 3:
        return Text()
    canvas_height = height - 1
    low, high, ticks = _axis(min(values), max(values), max(canvas_height // 3, 2), spec)
    names = [f"{100 * tick:.3g} %" if spec.shares else _name(tick) for tick in ticks]
    margin = max(map(len, names))
    plotext.clear_figure()
    plotext.limit_size(False, False)
    plotext.plot_size(width - margin - 1, canvas_height)
    plotext.theme("clear")
    plotext.frame(False)
    plotext.xticks([])
    plotext.yticks([])
    plotext.xlim(*spec.x_range)
    plotext.ylim(_scaled(low, spec.log_y), _scaled(high, spec.log_y))
    for line, points in lines:
        xs = [x for x, _ in points]
        ys = [
            _scaled(min(max(y, low), high), spec.log_y) if _drawable(y, spec.log_y) else math.nan
            for _, y in points
        ]
        if not any(map(math.isfinite, ys)):
            continue
        if line.dots and not spec.ascii_only:  # a mark takes a whole cell, a curve an eighth of one
            bottom, top = _scaled(low, spec.log_y), _scaled(high, spec.log_y)
            xs = [_in_cell(x, *spec.x_range, width - margin - 1, 2) for x in xs]
            ys = [_in_cell(y, bottom, top, canvas_height, 4) for y in ys]
        colour = line.colour if line.colour.startswith("#") else getattr(palette, line.colour)
        draw = plotext.scatter if line.dots else plotext.plot
        draw(xs, ys, marker=_marker(line, spec.ascii_only), color=_rgb(colour))
    canvas = Text.from_ansi(plotext.build(), no_wrap=True, end="").split("\n", allow_blank=True)
    rows = {
        _row(_scaled(tick, spec.log_y), low, high, canvas_height, spec.log_y): name
        for tick, name in zip(ticks, names, strict=True)
    }
    tick, rest = ("+", "|") if spec.ascii_only else ("┤", "│")
    shown = []
    for y, row in enumerate(canvas[:canvas_height]):
        name = rows.get(y, "")
        axis = Text(f"{name:>{margin}}", style=palette.muted, no_wrap=True)
        axis.append(tick if name else rest, style=palette.faint)
        shown.append(axis.append_text(row))
    shown.append(Text(_below(spec, margin + 1, width), style=palette.muted, no_wrap=True))
    return Text("\n", no_wrap=True, end="").join(shown)


def _in_cell(value: float, start: float, end: float, cells: int, parts: int) -> float:
    """The middle of the cell in which a curve, drawn in so many parts of a cell, shows a value."""
    share = (value - start) / (end - start)
    cell = round(share * (parts * cells - 1)) // parts if math.isfinite(share) else math.nan
    return start + cell / max(cells - 1, 1) * (end - start)


def _within(points: Points, spec: PlotSpec) -> Points:
    """The points above the axis. To those beside it plotext would draw a line, cell by cell, however far they are."""
    start, end = spec.x_range
    return tuple(point for point in points if start <= point[0] <= end)


def _below(spec: PlotSpec, margin: int, width: int) -> str:
    """The ticks of the x axis, each where it belongs and none over another."""
    start, end = spec.x_range
    text = ""
    for x, name in spec.x_ticks:
        middle = margin + round((x - start) / (end - start) * (width - margin - 1))
        at = min(max(middle - len(name) // 2, margin), width - len(name))
        if at >= len(text) + (2 if text else 0):
            text = text.ljust(at) + name
    return text


def _drawable(y: float, log_y: bool) -> bool:
    return math.isfinite(y) and (y > 0 or not log_y)


def _scaled(y: float, log_y: bool) -> float:
    return math.log10(y) if log_y else y


def _axis(low: float, high: float, most: int, spec: PlotSpec) -> tuple[float, float, list[float]]:
    """Round limits, so that an axis rarely changes while a curve grows, and at most about `most` round ticks."""
    if spec.log_y:
        # In steps of a tenth of a decade.
        first, last = math.floor(math.log10(low) * 10), math.ceil(math.log10(high) * 10)
        last = max(last, first + 1)
        bottom, top = 10 ** (first / 10), 10 ** (last / 10)
        return bottom, top, _log_ticks(bottom, top, most)
    step = _round_step((high - low) / 4 or abs(high) / 4 or 1.0)
    first, last = math.floor(low / step), math.ceil(high / step)
    if low >= 0:
        first = max(first, 0)
    if spec.shares:
        last = min(last, math.ceil(1 / step))
    last = max(last, first + 1)
    every = max(math.ceil((last - first) / most), 1)
    return first * step, last * step, [i * step for i in range(first, last + 1, every)]


def _log_ticks(low: float, high: float, most: int) -> list[float]:
    """At most about `most` round numbers on a logarithmic axis: powers of ten, and between them as there is room."""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for mantissas in ((1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0), (1.0, 2.0, 5.0), (1.0,)):
        ticks = [
            tick for e in decades for m in mantissas if low * 0.999 <= (tick := m * 10.0**e) <= high * 1.001
        ]
        if len(ticks) <= most:
            break
    if len(ticks) > 1:
        return ticks[:: max(math.ceil(len(ticks) / most), 1)]
    step = _round_step((high - low) / most)
    return [i * step for i in range(math.ceil(low / step), math.floor(high / step) + 1)] or [low]


def _round_step(step: float) -> float:
    """The next of 1, 2, 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(step))
    return next(factor * power for factor in (1.0, 2.0, 5.0, 10.0) if factor * power >= step * 0.999)


def _name(value: float) -> str:
    """A tick in four characters where that is possible."""
    if value != 0 and not 0.001 <= abs(value) < 10_000:
        return f"{value:.0e}"
    if abs(value) >= 100:
        return f"{value:.0f}"
    shown = f"{value:.2f}" if abs(value) < 10 else f"{value:.1f}"
    return f"{value:.3f}" if abs(value) < 0.1 and value != 0 else shown


def _row(y: float, low: float, high: float, height: int, log_y: bool) -> int:
    bottom, top = _scaled(low, log_y), _scaled(high, log_y)
    return round((height - 1) * (top - y) / (top - bottom))


def _marker(line: Line, ascii_only: bool) -> str:
    if line.dots:
        return line.mark or ("o" if ascii_only else "●")
    return "." if ascii_only else "braille"


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
