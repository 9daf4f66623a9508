"""Convolutional classifier: 1-d convolutions of several widths, ReLU, max-over-time pooling, linear layer.

    ids (batch, length) -> input -> (batch, features, length + 2) -> filters of each width -> maximum over time
        -> (batch, widths * filters) -> linear -> logits (batch, labels)

The network of Kim, Convolutional Neural Networks for Sentence Classification, EMNLP 2014,
https://arxiv.org/abs/1408.5882, over characters.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from namecls.config import ModelConfig
from namecls.nn.layers import Dropout, character_input
from namecls.nn.weights import input_width


class ConvolutionalClassifier(nn.Module):
    """Convolutions of widths 2 to `config.widest` over the characters, with max-over-time pooling.

    :param characters: number of character ids, padding and unknown among them (`Vocabulary.size`).
    :param labels: number of labels.
    """

    def __init__(self, config: ModelConfig, characters: int, labels: int) -> None:
        super().__init__()
        self.config = config
        self.input = character_input(config, characters)
        width = input_width(config, characters)
        self.edges = nn.Parameter(
            torch.empty(2, width).uniform_(-1, 1)
        )  # before the first letter, after the last
        self.filters = nn.ModuleList(
            nn.Conv1d(width, config.filters, size, padding=size // 2) for size in range(2, config.widest + 1)
        )
        self.dropout = Dropout(config.dropout)
        self.linear = nn.Linear(config.filters * len(self.filters), labels)

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """Forward pass: logits. *Shape:* ids (batch, length), lengths (batch,) on the CPU -> (batch, labels)"""
        logits: Tensor = self.linear(self.dropout(self.features(ids, lengths)))
        return logits

    def features(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """Max-over-time pooling of each filter's activations. *Shape:* (batch, widths * filters)"""
        return self.filter(self.input(ids), lengths)

    def inputs(self, ids: Tensor, lengths: Tensor) -> Tensor:  # noqa: ARG002
        """What the part reads of each character, as numbers. *Shape:* (batch, length, features)"""
        vectors: Tensor = self.input(ids)
        return vectors

    def forward_from(self, inputs: Tensor, lengths: Tensor) -> Tensor:
        """The forward pass from `inputs` on, without dropout. *Shape:* (batch, labels)"""
        logits: Tensor = self.linear(self.filter(inputs, lengths))
        return logits

    def filter(self, inputs: Tensor, lengths: Tensor) -> Tensor:
        """`features` of what was read. *Shape:* (batch, length, features) -> (batch, widths * filters)"""
        length = inputs.shape[1]
        ends = (lengths + 1).to(inputs.device)
        places = torch.arange(length + 2, device=inputs.device)
        values = F.pad(inputs, (0, 0, 1, 1))
        values = torch.where((places == 0)[:, None], self.edges[0], values)
        values = torch.where((places == ends[:, None])[..., None], self.edges[1], values)
        inside = (places <= ends[:, None])[:, None]
        values = values.transpose(1, 2)
        # Nothing is below 0 after the ReLU, so that padding masked to 0 never is the maximum.
        found = [(conv(values)[..., : length + 2].relu() * inside).amax(2) for conv in self.filters]
        return torch.cat(found, 1)
