"""What `--verbose` says of a program and of the machine: versions, and where things lie."""

from __future__ import annotations

import os
import platform
import shlex
from importlib.metadata import PackageNotFoundError, version

from namecls.files.opening import sha256_of
from namecls.language import _
from namecls.paths import log_file, packaged_dataset, packaged_model, save_directory
from namecls.runs.manifest import MANIFEST
from namecls.runs.run import WEIGHTS

#: Libraries whose version may explain a difference.
_LIBRARIES = ("torch", "numpy", "polars", "safetensors", "textual", "rich", "typer")


def surroundings() -> list[str]:
    """Lines of what runs where; no library is imported for it."""
    from namecls import __version__

    variables = [
        f"{name}={shlex.quote(value)}"
        for name, value in sorted(os.environ.items())
        if name.startswith("NAMECLS_")
    ]
    return [
        f"namecls {__version__}, Python {platform.python_version()}, {platform.platform()}",
        ", ".join(f"{library} {_version_of(library)}" for library in _LIBRARIES),
        _("runs in {runs}, shipped model in {model}, log in {log}").format(
            runs=save_directory(), model=packaged_model(), log=log_file()
        ),
        _("environment: {variables}").format(variables=" ".join(variables) or _("no NAMECLS_ variable")),
    ]


def shipped_versions() -> list[str]:
    """Lines of the libraries' versions, and of what is shipped: SHA-256 and place of the data and of the model.

    :raises RunError: if a file of it can't be read.
    """
    model = packaged_model()
    files = (packaged_dataset(), model / WEIGHTS, model / MANIFEST)
    return [
        f"Python {platform.python_version()}, {platform.platform()}",
        *(f"{library} {_version_of(library)}" for library in _LIBRARIES),
        *(f"SHA-256 {sha256_of(file)}  {file}" for file in files),
    ]


def _version_of(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return _("missing")
