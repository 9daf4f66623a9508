"""Bulk inference: the forward pass of very many names, on the CPU.

The same logits as from `NameClassifier.forward`, up to the last bits of a float, and quicker for these reasons:

- The cell runs once over each prefix, or suffix, that names share (`prefixes`). A node of that trie keeps the hidden
  state, and the sum and the maximum of the outputs so far, which pooling needs.
- Input layer and input weights make one table with a row per character, so that of each time step only the recurrent
  product is left. Each direction computes its own part of the linear layer.
- Blocks are computed in parallel, each by a thread of one core: the product of one step is too small for two.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cached_property, partial
from threading import Lock

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from namecls.data.vocab import PADDING, EncodedNames
from namecls.nn.convolution import ConvolutionalClassifier
from namecls.nn.fused import gru_products, gru_step, gru_weights, tanh_
from namecls.nn.model import NameClassifier, Part
from namecls.nn.ngrams import NgramClassifier
from namecls.nn.prefixes import Block, SortedNames, sort_backward, sort_forward
from namecls.nn.recurrent import RecurrentClassifier

_STEP = (
    2**17
)  # numbers of one kind of state in a step: 2,048 names of 64; they and their gates are still in the cache
_WHOLE = 1024  # names in a batch of whole names
_BLOCK = 2**21  # numbers of one kind of state in a block of names: 32,768 names of 64
_SUMMED = 64  # outputs that are added one to the other: sums of thousands, made so, lose digits
_CHARACTERS = 2**15  # in a batch of whole names
_TURN = 0.0005  # seconds, a tenth of what is usual
_MOST_THREADS = 8  # the steps are started one by one by the interpreter, which does one thing at a time


def can_run(model: NameClassifier) -> bool:
    """Whether `BulkClassifier` can run this network: cells of one layer, on the CPU, in single precision."""
    scales = model.scales
    return model.config.layers == 1 and scales.device.type == "cpu" and scales.dtype == torch.float32


class BulkClassifier:
    """A network and the threads that run it on many names, until it is closed.

    Meanwhile torch has one core for what the caller does: the others are taken. And all threads of the interpreter take
    turns more often: the steps are small, and should not wait for a caller who makes something of the last answers.

    :param threads: None: as many as torch would use for one product.
    """

    def __init__(self, model: NameClassifier, threads: int | None = None) -> None:
        self._model = model
        self._size = max(_BLOCK // model.config.hidden_size, 64)
        with torch.inference_mode():
            self._members = [[_bulk_part(part) for part in member.parts] for member in model.members]  # type: ignore[union-attr]
        self._threads_before = torch.get_num_threads()
        workers = min(threads or self._threads_before, _MOST_THREADS)
        self._pool = ThreadPoolExecutor(workers, "namecls-bulk", _take_one_core)
        _turns.shorten()
        _take_one_core()

    def close(self) -> None:
        """End the threads; what they have not begun is left out."""
        self._pool.shutdown(cancel_futures=True)
        torch.set_num_threads(self._threads_before)
        _turns.put_back()

    def start(self, encoded: EncodedNames) -> Callable[[], Tensor]:
        """Start the forward pass; the returned function waits for the logits. *Shape:* (names, labels)"""
        answers = [torch.zeros(len(encoded.lengths), self._model.labels) for _ in self._members]
        futures: list[Future[None]] = []
        if len(encoded.lengths):
            orders = _Orders(encoded)
            for logits, parts in zip(answers, self._members, strict=True):
                lock = Lock()
                for part in parts:
                    for task in part.tasks(orders, self._size):
                        futures.append(self._pool.submit(task, logits, lock))

        def finish() -> Tensor:
            for future in futures:
                future.result()
            for logits, parts in zip(answers, self._members, strict=True):
                for part in parts:
                    logits.add_(part.bias)
            return self._model.combine(answers)

        return finish


class _Turns:
    """The interpreter's switch interval: shorter while a `BulkClassifier` is open, then as it was."""

    def __init__(self) -> None:
        self._lock, self._open, self._usual = Lock(), 0, 0.0

    def shorten(self) -> None:
        with self._lock:
            if not self._open:
                self._usual = sys.getswitchinterval()
                sys.setswitchinterval(_TURN)
            self._open += 1

    def put_back(self) -> None:
        with self._lock:
            self._open -= 1
            if not self._open:
                sys.setswitchinterval(self._usual)


