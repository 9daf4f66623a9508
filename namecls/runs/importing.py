"""The weights of the RNN tutorial, made into a run.

The tutorial keeps a network with `torch.save(model.state_dict(), "names.bin")`, which is a pickle. This is the one
place that reads one, and only for who says that its author is trusted: by torch's reader for weights alone, which
builds tensors and plain values and refuses to call anything else.

What is known of the network follows from the shapes: ``rnn.weight_ih_l0`` (gates * hidden, 57), ``rnn.weight_hh_l0``
(gates * hidden, hidden), their biases, ``linear.weight`` (labels, hidden), ``linear.bias``; 1, 3 or 4 gates are an
RNN, a GRU or an LSTM. What is not known, the labels and their order, the user has to say.
"""

from __future__ import annotations

import contextlib
import datetime
import os
import re
import shutil
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from namecls import __version__
from namecls.calibration.temperature import Calibration
from namecls.config import PRESETS, TUTORIAL_ALPHABET, ModelConfig
from namecls.data.vocab import Vocabulary
from namecls.errors import ModelFileError, NameclsError, shown
from namecls.files.opening import open_plain, sha256_of, size_of
from namecls.nn.model import NameClassifier
from namecls.runs.checkpoint import save_description, save_weights
from namecls.runs.loading import check_labels, check_numbers
from namecls.runs.record import DataRecord, RunRecord, Source
from namecls.runs.run import Run

_WANTED = re.compile(r"GLOBAL ([\w.]{1,100})")  # in torch's message
_MOST_BYTES = 2**30
_FLOAT = 4  # bytes
_CELL_OF_GATES = {1: "rnn", 3: "gru", 4: "lstm"}
_KEY = re.compile(r"(?:rnn|lstm|gru)\.((?:weight|bias)_(?:ih|hh)_l(?:0|[1-9]\d?))|(linear\.(?:weight|bias))")


def import_tutorial(
    file: str | os.PathLike[str],
    labels: Sequence[str],
    save_dir: str | os.PathLike[str],
    name: str | None = None,
    *,
    trust_pickle: bool = False,
) -> Run:
    """A run of the weights that the RNN tutorial has saved. It has no history and no metrics: nothing was tested.

    :param labels: in the order of the network's outputs, which is that of the tutorial's list of categories.
    :param name: of the run; None for one made of the network's title and the time.
    :param trust_pickle: has to be true: reading a pickle can run programs, but for what torch keeps it from.
    :raises ModelFileError: if the file is not trusted, is no such state dict, or does not fit the labels.
    :raises RunError: if a run has that name already, or can't be written.
    """
    path = Path(file)
    if not trust_pickle:
        raise ModelFileError(
            f"{path}: was not read: it is a pickled file, and to read one can run any program that its author put into "
            "it. If you made it yourself or trust who did, say so with --trust-pickle"
        )
    try:
        state = _renamed(*_read(path))
        config = _config_of(state)
        outputs = len(state["linear.weight"])
        checked = check_labels(list(labels))
        if len(checked) != outputs:
            raise ModelFileError(
                f"the network tells {outputs:,} labels apart, but {len(checked):,} labels were given"
            )
        vocabulary = Vocabulary(tuple(TUTORIAL_ALPHABET), checked, config.normalizer)
        model = _network(config, vocabulary, state)
        sha256 = sha256_of(path.resolve())
    except NameclsError as error:
        raise ModelFileError(f"{path}: {error}") from error
    train = replace(PRESETS["tutorial"].config, model=config)
    run = Run.create(save_dir, train, name)
    try:
        RunRecord(
            created=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            versions={"namecls": __version__, "torch": torch.__version__},
            train=train,
            data=DataRecord(file="not recorded"),
            labels=outputs,
            imported=Source(file=path.name, sha256=sha256),
        ).write(run.directory)
        save_description(run, config, vocabulary, Calibration())
        save_weights(run, model)
        run.write_manifest()
    except BaseException:
        with contextlib.suppress(OSError):
            shutil.rmtree(run.directory)
        raise
    return run


