"""Fused forward and backward pass of one GRU layer over a batch of names, with pooling over time steps.

`nn.GRU` computes the same, some 1.5 times slower on a CPU (`python -m bench fused`): at these sizes much of the time
goes into moving numbers between memory and core, not into products. Here everything that belongs to a character
position is done while it is in the cache, and the products of inputs and weights are looked up: a name holds few
different characters, so ``input @ weights`` is computed once for each of the vocabulary, not for each place in each
name. For `nn.RNN` and `nn.LSTM` less was gained, and they are used as they are.

The equations are those of the module, whose weights are used as they are; see
https://docs.pytorch.org/docs/stable/generated/torch.nn.GRU.html. The backward pass is the derivative of each line of
the forward pass, in reverse order (backpropagation through time: Werbos, Proceedings of the IEEE 78, 1990).

Names are sorted by length, longest first, so that those not yet at their end are the first rows of each time step and
nothing is padded. Directions are independent until the end, so that each can have a thread; the result is the same to
the last bit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple, TypeGuard, TypeVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

_sigmoid_backward = torch.ops.aten.sigmoid_backward.grad_input
_tanh_backward = torch.ops.aten.tanh_backward.grad_input

_PIECE = 64  # states that are added up one by one
_MINUS_ONE = torch.tensor(-1.0)

Result = TypeVar("Result")


class Pooled(NamedTuple):
    """Hidden states pooled over time. *Shape:* each (batch, directions * hidden); directions side by side."""

    last: Tensor  # the last hidden state
    total: Tensor  # sum of the hidden states over time; zeros if not asked for
    highest: Tensor  # maximum of each hidden unit over time; zeros if not asked for


def tanh_(values: Tensor) -> Tensor:
    """In-place tanh, exact to 2e-7, as 2 sigmoid(2x) - 1, which PyTorch computes some four times sooner on a CPU."""
    return torch.add(_MINUS_ONE, values.add_(values).sigmoid_(), alpha=2, out=values)


def can_fuse(cell: nn.RNNBase, ids: Tensor) -> TypeGuard[nn.GRU]:
    """Whether `fused_gru` can stand in for this cell on this device: a one-layer GRU, on the CPU."""
    return (
        isinstance(cell, nn.GRU) and cell.num_layers == 1 and ids.device.type == "cpu" and cell.proj_size == 0
    )


def fused_gru(
    cell: nn.GRU, features: Tensor, ids: Tensor, lengths: Tensor | None = None, *, whole: bool
) -> Pooled:
    """Forward pass of a GRU layer, pooled over time steps; differentiable.

    :param cell: of one layer, with biases.
    :param features: the input vector of each character id. *Shape:* (characters, features)
    :param ids: padded at the end with anything. *Shape:* (batch, length)
    :param lengths: None if all are of one length. *Shape:* (batch,), none 0
    :param whole: also return sums and maxima over time.
    """
    tensors = [
        tensor
        for suffix in ("", "_reverse")[: 2 if cell.bidirectional else 1]
        for tensor in gru_weights(cell, features, suffix)
    ]
    keep = torch.is_grad_enabled()
    if lengths is None:
        order, counts = _same_length(ids)
        return Pooled(*_FusedGru.apply(order, counts, whole, keep, *tensors))  # type: ignore[no-untyped-call]
    ranked, places = lengths.sort(descending=True, stable=True)
    order, counts = _longest_first(ids[places], ranked)
    found = _FusedGru.apply(order, counts, whole, keep, *tensors)  # type: ignore[no-untyped-call]
    back = places.argsort()
    return Pooled(*(each[back] for each in found))


def gru_weights(cell: nn.RNNBase, features: Tensor, suffix: str) -> tuple[Tensor, Tensor, Tensor]:
    """Weights of one direction, as `gru_step` takes them.

    :param suffix: "" or "_reverse".
    :return: the input's part of the gates for each character, biases among it (characters, 3 * hidden); the recurrent
        weights (3 * hidden, hidden); the bias that stands inside, where the reset gate is outside (hidden,)
    """
    w_ih, w_hh, b_ih, b_hh = (
        getattr(cell, f"{name}_l0{suffix}") for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    )
    apart = torch.zeros_like(b_hh)
    apart[: 2 * cell.hidden_size] = 1
    return F.linear(features, w_ih, b_ih + b_hh * apart), w_hh, b_hh[2 * cell.hidden_size :]


def gru_products(w_hh: Tensor) -> tuple[Tensor, Tensor]:
    """Recurrent weights, transposed for `gru_step`: those of the reset and update gates, and those of the new gate."""
    size = w_hh.shape[1]
    return w_hh[: 2 * size].t().contiguous(), w_hh[2 * size :].t().contiguous()


def gru_step(
    gates: Tensor,
    before: Tensor,
    products: tuple[Tensor, Tensor],
    bias: Tensor,
    *,
    inner: Tensor,
    new: Tensor,
    after: Tensor,
    first: bool = False,
) -> None:
    """One time step of a GRU, in place; training, single names and `namecls.nn.bulk` all compute it.

    :param gates: the input's part, of which reset and update gate are made. *Shape:* (rows, 3 * hidden)
    :param before: the hidden state. *Shape:* (rows, hidden), as all that is written to:
    :param inner: what the reset gate multiplies.
    :param new: what the update gate lets in; may be the same memory.
    :param after: the next state; may be that of the present one.
    :param first: whether the state is still zeros.
    """
    size = before.shape[1]
    outer = gates[:, : 2 * size]
    if first:
        inner.copy_(bias.expand_as(inner))
    else:
        outer.addmm_(before, products[0])
        torch.addmm(bias, before, products[1], out=inner)
    outer.sigmoid_()
    tanh_(torch.addcmul(gates[:, 2 * size :], outer[:, :size], inner, out=new))
    torch.lerp(new, before, outer[:, size:], out=after)


def _same_length(ids: Tensor) -> tuple[tuple[Tensor, Tensor], list[int]]:
    """Character ids by time step, for both directions, and the number of names at each step."""
    steps = ids.t()
    return (steps.contiguous(), steps.flip(0)), [ids.shape[0]] * ids.shape[1]


def _longest_first(ids: Tensor, lengths: Tensor) -> tuple[tuple[Tensor, Tensor], list[int]]:
    """`_same_length` for names of several lengths, the longest first."""
    longest = int(lengths[0])
    steps = torch.arange(longest)
    mirrored = (lengths[:, None] - 1 - steps).clamp_(min=0)
    counts = (lengths[:, None] > steps).sum(0).tolist()
    return (ids[:, :longest].t().contiguous(), ids.gather(1, mirrored).t().contiguous()), counts


class _Saved(NamedTuple):
    """What the backward pass needs of one direction."""

    ids: Tensor  # (length, batch), in the order of the direction
    counts: list[int]  # names at each step
    states: Tensor  # (length + 1, batch, hidden), the first one zeros
    gates: Tensor  # (length, batch, 3 * hidden): reset, update, and the input's part of the new state
    inner: Tensor  # (length, batch, hidden), as the next
    new: Tensor
    highest: Tensor


class _FusedGru(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        orders: tuple[Tensor, Tensor],
        counts: list[int],
        whole: bool,
        keep: bool,
        *tensors: Tensor,
    ) -> tuple[Tensor, ...]:
        sides = [tensors[at : at + 3] for at in range(0, len(tensors), 3)]

        def forward_one(side: int) -> tuple[_Saved, Tensor, Tensor]:
            table, w_hh, bias = sides[side]
            return _forward(orders[side], counts, table, w_hh, bias, whole, keep)

        done = _each(forward_one, len(sides))
        if keep:
            ctx.whole = whole
            ctx.sides = [(saved, *side) for (saved, _, _), side in zip(done, sides, strict=True)]
        return (
            torch.cat([last for _, last, _ in done], 1),
            torch.cat([total for _, _, total in done], 1),
            torch.cat([saved.highest for saved, _, _ in done], 1),
        )

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        parts = [grad.chunk(len(ctx.sides), 1) for grad in grads]

        def backward_one(side: int) -> tuple[Tensor, Tensor, Tensor]:
            last, total, highest = (part[side].contiguous() for part in parts)
            pooled = (total, highest) if ctx.whole else None
            saved, table, w_hh, _ = ctx.sides[side]
            return _backward(saved, table, w_hh, last, pooled)

        found = _each(backward_one, len(ctx.sides))
        return None, None, None, None, *(grad for three in found for grad in three)


def _forward(
    ids: Tensor, counts: list[int], table: Tensor, w_hh: Tensor, bias: Tensor, whole: bool, keep: bool
) -> tuple[_Saved, Tensor, Tensor]:
    length, batch, size = *ids.shape, w_hh.shape[1]
    products = gru_products(w_hh)
    # Room for the states of all time steps, or for two in turns without a backward pass.
    states = table.new_empty(length + 1 if keep else 2, batch, size)
    states[0] = 0
    steps = length if keep else 1
    gates = table.new_empty(steps, batch, 3 * size)
    inner, new = table.new_empty(steps, batch, size), table.new_empty(steps, batch, size)
    pool = _Pool(batch, size, whole, like=table)
    for t, n in enumerate(counts):
        at = t if keep else 0
        after = states[(t + 1) % len(states), :n]
        gru_step(
            torch.index_select(table, 0, ids[t, :n], out=gates[at, :n]),
            states[t % len(states), :n],
            products,
            bias,
            inner=inner[at, :n],
            new=new[at, :n],
            after=after,
            first=t == 0,
        )
        pool.take(after)
    return _Saved(ids, counts, states, gates, inner, new, pool.highest), pool.last, pool.total


def _backward(
    saved: _Saved,
    table: Tensor,
    w_hh: Tensor,
    d_state: Tensor,
    pooled: tuple[Tensor, Tensor] | None,
) -> tuple[Tensor, Tensor, Tensor]:
    ids, counts, states, gates, inner, new, _ = saved
    size = w_hh.shape[1]
    d_table, d_weights = torch.zeros_like(table), torch.zeros_like(w_hh)
    all_gates = table.new_empty(len(d_state), 3 * size)
    all_some, all_kept = torch.empty_like(d_state), torch.empty_like(d_state)
    d_inner, all_state = torch.zeros_like(d_state), d_state.clone()
    share = _Share(saved, pooled)
    for t, n in reversed(list(enumerate(counts))):
        d_gates, some, kept, d_state = all_gates[:n], all_some[:n], all_kept[:n], all_state[:n]
        d_reset, d_update, d_new = d_gates.chunk(3, 1)
        reset, update, _ = gates[t, :n].chunk(3, 1)
        before, value = states[t, :n], new[t, :n]
        share.give(t, d_state)
        torch.sub(before, value, out=some).mul_(d_state)
        _sigmoid_backward(some, update, grad_input=d_update)
        torch.mul(d_state, update, out=kept)
        torch.sub(d_state, kept, out=some)
        _tanh_backward(some, value, grad_input=d_new)
        torch.mul(d_new, inner[t, :n], out=some)
        _sigmoid_backward(some, reset, grad_input=d_reset)
        d_table.index_add_(0, ids[t, :n], d_gates)
        d_inner[:n] += d_new.mul_(reset)
        if t:
            d_weights.addmm_(d_gates.t(), before)
            torch.addmm(kept, d_gates, w_hh, out=d_state)
    return d_table, d_weights, d_inner.sum(0)


class _Pool:
    """Pooling over time steps, computed as they come: the last hidden state, and sum and maximum of all."""

    def __init__(self, batch: int, size: int, whole: bool, *, like: Tensor) -> None:
        self._whole = whole
        self.last = like.new_empty(batch, size)
        self.highest = like.new_zeros(batch, size)
        # The sum of many is one of sums of few: a long one would lose digits.
        self._sum, self._piece = like.new_zeros(batch, size), like.new_zeros(batch, size)
        self._taken = 0

    @property
    def total(self) -> Tensor:
        return self._sum + self._piece

    def take(self, state: Tensor) -> None:
        """Add the hidden states of the names that are not yet at their end."""
        n = len(state)
        self.last[:n].copy_(state)
        if not self._whole:
            return
        self._piece[:n] += state
        self._taken += 1
        if self._taken % _PIECE == 0:
            self._sum += self._piece
            self._piece.zero_()
        if self._taken == 1:
            self.highest.copy_(state)
        else:
            torch.maximum(self.highest[:n], state, out=self.highest[:n])


class _Share:
    """Gradients of the sum and the maximum with respect to each hidden state. Of equal maxima the last one counts."""

    def __init__(self, saved: _Saved, pooled: tuple[Tensor, Tensor] | None) -> None:
        self._states, self._highest = saved.states, saved.highest
        self._pooled = pooled is not None
        if pooled is not None:
            self._total, self._left = pooled[0], pooled[1].clone()
            self._is_highest = torch.empty_like(self._left)

    def give(self, t: int, d_state: Tensor) -> None:
        if not self._pooled:
            return
        n = len(d_state)
        is_highest, left = self._is_highest[:n], self._left[:n]
        d_state += self._total[:n]
        torch.eq(self._states[t + 1, :n], self._highest[:n], out=is_highest)
        is_highest *= left
        d_state += is_highest
        left -= is_highest


_helper: ThreadPoolExecutor | None = None


def use_threads(count: int) -> None:
    """Set the number of CPU threads: the two directions in parallel, and the rest within each.

    Holds for the calling thread, and for directions everywhere.
    """
    global _helper
    each = max(1, count // 2)
    torch.set_num_threads(each if count > 1 else 1)
    if count < 2:
        _helper = None
    elif _helper is None:
        _helper = ThreadPoolExecutor(1, "direction", initializer=_prepare_helper, initargs=(each,))


def _prepare_helper(threads: int) -> None:
    torch.set_num_threads(threads)
    torch.set_grad_enabled(False)  # both are settings of a thread


def _each(work: Callable[[int], Result], count: int) -> Sequence[Result]:
    """``work(0)``, ``work(1)``, in parallel if there is a thread to spare."""
    helper = _helper  # another thread may set it meanwhile
    if count == 1 or helper is None:
        return [work(side) for side in range(count)]
    second = helper.submit(work, 1)
    try:
        first = work(0)
    finally:
        second.exception()  # it must not run on beside whatever comes next
    return [first, second.result()]
