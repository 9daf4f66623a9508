"""Save and load checkpoints: weights, optimizer state, random numbers; safetensors and JSON, no pickle."""

from __future__ import annotations

import json
import math
import os
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from namecls.calibration.calibrated import Calibration
from namecls.calibration.population import Learned
from namecls.config import ModelConfig
from namecls.data.vocab import Vocabulary
from namecls.errors import DataError, ModelFileError, NameclsError, shown
from namecls.files.storage import make_directory, write_json
from namecls.files.strict_json import is_readable, parse_json, read_json
from namecls.language import _
from namecls.nn.model import NameClassifier
from namecls.nn.weights import Entry
from namecls.runs.manifest import FORMAT
from namecls.runs.run import CHECKPOINTS, LONGEST_DESCRIPTION, MODEL, WEIGHTS, Run
from namecls.runs.stored import require
from namecls.runs.tensors import entries_of, open_tensors, write_tensors
from namecls.text import json_text

RESUME = "resume/state.safetensors"
#: What ``model.json`` may hold beside what training writes; see `loading.LoadedModel`.
RECORDED = ("names", "writing")

#: The most bytes of the state of a device's random numbers.
_MOST_STATE = 2**16

#: Optimizer state of each parameter.
_REMEMBERED = {
    "Adam": {"step", "exp_avg", "exp_avg_sq"},
    "AdamW": {"step", "exp_avg", "exp_avg_sq"},
    "SGD": {"momentum_buffer"},
    "RMSprop": {"step", "square_avg"},
}


def save_description(
    run: Run,
    config: ModelConfig,
    vocabulary: Vocabulary,
    calibration: Calibration,
    learned: Learned | None = None,
) -> None:
    """Write ``model.json``: network, characters, labels, calibration and population of the weights.

    :raises DataError: if characters and labels are longer than is read again.
    """
    description = {
        "format": FORMAT,
        "network": config.to_json(),
        "calibration": calibration.to_json(),
        "learned": learned.to_json() if learned is not None else None,
        "characters": list(vocabulary.characters),
        "labels": list(vocabulary.labels),
    }
    if os.path.lexists(run.directory / MODEL):  # what was recorded of the model since stays true
        before = read_json(run.directory / MODEL, LONGEST_DESCRIPTION)
        description |= {key: before[key] for key in RECORDED if key in before}
    if not is_readable(json_text(description, indent=1), LONGEST_DESCRIPTION - 1):
        raise DataError(
            _(
                "{labels:,} labels and {characters:,} characters are too long for a model, which "
                "describes itself in {longest_description:,} bytes: shorten the labels, or have fewer"
            ).format(
                labels=len(vocabulary.labels),
                characters=len(vocabulary.characters),
                longest_description=LONGEST_DESCRIPTION,
            )
        )
    write_json(run.directory / MODEL, description)


def save_weights(run: Run, model: NameClassifier) -> None:
    """Write ``model.safetensors``; tables of n-grams in half precision, which is half the file."""
    write_tensors(run.directory / WEIGHTS, model.stored())


def save_epoch(run: Run, model: NameClassifier, epoch: int) -> None:
    """Keep the weights of an epoch as a model of their own, if the run has a place for them."""
    place = run.directory / CHECKPOINTS
    if not place.exists():
        return
    kept = Run(place / f"epoch-{epoch:03}")
    make_directory(place)  # it is one, and no link
    make_directory(kept.directory)
    run.record().write(kept.directory)
    write_json(kept.directory / MODEL, read_json(run.directory / MODEL, LONGEST_DESCRIPTION))
    save_weights(kept, model)


def save_resume(run: Run, model: NameClassifier, optimizer: Optimizer, state: dict[str, Any]) -> None:
    """Write a checkpoint to resume from, as one file, so that its parts can't be of different moments."""
    tensors = {f"model.{name}": tensor for name, tensor in model.state_dict().items()}
    scalars: dict[str, Any] = {}
    for index, values in optimizer.state_dict()["state"].items():
        for key, value in values.items():
            if isinstance(value, Tensor):
                tensors[f"optimizer.{index}.{key}"] = value
            else:
                scalars[f"{index}.{key}"] = value
    tensors["random"] = torch.get_rng_state()
    for name, generator in _generators(model).items():
        tensors[name] = generator.get_state()
    path = run.directory / RESUME
    make_directory(path.parent)
    write_tensors(path, tensors, state=json.dumps({**state, "optimizer": scalars}))


def has_resume(run: Run) -> bool:
    """Whether there is a checkpoint to resume from."""
    return (run.directory / RESUME).is_file()


def processes_of(run: Run) -> int:
    """How many processes trained together when the checkpoint was written; 1, if it does not say.

    :raises ModelFileError: if it is damaged.
    """
    with open_tensors(run.directory / RESUME) as stored:
        state = parse_json(stored.texts.get("state", "{}").encode())
    count = state.get("processes", 1) if isinstance(state, dict) else 1
    return count if type(count) is int and count > 0 else 1


