"""Many names at once through a network, on the CPU.

The same logits as from `NameClassifier.forward`, up to the last bits of a float, and quicker for these reasons:

- What names share at their beginnings, or at their ends, is read once (`prefixes`). A node of that trie keeps the state
  of the cell, and the sum and the highest of its outputs so far: with those a name needs no look back.
- The input and its weights make one table with a row per character, so that of each step only the recurrent product is
  left. Of the linear layer each direction does its own part.
- Blocks are read side by side, each by a thread that has one core: the product of one step is too small for two.
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
from namecls.nn.prefixes import Block, Reading, read_backward, read_forward
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


def can_read(model: NameClassifier) -> bool:
    """Whether `BulkReader` is for this network: cells of one layer, on the CPU, in single precision."""
    scales = model.scales
    return model.config.layers == 1 and scales.device.type == "cpu" and scales.dtype == torch.float32


class BulkReader:
    """A network and the threads that read with it, until it is closed.

    Meanwhile torch has one core for what the caller does: the others are taken. And all threads of the interpreter take
    turns more often: the steps are small, and should not wait for a caller who makes something of the last answers.

    :param threads: None: as many as torch would use for one product.
    """

    def __init__(self, model: NameClassifier, threads: int | None = None) -> None:
        self._model = model
        self._size = max(_BLOCK // model.config.hidden_size, 64)
        with torch.inference_mode():
            self._members = [[_reader(part) for part in member.parts] for member in model.members]  # type: ignore[union-attr]
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
        """Begin to read; what comes back waits for the logits. *Shape:* (names, labels)"""
        answers = [torch.zeros(len(encoded.lengths), self._model.labels) for _ in self._members]
        futures: list[Future[None]] = []
        if len(encoded.lengths):
            readings = _Readings(encoded)
            for logits, parts in zip(answers, self._members, strict=True):
                lock = Lock()
                for part in parts:
                    for task in part.tasks(readings, self._size):
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
    """How long a thread may hold the interpreter: shorter as long as anyone reads in bulk, then as it was."""

    def __init__(self) -> None:
        self._lock, self._readers, self._usual = Lock(), 0, 0.0

    def shorten(self) -> None:
        with self._lock:
            if not self._readers:
                self._usual = sys.getswitchinterval()
                sys.setswitchinterval(_TURN)
            self._readers += 1

    def put_back(self) -> None:
        with self._lock:
            self._readers -= 1
            if not self._readers:
                sys.setswitchinterval(self._usual)


_turns = _Turns()


def _take_one_core() -> None:
    torch.set_num_threads(1)


#: Adds a part's logits to those of some names.
_Task = Callable[[Tensor, Lock], None]


class _Readings:
    """The orders in which names can be read, found when they are first asked for."""

    def __init__(self, encoded: EncodedNames) -> None:
        self.encoded = encoded

    @cached_property
    def directions(self) -> tuple[Reading, Reading]:
        """From the beginning, and from the end."""
        return read_forward(self.encoded), read_backward(self.encoded)

    @cached_property
    def by_length(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The names in the order of their length, and where each begins."""
        lengths = self.encoded.lengths
        return np.argsort(lengths, kind="stable"), lengths.cumsum() - lengths


def _reader(part: Part) -> _Recurrent | _Whole:
    return _Recurrent(part) if isinstance(part, RecurrentClassifier) else _Whole(part)


class _Whole:
    """A part that takes names whole, in batches of neighbours in length."""

    def __init__(self, part: ConvolutionalClassifier | NgramClassifier) -> None:
        self._part = part
        self.bias = torch.zeros(())  # its own forward adds it

    def tasks(self, readings: _Readings, size: int) -> Iterator[_Task]:
        for start in range(0, len(readings.encoded.lengths), size):
            yield partial(self._add_logits, readings, slice(start, start + size))

    def _add_logits(self, readings: _Readings, piece: slice, logits: Tensor, lock: Lock) -> None:
        encoded, (order, starts) = readings.encoded, readings.by_length
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
    """A recurrent part: its directions, each of which adds its own share."""

    def __init__(self, part: RecurrentClassifier) -> None:
        self._directions = [_Direction(part, number) for number in range(part.directions)]
        self.bias = part.linear.bias.detach()

    def tasks(self, readings: _Readings, size: int) -> Iterator[_Task]:
        for direction, reading in zip(self._directions, readings.directions, strict=False):
            for piece in reading.blocks(size):
                yield partial(direction.add_logits, readings.encoded, reading, piece)


class _Direction:
    """One reading direction: weights in the order in which they are needed."""

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
        self, encoded: EncodedNames, reading: Reading, piece: slice, logits: Tensor, lock: Lock
    ) -> None:
        """Add this direction's part to the logits of a block of names."""
        with torch.inference_mode():
            block = reading.block(piece)
            room = self.step.room()
            nodes = self._read_heads(encoded, block, room)
            for start in range(0, len(block.names), self.step.rows):
                rows = slice(start, min(start + self.step.rows, len(block.names)))
                state = self._read_tails(encoded, block, rows, nodes, reading.step, room)
                names = block.names[rows]
                part = self._project(state, torch.from_numpy(encoded.lengths[names]))
                with lock:
                    # Begun with zeros and added in any order, two parts have the same sum to the last bit.
                    logits.index_add_(0, torch.from_numpy(names), part)

    def _states(self, rows: int) -> list[Tensor]:
        """Room for states: those of the cell, its output first, then the sum and the highest output if needed."""
        kinds = self.step.states + ("mean" in self.pooled) + ("max" in self.pooled)
        return [torch.empty(rows, self.hidden) for _ in range(kinds)]

    def _read_heads(self, encoded: EncodedNames, block: Block, room: list[Tensor]) -> list[Tensor]:
        """The states after all prefixes that names of the block share; the first row is that before any character."""
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

    def _read_tails(
        self,
        encoded: EncodedNames,
        block: Block,
        rows: slice,
        nodes: list[Tensor],
        step: int,
        room: list[Tensor],
    ) -> list[Tensor]:
        """The states after the last character of some names of the block."""
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
        """One character more, in place. *Shape:* all of `state` (rows, hidden), `ids` (rows,)."""
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
    """How many ids of characters the input knows."""
    table = module.weight if isinstance(module, nn.Embedding) else module.table
    assert isinstance(table, Tensor)
    return len(table)


class _Step:
    """One step of a cell, in place: `state` begins with its output and what else it keeps."""

    states = 1

    def __init__(self, table: Tensor, hidden: int) -> None:
        self.table = table  # the input's part of all gates, for each character
        self.hidden = hidden
        self.rows = max(_STEP // hidden, 16)  # names that take a step together

    def room(self) -> list[Tensor]:
        """What a thread needs to work in: memory that is taken anew for each step would cost as much as the step."""
        return [torch.empty(self.rows, self.table.shape[1])]

    def __call__(self, state: list[Tensor], ids: Tensor, room: list[Tensor]) -> None:
        raise NotImplementedError

    def gates(self, ids: Tensor, room: list[Tensor]) -> Tensor:
        """The input's part of all gates. *Shape:* (rows, gates * hidden)"""
        return torch.index_select(self.table, 0, ids, out=room[0][: len(ids)])


class _Plain(_Step):
    """A cell in which both parts of all gates, and their biases, are added up.

    :param rows: what the input gives for each character. *Shape:* (characters, features)
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
