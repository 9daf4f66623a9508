"""PyTorch's optimisers without their door to its compiler.

Each of their methods imports `torch._dynamo`, and with it a compiler and an algebra system, to tell it to keep out: a
second and 70 MB for something that is never used here. Underneath are the plain methods, of which these classes are
made.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import torch
from torch.optim import SGD, Adam, AdamW, Optimizer, RMSprop

if TYPE_CHECKING:
    from namecls.config import TrainConfig
    from namecls.model import NameClassifier

_METHODS = ("add_param_group", "zero_grad", "state_dict", "load_state_dict")


def _plain(kind: type[Optimizer]) -> type[Optimizer]:
    step_of = inspect.unwrap(kind.step)

    def step(self: Optimizer, closure: None = None) -> None:
        del closure
        with torch.no_grad():
            step_of(self)

    methods: dict[str, Any] = {name: inspect.unwrap(getattr(kind, name)) for name in _METHODS}
    return type(kind.__name__, (kind,), {**methods, "step": step})


_ADAM, _ADAMW, _RMSPROP, _SGD = map(_plain, (Adam, AdamW, RMSprop, SGD))


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
