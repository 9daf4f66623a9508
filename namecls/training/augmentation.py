"""Data augmentation: training names as people type them, without accents or half typed."""

from __future__ import annotations

import torch
from torch import Tensor

from namecls.config import TrainConfig
from namecls.data.batching import Batch
from namecls.data.spelling import bare_letter
from namecls.data.vocab import FIRST, Vocabulary

_LEAST_LENGTH = 4  # characters of a name that may be cut


class AsTyped:
    """Augment batches at random, as a config says; without augmentation no random numbers are drawn."""

    def __init__(self, config: TrainConfig, vocabulary: Vocabulary, device: torch.device) -> None:
        self._bare_share, self._cut_share = config.accent_dropout, config.cut_short
        ids = {character: i for i, character in enumerate(vocabulary.characters, FIRST)}
        bare = [ids.get(bare_letter(character), i) for character, i in ids.items()]
        self._bare: Tensor = torch.tensor([*range(FIRST), *bare], device=device)

    def __call__(self, batch: Batch) -> Batch:
        """The same batch, some names without accents, or all of them truncated."""
        ids, lengths = batch.ids, batch.lengths
        if self._bare_share:
            chosen = torch.rand(len(ids)) < self._bare_share
            ids = torch.where(chosen[:, None].to(ids.device), self._bare[ids], ids)
        length = ids.shape[1]
        if self._cut_share and float(torch.rand(())) < self._cut_share and length >= _LEAST_LENGTH:
            kept = int(torch.randint((length + 1) // 2, length, ()))
            ids, lengths = ids[:, :kept], lengths.clamp(max=kept)
        return Batch(ids, lengths, batch.labels)
