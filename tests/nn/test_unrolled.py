"""The cell letter by letter against PyTorch's own cells, and its gates against the equations written down in NumPy."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from namecls.nn.unrolled import outputs_of, unroll

CELLS = {"rnn": (nn.RNN, nn.RNNCell), "lstm": (nn.LSTM, nn.LSTMCell), "gru": (nn.GRU, nn.GRUCell)}
FEATURES, HIDDEN, LENGTH = 5, 7, 6


def made(kind: str, **settings: object) -> tuple[nn.RNNBase, Tensor]:
    with torch.random.fork_rng():
        torch.manual_seed(3)
        return CELLS[kind][0](FEATURES, HIDDEN, batch_first=True, **settings), torch.randn(
            2, LENGTH, FEATURES
        )


@pytest.mark.parametrize("kind", CELLS)
@pytest.mark.parametrize(("layers", "both"), [(1, False), (1, True), (3, True)])
def test_it_gives_what_the_module_gives(kind: str, layers: int, both: bool) -> None:
    module, features = made(kind, num_layers=layers, bidirectional=both)
    outputs, last = outputs_of(unroll(module, features))
    expected, state = module(features)
    hidden = (state[0] if kind == "lstm" else state)[-(1 + both) :]
    assert torch.allclose(outputs, expected, atol=1e-5)
    assert torch.allclose(last, hidden.transpose(0, 1).flatten(1), atol=1e-5)


@pytest.mark.parametrize("kind", CELLS)
def test_each_letter_is_a_step_of_the_cell(kind: str) -> None:
    module, features = made(kind)
    cell = CELLS[kind][1](FEATURES, HIDDEN)
    cell.load_state_dict({name.removesuffix("_l0"): value for name, value in module.state_dict().items()})
    (found,) = unroll(module, features)
    state: object = None
    for letter in range(LENGTH):
        state = cell(features[:, letter], state)
        hidden, memory = state if kind == "lstm" else (state, None)
        assert torch.allclose(found.states[letter], hidden, atol=1e-5)
        if memory is not None:
            assert torch.allclose(found.memories[letter], memory, atol=1e-5)


def test_the_gates_are_those_of_the_equations() -> None:
    def sigmoid(values: np.ndarray) -> np.ndarray:
        return 1 / (1 + np.exp(-values))

    for kind in ("lstm", "gru"):
        module, features = made(kind)
        w_ih, w_hh, b_ih, b_hh = (p.detach().double().numpy() for p in module.parameters())
        (found,) = unroll(module, features)
        x, h, c = features[0].double().numpy(), np.zeros(HIDDEN), np.zeros(HIDDEN)
        for letter in range(LENGTH):
            a, b = w_ih @ x[letter] + b_ih, w_hh @ h + b_hh
            parts = [slice(i * HIDDEN, (i + 1) * HIDDEN) for i in range(4)]
            if kind == "lstm":
                gates = {
                    "input": sigmoid(a + b)[parts[0]],
                    "forget": sigmoid(a + b)[parts[1]],
                    "new": np.tanh(a + b)[parts[2]],
                    "output": sigmoid(a + b)[parts[3]],
                }
                c = gates["forget"] * c + gates["input"] * gates["new"]
                h = gates["output"] * np.tanh(c)
            else:
                gates = {"reset": sigmoid(a + b)[parts[0]], "update": sigmoid(a + b)[parts[1]]}
                gates["new"] = np.tanh(a[parts[2]] + gates["reset"] * b[parts[2]])
                h = (1 - gates["update"]) * gates["new"] + gates["update"] * h
            assert found.gates.keys() == gates.keys()
            for name, values in gates.items():
                assert found.gates[name][letter][0].tolist() == pytest.approx(values.tolist(), abs=1e-5)
            assert found.states[letter][0].tolist() == pytest.approx(h.tolist(), abs=1e-5)


def test_gradients_flow_through_it_as_through_the_module() -> None:
    module, features = made("lstm", bidirectional=True)
    ours, theirs = features.clone().requires_grad_(), features.clone().requires_grad_()
    outputs_of(unroll(module, ours))[0].square().sum().backward()
    module(theirs)[0].square().sum().backward()
    assert torch.allclose(ours.grad, theirs.grad, atol=1e-5)
