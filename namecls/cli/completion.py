"""What a shell completes: names of runs, labels, and words to choose among. Nothing here waits for torch.

Every command has its completers, most of which are never called: what they need is imported when they are.
"""

from __future__ import annotations

import inspect
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import typer
from typer.models import OptionInfo

from namecls.errors import NameclsError
from namecls.files.strict_json import read_json
from namecls.paths import MODEL_VARIABLE, model_directory, packaged_model, save_directory

#: What is in the environment when a shell asks.
ASKED = "_NAMECLS_COMPLETE"
#: What no shell takes apart, and no terminal obeys.
_WORD = re.compile(r"[\w.+-]+")

Completer = Callable[[typer.Context, str], list[str]]


def choices(*words: str) -> Completer:
    """Completes some words."""

    def complete(context: typer.Context, incomplete: str) -> list[str]:  # noqa: ARG001
        return _begun(words, incomplete)

    return complete


def _runs(context: typer.Context, incomplete: str) -> list[str]:
    from namecls.runs.listing import run_names

    try:
        return _begun(run_names(_save_dir(context)), incomplete)
    except NameclsError:
        return []


def _save_dir(context: typer.Context) -> Path:
    return Path(context.params.get("save_dir") or save_directory())


def _models(context: typer.Context, incomplete: str) -> list[str]:
    from namecls.runs.record import SHIPPED

    return [*_runs(context, incomplete), *_begun([SHIPPED], incomplete)]


def _labels(context: typer.Context, incomplete: str) -> list[str]:
    """Those of the model that the command is about."""
    from namecls.runs.run import LONGEST_DESCRIPTION, MODEL

    try:
        asked = context.params.get("model")
        if any(parameter.name == "run" for parameter in context.command.params):
            asked = next(iter(context.args), None)  # a line that is cut short has no arguments yet
        found = model_directory(
            asked or os.environ.get(MODEL_VARIABLE) or str(packaged_model()), _save_dir(context)
        )
        return _begun(
            read_json((found or Path(str(asked))) / MODEL, LONGEST_DESCRIPTION)["labels"], incomplete
        )
    except (NameclsError, OSError, KeyError, TypeError, ValueError):
        return []


def _begun(words: Any, incomplete: str) -> list[str]:
    return [word for word in words if _WORD.fullmatch(word) and word.startswith(incomplete)]


_BY_METAVAR = {"RUN": _runs, "[RUN]": _runs, "MODEL": _models, "LABEL": _labels}


def with_completion(parameter: inspect.Parameter) -> inspect.Parameter:
    """A parameter of a command, completed by what its metavar says that it is."""
    for told in get_args(parameter.annotation)[1:]:
        new = parameter.name == "name" and isinstance(told, OptionInfo)  # of a run that is not there yet
        if completer := _BY_METAVAR.get(told.metavar or ""):
            told.autocompletion = told.autocompletion or (None if new else completer)
    return parameter


def is_asked() -> bool:
    """Whether a shell asks for completions, or for the script that asks."""
    return ASKED in os.environ
