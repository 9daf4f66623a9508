"""The steps of one part of a network, from the vectors of the letters to its logits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from namecls.config import ModelConfig
from namecls.data.batching import Batch
from namecls.data.vocab import Vocabulary
from namecls.explanation.drawn import (
    bars,
    heat,
    last_pieces,
    lines,
    numbered,
    onehot_lines,
    vector,
)
from namecls.explanation.steps import Step
from namecls.language import N_, _
from namecls.nn.convolution import ConvolutionalClassifier
from namecls.nn.model import Part
from namecls.nn.ngrams import NgramClassifier
from namecls.nn.recurrent import RecurrentClassifier
from namecls.nn.unrolled import Pass, unroll

#: What a gate says, in the words of PyTorch's equations and in plain ones: its title, its code, its meaning.
_GATES = {
    "forget": (
        N_("forget gate: kept"),
        "sigmoid(W_if x + b_if + W_hf h + b_hf)",
        N_("How much each unit keeps of its cell state at each letter: 1 all of it, 0 nothing."),
    ),
    "input": (
        N_("input gate: let in"),
        "sigmoid(W_ii x + b_ii + W_hi h + b_hi)",
        N_("How much of what is new each unit adds to its cell state at each letter."),
    ),
    "output": (
        N_("output gate: shown"),
        "sigmoid(W_io x + b_io + W_ho h + b_ho)",
        N_("How much of its cell state each unit shows as its hidden state."),
    ),
    "update": (
        N_("update gate: kept"),
        "sigmoid(W_iz x + b_iz + W_hz h + b_hz)",
        N_(
            "How much each unit keeps of its state at each letter: 1 all of it, 0 nothing; the rest of 1 is "
            "let in anew."
        ),
    ),
    "reset": (
        N_("reset gate"),
        "sigmoid(W_ir x + b_ir + W_hr h + b_hr)",
        N_("How much of the state before is looked at for what is new."),
    ),
    "new": (
        N_("new state"),
        "tanh(...)  # n of a GRU, g of an LSTM",
        N_("What would be let in at each letter if the gate were wide open."),
    ),
}


@dataclass(frozen=True, slots=True)
class Walked:
    """A name on its way through a network.

    :param best: the id of the label that the whole network puts first.
    """

    batch: Batch
    letters: Sequence[str]
    vocabulary: Vocabulary
    best: int


def through(part: Part, name: Walked, result: str) -> list[Step]:
    """The steps of one part, up to its logits.

    :param result: what these are called.
    """
    if isinstance(part, RecurrentClassifier):
        return _through_cell(part, name, result)
    if isinstance(part, ConvolutionalClassifier):
        return _through_filters(part, name, result)
    return _through_ngrams(part, name, result)


def unit_names(part: RecurrentClassifier) -> list[str]:
    """The hidden units of a cell as the columns of its outputs: those of the reverse direction after the others."""
    forward = numbered(part.config.hidden_size)
    return forward + [f"{unit} reverse" for unit in forward] * (part.directions - 1)


def order_of(part: Part, pooled: Tensor, best: int, units: int) -> list[int]:
    """The units from that which adds most to the logit of a label to that which takes most away.

    A unit that is pooled in several ways adds what all of them add.

    :param pooled: the input of the linear layer. *Shape:* (pooled,)
    """
    added = (part.linear.weight[best] * pooled).view(-1, units).sum(0)
    return added.argsort(descending=True, stable=True).tolist()


def _input(part: RecurrentClassifier | ConvolutionalClassifier, name: Walked) -> list[Step]:
    onehot = part.config.input == "onehot"
    features = part.input(name.batch.ids)
    letters, size = name.letters, features.shape[2]
    return [
        Step(
            title=_("one-hot") if onehot else _("embedding"),
            code="one_hot(ids)" if onehot else "embedding(ids)",
            shape=tuple(features[0].shape),
            meaning=(
                _(
                    "Each character as zeros with a single 1 at its place in the alphabet; zeros alone if unknown."
                )
                if onehot
                else _("Each character as a learned vector: its row of the embedding.")
            ),
            preview=onehot_lines(letters, features[0]) if onehot else lines(letters, features[0]),
            **(
                heat(letters, features[0], name.vocabulary.characters, kind="grid", span=(0, 1))
                if onehot
                else heat(letters, features[0], numbered(size))
            ),
        ),
        Step(
            title=_("batch"),
            code="features.unsqueeze(0)",
            shape=tuple(features.shape),
            meaning=_(
                "(batch, letters, features): a forward pass takes many names at once; this batch holds one."
            ),
            preview=_("1 name of {letters} letters, {size} numbers each").format(
                letters=features.shape[1], size=size
            ),
        ),
    ]


def _through_cell(part: RecurrentClassifier, name: Walked, result: str) -> list[Step]:
    config, batch, letters = part.config, name.batch, name.letters
    outputs, last = part.encode(batch.ids, batch.lengths)
    pooled = part.pool(outputs, last, batch.lengths)
    first = torch.zeros(config.layers * part.directions, 1, config.hidden_size)
    kind = type(part.cell).__name__.lower()
    after_each = (
        _(
            "(batch, letters, directions * hidden): the hidden state after each letter. The second half of each row "
            "is the reverse direction."
        )
        if config.bidirectional
        else _("(batch, letters, directions * hidden): the hidden state after each letter.")
    )
    units = unit_names(part)
    order = order_of(part, pooled[0], name.best, len(units))
    return [
        *_input(part, name),
        Step(
            title=_("h0 and c0") if kind == "lstm" else "h0",
            code="torch.zeros(layers * directions, batch, hidden)",
            shape=tuple(first.shape),
            meaning=_("The initial state, before the first letter: zeros."),
            preview=vector(first[0, 0]),
            **heat(numbered(len(first)), first[:, 0], numbered(config.hidden_size), span=(-1, 1)),
        ),
        Step(
            title=_("outputs"),
            code=f"outputs, hidden = {kind}(features)",
            shape=tuple(outputs.shape),
            meaning=after_each,
            preview=lines(letters, outputs[0]),
            **heat(letters, outputs[0], units, span=(-1, 1), order=order),
        ),
        *_gates(part, unroll(part.cell, part.input(batch.ids)), letters, units, order),
        Step(
            title=_("last hidden state"),
            code="hidden[-1]",
            shape=tuple(last.shape),
            meaning=_("The state after the last letter of each direction: the whole name as one vector."),
            preview=vector(last[0]),
            **bars(units, last[0], "last", span=(-1, 1), order=order),
        ),
        *_pooled(config, pooled, units, order),
        _logits(part, name, "last" if config.pooling == "last" else "pooled", pooled, result),
    ]


def _gates(
    part: RecurrentClassifier, passes: list[Pass], letters: Sequence[str], units: list[str], order: list[int]
) -> list[Step]:
    """Of an LSTM and a GRU the gates of each layer, letter by letter, and an LSTM's cell state."""
    steps = []
    for layer in range(part.config.layers):
        both = [each for each in passes if each.layer == layer]
        found = {
            _GATES[gate]: torch.cat([torch.cat(each.gates[gate]) for each in both], 1)
            for gate in both[0].gates
        }
        if both[0].memories:
            told = (
                N_("cell state"),
                "c = f * c + i * g",
                N_("What each unit remembers, and shows as far as its gate lets it."),
            )
            found[told] = torch.cat([torch.cat(each.memories) for each in both], 1)
        for (title, code, meaning), values in found.items():
            bounds = None if title == "cell state" else (-1.0, 1.0) if title == "new state" else (0.0, 1.0)
            steps.append(
                Step(
                    title=(
                        _("{title}, layer {layer}").format(title=_(title), layer=layer + 1)
                        if part.config.layers > 1
                        else _(title)
                    ),
                    code=code,
                    shape=tuple(values.shape),
                    meaning=_(meaning),
                    preview=lines(letters, values),
                    **heat(
                        *(letters, values, units),
                        span=bounds,
                        order=order if layer == part.config.layers - 1 else (),
                    ),
                )
            )
    return steps


