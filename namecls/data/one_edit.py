"""Pairs of texts that one edit of a letter makes equal: one is missing, is another, or is exchanged with the next.

No pair is looked at by itself. Texts are one edit apart that are equal once the letter at a place is left out of one or
of both, or the two letters there are exchanged: their hashes are, which follow from those of the whole texts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

    Ids = NDArray[np.int64]
    Hashes = NDArray[np.uint64]

_BASE, _INVERSE = 0x9E3779B97F4A7C15, 0xF1DE83E19937733D  # of the polynomial; their product is 1 modulo 2**64
_MIX = 0xD6E8FEB86659FD93
_BITS = 24  # of a hash, by which most texts are told to be unknown


def pairs_one_edit_apart(texts: pl.Series, most: int) -> tuple[pl.DataFrame, bool]:
    """The pairs, each once, as places ``one`` < ``two``, and whether there are more.

    :param texts: different ones. A million names take some ten seconds at most.
    :param most: pairs; beyond, those of the patterns with most texts are left out.
    """
    import numpy as np
    import polars as pl

    values = np.frombuffer("".join(texts).encode("utf-32-le"), np.uint32).astype(np.uint64)
    values = (values + np.uint64(1)) * np.uint64(_MIX)
    values ^= values >> np.uint64(29)
    lengths = texts.str.len_chars().to_numpy().astype(np.int64)
    starts = lengths.cumsum() - lengths
    powers = np.full(int(lengths.max(initial=0)) + 1, _BASE, np.uint64)
    powers[0] = 1
    powers = np.multiply.accumulate(powers)
    steps = powers[:-1] - powers[1:]
    rows = np.arange(len(texts))
    whole = np.zeros(len(texts), np.uint64)
    for at in range(len(powers) - 1):
        rows = rows[lengths[rows] > at]
        whole[rows] += values[starts[rows] + at] * powers[at]
    known = _Known(whole)
    rows = np.arange(len(texts))
    before = np.zeros(len(texts), np.uint64)
    found = _Found(texts, most)
    for at in range(len(powers) - 1):
        rows = rows[lengths[rows] > at]
        here = values[starts[rows] + at]
        left_out = here * powers[at]
        inner = lengths[rows] > at + 1
        then = here.copy()
        then[inner] = values[starts[rows[inner]] + at + 1]
        # Of letters that are the same, the last is the one that is missing; of two exchanged, one order is enough.
        last, rising = ~inner | (then != here), inner & (here < then)
        shorter = before[rows] + (whole[rows] - before[rows] - left_out) * np.uint64(_INVERSE)
        exchanged = whole[rows] + (then - here) * steps[at]
        found.add(_same(whole[rows] - left_out, rows, found.room), at, "replaced")
        found.add(known.find(shorter[last], rows[last], found.room), at, "missing")
        found.add(known.find(exchanged[rising], rows[rising], found.room), at, "exchanged")
        before[rows] += left_out
    return pl.concat(found.pairs), found.limited


class _Found:
    """The pairs so far, the room for more, and whether there was too little."""

    def __init__(self, texts: pl.Series, most: int) -> None:
        import polars as pl

        self._texts = texts
        self.pairs = [pl.DataFrame(schema={"one": pl.UInt32, "two": pl.UInt32})]
        self.room = most
        self.limited = False

    def add(self, found: tuple[Ids, Ids, bool], at: int, edit: str) -> None:
        """More pairs, of which an edit at a place makes equal those whose hashes told the truth."""
        import numpy as np
        import polars as pl

        ones, twos, more = found
        alike = _equal(self._texts.gather(ones), self._texts.gather(twos), at, edit)
        pairs = pl.DataFrame({"one": np.minimum(ones, twos), "two": np.maximum(ones, twos)}).filter(alike)
        self.pairs.append(pairs.cast(pl.UInt32))
        self.room -= pairs.height
        self.limited |= more


class _Known:
    """The hashes of all texts, to find texts by them."""

    def __init__(self, whole: Hashes) -> None:
        import numpy as np

        self._places = np.argsort(whole)
        self._ordered = whole[self._places]
        self._marks = np.zeros(2**_BITS, bool)
        self._marks[whole >> np.uint64(64 - _BITS)] = True

    def find(self, hashes: Hashes, rows: Ids, most: int) -> tuple[Ids, Ids, bool]:
        """The rows whose hash is that of a text, and the places of these; and whether there are more than so many."""
        import numpy as np

        likely = self._marks[hashes >> np.uint64(64 - _BITS)].nonzero()[0]
        hashes, rows = hashes[likely], rows[likely]
        at = np.minimum(np.searchsorted(self._ordered, hashes), len(self._ordered) - 1)
        there = self._ordered[at] == hashes
        rows, at = rows[there], at[there]
        if more := len(rows) > most:
            _, of, sizes = np.unique(at, return_inverse=True, return_counts=True)
            kept = _smallest(sizes, most)[of]
            rows, at = rows[kept], at[kept]
        return rows, self._places[at], more


def _same(hashes: Hashes, rows: Ids, most: int) -> tuple[Ids, Ids, bool]:
    """The pairs of rows with one hash, and whether there are more than so many."""
    import numpy as np

    order = np.argsort(hashes)
    ordered = hashes[order]
    begins = np.concatenate([[True], ordered[1:] != ordered[:-1]]).nonzero()[0]
    sizes = np.diff(begins, append=len(ordered))
    several = sizes > 1
    begins, sizes = begins[several], sizes[several]
    kept = _smallest(sizes * (sizes - 1) // 2, most)
    ends = np.repeat((begins + sizes)[kept], sizes[kept])
    at = np.flatnonzero(_spread(begins[kept], sizes[kept], len(ordered)))
    ones, twos = [at[:0]], [at[:0]]
    for step in range(1, int(sizes[kept].max(initial=0))):
        inside = at + step < ends
        at, ends = at[inside], ends[inside]
        ones.append(at)
        twos.append(at + step)
    return rows[order[np.concatenate(ones)]], rows[order[np.concatenate(twos)]], not kept.all()


def _spread(begins: Ids, sizes: Ids, length: int) -> NDArray[np.bool_]:
    """Which of so many places lie within some stretches. *Shape:* (length,)"""
    import numpy as np

    steps = np.zeros(length + 1, np.int8)
    steps[begins] += 1
    steps[begins + sizes] -= 1
    return steps.cumsum()[:-1] > 0


def _smallest(sizes: Ids, most: int) -> NDArray[np.bool_]:
    """The smallest groups that hold so many pairs together. *Shape:* (groups,)"""
    import numpy as np

    order = np.argsort(sizes, kind="stable")
    kept = np.zeros(len(sizes), bool)
    kept[order[sizes[order].cumsum() <= most]] = True
    return kept


def _equal(ones: pl.Series, twos: pl.Series, at: int, edit: str) -> pl.Series:
    """Which pairs an edit at a place makes equal: their hashes alone do not prove it."""
    one, two = ones.str, twos.str
    if edit == "replaced":
        behind = one.slice(at + 1) == two.slice(at + 1)
    elif edit == "missing":
        behind = one.slice(at + 1) == two.slice(at)
    else:
        behind = one.slice(at + 1, 1) + one.slice(at, 1) + one.slice(at + 2) == two.slice(at)
    return behind & (one.slice(0, at) == two.slice(0, at))
