"""Pictures of runs as SVG, PNG or PDF, by matplotlib: the extra `plot`."""

from __future__ import annotations

import io
import warnings
from collections.abc import Sequence
from typing import Any

from namecls.extras import needed
from namecls.pictures.charts import Chart, Matrix, Picture, Scores
from namecls.text import safe

#: What it writes, by the suffix of the file.
FORMATS = ("svg", "png", "pdf")
#: Colours that stay apart for the colour-blind (Okabe and Ito).
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
#: No text is a formula; that of an SVG stays text; the same picture is the same file.
_STYLE = {"text.parse_math": False, "svg.fonttype": "none", "svg.hashsalt": "namecls", "font.size": 9}
_UNDATED = {"svg": {"Date": None}, "pdf": {"CreationDate": None}, "png": {}}
_LEGIBLE = 0.16  # inches for a label


def drawn(pictures: Sequence[Picture], kind: str) -> bytes:
    """The pictures, side by side, as a file.

    :param kind: one of `FORMATS`.
    :raises ConfigError: if matplotlib is not installed.
    """
    matplotlib = needed("matplotlib", "plot")
    figure_of = needed("matplotlib.figure", "plot").Figure
    sizes = [_size(picture) for picture in pictures]
    with matplotlib.rc_context(_STYLE), warnings.catch_warnings():
        warnings.filterwarnings(
            "ignore", "Glyph .* missing from", UserWarning
        )  # the viewer's fonts may have it
        figure = figure_of(
            figsize=(sum(width for width, _ in sizes), max(height for _, height in sizes)),
            layout="constrained",
        )
        axes = figure.subplots(1, len(pictures), squeeze=False)[0]
        for ax, picture in zip(axes, pictures, strict=True):
            ax.set_title(safe(picture.title))
            if isinstance(picture, Chart):
                _draw_chart(ax, picture)
            elif isinstance(picture, Scores):
                _draw_scores(ax, picture)
            else:
                _draw_matrix(figure, ax, picture)
        content = io.BytesIO()
        figure.savefig(content, format=kind, dpi=150, metadata=_UNDATED[kind])
    return content.getvalue()


def _size(picture: Picture) -> tuple[float, float]:
    if isinstance(picture, Chart):
        return (4.5, 4.5) if picture.diagonal else (5, 3.6)
    long = max(3.0, _LEGIBLE * len(picture.labels))
    return (6, 1 + long) if isinstance(picture, Scores) else (2.5 + long, 1.5 + long)


def _draw_chart(ax: Any, chart: Chart) -> None:
    if chart.diagonal:
        ax.plot((0, 1), (0, 1), color="0.7", linewidth=1)
        ax.set_xlim(0, 1)
        ax.set_ylim(0, 1)
    for series in chart.series:
        xs, ys = zip(*series.points, strict=True) if series.points else ((), ())
        ax.plot(
            xs,
            ys,
            "--" if series.dashed else "-",
            color=_COLOURS[series.run % len(_COLOURS)],
            marker="" if series.dashed else ".",
            label=safe(series.name),
        )
    if chart.shares:
        _as_percent(ax.yaxis)
    if chart.diagonal:
        _as_percent(ax.xaxis)
    else:
        ax.xaxis.get_major_locator().set_params(integer=True)
    ax.set_xlabel(chart.x)
    ax.set_ylabel(chart.y)
    ax.grid(color="0.9")
    ax.legend(fontsize="small")


def _draw_scores(ax: Any, scores: Scores) -> None:
    places = range(len(scores.labels))
    for at, run in enumerate(scores.runs):
        values = [float("nan") if row[at] is None else row[at] for row in scores.values]
        ax.plot(values, places, "o", color=_COLOURS[at % len(_COLOURS)], markersize=4, label=safe(run))
    named = [f"{safe(label)} ({rows:,})" for label, rows in zip(scores.labels, scores.rows, strict=True)]
    ax.set_yticks(places, named)
    ax.set_ylim(len(scores.labels) - 0.5, -0.5)
    ax.set_xlim(-0.02, 1.02)
    _as_percent(ax.xaxis)
    ax.grid(color="0.9")
    ax.legend(fontsize="small")


def _draw_matrix(figure: Any, ax: Any, matrix: Matrix) -> None:
    shown = ax.imshow(matrix.shares, cmap="Blues", vmin=0, vmax=1, interpolation="nearest")
    places, labels = range(len(matrix.labels)), list(map(safe, matrix.labels))
    ax.set_xticks(places, labels, rotation=90)
    ax.set_yticks(places, labels)
    ax.set_xlabel("given")
    ax.set_ylabel("true")
    bar = figure.colorbar(shown, ax=ax, shrink=0.6)
    _as_percent(bar.ax.yaxis)


def _as_percent(axis: Any) -> None:
    axis.set_major_formatter(lambda value, _: f"{100 * value:.3g} %")
