"""The search for garbage, kept off what never becomes any.

Python's collector walks through all that is alive again and again: through the classes and functions of Textual and
torch while these are imported, and later, some tenths of a second at a time, between a key and its echo; or a hundred
times while a million names are answered. For programs alone: a library leaves the collector as it is.
"""

from __future__ import annotations

import gc

_MANY = 100_000  # new objects


def wait() -> None:
    """Look for no garbage until `begin`: while the program is being imported nothing is thrown away."""
    gc.disable()


def begin() -> None:
    """Look for garbage from now on, but not among what there is. Does nothing unless it waits for this."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()


def seldom() -> None:
    """Look for garbage seldom from now on, and not among what there is: records end by themselves."""
    gc.freeze()
    gc.set_threshold(_MANY, 20, 20)
