"""Prefixes and suffixes that names share, so that a recurrent cell runs over each only once.

Sorted, names with a common prefix stand beside each other. What a name shares with the one before or behind it is its
*head*, the rest its *tail*. The heads of a block of names are the nodes of a trie, level by level; most time steps are
those of tails, each of one name. For the backward direction the same holds of suffixes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from namecls.data.vocab import EncodedNames

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_WINDOW = (
    24  # characters that are sorted by and compared: what long names share behind them is computed for each
)


class Level(NamedTuple):
    """Nodes at one depth of a trie: all prefixes of one length that several names share.

    *Shape:* all (nodes,). `parents` are numbers of nodes, 0 the empty prefix; `places` point at the last character
    of each prefix in the flat array of ids.
    """

    parents: NDArray[np.int64]
    places: NDArray[np.int64]


class Block(NamedTuple):
    """A slice of the sorted names.

    *Shape:* all but `levels` (names,). `names` are their numbers, `heads` the node that each name's head ends in,
    `places` where its tail begins in the flat array of ids, `tails` how long it is, longest first.
    """

    levels: list[Level]
    names: NDArray[np.int64]
    heads: NDArray[np.int64]
    places: NDArray[np.int64]
    tails: NDArray[np.int64]


class SortedNames(NamedTuple):
    """All names sorted for one direction of the cell. `step` is 1 or -1: where a name's next character stands."""

    order: NDArray[np.int64]
    shared: NDArray[np.int64]  # characters that each name of the order shares with the one before it
    begins: NDArray[np.int64]
    lengths: NDArray[np.int64]
    step: int

    def blocks(self, size: int) -> Iterator[slice]:
        """Slices of the order, of at most `size` names."""
        return (slice(i, min(i + size, len(self.order))) for i in range(0, len(self.order), size))

    def block(self, piece: slice) -> Block:
        """Heads and tails of a slice of the order."""
        import numpy as np

        begins, lengths = self.begins[piece], self.lengths[piece]
        before = self.shared[piece].copy()
        before[0] = 0  # what it shares with another block is computed in both
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


def sort_forward(encoded: EncodedNames) -> SortedNames:
    """Sort names by their prefixes, for the forward direction."""
    return _sort(encoded, encoded.lengths.cumsum() - encoded.lengths, 1)


def sort_backward(encoded: EncodedNames) -> SortedNames:
    """Sort names by their suffixes, for the backward direction."""
    return _sort(encoded, encoded.lengths.cumsum() - 1, -1)


def _sort(encoded: EncodedNames, begins: NDArray[np.int64], step: int) -> SortedNames:
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
    return SortedNames(order, shared, begins[order], lengths, step)
