"""Dataset, batch sampler and collate function for names: batches of equal length, with next to no padding.

Names of one length need no padding and no packing, and the last output of the network is simply the last one.
That makes a step about twice as fast as a padded one. So the sampler fills batches with names of equal length,
and puts only what is left over of each length together.

    dataset = NameDataset(names, label_ids, vocabulary)
    sampler = LengthBatchSampler(dataset.lengths, batch_size=128, seed=0)
    for batch in DataLoader(dataset, batch_sampler=sampler, collate_fn=collate): ...
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset, Sampler

from namecls.data.vocab import PADDING, Vocabulary

if TYPE_CHECKING:
    import polars as pl

#: Names that are encoded at once.
_BLOCK = 50_000


class Batch(NamedTuple):
    """A batch of encoded names and their labels.

    *Shape:* `ids` (batch, length) int64, padded at the end with 0; `lengths` (batch,) int64 on the CPU, where
    PyTorch's packing wants them; `labels` (batch,) int64.
    """

    ids: Tensor
    lengths: Tensor
    labels: Tensor

    def to(self, device: torch.device) -> Batch:
        """The same batch on a device; the lengths stay on the CPU."""
        return Batch(self.ids.to(device), self.lengths, self.labels.to(device))


class NameDataset(Dataset[tuple[Tensor, int]]):
    """Dataset of encoded names with the ids of their labels.

    All names stand in one flat array: a million of them take some 30 MB.

    :param label_ids: one per name.
    :param weights: how many people each row stands for; None: one each.
    """

    def __init__(
        self,
        names: Sequence[str] | pl.Series,
        label_ids: Sequence[int] | NDArray[np.integer[Any]],
        vocabulary: Vocabulary,
        weights: NDArray[np.float64] | None = None,
    ) -> None:
        # Block by block, since a name takes some ten times as much as a Python object as it does encoded.
        starts = range(0, max(len(names), 1), _BLOCK)
        blocks = [vocabulary.encode_all(list(names[start : start + _BLOCK])) for start in starts]
        self._set(
            torch.from_numpy(np.concatenate([block.ids for block in blocks])),
            torch.from_numpy(np.concatenate([block.lengths for block in blocks])),
            torch.tensor(label_ids, dtype=torch.int64),
        )
        self.weights = torch.tensor(weights, dtype=torch.float64) if weights is not None else None

    @classmethod
    def of_encoded(cls, ids: Tensor, lengths: Tensor, labels: Tensor) -> NameDataset:
        """A dataset of what the fields of another hold; without weights."""
        made = cls.__new__(cls)
        made._set(ids, lengths, labels)
        made.weights = None
        return made

    def _set(self, ids: Tensor, lengths: Tensor, labels: Tensor) -> None:
        self.ids, self.lengths, self.labels = ids, lengths, labels
        self.starts = torch.cumsum(lengths, 0) - lengths

    def part(self, first: int, last: int) -> NameDataset:
        """Some of its names, one after the other; without weights."""
        lengths = self.lengths[first:last]
        start = int(self.starts[first]) if len(lengths) else 0
        return self.of_encoded(self.ids[start : start + int(lengths.sum())], lengths, self.labels[first:last])

    def __len__(self) -> int:
        return len(self.labels)

    def __repr__(self) -> str:
        return f"<NameDataset: {len(self):,} names, {len(self.ids):,} characters>"

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        """One name. *Shape:* ids (length,)."""
        start, length = int(self.starts[index]), int(self.lengths[index])
        return self.ids[start : start + length].long(), int(self.labels[index])

    def __getitems__(self, indices: Sequence[int]) -> Batch:
        """Batched fetch for `DataLoader`: the names at these indices, as one batch."""
        return self.batch(torch.as_tensor(indices))

    def batch(self, indices: Tensor, longest: int = 0) -> Batch:
        """The names at these indices, as one batch. *Shape:* indices (batch,).

        :param longest: the length to which they are padded at least.
        """
        lengths = self.lengths[indices]
        longest = max(longest, int(lengths.max()))
        positions = torch.arange(longest)
        places = self.starts[indices, None] + positions
        inside = positions < lengths[:, None]
        if bool(inside.all()):
            ids = self.ids[places].long()
        else:
            ids = self.ids[places.clamp_(max=len(self.ids) - 1)].long().masked_fill_(~inside, PADDING)
        return Batch(ids, lengths, self.labels[indices])


def collate(items: Batch | Sequence[tuple[Tensor, int]]) -> Batch:
    """Items of a `NameDataset` as one padded batch; a batch that already is one stays as it is."""
    if isinstance(items, Batch):
        return items
    ids = torch.nn.utils.rnn.pad_sequence([i for i, _ in items], batch_first=True, padding_value=PADDING)
    return Batch(ids, torch.tensor([len(i) for i, _ in items]), torch.tensor([label for _, label in items]))


class LengthBatchSampler(Sampler[list[int]]):
    """Batch sampler: every index once, in batches of names of equal length, in random order.

    What is left over of each length is put together, neighbours in length first: these few batches are padded.
    The order follows from (seed, epoch) alone, so that a resumed training sees the same batches.

    :param lengths: the length of each name. *Shape:* (names,)
    :param seed: None for batches in order of length, without shuffling.
    """

    def __init__(self, lengths: Tensor, batch_size: int, seed: int | None = None) -> None:
        self.lengths: NDArray[np.int64] = lengths.numpy()
        self.batch_size = batch_size
        self.seed = seed
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Choose the order of the next pass."""
        self.epoch = epoch

    def __len__(self) -> int:
        _, counts = np.unique(self.lengths, return_counts=True)
        full, left = counts // self.batch_size, counts % self.batch_size
        return int(full.sum()) - int(-left.sum() // self.batch_size)

    def batches(self) -> list[NDArray[np.int64]]:
        """The batches of this epoch as index arrays."""
        count, size = len(self.lengths), self.batch_size
        shuffle = np.random.default_rng([self.seed, self.epoch]) if self.seed is not None else None
        order = shuffle.permutation(count) if shuffle else np.arange(count)
        order = order[np.argsort(self.lengths[order], kind="stable")]
        edges = np.flatnonzero(np.diff(self.lengths[order])) + 1
        full: list[NDArray[np.int64]] = []
        rest: list[NDArray[np.int64]] = []
        for same in np.split(order, edges):
            cut = len(same) - len(same) % size
            full.extend(same[i : i + size] for i in range(0, cut, size))
            rest.append(same[cut:])
        left = np.concatenate(rest)
        full.extend(left[i : i + size] for i in range(0, len(left), size))
        if shuffle:
            return [full[i] for i in shuffle.permutation(len(full))]
        return full

    def __iter__(self) -> Iterator[list[int]]:
        return (batch.tolist() for batch in self.batches())
