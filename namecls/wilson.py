"""Wilson's 95 % interval of a share: Probable inference, the law of succession, and statistical inference, 1927."""

from __future__ import annotations

import math
from dataclasses import dataclass

from namecls.language import _

_Z = 1.959964  # of the normal distribution, for 95 %


@dataclass(frozen=True, slots=True)
class Interval:
    """From where to where, in 0..1."""

    low: float
    high: float

    def __str__(self) -> str:
        return _("{low:.1f} to {high:.1f} %").format(low=100 * self.low, high=100 * self.high)


def wilson(share: float, rows: int) -> Interval:
    """Wilson's interval of a share of some rows."""
    if not rows:
        return Interval(0.0, 1.0)
    square = _Z * _Z / rows
    middle = (share + square / 2) / (1 + square)
    half = _Z / (1 + square) * math.sqrt(share * (1 - share) / rows + square / (4 * rows))
    return Interval(max(middle - half, 0.0), min(middle + half, 1.0))