def _pooled(config: ModelConfig, pooled: Tensor, units: list[str], order: list[int]) -> list[Step]:
    if config.pooling == "last":
        return []
    how = {
        "mean": _("One vector for the name: the mean of the outputs over all letters."),
        "max": _("One vector for the name: the highest value of each output over all letters."),
        "concat": _(
            "One vector for the name: the last hidden state, the mean and the maximum of the outputs, side by side."
        ),
    }
    ways = ("last", "mean", "max") if config.pooling == "concat" else (config.pooling,)
    return [
        Step(
            title=_("pooled"),
            code=f"pool_{config.pooling}(outputs)",
            shape=tuple(pooled.shape),
            meaning=how[config.pooling],
            preview=vector(pooled[0]),
            **heat(ways, pooled[0].view(len(ways), -1), units, span=(-1, 1), order=order),
        )
    ]


def _through_filters(part: ConvolutionalClassifier, name: Walked, result: str) -> list[Step]:
    pooled = part.features(name.batch.ids, name.batch.lengths)
    widest, many = part.config.widest, part.config.filters
    filters = [
        f"{number} of {width} letters" for width in range(2, widest + 1) for number in range(1, many + 1)
    ]
    return [
        *_input(part, name),
        Step(
            title=_("max over time"),
            code=f"cat([conv(features).relu().amax(2) for conv in filters])  # widths 2 to {widest}",
            shape=tuple(pooled.shape),
            meaning=_(
                "Max-over-time pooling: the highest activation of each filter of 2 to {widest} letters."
            ).format(widest=widest),
            preview=vector(pooled[0]),
            **bars(filters, pooled[0], "maximum", order=order_of(part, pooled[0], name.best, len(filters))),
        ),
        _logits(part, name, "pooled", pooled, result),
    ]


