"""What a benchmark takes and gives: options in, lines out."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

#: Where the RNN tutorials' file of names may lie; it is no part of the project.
CLASSIC = ROOT.parent / "shared" / "data" / "name_classfication.txt"


@dataclass(frozen=True)
class Options:
    """How much is measured, and where."""

    work: Path  # an empty directory for files that are not kept
    cache: Path  # for what is fetched and made once
    quick: bool = False  # small sizes: the figures mean nothing
    full: bool = False  # what takes long, too
    classic: Path | None = None  # the classic file, if it is here
    data: Path | None = None  # a small part of the embedded names, in their place

    def size(self, quick: int, usual: int, full: int | None = None) -> int:
        """A number of repetitions, rows, or seconds."""
        if self.quick:
            return quick
        return full if self.full and full is not None else usual


@dataclass(frozen=True)
class Line:
    """One figure. A line without a target is a peer, or part of the picture."""

    topic: str
    what: str
    figure: str
    target: str = ""
    holds: bool | None = None
    note: str = ""


@dataclass(frozen=True)
class Table:
    """Figures side by side: a row for each model, size or file. The first row names the columns."""

    title: str
    rows: tuple[tuple[str, ...], ...]


def at_most(topic: str, what: str, value: float, limit: float, unit: str, note: str = "") -> Line:
    """A figure that should not be above its target."""
    return Line(topic, what, f"{short(value)} {unit}", f"≤ {short(limit)} {unit}", value <= limit, note)


def at_least(topic: str, what: str, value: float, limit: float, unit: str, note: str = "") -> Line:
    """A figure that should not be below its target."""
    return Line(topic, what, f"{short(value)} {unit}", f"≥ {short(limit)} {unit}", value >= limit, note)


def short(value: float) -> str:
    """A number in about three digits: ``0.042``, ``1.93``, ``17.4``, ``60,412``."""
    if not math.isfinite(value):
        return "none"
    if value == int(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}" if abs(value) >= 0.1 else f"{value:.3g}"


def median(values: Sequence[float]) -> float:
    """The median; NaN if there are no values, since a busy machine may have come to none in the time."""
    return statistics.median(values) if values else math.nan


def spread(values: Sequence[float]) -> str:
    """The median, and from where to where."""
    if not values:
        return "none"
    return f"{short(statistics.median(values))} ({short(min(values))} to {short(max(values))})"


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` of all values do not exceed (nearest rank); infinity if there are none."""
    ordered = sorted(values)
    return ordered[max(math.ceil(share * len(ordered)), 1) - 1] if ordered else math.inf
