"""A recurrent cell letter by letter, in plain operations, with its gates.

The same states as from `torch.nn`, slowly, and with all that is computed on the way to them; differentiable. The
equations are those of https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTM.html, of GRU and RNN there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.nn import functional as F


@dataclass(frozen=True, slots=True)
class Pass:
    """One direction of one layer over a batch of names of one length, in the order of their letters.

    :param states: the hidden state after each letter; of the reverse direction, after it has come back to that letter.
        *Shape:* each (batch, hidden)
    :param memories: an LSTM's cell states; of other cells none.
    :param gates: by name, for each letter: of an LSTM ``input``, ``forget``, ``output`` and ``new``, of a GRU
        ``reset``, ``update`` and ``new``, of an RNN none. All but ``new``, what may be let in, are from 0 to 1.
    """

    layer: int  # from 0
    reverse: bool
    states: list[Tensor]
    memories: list[Tensor] = field(default_factory=list)
    gates: dict[str, list[Tensor]] = field(default_factory=dict)


def unroll(cell: nn.RNNBase, features: Tensor) -> list[Pass]:
    """Run a cell letter by letter, without dropout between its layers.

    :param cell: with biases and without projection, as `RecurrentClassifier` has it.
    :param features: *Shape:* (batch, length, features)
    :return: for each layer the forward pass, then the reverse one if there is one.
    """
    step = _STEPS[type(cell)]
    letters = list(features.unbind(1))
    passes: list[Pass] = []
    for layer in range(cell.num_layers):
        of_layer = [
            _run(cell, step, letters, layer, reverse)
            for reverse in ([False, True] if cell.bidirectional else [False])
        ]
        letters = [torch.cat(states, 1) for states in zip(*(each.states for each in of_layer), strict=True)]
        passes += of_layer
    return passes


def outputs_of(passes: list[Pass]) -> tuple[Tensor, Tensor]:
    """What `RecurrentClassifier.run_cell` gives: outputs (batch, length, directions * hidden), last hidden states."""
    top = [each for each in passes if each.layer == passes[-1].layer]
    outputs = torch.cat([torch.stack(each.states, 1) for each in top], 2)
    return outputs, torch.cat([each.states[0 if each.reverse else -1] for each in top], 1)


_State = tuple[Tensor, Tensor, dict[str, Tensor]]
_Step = Callable[[Tensor, Tensor, Tensor, Tensor], _State]


def _run(cell: nn.RNNBase, step: _Step, letters: list[Tensor], layer: int, reverse: bool) -> Pass:
    suffix = f"_l{layer}{'_reverse' if reverse else ''}"
    w_ih, w_hh, b_ih, b_hh = (
        getattr(cell, f"{name}{suffix}") for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    )
    state = memory = letters[0].new_zeros(len(letters[0]), cell.hidden_size)
    found: list[_State] = []
    for letter in reversed(letters) if reverse else letters:
        state, memory, gates = step(F.linear(letter, w_ih, b_ih), F.linear(state, w_hh, b_hh), state, memory)
        found.append((state, memory, gates))
    if reverse:
        found.reverse()
    return Pass(
        layer,
        reverse,
        [state for state, _, _ in found],
        [memory for _, memory, _ in found] if isinstance(cell, nn.LSTM) else [],
        {name: [gates[name] for _, _, gates in found] for name in found[0][2]},
    )


def _rnn(entering: Tensor, recurrent: Tensor, state: Tensor, memory: Tensor) -> _State:  # noqa: ARG001
    return (entering + recurrent).tanh(), memory, {}


def _lstm(entering: Tensor, recurrent: Tensor, state: Tensor, memory: Tensor) -> _State:  # noqa: ARG001
    enter, forget, new, leave = (entering + recurrent).chunk(4, 1)
    enter, forget, new, leave = enter.sigmoid(), forget.sigmoid(), new.tanh(), leave.sigmoid()
    memory = forget * memory + enter * new
    return leave * memory.tanh(), memory, {"forget": forget, "input": enter, "output": leave, "new": new}


def _gru(entering: Tensor, recurrent: Tensor, state: Tensor, memory: Tensor) -> _State:
    (x_reset, x_update, x_new), (h_reset, h_update, h_new) = entering.chunk(3, 1), recurrent.chunk(3, 1)
    reset, update = (x_reset + h_reset).sigmoid(), (x_update + h_update).sigmoid()
    new = (x_new + reset * h_new).tanh()
    return (1 - update) * new + update * state, memory, {"update": update, "reset": reset, "new": new}


_STEPS: dict[type[nn.Module], _Step] = {nn.RNN: _rnn, nn.LSTM: _lstm, nn.GRU: _gru}
