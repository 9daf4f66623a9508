"""The forward pass of a network by numpy: the same logits as from `NameClassifier`, up to the last bits of a float.

It needs no torch, and a process that has nothing else to do starts in a fraction of the time. Nothing is trained here.

Names of similar length are computed together. Padding never reaches the numbers: the state of a name that has ended
stays as it is, and what pooling and convolutions see of it is masked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from namecls.config import ModelConfig
from namecls.data.vocab import FIRST, PADDING, EncodedNames, Vocabulary
from namecls.nn.hashing import EDGE, FACTOR, MIX, WORD

Floats: TypeAlias = NDArray[np.float32]
Ints: TypeAlias = NDArray[np.int64]

_NAMES = 512  # in a batch
_CHARACTERS = 2**14  # in a batch: the outputs at each are held


class PlainClassifier:
    """A network whose weights are arrays.

    :param weights: as the file has them.
    """

    def __init__(self, config: ModelConfig, labels: int, weights: Mapping[str, NDArray[Any]]) -> None:
        self.config, self.labels = config, labels
        self._scales, self._offsets = weights["scales"], weights["offsets"]
        self._members = [
            [
                _part(config, kind, _below(weights, f"members.{member}.parts.{place}."))
                for place, kind in enumerate(kinds)
            ]
            for member, kinds in enumerate(config.members)
        ]

    def logits_of_names(self, names: Sequence[str], vocabulary: Vocabulary) -> Floats:
        """Logits of names. *Shape:* (names, labels)"""
        encoded = vocabulary.encode_all(names)
        found = np.empty((len(names), self.labels), dtype=np.float32)
        for rows, ids, lengths in _batches(encoded):
            found[rows] = self.forward(ids, lengths)
        return found

    def forward(self, ids: Ints, lengths: Ints) -> Floats:
        """Logits of a batch.

        :param ids: padded at the end. *Shape:* (batch, length)
        :param lengths: *Shape:* (batch,)
        """
        answers: list[Floats] = [
            np.add.reduce([part(ids, lengths) for part in parts]) for parts in self._members
        ]
        if len(answers) > 1:
            scaled = [
                _log_softmax(logits * scale) for logits, scale in zip(answers, self._scales, strict=True)
            ]
            answers = [np.add.reduce(scaled) / np.float32(len(scaled))]
        found: Floats = answers[0] - self._offsets
        return found


class _Linear:
    def __init__(self, weights: Mapping[str, NDArray[Any]], name: str) -> None:
        self._weight, self._bias = weights[f"{name}.weight"].T, weights[f"{name}.bias"]

    def __call__(self, values: Floats) -> Floats:
        found: Floats = values @ self._weight + self._bias
        return found


class _Recurrent:
    """RNN, LSTM or GRU, pooled over time steps; see `recurrent`."""

    def __init__(self, config: ModelConfig, kind: str, weights: Mapping[str, NDArray[Any]]) -> None:
        self._hidden, self._pooling = config.hidden_size, config.pooling
        ends = ("", "_reverse")[: 2 if config.bidirectional else 1]
        self._step = _STEPS[kind]
        self._input = _vectors(weights)
        self._layers = [
            [_Cell(kind, weights, f"l{layer}{end}") for end in ends] for layer in range(config.layers)
        ]
        self._linear = _Linear(weights, "linear")

    def __call__(self, ids: Ints, lengths: Ints) -> Floats:
        # The first layer's part of the gates is looked up: a name holds few different characters.
        characters, places = np.unique(ids, return_inverse=True)
        places = places.reshape(ids.shape)
        vectors = self._input(characters)
        outputs: Floats | None = None
        for cells in self._layers:
            both, lasts = [], []
            for backward, cell in enumerate(cells):
                gates = cell.inputs(vectors)[places] if outputs is None else cell.inputs(outputs)
                found, last = self._run(cell, gates, lengths, backward=bool(backward))
                both.append(found)
                lasts.append(last)
            outputs = np.concatenate(both, 2)
        assert outputs is not None
        last = np.concatenate(lasts, 1)
        if self._pooling == "last":
            return self._linear(last)
        inside = (np.arange(ids.shape[1]) < lengths[:, None])[..., None]
        mean = outputs.sum(1, where=inside) / lengths[:, None].astype(np.float32)
        if self._pooling == "mean":
            return self._linear(mean)
        highest = outputs.max(1, where=inside, initial=-np.inf)
        if self._pooling == "max":
            return self._linear(highest)
        return self._linear(np.concatenate([last, mean, highest], 1))

    def _run(self, cell: _Cell, gates: Floats, lengths: Ints, *, backward: bool) -> tuple[Floats, Floats]:
        """Outputs at each time step, and the last: for the backward direction those at the first character.

        *Shape:* gates (batch, length, gates * hidden) -> (batch, length, hidden), (batch, hidden)
        """
        batch, length, _ = gates.shape
        outputs = np.zeros((batch, length, self._hidden), dtype=np.float32)
        state = np.zeros((batch, self._hidden), dtype=np.float32)
        memory = np.zeros_like(state)
        steps = range(length - 1, -1, -1) if backward else range(length)
        for place in steps:
            here = np.flatnonzero(lengths > place)
            rows: Any = slice(None) if len(here) == batch else here
            state[rows], memory[rows] = self._step(cell, gates[rows, place], state[rows], memory[rows])
            outputs[rows, place] = state[rows]
        return outputs, state


class _Cell:
    """One direction of one layer: its weights, biases that may be added before taken together."""

    def __init__(self, kind: str, weights: Mapping[str, NDArray[Any]], end: str) -> None:
        w_ih, w_hh, b_ih, b_hh = (
            weights[f"cell.{name}_{end}"] for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        )
        self._weight = w_ih.T
        self.recurrent = np.ascontiguousarray(w_hh.T)
        self.inner = b_hh[-len(b_hh) // 3 :] if kind == "gru" else b_hh[:0]  # which the reset gate multiplies
        self._bias = b_ih + b_hh
        if kind == "gru":
            self._bias[-len(self.inner) :] = b_ih[-len(self.inner) :]

    def inputs(self, values: Floats) -> Floats:
        """The input's part of all gates. *Shape:* (..., features) -> (..., gates * hidden)"""
        found: Floats = values @ self._weight + self._bias
        return found