def load_resume(run: Run, model: NameClassifier, optimizer: Optimizer) -> dict[str, Any]:
    """Restore network, optimizer and random numbers from the checkpoint that `save_resume` wrote.

    On another kind of device than it was written on, the random numbers of the device are not those that would have
    come: what is drawn there is as good, but not the same.

    :return: the state that was given to `save_resume`.
    :raises ModelFileError: if there is no checkpoint, or it does not fit. Nothing is changed then.
    """
    path = run.directory / RESUME
    expected = {f"model.{name}": tensor for name, tensor in model.state_dict().items()}
    generators = _generators(model)
    expected["random"] = torch.get_rng_state()
    kept = optimizer.state_dict()
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    try:
        if path.parent.is_symlink():
            raise ModelFileError(_("{name} is a link, expected a directory").format(name=path.parent.name))
        with open_tensors(path) as stored:
            of_optimizer = {n: e for n, e in stored.entries.items() if n.startswith("optimizer.")}
            others = {n: e for n, e in stored.entries.items() if n not in of_optimizer}
            for name in [name for name in others if name.startswith("random.")]:
                if name in generators:
                    expected[name] = generators[name].get_state()
                elif others[name].dtype == "U8" and math.prod(others[name].shape) <= _MOST_STATE:
                    del others[name]
            require(others, entries_of(expected))
            state: dict[str, Any] = parse_json(stored.texts["state"].encode())
            if type(state["history"]) is not int or "position" not in state:
                raise ModelFileError(
                    _("expected a position, and the length of the history; found {state}").format(
                        state=shown(state)
                    )
                )
            per_parameter = _checked_scalars(optimizer, parameters, of_optimizer, state.pop("optimizer"))
            tensors = stored.read()
        for name, tensor in tensors.items():
            if tensor.is_floating_point() and not bool(tensor.isfinite().all()):
                raise ModelFileError(_("{name} holds values that are not numbers").format(name=name))
        for name in of_optimizer:
            _optimizer, parameter, key = name.split(".", 2)
            per_parameter[int(parameter)][key] = tensors[name]
        before = torch.get_rng_state()
        try:
            torch.set_rng_state(tensors["random"])
            for name in generators.keys() & tensors.keys():
                generators[name].set_state(tensors[name])
        except (RuntimeError, TypeError):
            torch.set_rng_state(before)
            raise
        optimizer.load_state_dict({**kept, "state": per_parameter})
        model.load_state_dict({name[6:]: t for name, t in tensors.items() if name.startswith("model.")})
    except (NameclsError, OSError, LookupError, TypeError, ValueError, AttributeError, RuntimeError) as error:
        raise ModelFileError(
            _("{path}: training can't resume from it: {error}").format(path=path, error=error)
        ) from error
    return state


def _checked_scalars(
    optimizer: Optimizer, parameters: list[Tensor], entries: dict[str, Entry], scalars: dict[str, Any]
) -> dict[int, dict[str, Any]]:
    """Scalars of the optimizer state, checked to be complete together with its tensors for each parameter."""
    remembered: dict[int, dict[str, Any]] = {index: {} for index in range(len(parameters))}
    names: dict[int, set[str]] = {index: set() for index in remembered}
    for name, value in scalars.items():
        index, _dot, key = name.partition(".")
        if not (value is None or (isinstance(value, int | float) and math.isfinite(value))):
            raise ModelFileError(
                _("optimizer.{name} must be a number, was: {found}").format(name=name, found=shown(value))
            )
        remembered[int(index)][key] = value
        names[int(index)].add(key)
    for name, entry in entries.items():
        _optimizer, index, key = name.split(".", 2)
        parameter = parameters[int(index)]
        if entry.shape not in ((), tuple(parameter.shape)) or entry.dtype != "F32":
            raise ModelFileError(
                _("{name} does not fit the shape {shape}: {found}").format(
                    name=name, shape=list(parameter.shape), found=list(entry.shape)
                )
            )
        names[int(index)].add(key)
    wanted = _REMEMBERED[type(optimizer).__name__]
    if names and (names[0] < wanted or any(keys != names[0] for keys in names.values())):
        raise ModelFileError(
            _("the optimizer state must hold {wanted} of each parameter").format(
                wanted=_(", ").join(sorted(wanted))
            )
        )
    return remembered


def _generators(model: NameClassifier) -> dict[str, torch.Generator]:
    """The random numbers of the network's device; none of the CPU, whose are kept in any case."""
    device = next(model.parameters()).device
    if device.type == "cuda":
        return {"random.cuda": torch.cuda.default_generators[device.index]}
    return {"random.mps": torch.mps._get_default_mps_generator()} if device.type == "mps" else {}
