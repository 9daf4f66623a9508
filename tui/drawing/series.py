"""Downsample a series of any length for a plot, keeping extremes."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bucket:
    """Neighbouring points of a series, summed up. A point that is no number counts as a gap."""

    first: float  # x of the first point
    last: float  # x of the last one
    low: float
    high: float
    total: float
    count: int

    @property
    def mean(self) -> float:
        return self.total / self.count if self.count else math.nan

    def join(self, other: Bucket) -> Bucket:
        """Both as one. `other` comes later."""
        if not self.count or not other.count:
            filled = other if other.count else self
            return Bucket(self.first, other.last, filled.low, filled.high, filled.total, filled.count)
        return Bucket(
            self.first,
            other.last,
            min(self.low, other.low),
            max(self.high, other.high),
            self.total + other.total,
            self.count + other.count,
        )


class Series:
    """Points in the order of their x, kept as at most `limit` buckets.

    When the limit is reached, neighbours are joined two by two and every later bucket takes twice as many
    points: memory and the time to draw stay flat however long a training runs, and no extreme is lost.
    """

    def __init__(self, limit: int = 2048) -> None:
        self._limit = limit
        self._per_bucket = 1
        self._in_last = 0
        self._buckets: list[Bucket] = []
        self.version = 0

    def __len__(self) -> int:
        return len(self._buckets)

    def append(self, x: float, y: float) -> None:
        """Add the next point."""
        point = Bucket(x, x, y, y, y, 1) if math.isfinite(y) else Bucket(x, x, y, y, 0.0, 0)
        if self._buckets and self._in_last < self._per_bucket:
            self._buckets[-1] = self._buckets[-1].join(point)
            self._in_last += 1
        else:
            if len(self._buckets) == self._limit:
                self._halve()
            self._buckets.append(point)
            self._in_last = 1
        self.version += 1

    def recent(self, count: int = 64) -> float:
        """The mean of the last `count` buckets.

        One report is of a single batch, whose names have one length: short ones are harder than long ones, so
        that a report alone says more of its lengths than of the progress.
        """
        last = [bucket for bucket in self._buckets[-count:] if bucket.count]
        return sum(b.total for b in last) / sum(b.count for b in last) if last else math.nan

    def columns(self, start: float, end: float, count: int) -> list[Bucket]:
        """The series between `start` and `end` as at most `count` buckets, one for each column of a plot."""
        if end <= start or count < 1:
            return []
        columns: list[Bucket | None] = [None] * count
        for bucket in self._buckets:
            middle = (bucket.first + bucket.last) / 2
            if start <= middle <= end:
                at = min(int((middle - start) / (end - start) * count), count - 1)
                before = columns[at]
                columns[at] = bucket if before is None else before.join(bucket)
        return [column for column in columns if column is not None]

    def _halve(self) -> None:
        pairs = [self._buckets[i : i + 2] for i in range(0, len(self._buckets), 2)]
        self._buckets = [pair[0].join(pair[1]) if len(pair) == 2 else pair[0] for pair in pairs]
        self._per_bucket *= 2
