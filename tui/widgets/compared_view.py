"""Progress of a comparison, its networks in numbers and curves, and which differences exceed the noise."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from typing import ClassVar

from rich.cells import cell_len
from rich.text import Text

from namecls.language import N_, _, again, ngettext
from namecls.search.compared import ComparedNetwork, Difference
from namecls.search.experiment import Experiment
from namecls.text import safe
from tui.drawing.cells import cut, to_left, to_right
from tui.drawing.compared_words import figure_of, intervals_of, share, spread
from tui.drawing.palette import Palette
from tui.drawing.plots import Line, PlotSpec, render
from tui.drawing.wording import wrapped
from tui.state import ComparingState
from tui.widgets.drawn import Drawn
from tui.widgets.lists import CursorList

_VERDICT = 18  # cells


class ComparedDrawn(Drawn):
    """A part of the picture of a comparison."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self.comparing = ComparingState()

    @property
    def experiment(self) -> Experiment | None:
        return self.comparing.experiment

    def show(self, comparing: ComparingState) -> None:
        self.comparing = comparing
        self.redraw()


class ComparisonLine(ComparedDrawn):
    """Runs that are over, and the one in work."""

    def draw(self, width: int, height: int, palette: Palette) -> list[Text]:  # noqa: ARG002
        comparing, experiment = self.comparing, self.experiment
        if comparing.phase == "failed":
            problem = Text(safe(again(comparing.problem), 400), style=palette.bad)
            return [Text(" ").append_text(line) for line in wrapped(problem, width - 2)]
        if experiment is None:
            return [Text(" " + _("getting ready ..."), style=palette.muted)]
        runs = len(experiment.networks) * len(experiment.seeds)
        over = _("{over} of {runs} runs").format(over=len(experiment.measured), runs=runs)
        left = Text(f" {over}  ", style=f"bold {palette.text}")
        right = Text(f"  {comparing.share:4.0%} ".replace("%", " %"), style=palette.text)
        room = max(width - left.cell_len - right.cell_len, 4)
        done = round(room * comparing.share)
        full, empty = ("#", "-") if self.ascii_only else ("━", "─")
        left.append(full * done, style=palette.accent).append(empty * (room - done), style=palette.faint)
        return [left.append_text(right), self._word(experiment, palette)]

    def _word(self, experiment: Experiment, palette: Palette) -> Text:
        comparing, live = self.comparing, self.comparing.live
        line = Text(" ", no_wrap=True, overflow="ellipsis")
        if comparing.phase == "starting":
            line.append(_("getting ready ..."), style=palette.muted)
        elif comparing.phase == "paused":
            line.append(_("paused; space resumes"), style=palette.warning)
        elif comparing.phase == "stopping":
            line.append(_("stopping with a checkpoint; then r resumes"), style=palette.accent)
        elif comparing.busy:
            if live is not None:
                word = _("{network}, seed {seed}").format(network=safe(live.network, 30), seed=live.seed)
                line.append(word, style=palette.accent)
                epochs, over = experiment.base.epochs, len(live.validation)
                word = _("epoch {epoch} of {epochs}") if over < epochs else _("its test")
                word = word.format(epoch=over + 1, epochs=epochs)
                line.append(f"  {word}", style=palette.text)
            if comparing.holder is not None:
                word = _("process {number}; quitting does not stop it").format(number=comparing.holder.pid)
                line.append(f"  {word}", style=palette.muted)
        elif experiment.result is None:
            line.append(_("interrupted; r resumes"), style=palette.warning)
        else:
            result = experiment.result
            word = ngettext(
                "{data}: {rows:,} test rows, {seeds} seed",
                "{data}: {rows:,} test rows, {seeds} seeds",
                len(result.seeds),
            ).format(data=safe(result.data, 40), rows=result.test_rows, seeds=len(result.seeds))
            line.append(word, style=palette.muted)
        return line


class NetworkTable(ComparedDrawn):
    """A line for each network: means and standard deviations over the seeds that are over."""

    def draw(self, width: int, height: int, palette: Palette) -> list[Text]:
        experiment = self.experiment
        if experiment is None:
            return []
        network = _("network")
        name = min(max(cell_len(each) for each in (*experiment.networks, network)), max(width - 63, 7))
        titles = "".join(to_right(_(title), cells) for title, cells in zip(_COLUMNS, _CELLS, strict=True))
        lines = [Text(f"   {to_left(network, name)}{titles}", style=palette.muted, no_wrap=True)]
        for place, network in enumerate(experiment.networks, 1):
            runs = [run for run in experiment.measured if run.network == network]
            line = Text(f"{place:>2} ", style=palette.muted, no_wrap=True)
            line.append(cut(network, name, self.ascii_only), style=f"bold {palette.curve(place - 1)}")
            told = ("-",) * 4
            if runs:
                found = ComparedNetwork.of(runs)
                sign = "" if len(runs) == 1 else "+-" if self.ascii_only else "±"
                told = (
                    share(found.accuracy, sign),
                    share(found.macro_f1, sign),
                    spread(found.seconds, 1, sign),
                    spread(found.far, 2, sign) if found.far is not None else "-",
                )
            cells = (f"{len(runs)}/{len(experiment.seeds)}", *told)
            for text, room in zip(cells, _CELLS, strict=True):
                line.append(f"{text:>{room}}", style=palette.text)
            lines.append(line)
        return lines[:height]


