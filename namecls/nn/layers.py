"""Layers that several networks share: one-hot or embedding input of characters, and dropout."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from namecls.config import ModelConfig
from namecls.data.vocab import FIRST, PADDING
from namecls.nn.weights import check_one_hot


class OneHot(nn.Module):
    """One-hot encoding of character ids; padding and unknown characters are zero vectors.

    The tutorial mapped unknown characters to the apostrophe.
    """

    table: Tensor

    def __init__(self, size: int) -> None:
        super().__init__()
        self.width = size - FIRST
        check_one_hot(self.width)
        self.register_buffer("table", self._rows(), persistent=False)

    def _rows(self) -> Tensor:
        # Looking rows up in a fixed table is the same as building one-hot vectors, and quicker.
        return torch.cat([torch.zeros(FIRST, self.width), torch.eye(self.width)])

    def restore(self) -> None:
        """Rebuild the table of a module made on the meta device."""
        self.table = self._rows()

    def vectors(self) -> Tensor:
        """The vector of every id. *Shape:* (ids, characters)"""
        return self.table

    def forward(self, ids: Tensor) -> Tensor:
        """*Shape:* (batch, length) -> (batch, length, characters)."""
        return F.embedding(ids, self.table)


class Embedding(nn.Embedding):
    """Learned embedding of character ids."""

    def reset_parameters(self) -> None:
        # Normal random numbers that are never drawn, on the meta device, make torch import its compiler: a second.
        if not self.weight.is_meta:
            super().reset_parameters()

    def vectors(self) -> Tensor:
        """The vector of every id. *Shape:* (ids, features)"""
        return self.weight


class Dropout(nn.Module):
    """Inverted dropout: zero activations with probability `p` in training, and scale the rest by 1 / (1 - p).

    `nn.Dropout` draws one random number per activation, which takes longer than what the cell computes. Here 64
    random bits serve four activations: `p` is rounded to a multiple of 1/65,536.
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        self.zeroed = round(p * 65_536)

    def forward(self, values: Tensor) -> Tensor:
        """*Shape:* any -> the same."""
        if not self.training or not self.zeroed:
            return values
        count = values.numel()
        drawn = torch.empty((count + 3) // 4, dtype=torch.int64, device=values.device).random_(-(2**63), None)
        chance = drawn.view(torch.int16)[:count].view(values.shape)  # even from -32,768 to 32,767
        return values * (chance >= self.zeroed - 32_768).to(values.dtype).mul_(
            65_536 / (65_536 - self.zeroed)
        )


def character_input(config: ModelConfig, characters: int) -> OneHot | Embedding:
    """Build the input layer that a config asks for: character ids to vectors."""
    if config.input == "onehot":
        return OneHot(characters)
    return Embedding(characters, config.embedding_size, padding_idx=PADDING)