def _through_ngrams(part: NgramClassifier, name: Walked, result: str) -> list[Step]:
    config, batch = part.config, name.batch
    rows, real = part.hash_pieces(batch.ids, batch.lengths)
    rows = rows[real][None]
    bag, pooled = part.mean(batch.ids, batch.lengths), part.features(batch.ids, batch.lengths)
    pieces = part.pieces_of(name.letters, batch.ids[0].tolist())
    hashed = (
        _("hash of every piece of {shortest} to {longest} characters")
        if part.space is None
        else _("hash of every piece of {shortest} to {longest} characters, and of every word")
    )
    values = part.table[rows[0]]
    shown = last_pieces(pieces)
    order = order_of(part, pooled[0], name.best, pooled.shape[1])
    units = numbered(pooled.shape[1])
    return [
        Step(
            title=_("n-grams"),
            code=hashed.format(shortest=config.ngram_shortest, longest=config.ngram_longest),
            shape=tuple(rows.shape),
            meaning=_("(batch, n-grams): for each piece of ^name$ a row of a table of {buckets:,}.").format(
                buckets=config.buckets
            ),
            preview="  ".join(f"{pieces[i]}={int(rows[0, i])}" for i in shown),
            **heat(pieces, rows.t(), ["row"], kind="text"),
        ),
        Step(
            title=_("n-gram vectors"),
            code="table[rows]",
            shape=(1, *values.shape),
            meaning=_("(batch, n-grams, size): the learned embedding of each piece."),
            preview=lines([pieces[i] for i in shown], values[list(shown)]),
            **heat(pieces, values, numbered(config.ngram_size)),
        ),
        Step(
            title=_("bag"),
            code="vectors.mean(1)",
            shape=tuple(bag.shape),
            meaning=_("One vector for the name: the mean of all pieces, wherever they stand."),
            preview=vector(bag[0]),
            **bars(numbered(bag.shape[1]), bag[0], "mean", order=[i for i in order if i < bag.shape[1]]),
        ),
        *_together(part, bag, pooled, units, order),
        _logits(part, name, "bag" if part.hidden is None else "pooled", pooled, result),
    ]


def _together(
    part: NgramClassifier, bag: Tensor, pooled: Tensor, units: list[str], order: list[int]
) -> list[Step]:
    if part.hidden is None:
        return []
    return [
        Step(
            title=_("hidden layer"),
            code="cat([bag, hidden(bag).relu()], 1)",
            shape=tuple(pooled.shape),
            meaning=_("Hidden units over the bag, concatenated to it: which pieces occur together."),
            preview=vector(pooled[0, bag.shape[1] :]),
            **bars(units, pooled[0], "pooled", order=order),
        )
    ]


def _logits(part: Part, name: Walked, of: str, pooled: Tensor, title: str) -> Step:
    logits = part.linear(pooled)
    return Step(
        title=title,
        code=f"linear({of})",
        shape=tuple(logits.shape),
        meaning=_("A score for each label, higher for more likely; any number."),
        preview=vector(logits[0]),
        **bars(name.vocabulary.labels, logits[0], "logit"),
    )
