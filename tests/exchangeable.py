"""Made-up rows whose true probabilities are known, and a network that is wrong about them in a known way."""

from __future__ import annotations

import torch
from torch import Tensor


def drawn(
    rows: int, seed: int, sharpness: float, labels: int = 10, spread: float = 2.0
) -> tuple[Tensor, Tensor]:
    """Logits that are `sharpness` times too sure, and labels drawn with the true probabilities.

    :param spread: of the true logits: the higher, the more often one label is as good as certain.

    *Shape:* (rows, labels), (rows,)
    """
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn(rows, labels, generator=generator) * spread
    target = torch.multinomial(logits.softmax(1), 1, generator=generator)[:, 0]
    return logits * sharpness, target
