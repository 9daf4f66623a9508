"""Networks on disk: safetensors for the numbers, JSON for the rest, and no pickle.

A file from someone else can hold wrong numbers, never code. Everything that does not fit ends in a
`ModelFileError` before memory is taken for it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor
from torch.optim import Optimizer

from namecls.calibration import Calibration
from namecls.config import ModelConfig
from namecls.errors import ModelFileError, NameclsError
from namecls.model import NameClassifier
from namecls.runs import FORMAT, MODEL, WEIGHTS, Run
from namecls.storage import read_json, write_atomically, write_json
from namecls.vocab import Vocabulary

RESUME = "resume/state.safetensors"

_MOST_CHARACTERS = 200_000
_MOST_LABELS = 1_000_000


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A network with all that it takes to ask it."""

    model: NameClassifier
    vocabulary: Vocabulary
    calibration: Calibration


def save_description(run: Run, config: ModelConfig, vocabulary: Vocabulary, calibration: Calibration) -> None:
    """Write ``model.json``: how the weights are to be read."""
    write_json(
        run.directory / MODEL,
        {
            "format": FORMAT,
            "network": config.to_json(),
            "calibration": calibration.to_json(),
            "characters": list(vocabulary.characters),
            "labels": list(vocabulary.labels),
        },
    )


def save_weights(run: Run, model: NameClassifier) -> None:
    """Write ``model.safetensors``."""
    write_atomically(run.directory / WEIGHTS, save(_flat(model.state_dict())))


def load_model(directory: str | Path, device: torch.device | str = "cpu") -> LoadedModel:
    """The network of a run or of a shipped model, ready to answer.

    :raises ModelFileError: if there is none, or it is damaged, or its parts don't fit each other.
    """
    path = Path(directory)
    if not path.is_dir():
        raise ModelFileError(
            f"{path}: expected a model directory, found {'a file' if path.exists() else 'nothing'}"
        )
    if not (path / MODEL).is_file() or not (path / WEIGHTS).is_file():
        raise ModelFileError(
            f"{path}: expected {MODEL} and {WEIGHTS} in it, found no such pair; "
            "a training writes them after its first epoch"
        )
    Run(path).verify(MODEL, WEIGHTS)
    try:
        values = read_json(path / MODEL)
        config = ModelConfig.from_json(values["network"])
        characters = _strings(values["characters"], "characters", _MOST_CHARACTERS)
        if any(len(c) != 1 for c in characters):
            raise ModelFileError("a character must be one code point")
        labels = _strings(values["labels"], "labels", _MOST_LABELS)
        vocabulary = Vocabulary(characters, labels, config.normalizer)
        calibration = Calibration.from_json(values["calibration"])
        # On the meta device nothing is allocated and no random number is drawn: a training that goes on beside
        # this stays what it would have been.
        with torch.device("meta"):
            model = NameClassifier(config, vocabulary.size, len(vocabulary.labels))
        weights = _load_weights(path / WEIGHTS, model.state_dict())
    except (NameclsError, KeyError, TypeError, ValueError, OverflowError) as error:
        raise ModelFileError(f"{path}: is no model that can be read: {error}") from error
    model.load_state_dict(weights, assign=True)
    model.restore_constants()
    return LoadedModel(model.to(device).eval(), vocabulary, calibration)


def save_resume(run: Run, model: NameClassifier, optimizer: Optimizer, state: dict[str, Any]) -> None:
    """Write all that a continuation needs, as one file, so that its parts can't be of different moments."""
    tensors = {f"model.{name}": tensor for name, tensor in model.state_dict().items()}
    scalars: dict[str, Any] = {}
    for index, values in optimizer.state_dict()["state"].items():
        for key, value in values.items():
            if isinstance(value, Tensor):
                tensors[f"optimizer.{index}.{key}"] = value
            else:
                scalars[f"{index}.{key}"] = value
    tensors["random"] = torch.get_rng_state()
    path = run.directory / RESUME
    path.parent.mkdir(exist_ok=True)
    text = json.dumps({**state, "optimizer": scalars})
    write_atomically(path, save(_flat(tensors), metadata={"state": text}))


def load_resume(run: Run, model: NameClassifier, optimizer: Optimizer) -> dict[str, Any]:
    """Put a network, its optimiser and the random numbers back to where `save_resume` saw them.

    :return: the state that was given to `save_resume`.
    :raises ModelFileError: if there is nothing to go on from, or it does not fit.
    """
    path = run.directory / RESUME
    try:
        with safe_open(path, framework="pt") as file:
            state: dict[str, Any] = json.loads(file.metadata()["state"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no mapping
        model.load_state_dict({n[6:]: t for n, t in tensors.items() if n.startswith("model.")})
        per_parameter: dict[int, dict[str, Any]] = {}
        for name, tensor in tensors.items():
            kind, _, rest = name.partition(".")
            if kind == "optimizer":
                index, _, key = rest.partition(".")
                per_parameter.setdefault(int(index), {})[key] = tensor
        for name, value in state.pop("optimizer").items():
            index, _, key = name.partition(".")
            per_parameter.setdefault(int(index), {})[key] = value
        optimizer.load_state_dict({**optimizer.state_dict(), "state": per_parameter})
        torch.set_rng_state(tensors["random"])
    except (OSError, SafetensorError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise ModelFileError(f"{path}: training can't go on from it: {error}") from error
    return state


def _flat(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    # A copy of its own for each: safetensors refuses tensors that share memory, as the weights of a cell may.
    return {name: tensor.detach().cpu().clone().contiguous() for name, tensor in tensors.items()}


def _strings(value: Any, what: str, most: int) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
        raise ModelFileError(f"{what} must be a list of strings")
    if len(value) > most or len(set(value)) != len(value):
        raise ModelFileError(f"{what} must be at most {most:,}, each once, were {len(value):,}")
    return tuple(value)


def _load_weights(path: Path, expected: dict[str, Tensor]) -> dict[str, Tensor]:
    """The tensors of a file, if they are just those that the network has, checked before any is read."""
    try:
        with safe_open(path, framework="pt") as file:
            found = set(file.keys())
            if found != set(expected):
                odd = sorted(found ^ set(expected))[0]
                raise ModelFileError(
                    f"{WEIGHTS}: the weights {odd!r} are {'too many' if odd in found else 'missing'}"
                )
            for name, tensor in expected.items():
                shape = file.get_slice(name).get_shape()
                if shape != list(tensor.shape):
                    raise ModelFileError(
                        f"{WEIGHTS}: {name} must have the shape {list(tensor.shape)}, has {shape}"
                    )
            # Copies: what the file holds may be mapped into memory, and change or vanish under the network.
            weights = {name: file.get_tensor(name).clone() for name in expected}
    except (SafetensorError, OSError, RuntimeError) as error:
        raise ModelFileError(f"{WEIGHTS}: {error}") from error
    for name, tensor in weights.items():
        if tensor.dtype != torch.float32:
            raise ModelFileError(f"{WEIGHTS}: {name} must hold float32, holds {tensor.dtype}")
        if not bool(tensor.isfinite().all()):
            raise ModelFileError(f"{WEIGHTS}: {name} holds values that are not numbers")
    return weights
