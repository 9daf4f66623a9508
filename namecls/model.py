"""The network: characters in, logits out.

    ids (batch, length) -> input -> (batch, length, features) -> cell -> (batch, length, hidden)
        -> pooling -> (batch, pooled) -> linear -> logits (batch, labels)

`softmax(logits)` are the probabilities; `cross_entropy(logits, labels)` is what the tutorial writes as LogSoftmax
followed by NLLLoss.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from namecls.batching import LengthBatchSampler, NameDataset
from namecls.config import ModelConfig
from namecls.errors import ConfigError
from namecls.recurrence import can_read, read
from namecls.vocab import FIRST, PADDING

_CELLS: dict[str, type[nn.RNN] | type[nn.LSTM] | type[nn.GRU]] = {
    "rnn": nn.RNN,
    "lstm": nn.LSTM,
    "gru": nn.GRU,
}

_MOST_ONE_HOT = 8192  # characters; the table of so many takes 256 MiB


class OneHot(nn.Module):
    """Each known character as one 1 among zeros; padding and unknown characters as zeros alone.

    An unknown character thus says nothing, where the tutorial took it for an apostrophe.
    """

    table: Tensor

    def __init__(self, size: int) -> None:
        super().__init__()
        self.width = size - FIRST
        if self.width > _MOST_ONE_HOT:
            raise ConfigError(
                f"input onehot takes at most {_MOST_ONE_HOT:,} characters, these are {self.width:,}: "
                "choose the input embedding, or give an alphabet"
            )
        self.register_buffer("table", self._rows(), persistent=False)

    def _rows(self) -> Tensor:
        # Looking rows up in a fixed table is the same as building one-hot vectors, and quicker.
        return torch.cat([torch.zeros(FIRST, self.width), torch.eye(self.width)])

    def restore(self) -> None:
        """Make the table anew, where the module was made on the meta device."""
        self.table = self._rows()

    def vectors(self) -> Tensor:
        """The vector of every id. *Shape:* (ids, characters)"""
        return self.table

    def forward(self, ids: Tensor) -> Tensor:
        """*Shape:* (batch, length) -> (batch, length, characters)."""
        return F.embedding(ids, self.table)


class Embedding(nn.Embedding):
    """A learned vector for each character id."""

    def reset_parameters(self) -> None:
        # Normal random numbers that are never drawn, on the meta device, make torch import its compiler: a second.
        if not self.weight.is_meta:
            super().reset_parameters()

    def vectors(self) -> Tensor:
        """The vector of every id. *Shape:* (ids, features)"""
        return self.weight


class Dropout(nn.Module):
    """Hides a share of the numbers by chance in training, and makes the others as much larger.

    `nn.Dropout` draws one random number for each of them, which takes longer than what the cell computes. A number
    of 64 bits is enough for four: their share is that which was asked for up to 1/65,536.
    """

    def __init__(self, share: float) -> None:
        super().__init__()
        self.hidden = round(share * 65_536)

    def forward(self, values: Tensor) -> Tensor:
        """*Shape:* any -> the same."""
        if not self.training or not self.hidden:
            return values
        count = values.numel()
        drawn = torch.empty((count + 3) // 4, dtype=torch.int64, device=values.device).random_(-(2**63), None)
        chance = drawn.view(torch.int16)[:count].view(values.shape)  # even from -32,768 to 32,767
        return values * (chance >= self.hidden - 32_768).to(values.dtype).mul_(
            65_536 / (65_536 - self.hidden)
        )


class NameClassifier(nn.Module):
    """A character-level recurrent classifier.

    :param characters: number of character ids, padding and unknown among them (`Vocabulary.size`).
    :param labels: number of labels.
    """

    def __init__(self, config: ModelConfig, characters: int, labels: int) -> None:
        super().__init__()
        self.config = config
        self.input: OneHot | Embedding
        if config.input == "onehot":
            self.input = OneHot(characters)
            width = characters - FIRST
        else:
            self.input = Embedding(characters, config.embedding_size, padding_idx=PADDING)
            width = config.embedding_size
        self.cell = _CELLS[config.cell](
            width,
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
        """The unnormalised log-probabilities of all labels.

        :param ids: character ids, padded at the end. *Shape:* (batch, length)
        :param lengths: number of characters of each name, on the CPU, none 0. *Shape:* (batch,)
        :return: *Shape:* (batch, labels)
        """
        logits: Tensor = self.linear(self.dropout(self.read(ids, lengths)))
        return logits

    def read(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """One vector per name. *Shape:* (batch, pooled)

        A network of one layer on the CPU takes the short way, `namecls.recurrence`; others `encode` and `pool`.
        """
        pooling, length = self.config.pooling, ids.shape[1]
        if not can_read(self.cell, ids):
            return self.pool(*self.encode(ids, lengths), lengths)
        same = bool((lengths == length).all())
        readings = read(
            self.cell, self.input.vectors(), ids, None if same else lengths, whole=pooling != "last"
        )
        if pooling == "last":
            return readings.last
        if pooling == "max":
            return readings.highest
        mean = readings.total / (length if same else lengths[:, None].to(readings.total))
        return mean if pooling == "mean" else torch.cat([readings.last, mean, readings.highest], 1)

    def encode(self, ids: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """What the cell puts out at each character, and what it holds at the end.

        :return: outputs (batch, length, directions * hidden), zero on padding; last hidden states of the top
            layer, directions side by side (batch, directions * hidden).
        """
        features = self.input(ids)
        if bool((lengths == ids.shape[1]).all()):
            outputs, state = self.cell(features)
        else:
            # Packing keeps the padding out: otherwise the reading from the end would begin with it, and the
            # last state would be one that has read it.
            packed = pack_padded_sequence(features, lengths, batch_first=True, enforce_sorted=False)
            packed_outputs, state = self.cell(packed)
            outputs, _ = pad_packed_sequence(packed_outputs, batch_first=True, total_length=ids.shape[1])
        hidden: Tensor = (
            state[0] if isinstance(state, tuple) else state
        )  # an LSTM also returns its cell state
        top = hidden[-self.directions :]  # (directions, batch, hidden): the layers below stand before it
        return outputs, top.transpose(0, 1).flatten(1)

    def pool(self, outputs: Tensor, last: Tensor, lengths: Tensor) -> Tensor:
        """One vector per name from the outputs at its characters. *Shape:* (batch, pooled)."""
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

    def restore_constants(self) -> None:
        """Fill in what is not in the weights, where the network was made on the meta device."""
        if isinstance(self.input, OneHot):
            self.input.restore()

    def parameter_count(self) -> int:
        """The number of weights that training moves."""
        return sum(p.numel() for p in self.parameters() if p.requires_grad)


def logits_of(model: NameClassifier, dataset: NameDataset, batch_size: int = 1024) -> Tensor:
    """The logits of all names of a dataset, in its order, without dropout.

    :return: on the CPU. *Shape:* (names, labels)
    """
    device = next(model.parameters()).device
    training = model.training
    model.eval()
    logits = torch.empty(len(dataset), model.linear.out_features)
    with torch.inference_mode():
        for indices in map(torch.from_numpy, LengthBatchSampler(dataset.lengths, batch_size).batches()):
            batch = dataset.batch(indices).to(device)
            logits[indices] = model(batch.ids, batch.lengths).cpu()
    model.train(training)
    return logits
