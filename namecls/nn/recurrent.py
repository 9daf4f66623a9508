"""Recurrent classifier: RNN, LSTM or GRU over the characters, pooling over time steps, linear layer.

ids (batch, length) -> input -> (batch, length, features) -> cell -> (batch, length, hidden)
    -> pooling -> (batch, pooled) -> linear -> logits (batch, labels)
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from namecls.config import ModelConfig
from namecls.nn.fused import can_fuse, fused_gru
from namecls.nn.layers import Dropout, character_input
from namecls.nn.weights import input_width

_CELLS: dict[str, type[nn.RNN] | type[nn.LSTM] | type[nn.GRU]] = {
    "rnn": nn.RNN,
    "lstm": nn.LSTM,
    "gru": nn.GRU,
}


class RecurrentClassifier(nn.Module):
    """RNN, LSTM or GRU over the characters of a name, pooled over time steps.

    :param kind: rnn, lstm or gru.
    :param characters: number of character ids, padding and unknown among them (`Vocabulary.size`).
    :param labels: number of labels.
    """

    def __init__(self, config: ModelConfig, kind: str, characters: int, labels: int) -> None:
        super().__init__()
        self.config = config
        self.input = character_input(config, characters)
        self.cell = _CELLS[kind](
            input_width(config, characters),
            config.hidden_size,
            num_layers=config.layers,
            bidirectional=config.bidirectional,
            dropout=config.dropout if config.layers > 1 else 0.0,
            batch_first=True,
        )
        self.directions = 2 if config.bidirectional else 1
        pooled = config.hidden_size * self.directions * (3 if config.pooling == "concat" else 1)
        self.dropout = Dropout(config.dropout)
        self.linear = nn.Linear(pooled, labels)

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """Forward pass: unnormalised log-probabilities (logits) of all labels.

        :param ids: character ids, padded at the end. *Shape:* (batch, length)
        :param lengths: number of characters of each name, on the CPU, none 0. *Shape:* (batch,)
        :return: *Shape:* (batch, labels)
        """
        logits: Tensor = self.linear(self.dropout(self.features(ids, lengths)))
        return logits

    def features(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """One vector per name, the input of the linear layer. *Shape:* (batch, pooled)

        A one-layer GRU on the CPU takes the fused forward pass, `namecls.nn.fused`; others `encode` and `pool`.
        """
        pooling, length = self.config.pooling, ids.shape[1]
        if not can_fuse(self.cell, ids):
            return self.pool(*self.encode(ids, lengths), lengths)
        same = bool((lengths == length).all())
        pooled = fused_gru(
            self.cell, self.input.vectors(), ids, None if same else lengths, whole=pooling != "last"
        )
        if pooling == "last":
            return pooled.last
        if pooling == "max":
            return pooled.highest
        mean = pooled.total / (length if same else lengths[:, None].to(pooled.total))
        return mean if pooling == "mean" else torch.cat([pooled.last, mean, pooled.highest], 1)

    def inputs(self, ids: Tensor, lengths: Tensor) -> Tensor:  # noqa: ARG002
        """What the part reads of each character, as numbers. *Shape:* (batch, length, features)"""
        vectors: Tensor = self.input(ids)
        return vectors

    def forward_from(self, inputs: Tensor, lengths: Tensor) -> Tensor:
        """The forward pass from `inputs` on, without dropout. *Shape:* (batch, labels)"""
        logits: Tensor = self.linear(self.pool(*self.run_cell(inputs, lengths), lengths))
        return logits

    def encode(self, ids: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """`run_cell` over the characters."""
        return self.run_cell(self.input(ids), lengths)

    def run_cell(self, features: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Run the cell: outputs at each time step, and the last hidden state.

        :param features: of the characters. *Shape:* (batch, length, features)
        :return: outputs (batch, length, directions * hidden), zero on padding; last hidden states of the top
            layer, directions side by side (batch, directions * hidden).
        """
        if bool((lengths == features.shape[1]).all()):
            outputs, state = self.cell(features)
        else:
            # Packing keeps the padding out: otherwise the backward direction would start with it, and the last
            # hidden state would have seen it.
            packed = pack_padded_sequence(features, lengths, batch_first=True, enforce_sorted=False)
            packed_outputs, state = self.cell(packed)
            outputs, _ = pad_packed_sequence(packed_outputs, batch_first=True, total_length=features.shape[1])
        hidden: Tensor = (
            state[0] if isinstance(state, tuple) else state
        )  # an LSTM also returns its cell state
        top = hidden[-self.directions :]  # (directions, batch, hidden): the layers below stand before it
        return outputs, top.transpose(0, 1).flatten(1)

    def pool(self, outputs: Tensor, last: Tensor, lengths: Tensor) -> Tensor:
        """Pool the outputs over time steps: one vector per name. *Shape:* (batch, pooled)"""
        pooling = self.config.pooling
        if pooling == "last":
            return last
        padding = torch.arange(outputs.shape[1]) >= lengths[:, None]
        any_padding = bool(padding.any())
        padding = padding[..., None].to(outputs.device)
        parts = [last] if pooling == "concat" else []
        if pooling in ("mean", "concat"):
            parts.append(outputs.sum(1) / lengths[:, None].to(outputs))  # outputs are zero on padding
        if pooling in ("max", "concat"):
            highest = outputs.masked_fill(padding, -torch.inf) if any_padding else outputs
            parts.append(highest.amax(1))
        return torch.cat(parts, dim=1) if len(parts) > 1 else parts[0]
