"""Pictures of runs on a terminal; in a pipe, the numbers that they are of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from namecls.cli.console import Column, bar, fit, is_terminal, output, percent, show, show_table
from namecls.language import _, ngettext
from namecls.pictures.charts import Chart, Matrix, Picture, Scores

_HEIGHT = 16
_COLOURS = ("blue+", "orange", "green+", "magenta+", "cyan+", "red+")
_NAMED = ("bright_blue", "dark_orange", "bright_green", "bright_magenta", "bright_cyan", "bright_red")
_SHADES = (" ░▒▓█", " .:+#")
_LABEL_WIDTH = 16


def show_pictures(pictures: Sequence[Picture]) -> None:
    """Draw pictures, one below the other."""
    for picture in pictures:
        if not is_terminal():
            _show_numbers(picture)
            continue
        show((_(picture.title), "bold"))
        if isinstance(picture, Chart):
            _show_chart(picture)
        elif isinstance(picture, Scores):
            _show_scores(picture)
        else:
            _show_matrix(picture)


def _show_numbers(picture: Picture) -> None:
    if isinstance(picture, Chart):
        columns = [Column("series"), Column(picture.x, True), Column(picture.y, True)]
        rows: list[tuple[str, ...]] = [
            (s.name, f"{x:g}", f"{y:.6g}") for s in picture.series for x, y in s.points
        ]
    elif isinstance(picture, Scores):
        columns = [
            Column("label"),
            Column("rows", True),
            *(Column(run, True, of_data=True) for run in picture.runs),
        ]
        rows = [
            (label, str(rows), *("" if value is None else f"{value:.6g}" for value in values))
            for label, rows, values in zip(picture.labels, picture.rows, picture.values, strict=True)
        ]
    else:
        columns = [Column("true"), Column("given"), Column("share", True)]
        rows = [
            (true, given, f"{share:.6g}")
            for true, shares in zip(picture.labels, picture.shares, strict=True)
            for given, share in zip(picture.labels, shares, strict=True)
            if share
        ]
    show_table(columns, rows)


def _show_chart(chart: Chart) -> None:
    import plotext  # type: ignore[import-untyped]  # it has no types
    from rich.text import Text

    out = output()
    is_ascii = out.encoding == "ascii"
    plotext.clear_figure()
    plotext.theme("clear")
    plotext.plot_size(min(out.width, 100), _HEIGHT)
    plotext.xlabel(chart.x)
    plotext.ylabel(f"{chart.y}, %" if chart.shares else chart.y)
    scale = 100 if chart.shares else 1
    if chart.diagonal:
        plotext.xlim(0, 1)
        plotext.ylim(0, scale)
        plotext.plot((0, 1), (0, scale), marker="." if is_ascii else "braille", color="gray")
    else:
        last = round(max(x for series in chart.series for x, _ in series.points))
        plotext.xticks(sorted({1, last, *range(0, last + 1, max(last // 8, 1))} - {0}))
    for series in chart.series:
        xs, ys = map(list, zip(*series.points, strict=True)) if series.points else ([], [])
        marker = ("-" if series.dashed else "*") if is_ascii else "braille"
        draw = plotext.scatter if series.dashed else plotext.plot
        draw(xs, [scale * y for y in ys], marker=marker, color=_COLOURS[series.run % len(_COLOURS)])
    drawn = Text.from_ansi(plotext.build(), no_wrap=True)
    if is_ascii:
        drawn = Text(drawn.plain.translate(_BOXES), no_wrap=True)
    out.print(drawn, soft_wrap=True)
    for series in chart.series:
        mark = "..." if series.dashed else "---"
        show((f"  {mark} ", _NAMED[series.run % len(_NAMED)]), series.name)


#: The frame of a plot where there is no Unicode.
_BOXES: dict[int, Any] = {ord(box): mark for box, mark in zip("─│┌┐└┘┤┬├┴┼", "-|+++++++++", strict=True)}


def _show_scores(scores: Scores) -> None:
    ascii_only = output().encoding == "ascii"
    columns = [Column("label"), Column("rows", True)]
    for run in scores.runs:
        columns += [Column(run, True, of_data=True), Column("")]
    rows = []
    for label, count, values in zip(scores.labels, scores.rows, scores.values, strict=True):
        cells = [label, f"{count:,}"]
        for value in values:
            cells += [percent(value), bar(value or 0, 20, ascii_only=ascii_only)]
        rows.append(cells)
    show_table(columns, rows)


def _show_matrix(matrix: Matrix) -> None:
    out = output()
    shades = _SHADES[out.encoding == "ascii"]
    room = max((out.width - _LABEL_WIDTH - 1) // 2, 1)
    for label, shares in zip(matrix.labels, matrix.shares, strict=True):
        cells = "".join(2 * shades[min(int(share * 5 + 0.8), 4) if share else 0] for share in shares[:room])
        show((fit(label, _LABEL_WIDTH), "dim"), " ", cells)
    left_out = len(matrix.labels) - room
    told = _("a line is a true label, its cells the labels given, in the same order: the darker, the more")
    if left_out > 0:
        told = ngettext("{told}; {n} column does not fit", "{told}; {n} columns do not fit", left_out).format(
            told=told, n=left_out
        )
    show(told)
