"""PyTorch's optimisers without their door to its compiler.

Each of their methods imports `torch._dynamo`, and with it a compiler and an algebra system, to tell it to keep out: a
second and 70 MB for something that is never used here. Underneath are the plain methods, of which these classes are
made.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.optim import SGD, Adam, AdamW, Optimizer, RMSprop

if TYPE_CHECKING:
    from namecls.config import TrainConfig
    from namecls.nn.model import NameClassifier

_METHODS = ("add_param_group", "zero_grad", "state_dict", "load_state_dict")


def _plain(kind: type[Optimizer]) -> type[Optimizer]:
    step_of = inspect.unwrap(kind.step)

    def step(self: Optimizer, closure: None = None) -> None:
        del closure
        with torch.no_grad():
            _step_rows(self)
            step_of(self)

    methods: dict[str, Any] = {name: inspect.unwrap(getattr(kind, name)) for name in _METHODS}
    return type(kind.__name__, (kind,), {**methods, "step": step})


_ADAM, _ADAMW, _RMSPROP, _SGD = map(_plain, (Adam, AdamW, RMSprop, SGD))


def _step_rows(optimizer: Optimizer) -> None:
    """Move those rows of tables that a batch has met, and let the plain step leave the tables alone.

    The steps are those of the plain optimisers, row by row; what they remember of a row rests while it is not met
    (lazy updates, as in `torch.optim.SparseAdam`). A table of a million rows then costs what a batch meets of it.
    """
    for group in optimizer.param_groups:
        for table in group["params"]:
            if table.grad is None or not table.grad.is_sparse:
                continue
            grad = table.grad.coalesce()
            table.grad = None
            rows, change = grad.indices()[0], grad.values()
            kept, rate, decay = table.index_select(0, rows), group["lr"], group["weight_decay"]
            if isinstance(optimizer, AdamW):
                kept.mul_(1 - rate * decay)
            elif decay:
                change = change.add(kept, alpha=decay)
            kept.add_(
                _ROW_STEPS[_base(optimizer)](optimizer.state[table], table, rows, change, group), alpha=-rate
            )
            table.index_copy_(0, rows, kept)


def _adam_rows(
    state: dict[str, Any], table: Tensor, rows: Tensor, change: Tensor, group: dict[str, Any]
) -> Tensor:
    if not state:
        state["step"] = torch.zeros((), device=table.device)
        state["exp_avg"], state["exp_avg_sq"] = torch.zeros_like(table), torch.zeros_like(table)
    state["step"] += 1
    of_mean, of_square = group["betas"]
    step = float(state["step"])
    mean = state["exp_avg"].index_select(0, rows).lerp_(change, 1 - of_mean)
    square = (
        state["exp_avg_sq"]
        .index_select(0, rows)
        .mul_(of_square)
        .addcmul_(change, change, value=1 - of_square)
    )
    state["exp_avg"].index_copy_(0, rows, mean)
    state["exp_avg_sq"].index_copy_(0, rows, square)
    square.div_(1 - of_square**step).sqrt_().add_(group["eps"])
    moved: Tensor = mean.div_(1 - of_mean**step).div_(square)
    return moved


def _rmsprop_rows(
    state: dict[str, Any], table: Tensor, rows: Tensor, change: Tensor, group: dict[str, Any]
) -> Tensor:
    if not state:
        state["step"], state["square_avg"] = torch.zeros((), device=table.device), torch.zeros_like(table)
    state["step"] += 1
    square = state["square_avg"].index_select(0, rows).mul_(group["alpha"])
    square.addcmul_(change, change, value=1 - group["alpha"])
    state["square_avg"].index_copy_(0, rows, square)
    moved: Tensor = change / square.sqrt().add_(group["eps"])
    return moved


def _sgd_rows(
    state: dict[str, Any], table: Tensor, rows: Tensor, change: Tensor, group: dict[str, Any]
) -> Tensor:
    if not state:
        state["momentum_buffer"] = torch.zeros_like(table)
    moved: Tensor = state["momentum_buffer"].index_select(0, rows).mul_(group["momentum"]).add_(change)
    state["momentum_buffer"].index_copy_(0, rows, moved)
    return moved


_ROW_STEPS = {Adam: _adam_rows, AdamW: _adam_rows, RMSprop: _rmsprop_rows, SGD: _sgd_rows}


def _base(optimizer: Optimizer) -> type[Optimizer]:
    return type(optimizer).__mro__[1]


def build_optimizer(config: TrainConfig, model: NameClassifier) -> Optimizer:
    """The optimiser of the config over all parameters of a network."""
    settings: dict[str, Any] = {"lr": config.learning_rate, "weight_decay": config.weight_decay}
    fused = next(model.parameters()).device.type != "mps"  # one pass over each weight, not ten
    if config.optimizer == "adam":
        return _ADAM(model.parameters(), fused=fused, **settings)  # type: ignore[call-arg]
    if config.optimizer == "adamw":
        return _ADAMW(model.parameters(), fused=fused, **settings)  # type: ignore[call-arg]
    if config.optimizer == "rmsprop":
        return _RMSPROP(model.parameters(), **settings)
    return _SGD(model.parameters(), momentum=0.9, **settings)  # type: ignore[call-arg]
