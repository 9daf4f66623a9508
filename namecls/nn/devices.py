"""The device that a network computes on."""

from __future__ import annotations

import torch

from namecls.errors import ConfigError, shown
from namecls.language import _

#: Names of devices; "auto" is the best one that there is. A number may follow one of several: "cuda:1".
DEVICES = ("auto", "cpu", "cuda", "mps")


def choose_device(name: str | torch.device) -> torch.device:
    """The device of that name.

    :param name: one of `DEVICES`, perhaps with a number.
    :raises ConfigError: if there is no such device, or this machine has none of it.
    """
    if str(name) == "cpu":  # that others are here is not to be waited for
        return torch.device("cpu")
    available = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if name == "auto":
        name = next(kind for kind in ("cuda", "mps", "cpu") if available[kind])
    kind, _colon, number = str(name).partition(":")
    counts = {"cuda": torch.cuda.device_count(), "mps": 1, "cpu": 1}
    if kind not in available or (number and not number.isdecimal()):
        raise ConfigError(
            _("the device must be one of {known}, was: {found}").format(
                known=_(", ").join(DEVICES), found=shown(str(name))
            )
        )
    if not available[kind] or int(number or 0) >= counts[kind]:
        found = _(", ").join(kind for kind, here in available.items() if here)
        raise ConfigError(
            _("the device {name} is not available here; choose one of: auto, {found}").format(
                name=name, found=found
            )
        )
    return torch.device(name)