_COLUMNS = (N_("runs"), N_("accuracy"), N_("macro-F1"), N_("seconds"), N_("far letters"))
_CELLS = (8, 14, 14, 14, 13)


class ComparedCurves(ComparedDrawn):
    """A curve for each network: the mean over its seeds, and at each point from the lowest to the highest.

    :param what: "validation": accuracy on the validation rows by epoch; "reach": how much the answers hang on a letter,
        by its distance from the last one.
    """

    def __init__(self, what: str) -> None:
        super().__init__(id=f"curves-{what}", classes="panel curves")
        self._what = what

    def entitle(self) -> None:
        self.border_title = (
            _("accuracy on the validation rows, by epoch")
            if self._what == "validation"
            else _("gradient at a letter, by its distance from the last")
        )

    def draw(self, width: int, height: int, palette: Palette) -> list[Text]:
        experiment = self.experiment
        curves = self._curves(experiment) if experiment is not None else {}
        first = 1 if self._what == "validation" else 0
        points = [(place, curve) for place, curve in enumerate(curves.values(), 1) if any(map(len, curve))]
        if experiment is None or not points:
            word = (
                _("The curves begin with the first epoch.")
                if self._what == "validation"
                else _("Measured after each run.")
            )
            return wrapped(Text(word, style=palette.muted), width)
        longest = max(len(each) for _place, curve in points for each in curve)
        last = experiment.base.epochs if self._what == "validation" else longest - 1
        spreads, curves_of, marks = list[Line](), list[Line](), list[Line]()
        for place, curve in points:
            steps = [
                [each[at] for each in curve if len(each) > at]
                for at in range(max(len(each) for each in curve))
            ]
            xs, tint = [at + first for at in range(len(steps))], palette.curve(place - 1)
            bars = [
                point
                for x, values in zip(xs, steps, strict=True)
                for point in ((x, min(values)), (x, max(values)), (x, math.nan))
            ]
            means = tuple((float(x), statistics.fmean(values)) for x, values in zip(xs, steps, strict=True))
            mark = str(place) if place < 10 else chr(ord("a") + place - 10)
            spreads.append(Line(tuple(bars), tint))
            curves_of.append(Line(means, tint))
            marks.append(Line(means, tint, dots=True, mark=mark))
        every = max(-(-(last - first + 1) // max((width - 8) // 5, 1)), 1)
        spec = PlotSpec(
            lines=(*spreads, *curves_of, *marks),
            x_range=(first, max(last, first + 1)),
            x_ticks=tuple((at, str(at)) for at in range(first, last + 1, every)),
            shares=True,
            ascii_only=self.ascii_only,
        )
        return list(render(spec, width, height, palette).split("\n", allow_blank=True))

    def _curves(self, experiment: Experiment) -> Mapping[str, Sequence[Sequence[float]]]:
        """Of each network those of its runs."""
        found: dict[str, list[Sequence[float]]] = {network: [] for network in experiment.networks}
        for run in experiment.measured:
            if run.network in found:
                found[run.network].append(run.validation if self._what == "validation" else run.reach)
        live = self.comparing.live
        if live is not None and live.network in found and self._what == "validation":
            found[live.network].append(live.validation)
        return found


class DifferenceList(CursorList):
    """The differences of every two networks, with the interval of the noise."""

    FOOT: ClassVar[int] = 1

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes="panel")
        self._differences: tuple[Difference, ...] = ()
        self._experiment: Experiment | None = None

    def entitle(self) -> None:
        self.border_title = _("which differences exceed the noise")

    def show(self, comparing: ComparingState) -> None:
        self._experiment = comparing.experiment
        result = comparing.experiment.result if comparing.experiment is not None else None
        found = result.differences if result is not None else ()
        if found != self._differences:
            self._differences = found
            self.set_count(len(found))
        else:
            self.redraw()

    def item(self, place: int, width: int, palette: Palette) -> Text:
        each = self._differences[place]
        verdict = _("exceeds the noise") if each.exceeds_noise else _("within the noise")
        tint = palette.good if each.exceeds_noise else palette.muted
        line = Text(f" {to_left(verdict, _VERDICT)}", style=tint, no_wrap=True, overflow="ellipsis")
        longest = max(len(f"{pair.first} - {pair.second}") for pair in self._differences)
        room = min(max(width - _VERDICT - 43, 11), longest)
        line.append(cut(f"{each.first} - {each.second}", room, self.ascii_only), style=palette.text)
        line.append(f" {to_left(figure_of(each), 9)}", style=palette.muted)
        line.append(f"{100 * each.mean:+6.1f}", style=f"bold {palette.text}")
        interval = _("({low:+.1f} to {high:+.1f}) points").format(low=100 * each.low, high=100 * each.high)
        line.append(f" {interval}", style=palette.muted)
        line.truncate(width, overflow="ellipsis")
        return line

    def _told(self) -> str:
        """What the intervals are."""
        result = self._experiment.result if self._experiment is not None else None
        return intervals_of(result) if result is not None else ""

    def foot(self, width: int, palette: Palette) -> list[Text]:
        line = Text(f" {self._told()}" if self._differences else "", style=palette.muted, no_wrap=True)
        line.truncate(width, overflow="ellipsis")
        return [line]

    def empty(self, width: int, palette: Palette) -> list[Text]:  # noqa: ARG002
        return [Text(" " + _("Told when all runs are over."), style=palette.muted, no_wrap=True)]
