"""One recurrent layer over names of equal length, forwards and back, written out by hand.

`nn.RNN`, `nn.GRU` and `nn.LSTM` compute the same, some two times slower on a CPU: at these sizes most of the time goes
into moving numbers between memory and core, not into products. Here everything that belongs to a character position
is done while it is in the cache, and the products of inputs and weights are looked up: a name holds few different
characters, so ``input @ weights`` is computed once for each of the vocabulary, not for each place in each name.

The equations are those of the modules, whose weights are used as they are; see
https://docs.pytorch.org/docs/stable/generated/torch.nn.GRU.html and its neighbours. The way back is the derivative of
each line of the way there, in reverse order (backpropagation through time: Werbos, Proceedings of the IEEE 78, 1990).

Directions are independent until the end, so that each can have a thread of its own; what comes out is the same to
the last bit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple, TypeVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

_sigmoid_backward = torch.ops.aten.sigmoid_backward.grad_input
_tanh_backward = torch.ops.aten.tanh_backward.grad_input

Result = TypeVar("Result")


class Readings(NamedTuple):
    """What a layer makes of each name. *Shape:* each (batch, directions * hidden); directions side by side."""

    last: Tensor  # the state after the last character read
    total: Tensor  # the sum of the states over all characters; zeros if not asked for
    highest: Tensor  # the highest value of each unit over all characters; zeros if not asked for


def can_read(cell: nn.RNNBase, ids: Tensor) -> bool:
    """Whether `read` is for this layer and place."""
    return cell.num_layers == 1 and ids.device.type == "cpu" and cell.proj_size == 0


def read(cell: nn.RNNBase, features: Tensor, ids: Tensor, *, whole: bool) -> Readings:
    """Read names of equal length.

    :param cell: an `nn.RNN` (tanh), `nn.GRU` or `nn.LSTM` of one layer, with biases.
    :param features: what each character id is to the layer. *Shape:* (characters, features)
    :param ids: *Shape:* (batch, length)
    :param whole: also return sums and maxima.
    """
    tensors: list[Tensor] = []
    for suffix in ("", "_reverse") if cell.bidirectional else ("",):
        w_ih, w_hh, b_ih, b_hh = (
            getattr(cell, f"{name}_l0{suffix}") for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        )
        if isinstance(cell, nn.GRU):  # whose reset gate stands between the last third and its bias
            apart = torch.zeros_like(b_hh)
            apart[: 2 * cell.hidden_size] = 1
            bias, inner = b_ih + b_hh * apart, b_hh[2 * cell.hidden_size :]
        else:
            bias, inner = b_ih + b_hh, b_hh[:0]
        tensors += [F.linear(features, w_ih, bias), w_hh, inner]
    keep = torch.is_grad_enabled()
    return Readings(*_Read.apply(type(cell), ids, whole, keep, *tensors))  # type: ignore[no-untyped-call]


class _Saved(NamedTuple):
    """What the way back needs of one direction."""

    ids: Tensor  # (length, batch), in the order of reading
    states: Tensor  # (length + 1, batch, hidden), the first one zeros
    gates: tuple[Tensor, ...]  # depends on the cell
    highest: Tensor


class _Read(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, kind: type[nn.RNNBase], ids: Tensor, whole: bool, keep: bool, *tensors: Tensor
    ) -> tuple[Tensor, ...]:
        step = _FORWARD[kind]
        sides = [tensors[at : at + 3] for at in range(0, len(tensors), 3)]
        orders = [ids.t().contiguous(), ids.t().flip(0)][: len(sides)]

        def read_one(side: int) -> tuple[_Saved, Tensor, Tensor]:
            return step(orders[side], *sides[side], whole, keep)

        done = _each(read_one, len(sides))
        if keep:
            ctx.kind, ctx.whole = kind, whole
            ctx.sides = [(saved, *side) for (saved, _, _), side in zip(done, sides, strict=True)]
        return (
            torch.cat([last for _, last, _ in done], 1),
            torch.cat([total for _, _, total in done], 1),
            torch.cat([saved.highest for saved, _, _ in done], 1),
        )

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        step = _BACKWARD[ctx.kind]
        parts = [grad.chunk(len(ctx.sides), 1) for grad in grads]

        def go_back(side: int) -> tuple[Tensor, Tensor, Tensor]:
            last, total, highest = (part[side].contiguous() for part in parts)
            pooled = (total, highest) if ctx.whole else None
            return step(*ctx.sides[side], last, pooled)

        found = _each(go_back, len(ctx.sides))
        return None, None, None, None, *(grad for three in found for grad in three)


def _rnn_forward(
    ids: Tensor, table: Tensor, w_hh: Tensor, inner: Tensor, whole: bool, keep: bool
) -> tuple[_Saved, Tensor, Tensor]:
    del inner
    length, batch, size = *ids.shape, w_hh.shape[1]
    weights = w_hh.t().contiguous()
    states = _states(length, batch, size, keep, like=table)
    pool = _Pool(batch, size, whole, like=table)
    for t in range(length):
        before, after = states[t % len(states)], states[(t + 1) % len(states)]
        torch.index_select(table, 0, ids[t], out=after)
        if t:
            after.addmm_(before, weights)
        pool.take(after.tanh_())
    return _Saved(ids, states, (), pool.highest), after.clone(), pool.total


def _rnn_backward(
    saved: _Saved,
    table: Tensor,
    w_hh: Tensor,
    inner: Tensor,
    d_state: Tensor,
    pooled: tuple[Tensor, Tensor] | None,
) -> tuple[Tensor, Tensor, Tensor]:
    ids, states, _, _ = saved
    d_table, d_weights = torch.zeros_like(table), torch.zeros_like(w_hh)
    d_gates = torch.empty_like(d_state)
    d_state, share = d_state.clone(), _Share(saved, pooled)
    for t in range(len(ids) - 1, -1, -1):
        share.give(t, d_state)
        _tanh_backward(d_state, states[t + 1], grad_input=d_gates)
        d_table.index_add_(0, ids[t], d_gates)
        if t:
            d_weights.addmm_(d_gates.t(), states[t])
            torch.mm(d_gates, w_hh, out=d_state)
    return d_table, d_weights, torch.zeros_like(inner)


def _gru_forward(
    ids: Tensor, table: Tensor, w_hh: Tensor, inner: Tensor, whole: bool, keep: bool
) -> tuple[_Saved, Tensor, Tensor]:
    length, batch, size = *ids.shape, w_hh.shape[1]
    weights = w_hh.t().contiguous()
    states = _states(length, batch, size, keep, like=table)
    steps = length if keep else 1
    both = table.new_empty(steps, batch, 2 * size)  # reset and update gates
    hidden, new = table.new_empty(steps, batch, size), table.new_empty(steps, batch, size)
    x, h = table.new_empty(batch, 3 * size), table.new_zeros(batch, 3 * size)
    pool = _Pool(batch, size, whole, like=table)
    for t in range(length):
        at = t if keep else 0
        before, after = states[t % len(states)], states[(t + 1) % len(states)]
        torch.index_select(table, 0, ids[t], out=x)
        if t:
            torch.mm(before, weights, out=h)
        torch.add(x[:, : 2 * size], h[:, : 2 * size], out=both[at]).sigmoid_()
        torch.add(h[:, 2 * size :], inner, out=hidden[at])
        torch.addcmul(x[:, 2 * size :], both[at, :, :size], hidden[at], out=new[at]).tanh_()
        torch.lerp(new[at], before, both[at, :, size:], out=after)
        pool.take(after)
    return _Saved(ids, states, (both, hidden, new), pool.highest), after.clone(), pool.total


def _gru_backward(
    saved: _Saved,
    table: Tensor,
    w_hh: Tensor,
    inner: Tensor,
    d_state: Tensor,
    pooled: tuple[Tensor, Tensor] | None,
) -> tuple[Tensor, Tensor, Tensor]:
    del inner
    ids, states, (both, hidden, new), _ = saved
    size = w_hh.shape[1]
    d_table, d_weights = torch.zeros_like(table), torch.zeros_like(w_hh)
    d_gates = table.new_empty(len(d_state), 3 * size)
    d_reset, d_update, d_new = d_gates.chunk(3, 1)
    d_inner, some, kept = torch.zeros_like(d_state), torch.empty_like(d_state), torch.empty_like(d_state)
    d_state, share = d_state.clone(), _Share(saved, pooled)
    for t in range(len(ids) - 1, -1, -1):
        reset, update = both[t, :, :size], both[t, :, size:]
        share.give(t, d_state)
        torch.sub(states[t], new[t], out=some).mul_(d_state)
        _sigmoid_backward(some, update, grad_input=d_update)
        torch.mul(d_state, update, out=kept)
        torch.sub(d_state, kept, out=some)
        _tanh_backward(some, new[t], grad_input=d_new)
        torch.mul(d_new, hidden[t], out=some)
        _sigmoid_backward(some, reset, grad_input=d_reset)
        d_table.index_add_(0, ids[t], d_gates)
        d_inner += d_new.mul_(reset)
        if t:
            d_weights.addmm_(d_gates.t(), states[t])
            torch.addmm(kept, d_gates, w_hh, out=d_state)
    return d_table, d_weights, d_inner.sum(0)


def _lstm_forward(
    ids: Tensor, table: Tensor, w_hh: Tensor, inner: Tensor, whole: bool, keep: bool
) -> tuple[_Saved, Tensor, Tensor]:
    del inner
    length, batch, size = *ids.shape, w_hh.shape[1]
    weights = w_hh.t().contiguous()
    states = _states(length, batch, size, keep, like=table)
    cells = _states(length, batch, size, keep, like=table)
    steps = length if keep else 1
    gates, squashed = table.new_empty(steps, batch, 4 * size), table.new_empty(steps, batch, size)
    some = table.new_empty(batch, size)
    pool = _Pool(batch, size, whole, like=table)
    for t in range(length):
        at = t if keep else 0
        before, after = states[t % len(states)], states[(t + 1) % len(states)]
        kept, cell = cells[t % len(cells)], cells[(t + 1) % len(cells)]
        torch.index_select(table, 0, ids[t], out=gates[at])
        if t:
            gates[at].addmm_(before, weights)
        gates[at, :, : 2 * size].sigmoid_()
        gates[at, :, 2 * size : 3 * size].tanh_()
        gates[at, :, 3 * size :].sigmoid_()
        enter, forget, new, leave = gates[at].chunk(4, 1)
        torch.mul(forget, kept, out=some)
        torch.addcmul(some, enter, new, out=cell)
        torch.mul(leave, torch.tanh(cell, out=squashed[at]), out=after)
        pool.take(after)
    return _Saved(ids, states, (gates, cells, squashed), pool.highest), after.clone(), pool.total


def _lstm_backward(
    saved: _Saved,
    table: Tensor,
    w_hh: Tensor,
    inner: Tensor,
    d_state: Tensor,
    pooled: tuple[Tensor, Tensor] | None,
) -> tuple[Tensor, Tensor, Tensor]:
    ids, states, (gates, cells, squashed), _ = saved
    size = w_hh.shape[1]
    d_table, d_weights = torch.zeros_like(table), torch.zeros_like(w_hh)
    d_gates = table.new_empty(len(d_state), 4 * size)
    d_enter, d_forget, d_new, d_leave = d_gates.chunk(4, 1)
    d_cell, some, more = torch.zeros_like(d_state), torch.empty_like(d_state), torch.empty_like(d_state)
    d_state, share = d_state.clone(), _Share(saved, pooled)
    for t in range(len(ids) - 1, -1, -1):
        enter, forget, new, leave = gates[t].chunk(4, 1)
        share.give(t, d_state)
        torch.mul(d_state, squashed[t], out=some)
        _sigmoid_backward(some, leave, grad_input=d_leave)
        torch.mul(d_state, leave, out=some)
        d_cell += _tanh_backward(some, squashed[t], grad_input=more)
        torch.mul(d_cell, new, out=some)
        _sigmoid_backward(some, enter, grad_input=d_enter)
        torch.mul(d_cell, cells[t], out=some)
        _sigmoid_backward(some, forget, grad_input=d_forget)
        torch.mul(d_cell, enter, out=some)
        _tanh_backward(some, new, grad_input=d_new)
        d_cell.mul_(forget)
        d_table.index_add_(0, ids[t], d_gates)
        if t:
            d_weights.addmm_(d_gates.t(), states[t])
            torch.mm(d_gates, w_hh, out=d_state)
    return d_table, d_weights, torch.zeros_like(inner)


_FORWARD: dict[type[nn.RNNBase], Callable[..., tuple[_Saved, Tensor, Tensor]]] = {
    nn.RNN: _rnn_forward,
    nn.GRU: _gru_forward,
    nn.LSTM: _lstm_forward,
}
_BACKWARD: dict[type[nn.RNNBase], Callable[..., tuple[Tensor, Tensor, Tensor]]] = {
    nn.RNN: _rnn_backward,
    nn.GRU: _gru_backward,
    nn.LSTM: _lstm_backward,
}


def _states(length: int, batch: int, size: int, keep: bool, *, like: Tensor) -> Tensor:
    """Room for the states of all steps, or for two in turns if the way back will not be gone."""
    states = like.new_empty(length + 1 if keep else 2, batch, size)
    states[0] = 0
    return states


class _Pool:
    """Sum and maximum over the states, as they come."""

    def __init__(self, batch: int, size: int, whole: bool, *, like: Tensor) -> None:
        self._whole = whole
        self._first = True
        self.total, self.highest = like.new_zeros(batch, size), like.new_zeros(batch, size)

    def take(self, state: Tensor) -> None:
        if not self._whole:
            return
        self.total += state
        if self._first:
            self.highest.copy_(state)
            self._first = False
        else:
            torch.maximum(self.highest, state, out=self.highest)


class _Share:
    """What sum and maximum give back to each state. Of equal maxima the last one is taken for the maximum."""

    def __init__(self, saved: _Saved, pooled: tuple[Tensor, Tensor] | None) -> None:
        self._states, self._highest = saved.states, saved.highest
        self._pooled = pooled is not None
        if pooled is not None:
            self._total, self._left = pooled[0], pooled[1].clone()
            self._is_highest = torch.empty_like(self._left)

    def give(self, t: int, d_state: Tensor) -> None:
        if not self._pooled:
            return
        d_state += self._total
        torch.eq(self._states[t + 1], self._highest, out=self._is_highest)
        self._is_highest *= self._left
        d_state += self._is_highest
        self._left -= self._is_highest


_helper: ThreadPoolExecutor | None = None


def use_threads(count: int) -> None:
    """Let the network have this many threads: two directions side by side, and what is left within each.

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
    """``work(0)``, ``work(1)``, side by side if there is a thread to spare."""
    if count == 1 or _helper is None:
        return [work(side) for side in range(count)]
    second = _helper.submit(work, 1)
    try:
        first = work(0)
    finally:
        second.exception()  # it must not go on beside whatever comes next
    return [first, second.result()]
