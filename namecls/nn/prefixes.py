"""What names have in common at their beginnings, so that a network reads it once.

Sorted, names that begin alike stand beside each other. What a name shares with the one before or behind it is its
*head*, the rest its *tail*. The heads of a block of names are the nodes of a trie, level by level; most of what is to
be read are tails, each the affair of one name. Read from the end, the same holds for endings.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from namecls.data.vocab import EncodedNames

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_WINDOW = 24  # characters that are sorted by and compared: what long names share behind them is read for each


class Level(NamedTuple):
    """Nodes at one depth of a trie: all prefixes of one length that several names share.

    *Shape:* all (nodes,). `parents` are numbers of nodes, 0 the empty prefix; `places` point at the last character
    of each prefix in the flat array of ids.
    """

    parents: NDArray[np.int64]
    places: NDArray[np.int64]


class Block(NamedTuple):
    """Some names that stand beside each other when sorted.

    *Shape:* all but `levels` (names,). `names` are their numbers, `heads` the node that each name's head ends in,
    `places` where its tail begins in the flat array of ids, `tails` how long it is, longest first.
    """

    levels: list[Level]
    names: NDArray[np.int64]
    heads: NDArray[np.int64]
    places: NDArray[np.int64]
    tails: NDArray[np.int64]


class Reading(NamedTuple):
    """All names in one direction. `step` is 1 or -1: where the next character of a name stands."""

    order: NDArray[np.int64]
    shared: NDArray[np.int64]  # characters that each name of the order shares with the one before it
    begins: NDArray[np.int64]
    lengths: NDArray[np.int64]
    step: int

    def blocks(self, size: int) -> Iterator[slice]:
        """The order in pieces."""
        return (slice(i, min(i + size, len(self.order))) for i in range(0, len(self.order), size))

    def block(self, piece: slice) -> Block:
        """The heads and tails of a piece of the order."""
        import numpy as np

        begins, lengths = self.begins[piece], self.lengths[piece]
        before = self.shared[piece].copy()
        before[0] = 0  # what it shares with another block is read in both
        heads = np.maximum(before, np.append(before[1:], 0))
        nodes = np.zeros(len(heads), dtype=np.int64)
        levels: list[Level] = []
        above, last, count = np.zeros(1, dtype=np.int64), 0, 1
        for depth in range(int(heads.max())):
            new = np.flatnonzero((before <= depth) & (depth < heads))
            levels.append(
                Level(last + np.searchsorted(above, new, side="right") - 1, begins[new] + self.step * depth)
            )
            ends = np.flatnonzero(heads == depth + 1)
            nodes[ends] = count + np.searchsorted(new, ends, side="right") - 1
            above, last, count = new, count, count + len(new)
        tails = lengths - heads
        longest_first = np.argsort(-tails, kind="stable")
        return Block(
            levels,
            self.order[piece][longest_first],
            nodes[longest_first],
            (begins + self.step * heads)[longest_first],
            tails[longest_first],
        )


def read_forward(encoded: EncodedNames) -> Reading:
    """The names from their beginnings."""
    return _sort(encoded, encoded.lengths.cumsum() - encoded.lengths, 1)


def read_backward(encoded: EncodedNames) -> Reading:
    """The names from their ends."""
    return _sort(encoded, encoded.lengths.cumsum() - 1, -1)


def _sort(encoded: EncodedNames, begins: NDArray[np.int64], step: int) -> Reading:
    import numpy as np

    ids, lengths = encoded
    window = min(_WINDOW, int(lengths.max()))
    kind = np.dtype(np.min_scalar_type(int(ids.max())))
    per_word = 8 // kind.itemsize
    keys = np.zeros((len(lengths), -(-window // per_word) * per_word), dtype=kind.newbyteorder(">"))
    for depth in range(window):
        reach = np.flatnonzero(lengths > depth)
        keys[reach, depth] = ids[begins[reach] + step * depth]
    words = keys.view(">u8").astype(np.uint64)
    order = np.lexsort(words.T[::-1])
    keys = keys[order]
    lengths = lengths[order]
    differ = keys[1:] != keys[:-1]
    same = np.where(differ.any(1), differ.argmax(1), window)
    shared = np.zeros(len(order), dtype=np.int64)
    shared[1:] = np.minimum(same, np.minimum(lengths[1:], lengths[:-1]))
    return Reading(order, shared, begins[order], lengths, step)
