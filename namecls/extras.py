"""Packages that only some uses need: imported when they are used, and named where they are not installed."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from namecls.errors import ConfigError
from namecls.language import _

#: What computes the answers of a network: packages, of which one has to be installed.
TORCH, NUMPY = ENGINES = ("torch", "numpy")


def needed(module: str, extra: str) -> Any:
    """Import a module of an extra.

    :raises ConfigError: if it is not installed; it says how to install the extra.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        package = module.partition(".")[0]
        if (error.name or "").partition(".")[0] != package:
            raise
        raise _missing(package, extra) from None


def see_that_there_is(package: str, extra: str) -> None:
    """The same without importing it.

    :raises ConfigError: if it is not installed.
    """
    if find_spec(package) is None:
        raise _missing(package, extra)


def _missing(package: str, extra: str) -> ConfigError:
    return ConfigError(
        _(
            "this needs the package {package}, which is not installed; to install it: "
            "pip install 'namecls[{extra}]'"
        ).format(package=package, extra=extra)
    )


def has_torch() -> bool:
    """Whether torch is installed; it is not imported."""
    return find_spec(TORCH) is not None
