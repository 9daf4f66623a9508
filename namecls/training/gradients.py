"""Gradient norms of a training: by layer, and by letter for the recurrent part; measured only while somebody asks.

They are taken of a step as it is done, so that what they cost is some norms, and a second pass over a few of its names
letter by letter, without dropout. Measured so seldom that it takes at most a hundredth of the time. No random number is
drawn, and no weight or gradient touched: the training comes out the same to the last bit.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from namecls.data.batching import Batch
from namecls.events import Gradients
from namecls.nn.convolution import ConvolutionalClassifier
from namecls.nn.model import Member, NameClassifier, Part
from namecls.nn.ngrams import NgramClassifier
from namecls.nn.recurrent import RecurrentClassifier
from namecls.nn.unrolled import Pass, outputs_of, unroll
from namecls.plain_values import LARGEST

_SHARE = 0.01  # of the time
_EVERY = 0.5  # seconds, at least
_NAMES = 32  # that are read letter by letter


class GradientMeter:
    """When gradients are measured.

    :param wanted: whether somebody wants them now; None: nobody ever does.
    """

    def __init__(self, wanted: Callable[[], bool] | None) -> None:
        self._wanted = wanted
        self._due = 0.0

    def is_due(self) -> bool:
        """Whether the next step is to be measured."""
        return self._wanted is not None and time.monotonic() >= self._due and self._wanted()

    def measure(self, model: NameClassifier, batch: Batch, epoch: int, step: int) -> Gradients:
        """The gradient norms of a step, whose backward pass is done."""
        began = time.monotonic()
        layers, norms = zip(*layer_norms(model), strict=True)
        letters, reverse = letter_norms(model, batch)
        ended = time.monotonic()
        self._due = ended + max(_EVERY, (ended - began) / _SHARE)
        return Gradients(
            epoch=epoch, step=step, layers=layers, norms=_numbers(norms), letters=letters, reverse=reverse
        )


def layer_norms(model: NameClassifier) -> Iterator[tuple[str, float]]:
    """The norm of the gradient of each layer's weights and biases together, from the input to the output."""
    for number, (member, kinds) in enumerate(zip(model.members, model.config.members, strict=True), 1):
        of = f"{number}: " if len(model.members) > 1 else ""
        for part, kind in zip(member.parts, kinds, strict=True):  # type: ignore[arg-type]
            for title, parameters in _layers(part):
                squares = [_square(p.grad) for p in parameters if p.grad is not None]
                yield f"{of}{kind} {title}", math.sqrt(float(torch.stack(squares).sum())) if squares else 0.0


def letter_norms(model: NameClassifier, batch: Batch) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """The norm of the gradient of a name's loss with respect to the state after each letter.

    It is that of the first recurrent part, in the mean over some names of one length; the loss is the cross entropy
    without weights or smoothing.

    :return: of the forward direction, the last letter first; of the reverse one, the first letter first. Empty, if
        there is no recurrent part or direction.
    """
    for member in model.members:
        if isinstance(member, Member) and any(isinstance(part, RecurrentClassifier) for part in member.parts):
            break
    else:
        return (), ()
    length = int(batch.lengths[0])
    some = (batch.lengths == length).nonzero()[:_NAMES, 0]
    few = Batch(batch.ids[some, :length], batch.lengths[some], batch.labels[some])
    training = model.training
    model.eval()
    try:
        return _letter_norms(member, few)
    finally:
        model.train(training)


def _letter_norms(member: Member, batch: Batch) -> tuple[tuple[float, ...], tuple[float, ...]]:
    ids, lengths, labels = batch
    part = next(part for part in member.parts if isinstance(part, RecurrentClassifier))
    with torch.no_grad():
        others = [other(ids, lengths) for other in member.parts if other is not part]
        vectors = part.input(ids)
    passes = unroll(part.cell, vectors)
    outputs, last = outputs_of(passes)
    logits = part.linear(part.pool(outputs, last, lengths)) + sum(others)
    loss = F.cross_entropy(logits, labels, reduction="sum")  # of names of which none reaches another
    by_letter: dict[bool, list[Tensor]] = {}  # squares, by direction. *Shape:* each (names,)
    for each in passes:
        squares = [found.square().sum(1) for found in _of_states(loss, each.states)]
        for at, memory in enumerate(_of_memories(loss, each)):
            squares[at] = squares[at] + memory.square().sum(1)
        before = by_letter.get(each.reverse)
        by_letter[each.reverse] = squares if before is None else list(map(torch.add, before, squares))
    means = [
        _numbers([float(square.sqrt().mean()) for square in by_letter.get(reverse, [])])
        for reverse in (False, True)
    ]
    return means[0][::-1], means[1]


def _of_states(loss: Tensor, states: list[Tensor]) -> tuple[Tensor, ...]:
    return torch.autograd.grad(loss, states, retain_graph=True, allow_unused=True, materialize_grads=True)


def _of_memories(loss: Tensor, each: Pass) -> Iterator[Tensor]:
    """The gradient with respect to the cell states that are handed on, beside the hidden states.

    A hidden state is made of the cell state: what comes through it is counted there already.
    """
    if each.memories:
        through = _of_states(loss, each.states)
        leaves = each.gates["output"]
        for whole, of_state, memory, leave in zip(
            _of_states(loss, each.memories), through, each.memories, leaves, strict=True
        ):
            yield whole - of_state * leave.detach() * (1 - memory.detach().tanh().square())


def _layers(part: Part) -> Iterator[tuple[str, list[nn.Parameter]]]:
    if isinstance(part, NgramClassifier):
        yield "table", [part.table]
        if part.hidden is not None:
            yield "hidden", list(part.hidden.parameters())
    elif isinstance(part, ConvolutionalClassifier):
        yield "input", [*part.input.parameters(), part.edges]
        yield "filters", list(part.filters.parameters())
    else:
        if found := list(part.input.parameters()):
            yield "input", found
        for layer in range(part.cell.num_layers):
            for suffix, title in (("", ""), ("_reverse", " reverse"))[: part.directions]:
                ending = f"_l{layer}{suffix}"
                mine = [p for name, p in part.cell.named_parameters() if name.endswith(ending)]
                yield f"layer {layer + 1}{title}", mine
    yield "linear", list(part.linear.parameters())


def _square(gradient: Tensor) -> Tensor:
    """The sum of the squares. The sparse gradient of a table has a row for each n-gram, and the same one often."""
    values = gradient.coalesce().values() if gradient.is_sparse else gradient
    return values.detach().double().square().sum().cpu()


def _numbers(values: Sequence[float]) -> tuple[float, ...]:
    """Values that a history may hold."""
    return tuple(min(value, LARGEST) if value == value else LARGEST for value in values)
