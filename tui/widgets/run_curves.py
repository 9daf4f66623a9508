"""Curves of several runs over each other, with a cursor that reads all of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.text import Text

from namecls.language import N_, _
from tui.drawing.cells import cut, percent
from tui.drawing.figures import clock, loss
from tui.drawing.palette import Palette
from tui.drawing.plots import Line, PlotSpec, render
from tui.drawing.run_facts import FIGURE_TITLES
from tui.drawing.wording import wrapped
from tui.widgets.drawn import Drawn

if TYPE_CHECKING:
    from namecls.runs.curves import Axis, Curve, Figure

#: By what they run; marked for the catalogues.
AXES: dict[Axis, str] = {"step": N_("step"), "epoch": N_("epoch"), "seconds": N_("time")}
#: Weights of the values before in the exponential moving average; 0: the curves are as they are.
SMOOTHINGS = (0.0, 0.6, 0.9)

_LEAST = 5  # lines of a plot
_APART = 12  # cells between two signs on a curve
_SECONDS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800, 86_400)


@dataclass(frozen=True, slots=True)
class Overlaid:
    """A run whose curve shows.

    :param sign: one character that stands for it; "B": the baseline.
    :param place: of its colour; -1: the text's.
    :param curve: None: it is still being read, or has none.
    """

    sign: str
    name: str
    place: int
    curve: Curve | None

    def colour(self, palette: Palette) -> str:
        return palette.curve(self.place)


class RunCurves(Drawn):
    """One figure of each run by step, epoch or time. Below, a line for each run: its value under the cursor."""

    def __init__(self) -> None:
        super().__init__(id="curves", classes="panel")
        self._runs: Sequence[Overlaid] = ()
        self.figure: Figure = "valid_loss"
        self.axis: Axis = "epoch"
        self.smoothing = SMOOTHINGS[0]
        self.share = 1.0  # of the axis: where the cursor is

    def show(self, runs: Sequence[Overlaid]) -> None:
        """Draw these, the baseline first. The same ones as before stay as they are drawn."""
        if runs != self._runs:
            self._runs = runs
            self.redraw()

    def turn(
        self, *, figure: Figure | None = None, axis: Axis | None = None, smoothing: float | None = None
    ) -> None:
        """Show another figure, by another axis, or more or less smooth."""
        self.figure = self.figure if figure is None else figure
        self.axis = self.axis if axis is None else axis
        self.smoothing = self.smoothing if smoothing is None else smoothing
        self.entitle()
        self.redraw()

    def read(self, step: int) -> None:
        """The cursor to the right, or left."""
        cells = max(self.size.width - 8, 10)
        self.share = min(max(round(self.share * cells) + step, 0), cells) / cells
        self.redraw()

    def entitle(self) -> None:
        if self.smoothing:
            title = _("{figure} by {axis}, exponential moving average {weight:g}")
        else:
            title = _("{figure} by {axis}")
        figure, axis = _(FIGURE_TITLES[self.figure]), _(AXES[self.axis])
        self.border_title = title.format(figure=figure, axis=axis, weight=self.smoothing)

    @property
    def _is_share(self) -> bool:
        return not self.figure.endswith("loss")

    def draw(self, width: int, height: int, palette: Palette) -> list[Text]:
        drawn = [(run, run.curve) for run in self._runs if run.curve is not None and run.curve.values]
        if not drawn:
            word = _(
                "The curves of the run under the cursor, or of those that are marked (space), show here."
            )
            return wrapped(Text(word, style=palette.muted), width)
        curves = [(run, curve.smoothed(self.smoothing) if self.smoothing else curve) for run, curve in drawn]
        end = max(curve.end(self.axis) for _run, curve in curves) or 1.0
        start = min(1.0, end / 2) if self.axis == "epoch" and self.figure != "train_loss" else 0.0
        x = start + self.share * (end - start)
        read = self._read(curves, x, width, max(height - _LEAST, 1), palette)
        room = height - len(read)
        edge = 1e300
        cursor = Line(((x, 1e-300 if not self._is_share else -edge), (x, edge)), "faint", follows=True)
        lines = [cursor]
        for at, (run, curve) in enumerate(curves):
            points, colour = curve.points(self.axis), run.colour(palette)
            lines.append(Line(points, colour))
            if room >= _LEAST:
                every = max(math.ceil(len(points) * _APART / max(width - 6, 1)), 1)
                signed = points[at * 3 % every :: every] or points[-1:]
                lines.append(Line(signed, colour, dots=True, mark=run.sign))
        spec = PlotSpec(
            lines=tuple(lines),
            x_range=(start, end),
            x_ticks=self._ticks(start, end, width),
            shares=self._is_share,
            ascii_only=self.ascii_only,
        )
        plot = render(spec, width, room, palette)
        return [*(plot.split("\n", allow_blank=True) if plot.plain else ()), *read]

    def _read(
        self, curves: Sequence[tuple[Overlaid, Curve]], x: float, width: int, height: int, palette: Palette
    ) -> list[Text]:
        """The values of all curves under the cursor, and how far those of others are from the baseline's.

        Where there is no line for each run, they stand one after the other without their names.
        """
        place = clock(x) if self.axis == "seconds" else f"{x:,.1f}" if self.axis == "epoch" else f"{x:,.0f}"
        words = _("at {axis} {place}").format(axis=_(AXES[self.axis]), place=place)
        at = Text(words, style=palette.muted, no_wrap=True)
        baseline = next((curve.at(self.axis, x) for run, curve in curves if run.sign == "B"), None)
        told = [(run, *self._told(curve.at(self.axis, x), baseline)) for run, curve in curves]
        if len(told) >= height:
            lines = [at]
            for run, value, beside in told:
                part = Text(f"{run.sign} ", style=f"bold {run.colour(palette)}", no_wrap=True)
                part.append(f"{value} {beside}" if beside and run.sign != "B" else value, style=palette.text)
                if lines[-1].cell_len + 2 + part.cell_len > width:
                    lines.append(part)
                else:
                    lines[-1].append("  ").append_text(part)
            return lines[:height]
        lines = [at]
        for run, value, beside in told:
            line = Text(f"{run.sign} ", style=f"bold {run.colour(palette)}", no_wrap=True)
            line.append(cut(run.name, max(width - 22, 8), self.ascii_only), style=run.colour(palette))
            line.append(f"{value:>10}", style=palette.text)
            line.append(f"{beside if run.sign != 'B' else '':>9}", style=palette.muted)
            lines.append(line)
        return lines

    def _told(self, value: float | None, baseline: float | None) -> tuple[str, str]:
        """A value, and how much more it is than the baseline's, or less."""
        if value is None:
            return "-", ""
        if baseline is None or not math.isfinite(value - baseline):
            return self._value(value), ""
        more = value - baseline
        return self._value(value), f"{100 * more:+.1f}" if self._is_share else f"{more:+.3f}"[:9]

    def _value(self, value: float) -> str:
        return percent(value).strip() if self._is_share else loss(value, 3, 8)

    def _ticks(self, start: float, end: float, width: int) -> tuple[tuple[float, str], ...]:
        most = max((width - 8) // 10, 1)
        wanted = max((end - start) / most, 1.0)
        if self.axis == "seconds":
            every = next(
                (float(size) for size in _SECONDS if size >= wanted), 86_400.0 * math.ceil(wanted / 86_400)
            )
        else:
            power = 10.0 ** math.floor(math.log10(wanted))
            every = next(factor * power for factor in (1.0, 2.0, 5.0, 10.0) if factor * power >= wanted)
        first = math.ceil(start / every)
        places = [number * every for number in range(first, min(int(end / every), first + 200) + 1)]
        return tuple((at, clock(at) if self.axis == "seconds" else f"{at:,.0f}") for at in places)
