"""How far figures of some rows may be from those of all rows of their kind: 95 % intervals.

Wilson, Probable inference, the law of succession, and statistical inference, 1927; Efron, Bootstrap methods, 1979.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

from namecls.results import Confusion, Metrics
from namecls.wilson import Interval, wilson

RESAMPLES = 1_000
_FEWEST_RESAMPLES = 100
_MOST_CELLS = 20_000_000  # drawn in all


@dataclass(frozen=True, slots=True)
class Intervals:
    """The 95 % intervals of the figures of metrics, in which each row counts once."""

    accuracy: Interval
    macro_f1: Interval

    def to_json(self) -> dict[str, dict[str, float]]:
        return asdict(self)


def intervals(metrics: Metrics) -> Intervals:
    """The intervals of accuracy (Wilson) and macro-F1 (bootstrap over the rows); the same each time."""
    return Intervals(
        wilson(metrics.accuracy, metrics.rows), macro_f1_interval(metrics.confusion, len(metrics.per_label))
    )


def macro_f1_interval(confusion: Confusion, labels: int, resamples: int = RESAMPLES) -> Interval:
    """The interval between the percentiles of macro-F1 in resamples of the rows, drawn with replacement.

    To draw rows is to draw cells of the confusion matrix. Of very many cells there are fewer resamples.
    """
    import numpy as np

    true, given, rows = (
        np.array(column, dtype=np.int64) for column in (confusion.true, confusion.predicted, confusion.rows)
    )
    total = rows.sum()
    if not total:
        return Interval(0.0, 1.0)
    shares, right_cells = rows / total, true == given
    draw = np.random.default_rng(0)
    times = max(min(resamples, _MOST_CELLS // len(rows)), _FEWEST_RESAMPLES)
    found = np.empty(times)
    for at in range(times):
        drawn = draw.multinomial(total, shares)
        right = np.bincount(true, drawn * right_cells, labels)
        whole = np.bincount(true, drawn, labels) + np.bincount(given, drawn, labels)
        found[at] = np.mean(2 * right[whole > 0] / whole[whole > 0])
    low, high = np.quantile(found, (0.025, 0.975)).tolist()
    return Interval(low, high)
