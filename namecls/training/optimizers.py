"""PyTorch's optimizers without the import of its compiler, and lazy AdamW updates of sparse gradients.

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
    """Update the embedding rows that have a gradient, and keep the plain step from the tables.

    The step is that of AdamW, row by row; moments and weight decay of a row without gradient are left as they are (lazy
    updates, as in `torch.optim.SparseAdam`), so that a step on a table of a million rows costs what the batch contains
    of it. The other optimizers, which no preset uses with n-grams, take the dense gradient.
    """
    for group in optimizer.param_groups:
        for table in group["params"]:
            if table.grad is None or not table.grad.is_sparse:
                continue
            if not isinstance(optimizer, AdamW):
                table.grad = table.grad.to_dense()
                continue
            grad = table.grad.coalesce()
            table.grad = None
            rows, rate = grad.indices()[0], group["lr"]
            kept = table.index_select(0, rows).mul_(1 - rate * group["weight_decay"])
            kept.add_(_adam_rows(optimizer.state[table], table, rows, grad.values(), group), alpha=-rate)
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


def build_optimizer(config: TrainConfig, model: NameClassifier) -> Optimizer:
    """Build the optimizer of a config for all parameters of a network."""
    settings: dict[str, Any] = {"lr": config.learning_rate, "weight_decay": config.weight_decay}
    fused = next(model.parameters()).device.type != "mps"  # one pass over each weight, not ten
    if config.optimizer == "adam":
        return _ADAM(model.parameters(), fused=fused, **settings)  # type: ignore[call-arg]
    if config.optimizer == "adamw":
        return _ADAMW(model.parameters(), fused=fused, **settings)  # type: ignore[call-arg]
    if config.optimizer == "rmsprop":
        return _RMSPROP(model.parameters(), **settings)
    return _SGD(model.parameters(), momentum=0.9, **settings)  # type: ignore[call-arg]