def _rnn(cell: _Cell, gates: Floats, state: Floats, memory: Floats) -> tuple[Floats, Floats]:
    return np.tanh(gates + state @ cell.recurrent), memory


def _lstm(cell: _Cell, gates: Floats, state: Floats, memory: Floats) -> tuple[Floats, Floats]:
    enter, forget, new, leave = np.split(gates + state @ cell.recurrent, 4, axis=1)
    memory = _sigmoid(forget) * memory + _sigmoid(enter) * np.tanh(new)
    return _sigmoid(leave) * np.tanh(memory), memory


def _gru(cell: _Cell, gates: Floats, state: Floats, memory: Floats) -> tuple[Floats, Floats]:
    size = state.shape[1]
    products = state @ cell.recurrent
    both = _sigmoid(gates[:, : 2 * size] + products[:, : 2 * size])
    reset, update = both[:, :size], both[:, size:]
    new = np.tanh(gates[:, 2 * size :] + reset * (products[:, 2 * size :] + cell.inner))
    return new + update * (state - new), memory


_STEPS = {"rnn": _rnn, "lstm": _lstm, "gru": _gru}


class _Convolutional:
    """Convolutions of several widths, max-over-time pooling; see `convolution`."""

    def __init__(self, config: ModelConfig, weights: Mapping[str, NDArray[Any]]) -> None:
        self._input, self._edges = _vectors(weights), weights["edges"]
        self._filters = [
            (size, weights[f"filters.{place}.weight"].transpose(2, 1, 0), weights[f"filters.{place}.bias"])
            for place, size in enumerate(range(2, config.widest + 1))
        ]
        self._linear = _Linear(weights, "linear")

    def __call__(self, ids: Ints, lengths: Ints) -> Floats:
        batch, length = ids.shape
        most = max(size // 2 for size, _, _ in self._filters)
        values = np.zeros((batch, length + 2 + 2 * most, self._edges.shape[1]), dtype=np.float32)
        values[:, most + 1 : most + 1 + length] = self._input(ids)
        values[:, most] = self._edges[0]
        values[np.arange(batch), most + 1 + lengths] = self._edges[1]
        inside = np.arange(length + 2) <= (lengths + 1)[:, None]
        found = []
        for size, weight, bias in self._filters:
            begin = most - size // 2
            activations = np.add.reduce(
                [values[:, begin + at : begin + at + length + 2] @ weight[at] for at in range(size)]
            )
            # Nothing is below 0 after the ReLU, so that padding masked to 0 never is the maximum.
            found.append((np.maximum(activations + bias, 0) * inside[..., None]).max(1))
        return self._linear(np.concatenate(found, 1))


class _Ngrams:
    """Mean of the rows of hashed pieces, an optional hidden layer; see `ngrams`."""

    def __init__(self, config: ModelConfig, weights: Mapping[str, NDArray[Any]]) -> None:
        self._config, self._table = config, weights["table"]  # in half precision: rows are restored when read
        self._space = int(weights["space"]) if config.ngram_words else None
        self._hidden = _Linear(weights, "hidden") if config.ngram_hidden else None
        self._linear = _Linear(weights, "linear")

    def __call__(self, ids: Ints, lengths: Ints) -> Floats:
        rows, real = self._pieces(ids, lengths)
        values = self._table[rows].astype(np.float32)
        bag: Floats = values.sum(1, where=real[..., None]) / np.maximum(real.sum(1, keepdims=True), 1).astype(
            np.float32
        )
        if self._hidden is not None:
            bag = np.concatenate([bag, np.maximum(self._hidden(bag), 0)], 1)
        return self._linear(bag)

    def _pieces(self, ids: Ints, lengths: Ints) -> tuple[Ints, NDArray[np.bool_]]:
        """Rows of all pieces, and which are no padding. *Shape:* both (batch, pieces)"""
        config, length = self._config, ids.shape[1]
        ends, places = (lengths + 1)[:, None], np.arange(length + 2)
        letters = np.pad(ids, ((0, 0), (1, 1)), constant_values=EDGE)
        letters = np.where(places >= ends, EDGE, letters)
        rows, real = [], []
        hashes = np.zeros_like(letters)
        for size in range(1, min(config.ngram_longest, length + 2) + 1):
            hashes = hashes[:, : length + 3 - size] * FACTOR + letters[:, size - 1 :] + 1
            if size >= config.ngram_shortest:
                rows.append(_rows(hashes, config.buckets))
                real.append(places[: length + 3 - size] <= ends + 1 - size)
        if self._space is not None:
            word, words = np.full(len(ids), WORD, dtype=np.int64), []
            for step in ids.T:
                word = np.where(step == self._space, WORD, word * FACTOR + step + 1)
                words.append(word)
            inside = (places[:length] < lengths[:, None]) & (ids != self._space)
            follows = np.pad(inside[:, 1:], ((0, 0), (0, 1)))
            rows.append(_rows(np.stack(words, 1), config.buckets))
            real.append(inside & ~follows)
        return np.concatenate(rows, 1), np.concatenate(real, 1)


def _rows(hashes: Ints, buckets: int) -> Ints:
    found: Ints = (((hashes ^ (hashes >> 31)) * MIX) >> 24) & (buckets - 1)
    return found


class _OneHot:
    """One-hot vectors; padding and unknown characters are zeros."""

    def __init__(self, width: int) -> None:
        self._width = width

    def __call__(self, ids: Ints) -> Floats:
        found: Floats = (ids[..., None] == np.arange(FIRST, FIRST + self._width)).astype(np.float32)
        return found


class _Embedding:
    def __init__(self, table: Floats) -> None:
        self._table = table

    def __call__(self, ids: Ints) -> Floats:
        found: Floats = self._table[ids]
        return found


def _vectors(weights: Mapping[str, NDArray[Any]]) -> _OneHot | _Embedding:
    """What makes vectors of character ids."""
    if "input.weight" in weights:
        return _Embedding(weights["input.weight"])
    width = weights["edges"].shape[1] if "edges" in weights else weights["cell.weight_ih_l0"].shape[1]
    return _OneHot(width)


def _part(
    config: ModelConfig, kind: str, weights: Mapping[str, NDArray[Any]]
) -> _Recurrent | _Convolutional | _Ngrams:
    if kind == "ngram":
        return _Ngrams(config, weights)
    return _Convolutional(config, weights) if kind == "cnn" else _Recurrent(config, kind, weights)


def _below(weights: Mapping[str, NDArray[Any]], prefix: str) -> dict[str, NDArray[Any]]:
    """The weights of a part, by their names in it."""
    return {name.removeprefix(prefix): each for name, each in weights.items() if name.startswith(prefix)}


def _batches(encoded: EncodedNames) -> Iterator[tuple[Ints, Ints, Ints]]:
    """Batches of names of similar length: which they are, their ids and their lengths."""
    starts = encoded.lengths.cumsum() - encoded.lengths
    order = np.argsort(encoded.lengths, kind="stable")
    begin = 0
    while begin < len(order):
        end = min(begin + _NAMES, len(order))
        while end > begin + 1 and int(encoded.lengths[order[end - 1]]) * (end - begin) > _CHARACTERS:
            end = begin + (end - begin) // 2
        rows = order[begin:end]
        lengths = encoded.lengths[rows]
        places = np.arange(lengths[-1])
        ids = encoded.ids.take(starts[rows][:, None] + places, mode="clip").astype(np.int64)
        ids[places >= lengths[:, None]] = PADDING
        yield rows, ids, lengths
        begin = end


def _sigmoid(values: Floats) -> Floats:
    # By tanh, which overflows nowhere.
    found: Floats = np.float32(0.5) * np.tanh(np.float32(0.5) * values) + np.float32(0.5)
    return found


def _log_softmax(logits: Floats) -> Floats:
    shifted = logits - logits.max(1, keepdims=True)
    found: Floats = shifted - np.log(np.exp(shifted).sum(1, keepdims=True))
    return found
