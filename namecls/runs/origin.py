"""The model that a training starts from, told without its weights, and so without torch."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

from namecls import paths
from namecls.config import SETTINGS, ModelConfig
from namecls.errors import ModelFileError, NameclsError, shown
from namecls.files.opening import refuse_pickle
from namecls.files.strict_json import read_json
from namecls.language import _
from namecls.runs.manifest import FORMAT
from namecls.runs.record import SHIPPED
from namecls.runs.run import LONGEST_DESCRIPTION, MODEL, WEIGHTS, Run


def source_path(init_from: str) -> Path:
    """Where the model lies."""
    return paths.packaged_model() if init_from == SHIPPED else Path(init_from)


def read_network(init_from: str) -> ModelConfig:
    """The network of a model. Its weights are left for who trains to check.

    :raises ModelFileError: if there is no such model, or its description is damaged.
    """
    path = source_path(init_from)
    refuse_pickle(path)
    try:
        if not all(os.path.lexists(path / name) for name in (MODEL, WEIGHTS)):
            raise ModelFileError(
                _("expected {model} and {weights} in it, found no such pair").format(
                    model=MODEL, weights=WEIGHTS
                )
            )
        Run(path).verify(MODEL)
        values = read_json(path / MODEL, LONGEST_DESCRIPTION)
        if type(values["format"]) is not int or values["format"] != FORMAT:
            raise ModelFileError(
                _("{file}: expected the format {format}, found {found}").format(
                    file=MODEL, format=FORMAT, found=shown(values["format"])
                )
            )
        return ModelConfig.from_json(values["network"])
    except (NameclsError, OSError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise ModelFileError(
            _("{path}: is no model to start from: {error}").format(path=path, error=error)
        ) from error


def fitted(source: ModelConfig, base: ModelConfig) -> ModelConfig:
    """The network of a training that starts from a model with this one; what may be chosen anew is as in `base`."""
    free = {name: getattr(base, name) for name, setting in SETTINGS.items() if setting.free}
    return dataclasses.replace(source, **free)
