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

#: What the environment may say instead of options of both commands: a model, a file of names, a place for runs.
MODEL_VARIABLE, DATA_VARIABLE, SAVE_DIR_VARIABLE = "NAMECLS_MODEL", "NAMECLS_DATA", "NAMECLS_SAVE_DIR"


def save_directory() -> Path:
    """Where runs go unless a command says otherwise: NAMECLS_SAVE_DIR, or below the working directory."""
    return Path(os.environ.get(SAVE_DIR_VARIABLE) or DEFAULT_SAVE_DIR)


def model_directory(wanted: str, save_dir: Path) -> Path | None:
    """The directory that a model is asked for by: itself, or a run of the save directory by its name; None: neither."""
    path = Path(wanted)
    places = (path, save_dir / wanted) if path.name == wanted else (path,)
    return next((place for place in places if wanted and os.path.isdir(place)), None)  # noqa: PTH112 - `is_dir` raises


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
    return _of_user("XDG_STATE_HOME", ".local/state") / "namecls.log"


def memory_file() -> Path:
    """The file in which the app remembers what was chosen, beside that for tracebacks."""
    return log_file().with_name("remembered.json")


def keymap_file() -> Path:
    """The file in which users say which keys they want, in their configuration directory."""
    return _of_user("XDG_CONFIG_HOME", ".config") / "keys.toml"


def cache_directory() -> Path:
    """Where what can be computed again is kept, if it can't be kept with what it belongs to: the user's cache.

    The directory may not exist yet.
    """
    return _of_user("XDG_CACHE_HOME", ".cache")


def _of_user(variable: str, usual: str) -> Path:
    try:
        place = Path(os.environ.get(variable) or Path.home() / usual)
    except RuntimeError:  # no home
        place = Path(tempfile.gettempdir())
    return place / "namecls"
