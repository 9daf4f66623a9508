"""The engines that answer: torch, or numpy where torch is not installed or not to be waited for.

This is the one door to torch for what predicts: it is imported here, when a model is loaded for it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

from namecls.data.vocab import EncodedNames
from namecls.errors import ConfigError, shown
from namecls.extras import ENGINES, NUMPY, has_torch
from namecls.language import _
from namecls.nn.plain import PlainClassifier
from namecls.runs.model_files import LoadedModel, load_plain

if TYPE_CHECKING:
    import torch


class Bulk(Protocol):
    """What runs a network on very many names, until it is closed."""

    def start(self, encoded: EncodedNames) -> Callable[[], Any]:
        """Start the forward pass; the returned function waits for the logits. *Shape:* (names, labels)"""

    def close(self) -> None:
        """End its threads."""


def load(directory: str | os.PathLike[str], engine: str | None, device: torch.device | str) -> LoadedModel:
    """Load a model for an engine.

    :param engine: one of `ENGINES`; None: torch if it is installed, else numpy.
    :param device: one of `nn.devices.DEVICES`.
    :raises ConfigError: if there is no such engine, it is not installed, or does not compute on this device.
    :raises ModelFileError: if there is no model, or it is damaged.
    """
    if engine not in (None, *ENGINES):
        raise ConfigError(
            _("the engine must be one of {known}, was: {found}").format(
                known=_(", ").join(ENGINES), found=shown(engine)
            )
        )
    if engine == NUMPY or (engine is None and not has_torch()):
        if str(device) not in ("cpu", "auto"):
            raise ConfigError(
                _("the engine numpy computes on the CPU, not on {device}: leave out the device").format(
                    device=device
                )
            )
        return load_plain(os.fspath(directory))
    if not has_torch():
        raise ConfigError(_("the engine torch is not installed; to install it: pip install torch"))
    loaded: LoadedModel = import_module("namecls.runs.loading").load_model(os.fspath(directory), device)
    return loaded


def bulk_of(network: Any) -> Bulk | None:
    """What runs a network on very many names; None: it has nothing of the kind, and its own forward pass does."""
    if isinstance(network, PlainClassifier):
        return None
    module = import_module("namecls.nn.bulk")
    bulk: Bulk | None = module.BulkClassifier(network) if module.can_run(network) else None
    return bulk