_turns = _Turns()


def _take_one_core() -> None:
    torch.set_num_threads(1)


#: Adds a part's logits to those of some names.
_Task = Callable[[Tensor, Lock], None]


class _Orders:
    """The orders in which parts take names, computed when first asked for."""

    def __init__(self, encoded: EncodedNames) -> None:
        self.encoded = encoded

    @cached_property
    def directions(self) -> tuple[SortedNames, SortedNames]:
        """For the forward, and for the backward direction."""
        return sort_forward(self.encoded), sort_backward(self.encoded)

    @cached_property
    def by_length(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Names sorted by length, and where each begins in the flat array of ids."""
        lengths = self.encoded.lengths
        return np.argsort(lengths, kind="stable"), lengths.cumsum() - lengths


def _bulk_part(part: Part) -> _Recurrent | _Whole:
    return _Recurrent(part) if isinstance(part, RecurrentClassifier) else _Whole(part)


class _Whole:
    """A convolutional or n-gram part: its own forward pass, over batches of names of similar length."""

    def __init__(self, part: ConvolutionalClassifier | NgramClassifier) -> None:
        self._part = part
        self.bias = torch.zeros(())  # its own forward adds it

    def tasks(self, orders: _Orders, size: int) -> Iterator[_Task]:
        for start in range(0, len(orders.encoded.lengths), size):
            yield partial(self._add_logits, orders, slice(start, start + size))

    def _add_logits(self, orders: _Orders, piece: slice, logits: Tensor, lock: Lock) -> None:
        encoded, (order, starts) = orders.encoded, orders.by_length
        for rows in _batches(encoded.lengths[order[piece]]):
            names = order[piece][rows]
            lengths = encoded.lengths[names]
            places = np.arange(lengths[-1])
            ids = encoded.ids.take(starts[names][:, None] + places, mode="clip")
            ids[places >= lengths[:, None]] = PADDING
            with torch.inference_mode():
                found = self._part(torch.from_numpy(ids).long(), torch.from_numpy(lengths))
                with lock:
                    logits.index_add_(0, torch.from_numpy(names), found)


def _batches(lengths: NDArray[np.int64]) -> Iterator[slice]:
    """Slices of at most `_WHOLE` names, and of fewer where they are long."""
    start = 0
    while start < len(lengths):
        end = min(start + _WHOLE, len(lengths))
        while end > start + 1 and int(lengths[end - 1]) * (end - start) > _CHARACTERS:
            end = start + (end - start) // 2
        yield slice(start, end)
        start = end


class _Recurrent:
    """A recurrent part: its directions, each of which adds its own part of the logits."""

    def __init__(self, part: RecurrentClassifier) -> None:
        self._directions = [_Direction(part, number) for number in range(part.directions)]
        self.bias = part.linear.bias.detach()

    def tasks(self, orders: _Orders, size: int) -> Iterator[_Task]:
        for direction, ordered in zip(self._directions, orders.directions, strict=False):
            for piece in ordered.blocks(size):
                yield partial(direction.add_logits, orders.encoded, ordered, piece)


class _Direction:
    """One direction of a cell: its weights, laid out for `_Step`."""

    def __init__(self, model: RecurrentClassifier, number: int) -> None:
        cell, hidden = model.cell, model.config.hidden_size
        rows = model.input(torch.arange(_characters(model.input))).detach()
        self.step = _STEPS[type(cell)](cell, rows, "_reverse" if number else "")
        self.hidden = hidden
        pooling = model.config.pooling
        self.pooled = ("last", "mean", "max") if pooling == "concat" else (pooling,)
        columns = model.linear.weight.detach().view(model.linear.out_features, len(self.pooled), -1)
        mine = columns[..., number * hidden : (number + 1) * hidden]
        self.linear = [part.t().contiguous() for part in mine.unbind(1)]

    def add_logits(
        self, encoded: EncodedNames, ordered: SortedNames, piece: slice, logits: Tensor, lock: Lock
    ) -> None:
        """Add this direction's part of the linear layer to the logits of a block of names."""
        with torch.inference_mode():
            block = ordered.block(piece)
            room = self.step.room()
            nodes = self._run_heads(encoded, block, room)
            for start in range(0, len(block.names), self.step.rows):
                rows = slice(start, min(start + self.step.rows, len(block.names)))
                state = self._run_tails(encoded, block, rows, nodes, ordered.step, room)
                names = block.names[rows]
                part = self._project(state, torch.from_numpy(encoded.lengths[names]))
                with lock:
                    # Begun with zeros and added in any order, two parts have the same sum to the last bit.
                    logits.index_add_(0, torch.from_numpy(names), part)

    def _states(self, rows: int) -> list[Tensor]:
        """Buffers for states: those of the cell, its output first, then sum and maximum of the outputs if pooled."""
        kinds = self.step.states + ("mean" in self.pooled) + ("max" in self.pooled)
        return [torch.empty(rows, self.hidden) for _ in range(kinds)]

    def _run_heads(self, encoded: EncodedNames, block: Block, room: list[Tensor]) -> list[Tensor]:
        """States after every prefix that names of the block share; row 0 is the initial state."""
        nodes = self._states(1 + sum(len(level.parents) for level in block.levels))
        for kind in nodes:
            kind[0] = 0.0
        if "max" in self.pooled:
            nodes[-1][0] = -torch.inf
        last = 1
        for level in block.levels:
            for start in range(0, len(level.parents), self.step.rows):
                some = slice(start, start + self.step.rows)
                parents = torch.from_numpy(level.parents[some])
                ids = torch.from_numpy(encoded.ids[level.places[some]])
                rows = slice(last, last + len(parents))
                for kind in nodes:
                    torch.index_select(kind[:last], 0, parents, out=kind[rows])
                self._advance([kind[rows] for kind in nodes], ids, room)
                last += len(parents)
        return nodes

    def _run_tails(
        self,
        encoded: EncodedNames,
        block: Block,
        rows: slice,
        nodes: list[Tensor],
        step: int,
        room: list[Tensor],
    ) -> list[Tensor]:
        """States after the last character of some names of the block."""
        heads, places, tails = torch.from_numpy(block.heads[rows]), block.places[rows], block.tails[rows]
        state = [kind.index_select(0, heads) for kind in nodes]
        reached = state
        mean = state[self.step.states] if "mean" in self.pooled else None
        sums = torch.zeros_like(mean) if mean is not None and tails[0] > _SUMMED else None
        depths = np.arange(int(tails[0]))
        ids = torch.from_numpy(encoded.ids.take(places + step * depths[:, None], mode="clip"))
        for depth, ended in enumerate(np.searchsorted(tails[::-1], depths, side="right").tolist()):
            still = len(tails) - ended
            if still < len(reached[0]):
                reached = [kind[:still] for kind in state]
            self._advance(reached, ids[depth, :still], room)
            if mean is not None and sums is not None and depth % _SUMMED == 0:
                sums[:still] += mean[:still]
                mean[:still] = 0.0
        if mean is not None and sums is not None:
            mean += sums
        return state

    def _advance(self, state: list[Tensor], ids: Tensor, room: list[Tensor]) -> None:
        """One time step, in place. *Shape:* all of `state` (rows, hidden), `ids` (rows,)."""
        self.step(state, ids, room)
        if "mean" in self.pooled:
            state[self.step.states].add_(state[0])
        if "max" in self.pooled:
            torch.maximum(state[-1], state[0], out=state[-1])

    def _project(self, state: list[Tensor], lengths: Tensor) -> Tensor:
        """This direction's part of the linear layer. *Shape:* (rows, labels)."""
        parts = {"last": state[0], "mean": state[self.step.states % len(state)], "max": state[-1]}
        if "mean" in self.pooled:
            parts["mean"].div_(lengths[:, None])
        logits = parts[self.pooled[0]] @ self.linear[0]
        for name, weight in zip(self.pooled[1:], self.linear[1:], strict=True):
            logits.addmm_(parts[name], weight)
        return logits


def _characters(module: nn.Module) -> int:
    """Number of character ids of the input layer."""
    table = module.weight if isinstance(module, nn.Embedding) else module.table
    assert isinstance(table, Tensor)
    return len(table)


class _Step:
    """One time step of a cell, in place. `state`: its hidden state, then an LSTM's cell state."""

    states = 1

    def __init__(self, table: Tensor, hidden: int) -> None:
        self.table = table  # the input's part of all gates, for each character
        self.hidden = hidden
        self.rows = max(_STEP // hidden, 16)  # names that take a step together

    def room(self) -> list[Tensor]:
        """A thread's work buffers: to allocate them at each step would cost as much as the step."""
        return [torch.empty(self.rows, self.table.shape[1])]

    def __call__(self, state: list[Tensor], ids: Tensor, room: list[Tensor]) -> None:
        raise NotImplementedError

    def gates(self, ids: Tensor, room: list[Tensor]) -> Tensor:
        """The input's part of all gates. *Shape:* (rows, gates * hidden)"""
        return torch.index_select(self.table, 0, ids, out=room[0][: len(ids)])


class _Plain(_Step):
    """A cell whose gates are the sum of input and recurrent parts, biases included: RNN and LSTM.

    :param rows: the input vector of each character id. *Shape:* (characters, features)
    """

    def __init__(self, cell: nn.RNNBase, rows: Tensor, suffix: str) -> None:
        w_ih, w_hh, b_ih, b_hh = (
            getattr(cell, f"{name}_l0{suffix}").detach()
            for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        )
        super().__init__(torch.addmm(b_ih + b_hh, rows, w_ih.t()), cell.hidden_size)
        self.weight = w_hh.t().contiguous()


class _Rnn(_Plain):
    def __call__(self, state: list[Tensor], ids: Tensor, room: list[Tensor]) -> None:
        state[0].copy_(tanh_(self.gates(ids, room).addmm_(state[0], self.weight)))


class _Lstm(_Plain):
    states = 2

    def __call__(self, state: list[Tensor], ids: Tensor, room: list[Tensor]) -> None:
        output, memory = state[:2]
        gates = self.gates(ids, room).addmm_(output, self.weight)
        enter, forget, new, leave = gates.chunk(4, dim=1)
        gates[:, : 2 * self.hidden].sigmoid_()
        memory.mul_(forget).addcmul_(enter, tanh_(new))
        tanh_(output.copy_(memory))
        output.mul_(leave.sigmoid_())


class _Gru(_Step):
    def __init__(self, cell: nn.RNNBase, rows: Tensor, suffix: str) -> None:
        table, w_hh, self.bias = (tensor.detach() for tensor in gru_weights(cell, rows, suffix))
        super().__init__(table, cell.hidden_size)
        self.products = gru_products(w_hh)

    def room(self) -> list[Tensor]:
        return [*super().room(), torch.empty(self.rows, self.hidden)]

    def __call__(self, state: list[Tensor], ids: Tensor, room: list[Tensor]) -> None:
        inner = room[1][: len(ids)]
        gru_step(
            *(self.gates(ids, room), state[0], self.products, self.bias),
            inner=inner,
            new=inner,
            after=state[0],
        )


_STEPS: dict[type[nn.Module], type[_Rnn] | type[_Lstm] | type[_Gru]] = {
    nn.RNN: _Rnn,
    nn.LSTM: _Lstm,
    nn.GRU: _Gru,
}
