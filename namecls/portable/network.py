"""NameClassifier as a graph of ONNX: character ids and lengths to probabilities.

The graph computes what `NameClassifier.forward` and `Calibration.probabilities` do in eval mode, up to the last bits
of a float, hashes of n-grams included: who uses it needs the characters of the vocabulary and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from namecls.data.vocab import FIRST
from namecls.nn.convolution import ConvolutionalClassifier
from namecls.nn.hashing import EDGE, FACTOR, MIX, WORD
from namecls.nn.layers import OneHot
from namecls.nn.model import NameClassifier, Part
from namecls.nn.ngrams import NgramClassifier
from namecls.nn.recurrent import RecurrentClassifier
from namecls.portable.graph import Graph

#: What the graph is given: names, and how long each is.
IDS, LENGTHS = "ids", "lengths"
#: What it tells.
PROBABILITIES = "probabilities"

_LEAST = -3e38  # below every output: infinities are left to no runtime
_SIGN = 0xFFFF_FFFE_0000_0000  # the 31 bits that an arithmetic shift to the right by 31 fills
#: In which order ONNX has the gates of a cell that torch has as 0, 1, 2 ...
_GATES = {"rnn": (0,), "gru": (1, 0, 2), "lstm": (0, 3, 1, 2)}
_OPERATORS = {"rnn": "RNN", "gru": "GRU", "lstm": "LSTM"}


@dataclass(frozen=True, slots=True)
class _Names:
    """What all parts read: names in the graph.

    *Shape:* ids (batch, length) and lengths (batch,), int64; `length` (1,).
    """

    ids: str
    lengths: str
    length: str


def probabilities(graph: Graph, model: NameClassifier, temperature: float) -> str:
    """Add a network, and the temperature by which its logits are divided. *Shape:* (batch, labels)"""
    shape = graph.node("Shape", IDS)
    names = _Names(IDS, LENGTHS, graph.slice(shape, 0, 1, 2))
    answers = []
    for member in model.members:
        parts = [_part(graph, part, names) for part in member.parts]  # type: ignore[union-attr]
        answers.append(graph.node("Sum", *parts))
    if len(answers) > 1:
        answers = [
            graph.node("LogSoftmax", graph.node("Mul", each, graph.constant(scale, np.float32)), axis=1)
            for each, scale in zip(answers, model.scales.tolist(), strict=True)
        ]
    logits = graph.node(
        "Sub", graph.node("Mean", *answers), graph.constant(_numbers(model.offsets), np.float32)
    )
    return graph.node("Softmax", graph.node("Div", logits, graph.constant(temperature, np.float32)), axis=1)


def _part(graph: Graph, part: Part, names: _Names) -> str:
    if isinstance(part, NgramClassifier):
        return _linear(graph, _ngrams(graph, part, names), part.linear)
    vectors = _vectors(graph, part, names)
    if isinstance(part, ConvolutionalClassifier):
        return _linear(graph, _convolved(graph, part, names, vectors), part.linear)
    return _linear(graph, _pooled(graph, part, names, vectors), part.linear)


def _linear(graph: Graph, values: str, layer: torch.nn.Linear) -> str:
    bias = graph.constant(_numbers(layer.bias), np.float32)
    return graph.node("Gemm", values, graph.weight(_numbers(layer.weight)), bias, transB=1)


def _vectors(graph: Graph, part: RecurrentClassifier | ConvolutionalClassifier, names: _Names) -> str:
    """*Shape:* (batch, length, features)"""
    if isinstance(part.input, OneHot):
        ids = part.input.width + FIRST
        hot = graph.node(
            "OneHot", names.ids, graph.constant([ids]), graph.constant([0, 1], np.float32), axis=-1
        )
        return graph.slice(hot, 2, FIRST, ids)
    return graph.rows(_numbers(part.input.weight), names.ids)


def _pooled(graph: Graph, part: RecurrentClassifier, names: _Names, vectors: str) -> str:
    """A recurrent part, pooled over time steps. *Shape:* (batch, pooled)"""
    outputs, last = _cell(graph, part, names, vectors)
    if part.config.pooling == "last":
        return last
    places = _range(graph, names.length)
    inside = graph.node("Less", places, _column(graph, names.lengths))
    inside = graph.node("Unsqueeze", inside, graph.constant([2]))

    def over_time(reduce: str, padding: float) -> str:
        real = graph.node("Where", inside, outputs, graph.constant(padding, np.float32))
        return graph.node(reduce, real, graph.constant([1]), keepdims=0)

    pooled = {"last": last}
    if part.config.pooling in ("mean", "concat"):
        count = graph.as_float(_column(graph, names.lengths))
        pooled["mean"] = graph.node("Div", over_time("ReduceSum", 0), count)
    if part.config.pooling in ("max", "concat"):
        pooled["max"] = over_time("ReduceMax", _LEAST)
    if part.config.pooling == "concat":
        return graph.node("Concat", *pooled.values(), axis=1)
    return pooled[part.config.pooling]


def _cell(graph: Graph, part: RecurrentClassifier, names: _Names, vectors: str) -> tuple[str, str]:
    """All layers of a cell: outputs at each time step, and last states.

    *Shape:* (batch, length, directions * hidden) and (batch, directions * hidden)
    """
    kind = part.cell.mode.lower().partition("_")[0]
    hidden, directions = part.config.hidden_size, part.directions
    lengths = graph.cast(names.lengths, "INT32")
    values = graph.node("Transpose", vectors, perm=[1, 0, 2])
    whole = graph.constant([0, 0, directions * hidden])
    state = ""
    attributes = {"linear_before_reset": 1} if kind == "gru" else {}
    for layer in range(part.config.layers):
        ends = [f"l{layer}{end}" for end in ("", "_reverse")[:directions]]

        def stacked(name: str, ends: list[str] = ends) -> NDArray[np.float32]:
            each = [_numbers(getattr(part.cell, f"{name}_{end}")) for end in ends]
            return np.stack([_in_order(weights, _GATES[kind]) for weights in each])

        bias = np.concatenate([stacked("bias_ih"), stacked("bias_hh")], 1)
        outputs, state = graph.nodes(
            _OPERATORS[kind],
            values,
            graph.weight(stacked("weight_ih")),
            graph.weight(stacked("weight_hh")),
            graph.constant(bias, np.float32),
            lengths,
            outputs=2,
            hidden_size=hidden,
            direction="bidirectional" if directions == 2 else "forward",
            **attributes,
        )
        values = graph.node("Reshape", graph.node("Transpose", outputs, perm=[0, 2, 1, 3]), whole)
    last = graph.node("Transpose", state, perm=[1, 0, 2])
    last = graph.node("Reshape", last, graph.constant([0, directions * hidden]))
    return graph.node("Transpose", values, perm=[1, 0, 2]), last


def _in_order(weights: NDArray[np.float32], order: tuple[int, ...]) -> NDArray[np.float32]:
    gates = np.split(weights, len(order))
    return np.concatenate([gates[gate] for gate in order])


def _convolved(graph: Graph, part: ConvolutionalClassifier, names: _Names, vectors: str) -> str:
    """A convolutional part: `ConvolutionalClassifier.filter`. *Shape:* (batch, widths * filters)"""
    length = graph.node("Add", names.length, graph.constant([2]))
    places = _range(graph, length)
    ends = graph.node("Add", _column(graph, names.lengths), graph.constant(1))
    edges = _numbers(part.edges)
    values = graph.node("Pad", vectors, graph.constant([0, 1, 0, 0, 1, 0]))
    for place, edge in ((graph.constant(0), edges[0]), (ends, edges[1])):
        there = graph.node("Unsqueeze", graph.node("Equal", places, place), graph.constant([-1]))
        values = graph.node("Where", there, graph.constant(edge, np.float32), values)
    values = graph.node("Transpose", values, perm=[0, 2, 1])
    inside = graph.node("LessOrEqual", places, ends)
    inside = graph.as_float(graph.node("Unsqueeze", inside, graph.constant([1])))
    found = []
    for conv in part.filters:
        assert isinstance(conv, torch.nn.Conv1d)
        assert conv.bias is not None
        size = conv.kernel_size[0]
        weight, bias = graph.weight(_numbers(conv.weight)), graph.constant(_numbers(conv.bias), np.float32)
        activations = graph.node("Conv", values, weight, bias, kernel_shape=[size], pads=[size // 2] * 2)
        activations = graph.node("Relu", graph.slice(activations, 2, 0, length))
        activations = graph.node("Mul", activations, inside)
        found.append(graph.node("ReduceMax", activations, graph.constant([2]), keepdims=0))
    return graph.node("Concat", *found, axis=1)


def _ngrams(graph: Graph, part: NgramClassifier, names: _Names) -> str:
    """An n-gram part: hashes of the pieces, the mean of their rows, and the hidden layer beside it.

    *Shape:* (batch, ngram_size + ngram_hidden)
    """
    rows, real = _hashed_ngrams(graph, part, names)
    if part.space is not None:
        words, whole = _hashed_words(graph, part, names, int(part.space))
        rows, real = graph.node("Concat", rows, words, axis=1), graph.node("Concat", real, whole, axis=1)
    weights = graph.as_float(real)
    count = graph.node("ReduceSum", weights, graph.constant([1]))
    weights = graph.node("Div", weights, graph.node("Max", count, graph.constant(1, np.float32)))
    weights = graph.node("Unsqueeze", weights, graph.constant([1]))
    bag = graph.node("MatMul", weights, graph.rows(_numbers(part.table), rows))
    bag = graph.node("Squeeze", bag, graph.constant([1]))
    if part.hidden is None:
        return bag
    return graph.node("Concat", bag, graph.node("Relu", _linear(graph, bag, part.hidden)), axis=1)


def _hashed_ngrams(graph: Graph, part: NgramClassifier, names: _Names) -> tuple[str, str]:
    """`ngrams.hash_ngrams`, with rows for n-grams that begin in the padding too. *Shape:* both (batch, n-grams)"""
    config = part.config
    longest = config.ngram_longest
    length = graph.node("Add", names.length, graph.constant([2]))
    ends = graph.node("Add", _column(graph, names.lengths), graph.constant(1))
    edge = graph.constant(EDGE)
    letters = graph.node("Pad", names.ids, graph.constant([0, 1, 0, longest]), edge)
    every = graph.node("Add", names.length, graph.constant([1 + longest]))
    letters = graph.node("Where", graph.node("Less", _range(graph, every), ends), letters, edge)
    places = _range(graph, length)
    rows, real, hashes = [], [], ""
    for size in range(1, longest + 1):
        end = graph.node("Add", length, graph.constant([size - 1]))
        step = graph.node("Add", graph.slice(letters, 1, size - 1, end), graph.constant(1))
        hashes = step if not hashes else _extended(graph, hashes, step)
        if size >= config.ngram_shortest:
            rows.append(_row(graph, hashes, config.buckets))
            last = graph.node("Add", ends, graph.constant(1 - size))
            real.append(graph.node("LessOrEqual", places, last))
    return graph.node("Concat", *rows, axis=1), graph.node("Concat", *real, axis=1)


def _hashed_words(graph: Graph, part: NgramClassifier, names: _Names, space: int) -> tuple[str, str]:
    """`ngrams.hash_words`. *Shape:* both (batch, length)"""

    def advance(step: Graph, hashes: str, ids: str) -> str:
        longer = _extended(step, hashes, step.node("Add", ids, step.constant(1)))
        return step.node("Where", step.node("Equal", ids, step.constant(space)), step.constant(WORD), longer)

    first = graph.node("Expand", graph.constant(WORD), graph.node("Shape", names.lengths))
    hashes = graph.scan(first, names.ids, advance)
    inside = graph.node("Less", _range(graph, names.length), _column(graph, names.lengths))
    letter = graph.node("Not", graph.node("Equal", names.ids, graph.constant(space)))
    inside = graph.node("And", inside, letter)
    ahead = graph.node("Pad", graph.cast(inside, "INT64"), graph.constant([0, 0, 0, 1]), graph.constant(0))
    end = graph.node("Add", names.length, graph.constant([1]))
    follows = graph.node("Equal", graph.slice(ahead, 1, 1, end), graph.constant(1))
    whole = graph.node("And", inside, graph.node("Not", follows))
    return _row(graph, hashes, part.config.buckets), whole


def _extended(graph: Graph, hashes: str, step: str) -> str:
    return graph.node("Add", graph.node("Mul", hashes, graph.constant(FACTOR)), step)


def _row(graph: Graph, hashes: str, buckets: int) -> str:
    """The row of the table that a hash means; ONNX shifts only numbers without a sign."""
    shifted = _shifted(graph, hashes, 31)
    negative = graph.node("Less", hashes, graph.constant(0))
    sign = graph.node("Where", negative, graph.constant(_SIGN - 2**64), graph.constant(0))
    mixed = graph.node("BitwiseXor", hashes, graph.node("BitwiseOr", shifted, sign))
    mixed = graph.node("Mul", mixed, graph.constant(MIX))
    return graph.node("BitwiseAnd", _shifted(graph, mixed, 24), graph.constant(buckets - 1))


def _shifted(graph: Graph, values: str, bits: int) -> str:
    """A shift to the right that fills with zeros."""
    by = graph.constant(bits, np.uint64)
    return graph.cast(graph.node("BitShift", graph.cast(values, "UINT64"), by, direction="RIGHT"), "INT64")


def _range(graph: Graph, count: str) -> str:
    """0, 1, 2 ... *Shape:* count (1,) -> (count,)"""
    end = graph.node("Squeeze", count, graph.constant([0]))
    return graph.node("Range", graph.constant(0), end, graph.constant(1))


def _column(graph: Graph, values: str) -> str:
    """*Shape:* (batch,) -> (batch, 1)"""
    return graph.node("Unsqueeze", values, graph.constant([1]))


def _numbers(tensor: Tensor) -> NDArray[np.float32]:
    numbers: NDArray[np.float32] = tensor.detach().float().cpu().numpy()
    return numbers
