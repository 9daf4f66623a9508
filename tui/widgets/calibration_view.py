"""Reliability diagram, ECE, and stated against measured coverage and risk."""

from __future__ import annotations

from itertools import groupby

from rich.text import Text

from namecls.guarantees import METHODS, as_percent, too_few_rows
from namecls.language import N_, _
from namecls.results import Coverage, Metrics, Selection
from namecls.text import safe
from tui.drawing.cells import cut, percent, to_left, to_right
from tui.drawing.palette import Palette
from tui.drawing.plots import Line, PlotSpec, render
from tui.drawing.wording import wrapped
from tui.widgets.drawn import Drawn

#: Bins with fewer rows say little, and are not joined with the others.
FEW_ROWS = 20

_NUMBERS = 36  # columns of the figures beside the diagram
_WIDEST, _HIGHEST = 76, 30  # of the diagram
_MOST_LINES = 20  # of a table: files can tell of any number


class CalibrationView(Drawn):
    """The diagram at the left, the figures at the right.

    :param name: of the model.
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        self._model = name
        self.metrics: Metrics | None = None
        self._word = N_("Looking ...")

    def show(self, metrics: Metrics | None, word: str = "") -> None:
        """Draw metrics; without any, a word on why."""
        self.metrics, self._word = metrics, word
        self.redraw()

    def draw(self, width: int, height: int, palette: Palette) -> list[Text]:
        metrics = self.metrics
        if metrics is None:
            words = Text(safe(_(self._word), 400), style=palette.muted)
            return [Text(" ").append_text(line) for line in wrapped(words, max(width - 2, 1))]
        room = min(width - _NUMBERS - 3, _WIDEST)
        left = self._diagram(metrics, room, min(height, _HIGHEST), palette)
        name = Text(
            cut(self._model, _NUMBERS - 1, self.ascii_only), style=f"bold {palette.text}", no_wrap=True
        )
        right = [name, *figures(metrics, palette, all_sets=height >= _HIGHEST)]
        lines = []
        for y in range(min(height, max(len(left), len(right)))):
            line = left[y] if y < len(left) else Text()
            line.pad_right(max(room + 3 - line.cell_len, 0))
            lines.append(line.append_text(right[y]) if y < len(right) else line)
        return lines

    def _diagram(self, metrics: Metrics, width: int, height: int, palette: Palette) -> list[Text]:
        if not metrics.reliability:
            word = _("no diagram: not measured in the test")
            return [Text(f" {word}", style=palette.muted, no_wrap=True)]
        few = any(each.rows < FEW_ROWS for each in metrics.reliability)
        told = _("reliability diagram; {mark}: <{rows} rows") if few else _("reliability diagram")
        told = told.format(mark="." if self.ascii_only else "○", rows=FEW_ROWS)
        title = Text(f" {told}", style=palette.muted, no_wrap=True)
        title.truncate(width, overflow="ellipsis")
        plot = render(reliability_spec(metrics, self.ascii_only), width, height - 1, palette)
        return [title, *plot.split("\n", allow_blank=True)]


def reliability_spec(metrics: Metrics, ascii_only: bool = False) -> PlotSpec:
    """Accuracy over confidence, and the diagonal on which they are the same."""
    many = tuple((b.confidence, b.accuracy) for b in metrics.reliability if b.rows >= FEW_ROWS)
    few = tuple((b.confidence, b.accuracy) for b in metrics.reliability if b.rows < FEW_ROWS)
    lines = [Line(((0.0, 0.0), (1.0, 1.0)), "faint")]
    lines += [Line(few, "muted", dots=True, mark="." if ascii_only else "○")] if few else []
    lines += [Line(many, "primary"), Line(many, "accent", dots=True)] if many else []
    ticks = ((0.0, "0 %"), (0.5, "50 %"), (1.0, "100 %"))
    return PlotSpec(tuple(lines), (0.0, 1.0), x_ticks=ticks, shares=True, ascii_only=ascii_only)


def figures(metrics: Metrics, palette: Palette, *, all_sets: bool) -> list[Text]:
    """The figures beside the diagram, each line of at most 36 cells.

    :param all_sets: also sets of the kinds that are not shown in Predict.
    """
    lines = [
        Text(_("{rows:,} test rows").format(rows=metrics.rows), style=palette.muted, no_wrap=True),
        Text(),
        _pair(_("ECE"), f"{metrics.ece:.4f}", palette),
    ]
    if metrics.ece_by_chance is not None:
        lines.append(_pair(_("expected if calibrated"), f"{metrics.ece_by_chance:.4f}", palette))
    if metrics.ece_by_chance_95 is not None:
        lines.append(_pair(_("95th percentile of that"), f"{metrics.ece_by_chance_95:.4f}", palette))
    coverages = [each for each in metrics.coverages if all_sets or each.method == METHODS[0]][:_MOST_LINES]
    if coverages:
        lines += [Text(), _row(_("sets"), _("stated"), _("found"), _("labels"), palette, title=True)]
        for method, group in groupby(coverages, key=lambda each: each.method):
            lines += [_coverage(each, method, palette) for each in group]
        few = [each.stated for each in coverages if too_few_rows(each.stated, metrics.calibrated_on)]
        if few:
            told = _("all labels from {coverage} on: {rows:,} rows")
            told = told.format(coverage=as_percent(min(few)), rows=metrics.calibrated_on)
            lines.append(Text(told, style=palette.warning, no_wrap=True))
    if metrics.selections:
        lines += [Text(), _row(_("risk"), _("stated"), _("wrong"), _("answered"), palette, title=True)]
        lines += [_selection(each, palette) for each in metrics.selections[:_MOST_LINES]]
    return lines


def _coverage(each: Coverage, method: str, palette: Palette) -> Text:
    return _row(
        safe(method, 6), as_percent(each.stated), percent(each.found), f"{each.mean_size:.1f}", palette
    )


def _selection(each: Selection, palette: Palette) -> Text:
    wrong = percent(each.wrong) if each.answered else "-"
    return _row("", as_percent(each.stated), wrong, percent(each.answered), palette)


def _pair(name: str, value: str, palette: Palette) -> Text:
    line = Text(to_left(name, _NUMBERS - 9), style=palette.muted, no_wrap=True)
    return line.append(f"{value:>8}", style=palette.text)


def _row(name: str, stated: str, found: str, size: str, palette: Palette, *, title: bool = False) -> Text:
    tint = palette.muted if title else palette.text
    line = Text(to_left(name, 7), style=palette.muted, no_wrap=True)
    return line.append(to_right(stated, 8) + to_right(found, 10) + to_right(size, 10), style=tint)
