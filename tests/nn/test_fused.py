"""The layer by hand against PyTorch's own."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from namecls.config import ModelConfig
from namecls.data.batching import LengthBatchSampler
from namecls.nn import fused as recurrence
from namecls.nn.fused import fused_gru, use_threads
from namecls.nn.layers import Dropout
from namecls.nn.model import NameClassifier


def layer(*, both: bool, features: int = 5, hidden: int = 7) -> nn.GRU:
    torch.manual_seed(1)
    return nn.GRU(features, hidden, bidirectional=both, batch_first=True).double()


def by_module(cell: nn.GRU, features: Tensor, ids: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    outputs, state = cell(features[ids])
    return state.transpose(0, 1).flatten(1), outputs.sum(1), outputs.amax(1)


@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize("length", [1, 2, 9])
def test_outputs_and_gradients_are_those_of_the_module(both: bool, length: int) -> None:
    cell = layer(both=both)
    features = torch.randn(11, 5, dtype=torch.double, requires_grad=True)
    ids = torch.randint(0, 11, (4, length))
    parameters = [features, *cell.parameters()]
    grads = []
    for make in (by_module, lambda *given: fused_gru(*given, whole=True)):
        results = make(cell, features, ids)
        weighted = sum(
            (result * (result.detach().sin() + part)).sum() for part, result in enumerate(results, 1)
        )
        grads.append([*results, *torch.autograd.grad(weighted, parameters)])
    for expected, found in zip(*grads, strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("both", [False, True])
def test_names_of_several_lengths_are_computed_each_for_itself(both: bool) -> None:
    cell = layer(both=both)
    features = torch.randn(11, 5, dtype=torch.double, requires_grad=True)
    lengths = torch.tensor([3, 1, 6, 6, 2])
    ids = torch.randint(0, 11, (5, 6))
    parameters = [features, *cell.parameters()]
    together = fused_gru(cell, features, ids, lengths, whole=True)
    alone = [
        torch.cat(pooled)
        for pooled in zip(
            *(
                by_module(cell, features, row[None, :length])
                for row, length in zip(ids, lengths.tolist(), strict=True)
            ),
            strict=True,
        )
    ]
    weights = [torch.randn_like(each) for each in alone]
    for expected, found in zip(alone, together, strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-12)
    expected_grads, found_grads = (
        torch.autograd.grad(sum((r * w).sum() for r, w in zip(pooled, weights, strict=True)), parameters)
        for pooled in (alone, together)
    )
    for expected, found in zip(expected_grads, found_grads, strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-12)


def test_its_derivatives_are_those_of_what_it_computes() -> None:
    cell = layer(both=True, features=2, hidden=3)
    features = torch.randn(4, 2, dtype=torch.double, requires_grad=True)
    ids = torch.randint(0, 4, (2, 3))
    assert torch.autograd.gradcheck(lambda table: tuple(fused_gru(cell, table, ids, whole=True)), (features,))


def test_without_a_way_back_it_keeps_two_states_and_says_the_same() -> None:
    cell, ids = layer(both=True), torch.randint(0, 11, (4, 6))
    features = torch.randn(11, 5, dtype=torch.double)
    kept = fused_gru(cell, features, ids, whole=True)
    with torch.inference_mode():
        for expected, found in zip(kept, fused_gru(cell, features, ids, whole=True), strict=True):
            assert torch.equal(found, expected)


def test_two_threads_come_to_the_same_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recurrence, "_helper", None)
    cell = nn.GRU(8, 64, bidirectional=True, batch_first=True)
    ids = torch.randint(0, 30, (50, 9))
    features = torch.randn(30, 8)
    found = []
    for threads in (1, 2):
        use_threads(threads)
        pooled = fused_gru(cell, features, ids, whole=True)
        grads = torch.autograd.grad(sum(each.sum() for each in pooled), list(cell.parameters()))
        found.append([*pooled, *grads])
    assert all(torch.equal(one, two) for one, two in zip(*found, strict=True))
    use_threads(1)


@pytest.mark.parametrize("pooling", ["last", "mean", "max", "concat"])
@pytest.mark.parametrize("given", ["onehot", "embedding"])
def test_the_short_way_and_the_general_way_agree(pooling: str, given: str) -> None:
    torch.manual_seed(0)
    model = NameClassifier(ModelConfig(hidden_size=12, input=given, pooling=pooling), 20, 4).eval()
    ids, lengths = torch.randint(1, 20, (6, 5)), torch.full((6,), 5)
    part = model.recurrent
    assert part is not None
    expected = part.linear(part.pool(*part.encode(ids, lengths), lengths))
    torch.testing.assert_close(model(ids, lengths), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("share", [0.0, 0.25, 0.4, 0.95])
def test_dropout_hides_the_share_it_was_asked_for_and_keeps_the_mean(share: float) -> None:
    torch.manual_seed(0)
    dropout = Dropout(share)
    values = torch.ones(300, 701, requires_grad=True)
    found = dropout(values)
    hidden = float((found == 0).double().mean())
    assert abs(hidden - share) < 0.005
    assert abs(float(found.detach().mean()) - 1) < 0.02
    (grad,) = torch.autograd.grad(found.sum(), values)
    assert torch.equal(grad, found.detach())
    places = (found == 0).double()
    assert float((places.mean(0) - share).abs().max()) < 0.15  # no column is hidden more than others
    assert torch.equal(dropout.eval()(values), values)


@pytest.mark.parametrize("changes", [{"layers": 2}, {"network": "rnn"}, {"network": "lstm"}])
def test_other_networks_take_the_general_way(changes: dict[str, object]) -> None:
    model = NameClassifier(ModelConfig(hidden_size=6, **changes), 20, 4).eval()  # type: ignore[arg-type]
    ids, lengths = torch.randint(1, 20, (3, 4)), torch.full((3,), 4)
    part = model.recurrent
    assert part is not None
    expected = part.linear(part.pool(*part.encode(ids, lengths), lengths))
    assert torch.equal(model(ids, lengths), expected)


def test_batches_of_one_length_are_the_rule() -> None:
    sampler = LengthBatchSampler(torch.tensor([3] * 10 + [4] * 9), 4, seed=0)
    lengths = [set(sampler.lengths[batch].tolist()) for batch in sampler.batches()]
    assert sum(len(each) == 1 for each in lengths) >= 4