def _read(path: Path) -> tuple[Mapping[Any, Any], int]:
    """What `torch.save` has put into a file, and how many bytes these are."""
    with open_plain(path.resolve()) as file:  # a link that the user names is the user's own
        if (size := size_of(file)) > _MOST_BYTES:
            raise ModelFileError(f"expected at most {_MOST_BYTES:,} bytes, found {size:,}")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                state = torch.load(file, map_location="cpu", weights_only=True)
        except Exception as error:  # a damaged pickle can end in any of them
            # Not in torch's words, which advise to read it without the protection.
            wanted = _WANTED.search(str(error))
            reason = f"it asks for {wanted[1]}" if wanted else type(error).__name__
            raise ModelFileError(
                f"holds more than weights, or is damaged, and was not read: {reason}"
            ) from error
    if not isinstance(state, Mapping):
        raise ModelFileError(f"expected a state dict, found a {type(state).__name__}")
    return state, size


def _renamed(state: Mapping[Any, Any], size: int) -> dict[str, Tensor]:
    """The tensors under the names that they have in `NameClassifier`."""
    renamed: dict[str, Tensor] = {}
    for key, value in state.items():
        match = _KEY.fullmatch(key) if isinstance(key, str) else None
        if match is None:
            raise ModelFileError(
                "expected the weights of one layer rnn, lstm or gru that reads left to right, and of linear, "
                f"found {shown(key)}"
            )
        inner = f"cell.{match[1]}" if match[1] else match[2]
        plain = isinstance(value, Tensor) and value.layout == torch.strided and value.device.type == "cpu"
        if not plain or value.dtype != torch.float32:
            raise ModelFileError(f"{key} must be a tensor of float32")
        if inner in renamed:
            raise ModelFileError(f"expected one recurrent layer, found another: {shown(key)}")
        renamed[inner] = value.detach()
    # A tensor in a pickle can be large on little, by a stride of nothing that repeats a number.
    if _FLOAT * sum(tensor.numel() for tensor in renamed.values()) > size:
        raise ModelFileError("holds tensors of more numbers than there are bytes for")
    for key in ("cell.weight_ih_l0", "cell.weight_hh_l0", "linear.weight"):
        if key not in renamed or renamed[key].dim() != 2:
            raise ModelFileError(f"expected a matrix {key.replace('cell', 'rnn')}, found none")
    return renamed


def _config_of(state: Mapping[str, Tensor]) -> ModelConfig:
    """The network that has weights of these shapes."""
    rows, hidden = state["cell.weight_hh_l0"].shape
    cell = _CELL_OF_GATES.get(rows // hidden) if hidden and rows % hidden == 0 else None
    if cell is None:
        raise ModelFileError(
            f"rnn.weight_hh_l0 has the shape {[rows, hidden]}: neither an RNN, a GRU nor an LSTM"
        )
    width = state["cell.weight_ih_l0"].shape[1]
    if width != len(TUTORIAL_ALPHABET):
        raise ModelFileError(
            f"the network reads {width:,} characters, expected the tutorial's {len(TUTORIAL_ALPHABET)}: "
            f"{TUTORIAL_ALPHABET}"
        )
    layers = 1 + max(int(key.rsplit("_l", 1)[1]) for key in state if key.startswith("cell."))
    return replace(PRESETS["tutorial"].config.model, network=cell, hidden_size=hidden, layers=layers)


def _network(config: ModelConfig, vocabulary: Vocabulary, state: Mapping[str, Tensor]) -> NameClassifier:
    with torch.device("meta"):
        model = NameClassifier(config, vocabulary.size, len(vocabulary.labels))
    part = model.recurrent
    assert part is not None  # a tutorial's network is one recurrent part
    expected = part.state_dict()
    if odd := sorted(set(state) ^ set(expected)):
        raise ModelFileError(f"the weights {odd[0]!r} are {'too many' if odd[0] in state else 'missing'}")
    for key, tensor in expected.items():
        if state[key].shape != tensor.shape:
            raise ModelFileError(
                f"{key} must have the shape {list(tensor.shape)}, has {list(state[key].shape)}"
            )
    weights = {key: state[key].clone(memory_format=torch.contiguous_format) for key in expected}
    for key, tensor in weights.items():
        check_numbers(key, tensor)
    part.load_state_dict(weights, assign=True)
    model.scales, model.offsets = torch.ones(1), torch.zeros(model.labels)
    model.restore_constants()
    return model.eval()
