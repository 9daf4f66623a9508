"""Where things lie. No other module knows.

In a checkout the dataset and the shipped model lie at the top of the repository; in a wheel they travel inside
the package, under the same names. Neither is ever written to. A user's own runs go to ``./save_model``.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_INSIDE = _PACKAGE / "_shipped"
_ROOT = _INSIDE if _INSIDE.exists() else _PACKAGE.parent

#: Where runs go unless the user says otherwise: below the working directory.
DEFAULT_SAVE_DIR = Path("save_model")
DEFAULT_MODEL_NAME = "default"


def packaged_dataset() -> Path:
    """The embedded dataset, ``names.tsv``."""
    return _ROOT / "data" / "names.tsv"


def packaged_regions() -> Path:
    """The regions of the labels that it has, and of some others, ``regions.tsv``."""
    return _ROOT / "data" / "regions.tsv"


def packaged_model() -> Path:
    """The directory of the shipped model."""
    return _ROOT / "save_model" / DEFAULT_MODEL_NAME


def log_file() -> Path:
    """The file for tracebacks: in the user's state directory, or the temporary one if there is no home.

    The directory may not exist yet.
    """
    try:
        state = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    except RuntimeError:  # no home
        state = Path(tempfile.gettempdir())
    return state / "namecls" / "namecls.log"


def cache_directory() -> Path:
    """Where what can be computed again is kept, if it can't be kept with what it belongs to: the user's cache.

    The directory may not exist yet.
    """
    try:
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    except RuntimeError:  # no home
        cache = Path(tempfile.gettempdir())
    return cache / "namecls"
