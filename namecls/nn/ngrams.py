"""Bag of hashed character n-grams (as in fastText): the mean of their embeddings, then a linear layer.

    ids (batch, length) -> hashes of all n-grams (batch, n-grams) -> mean of their rows
        -> (batch, size) -> linear -> logits (batch, labels)

With `ngram_hidden`, a hidden layer's output is concatenated to the mean:

    (batch, size) -> hidden, relu -> (batch, hidden) -> beside the mean (batch, size + hidden) -> linear

The network of Joulin et al., Bag of Tricks for Efficient Text Classification, EACL 2017,
https://arxiv.org/abs/1607.01759: n-grams are not listed but hashed, so that two may share a row.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from namecls.config import ModelConfig
from namecls.nn.hashing import EDGE, FACTOR, MIX, WORD
from namecls.nn.layers import Dropout


class NgramClassifier(nn.Module):
    """Mean of the embeddings of hashed n-grams, an optional hidden layer, and a linear layer.

    :param labels: number of labels.
    """

    space: Tensor | None

    def __init__(self, config: ModelConfig, labels: int) -> None:
        super().__init__()
        self.config = config
        # Rows of n-grams that never occur in training keep their initial values, which therefore are small.
        self.table = nn.Parameter(torch.empty(config.buckets, config.ngram_size))
        if not self.table.is_meta:
            nn.init.uniform_(self.table, -1 / config.ngram_size, 1 / config.ngram_size)
        # The id of the character between words, which `NameClassifier.know` writes; -1: there is none.
        self.register_buffer("space", torch.tensor(-1) if config.ngram_words else None)
        self.dropout = Dropout(config.dropout)
        hidden = config.ngram_hidden
        self.hidden = nn.Linear(config.ngram_size, hidden) if hidden else None
        self.linear = nn.Linear(config.ngram_size + hidden, labels)

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """Forward pass: logits. *Shape:* ids (batch, length), lengths (batch,) on the CPU -> (batch, labels)"""
        logits: Tensor = self.linear(self.features(ids, lengths))
        return logits

    def features(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """One vector per name, the input of the linear layer. *Shape:* (batch, ngram_size + ngram_hidden)"""
        return self._with_hidden(self.dropout(self.mean(ids, lengths)))

    def inputs(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """The embedding of each piece. *Shape:* (batch, pieces, size)

        :param ids: of names that have equally many pieces: copies of one name, without padding.
        """
        rows, real = self.hash_pieces(ids, lengths)
        return self.table[rows[real].view(len(ids), -1)]

    def forward_from(self, inputs: Tensor, lengths: Tensor) -> Tensor:  # noqa: ARG002
        """The forward pass from `inputs` on, without dropout. *Shape:* (batch, labels)"""
        logits: Tensor = self.linear(self._with_hidden(inputs.mean(1)))
        return logits

    def _with_hidden(self, bag: Tensor) -> Tensor:
        if self.hidden is None:
            return bag
        return torch.cat([bag, self.dropout(F.relu(self.hidden(bag)))], 1)

    def mean(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """Mean of the embeddings of all pieces. *Shape:* (batch, ngram_size)"""
        rows, real = self.hash_pieces(ids, lengths)
        weights = real.to(self.table)
        if self.training and self.config.ngram_dropout:
            weights = weights * (torch.rand(rows.shape, device=rows.device) >= self.config.ngram_dropout)
        weights = weights / weights.sum(1, keepdim=True).clamp(min=1)
        starts = torch.arange(0, rows.numel(), rows.shape[1], device=rows.device)
        return F.embedding_bag(
            rows.flatten(),
            self.table,
            starts,
            mode="sum",
            per_sample_weights=weights.flatten(),
            sparse=self.training,
        )

    def hash_pieces(self, ids: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Hash n-grams, and words with `ngram_words`, to rows of the table; and a mask of those that are no padding.

        *Shape:* both (batch, pieces)
        """
        config = self.config
        rows, real = hash_ngrams(ids, lengths, config.ngram_shortest, config.ngram_longest, config.buckets)
        if self.space is None:
            return rows, real
        words, whole = hash_words(ids, lengths, int(self.space), config.buckets)
        return torch.cat([rows, words], 1), torch.cat([real, whole], 1)

    def pieces_of(self, characters: Sequence[str], ids: Sequence[int]) -> list[str]:
        """The pieces of one name as text, without padding, in the order of `hash_pieces`."""
        config = self.config
        ngrams = ngrams_of(["^", *characters, "$"], config.ngram_shortest, config.ngram_longest)
        return ngrams if self.space is None else ngrams + words_of(characters, ids, int(self.space))


def hash_ngrams(
    ids: Tensor, lengths: Tensor, shortest: int, longest: int, buckets: int
) -> tuple[Tensor, Tensor]:
    """Hash the n-grams of each name, with an edge mark before and after it, to rows of the table.

    :param ids: *Shape:* (batch, length), padded at the end
    :param lengths: on the CPU. *Shape:* (batch,)
    :param shortest: at most 3, the least that a name has with its edges.
    :param buckets: a power of two.
    :return: rows, and the mask of those that are no padding. *Shape:* both (batch, n-grams)
    """
    batch, length = ids.shape
    ends = (lengths + 1).to(ids.device)[:, None]
    places = torch.arange(length + 2, device=ids.device)
    letters = F.pad(ids, (1, 1), value=EDGE)
    letters = torch.where(places >= ends, EDGE, letters)
    rows, real = [], []
    hashes = torch.zeros_like(letters)
    for size in range(1, min(longest, length + 2) + 1):
        hashes = hashes[:, : length + 3 - size] * FACTOR + letters[:, size - 1 :] + 1
        if size >= shortest:
            rows.append(_rows(hashes, buckets))
            real.append((places[: length + 3 - size] <= ends + 1 - size).expand(batch, -1))
    return torch.cat(rows, 1), torch.cat(real, 1)


def hash_words(ids: Tensor, lengths: Tensor, space: int, buckets: int) -> tuple[Tensor, Tensor]:
    """Hash whole words to rows of the table, at the positions of their last characters.

    :param space: the id between words.
    :return: rows, and where a word ends. *Shape:* both (batch, length)
    """
    length = ids.shape[1]
    hashes, steps = ids.new_full((len(ids),), WORD), []
    for step in ids.unbind(1):
        hashes = torch.where(step == space, WORD, hashes * FACTOR + step + 1)
        steps.append(hashes)
    places, ends = torch.arange(length, device=ids.device), lengths.to(ids.device)[:, None]
    inside = (places < ends) & (ids != space)
    follows = F.pad(inside[:, 1:], (0, 1))
    return _rows(torch.stack(steps, 1), buckets), inside & ~follows


def _rows(hashes: Tensor, buckets: int) -> Tensor:
    return (((hashes ^ (hashes >> 31)) * MIX) >> 24) & (buckets - 1)


def ngrams_of(characters: Sequence[str], shortest: int, longest: int) -> list[str]:
    """The n-grams of some characters, edges included, in the order of `hash_ngrams`."""
    return [
        "".join(characters[start : start + size])
        for size in range(shortest, min(longest, len(characters)) + 1)
        for start in range(len(characters) - size + 1)
    ]


def words_of(characters: Sequence[str], ids: Sequence[int], space: int) -> list[str]:
    """The words of some characters, in the order of `hash_words`.

    :param ids: of the characters.
    :param space: the id between words.
    """
    words = [""]
    for character, id_ in zip(characters, ids, strict=True):
        if id_ == space:
            words.append("")
        else:
            words[-1] += character
    return [word for word in words if word]
