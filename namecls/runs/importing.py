"""The weights of the RNN tutorials, made into a run.

A tutorial keeps a network with `torch.save(model.state_dict(), "names.bin")`, which is a pickle. This is the one
place that reads one, and only for who says that its author is trusted: by torch's reader for weights alone, which
builds tensors and plain values and refuses to call anything else.

What is known of the network follows from names and shapes:

- ``rnn.weight_ih_l0`` (gates * hidden, letters), ``rnn.weight_hh_l0`` (gates * hidden, hidden), their biases, and a
  last layer of any name: 1, 3 or 4 gates are an RNN, a GRU or an LSTM.
- PyTorch's own tutorial (https://pytorch.org/tutorials/intermediate/char_rnn_classification_tutorial.html), whose cell
  was written out: ``i2h``, ``h2h`` and ``h2o`` are an RNN under other names; ``i2h`` of letter and state together, with
  ``h2o`` of the new state or ``i2o`` of letter and old state, is a cell without tanh.

What is not known, the labels and their order, and which letters if they are not the tutorials', the user has to say.
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
from namecls.calibration.calibrated import Calibration
from namecls.config import PRESETS, TUTORIAL_ALPHABET, ModelConfig
from namecls.data.vocab import Vocabulary
from namecls.errors import ModelFileError, NameclsError, shown
from namecls.files.opening import open_plain, sha256_of, size_of
from namecls.language import N_, _
from namecls.nn.model import NameClassifier
from namecls.runs.checkpoint import save_description, save_weights
from namecls.runs.model_files import check_labels, check_numbers
from namecls.runs.record import DataRecord, RunRecord, Source
from namecls.runs.run import Run

_WANTED = re.compile(r"GLOBAL ([\w.]{1,100})")  # in torch's message
_MOST_BYTES = 2**30
_CELL_OF_GATES = {1: "rnn", 3: "gru", 4: "lstm"}
_CELL = re.compile(r"(?:(\w{1,50})\.)?((?:weight|bias)_(?:ih|hh)_l(?:0|[1-9]\d?))")
_LAYER = re.compile(r"(\w{1,50})\.(weight|bias)")
#: What wrappers of networks put before each name.
_WRAPPERS = ("module.", "_orig_mod.", "module.")
#: Under which names a checkpoint holds the weights.
_WEIGHTS = ("state_dict", "model_state_dict", "model_state", "model", "net", "network", "weights")
#: The letters of the tutorials, by their number: 55 lack the blank and the apostrophe, the 58th stands for all others.
ALPHABETS = {
    len(letters): letters
    for letters in (
        TUTORIAL_ALPHABET,
        TUTORIAL_ALPHABET + "_",
        TUTORIAL_ALPHABET.translate({32: None, 39: None}),
    )
}
#: So small that tanh of what it is multiplied with is the number itself, in all digits that a float has.
_TINY = 2.0**-20


def import_tutorial(
    file: str | os.PathLike[str],
    labels: Sequence[str],
    save_dir: str | os.PathLike[str],
    name: str | None = None,
    *,
    letters: str | None = None,
    trust_pickle: bool = False,
) -> Run:
    """A run of the weights that an RNN tutorial has saved. It has no history and no metrics: nothing was tested.

    :param labels: in the order of the network's outputs, which is that of the tutorial's list of categories.
    :param name: of the run; None for one made of the network's title and the time.
    :param letters: in the order of the network's inputs; None for those of the tutorials, `ALPHABETS`.
    :param trust_pickle: has to be true: reading a pickle can run programs, but for what torch keeps it from.
    :raises ModelFileError: if the file is not trusted, is no such state dict, or does not fit labels or letters.
    :raises RunError: if a run has that name already, or can't be written.
    """
    path = Path(file)
    if not trust_pickle:
        raise ModelFileError(
            _(
                "{path}: was not read: it is a pickled file, and to read one can run any program that "
                "its author put into it. If you made it yourself or trust who did, say so with "
                "--trust-pickle"
            ).format(path=path)
        )
    try:
        state = _as_cell(_plain(*_read(path)))
        config = _config_of(state, letters)
        outputs = len(state["linear.weight"])
        checked = check_labels(list(labels))
        if len(checked) != outputs:
            raise ModelFileError(
                _("the network tells {outputs:,} labels apart, but {checked:,} labels were given").format(
                    outputs=outputs, checked=len(checked)
                )
            )
        vocabulary = Vocabulary(tuple(config.alphabet or ""), checked, config.normalizer)
        model = _network(config, vocabulary, state)
        sha256 = sha256_of(path.resolve())
    except NameclsError as error:
        raise ModelFileError(_("{path}: {error}").format(path=path, error=error)) from error
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
            raise ModelFileError(
                _("expected at most {most_bytes:,} bytes, found {size:,}").format(
                    most_bytes=_MOST_BYTES, size=size
                )
            )
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                state = torch.load(file, map_location="cpu", weights_only=True)
        except Exception as error:  # a damaged pickle can end in any of them
            # Not in torch's words, which advise to read it without the protection.
            wanted = _WANTED.search(str(error))
            reason = _("it asks for {wanted}").format(wanted=wanted[1]) if wanted else type(error).__name__
            raise ModelFileError(
                _(
                    "holds more than weights, or is damaged, and was not read: {reason}; expected is "
                    "what torch.save(network.state_dict(), FILE) writes"
                ).format(reason=reason)
            ) from error
    if not isinstance(state, Mapping):
        raise ModelFileError(_("expected a state dict, found a {kind}").format(kind=type(state).__name__))
    return state, size


def _plain(saved: Mapping[Any, Any], size: int) -> dict[str, Tensor]:
    """The tensors of a state dict, or of the one in a checkpoint, as floats and without a wrapper's prefix.

    :param size: bytes of the file.
    """
    state = next((saved[key] for key in _WEIGHTS if isinstance(saved.get(key), Mapping)), saved)
    for prefix in _WRAPPERS:
        if state and all(isinstance(key, str) and key.startswith(prefix) for key in state):
            state = {key.removeprefix(prefix): value for key, value in state.items()}
    for key, value in state.items():
        plain = isinstance(value, Tensor) and value.layout == torch.strided and value.device.type == "cpu"
        if not isinstance(key, str) or not plain or value.dtype not in (torch.float32, torch.float64):
            raise ModelFileError(_("{key} must be a tensor of float32 or float64").format(key=shown(key)))
    # A tensor in a pickle can be large on little, by a stride of nothing that repeats a number.
    if sum(tensor.numel() * tensor.element_size() for tensor in state.values()) > size:
        raise ModelFileError(_("holds tensors of more numbers than there are bytes for"))
    return {key: value.detach().float() for key, value in state.items()}


def _as_cell(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The same under the names that they have in a recurrent part: ``cell.`` and ``linear.``."""
    cell = {match[2]: (match[1], key) for key in state if (match := _CELL.fullmatch(key))}
    layers = {match[1] for key in state if (match := _LAYER.fullmatch(key))}
    known = {key for _, key in cell.values()} | {f"{n}.{what}" for n in layers for what in ("weight", "bias")}
    prefixes = {prefix for prefix, _ in cell.values()}
    if odd := sorted(set(state) ^ known):
        raise ModelFileError(
            _("{expected}, found {found}").format(expected=_(_EXPECTED), found=shown(odd[0]))
            if odd[0] in state
            else _("{odd} is missing").format(odd=odd[0])
        )
    if not cell and layers == {"i2h", "h2h", "h2o"}:
        named = {"weight_ih_l0": "i2h.weight", "bias_ih_l0": "i2h.bias"}
        named |= {"weight_hh_l0": "h2h.weight", "bias_hh_l0": "h2h.bias"}
        found = {f"cell.{name}": state[key] for name, key in named.items()}
        last = "h2o"
    elif not cell and layers in ({"i2h", "h2o"}, {"i2h", "i2o"}):
        return _without_tanh(state, *sorted(layers - {"i2h"}))
    elif len(prefixes) == 1 and len(layers) == 1:
        found = {f"cell.{name}": state[key] for name, (_, key) in cell.items()}
        (last,) = layers
    else:
        raise ModelFileError(
            _("{expected}, found {found}").format(
                expected=_(_EXPECTED), found=_(", ").join(sorted(map(shown, state))[:6]) or _("nothing")
            )
        )
    found |= {"linear.weight": state[f"{last}.weight"], "linear.bias": state[f"{last}.bias"]}
    for key in ("cell.weight_ih_l0", "cell.weight_hh_l0", "linear.weight"):
        if key not in found or found[key].dim() != 2:
            raise ModelFileError(
                _("expected a matrix {key}, found none").format(key=key.replace("cell", "rnn"))
            )
    return found


_EXPECTED = N_(
    "expected the weights of one layer rnn, lstm or gru that reads left to right, and of a last "
    "layer; or of i2h with h2h, h2o or i2o"
)


def _without_tanh(state: Mapping[str, Tensor], last: str) -> dict[str, Tensor]:
    """An RNN that computes what a cell without tanh does: all it holds is so small that tanh changes nothing.

    With ``i2o`` the answer is made of letter and old state; here it is part of the new state, and the last layer takes
    it out.
    """
    weight, bias = state["i2h.weight"], state["i2h.bias"]
    answer, offset = state[f"{last}.weight"], state[f"{last}.bias"]
    if weight.dim() != 2 or answer.dim() != 2 or weight.shape[0] >= weight.shape[1]:
        raise ModelFileError(_("i2h.weight must be a matrix that takes letter and state together"))
    hidden, outputs = weight.shape[0], answer.shape[0]
    width = weight.shape[1] - hidden
    wide = hidden + width if last == "i2o" else hidden
    if answer.shape[1] != wide or bias.shape != (hidden,) or offset.shape != (outputs,):
        raise ModelFileError(
            _("i2h and {last} do not fit each other: {shape}, {other}").format(
                last=last, shape=list(weight.shape), other=list(answer.shape)
            )
        )
    if last == "i2o":
        weight, bias = torch.cat([weight, answer]), torch.cat([bias, offset])
        answer = torch.cat([torch.zeros(outputs, hidden), torch.eye(outputs)], 1)
        offset = torch.zeros(outputs)
    into, around = weight[:, :width], weight[:, width:]
    around = torch.cat([around, torch.zeros(len(weight), len(weight) - hidden)], 1)
    return {
        "cell.weight_ih_l0": into * _TINY,
        "cell.weight_hh_l0": around,
        "cell.bias_ih_l0": bias * _TINY,
        "cell.bias_hh_l0": torch.zeros(len(weight)),
        "linear.weight": answer / _TINY,
        "linear.bias": offset,
    }


def _config_of(state: Mapping[str, Tensor], letters: str | None) -> ModelConfig:
    """The network that has weights of these shapes."""
    rows, hidden = state["cell.weight_hh_l0"].shape
    cell = _CELL_OF_GATES.get(rows // hidden) if hidden and rows % hidden == 0 else None
    if cell is None:
        raise ModelFileError(
            _("rnn.weight_hh_l0 has the shape {found}: neither an RNN, a GRU nor an LSTM").format(
                found=[rows, hidden]
            )
        )
    width = state["cell.weight_ih_l0"].shape[1]
    alphabet = ALPHABETS.get(width) if letters is None else letters
    if alphabet is None or len(alphabet) != width:
        if letters is None:
            said = _(
                "the network reads {width:,} letters, the tutorials' {sizes}: say which, in their order, with --letters"
            )
        else:
            said = _(
                "the network reads {width:,} letters, given were {sizes}: say which, in their order, with --letters"
            )
        sizes = _(", ").join(map(str, sorted(ALPHABETS))) if letters is None else str(len(letters))
        raise ModelFileError(said.format(width=width, sizes=sizes))
    layers = 1 + max(int(key.rsplit("_l", 1)[1]) for key in state if key.startswith("cell."))
    model = PRESETS["tutorial"].config.model
    return replace(model, network=cell, hidden_size=hidden, layers=layers, alphabet=alphabet)


def _network(config: ModelConfig, vocabulary: Vocabulary, state: Mapping[str, Tensor]) -> NameClassifier:
    with torch.device("meta"):
        model = NameClassifier(config, vocabulary.size, len(vocabulary.labels))
    part = model.recurrent
    assert part is not None  # a tutorial's network is one recurrent part
    expected = part.state_dict()
    if odd := sorted(set(state) ^ set(expected)):
        raise ModelFileError(
            (
                _("the weights {name} are too many")
                if odd[0] in state
                else _("the weights {name} are missing")
            ).format(name=repr(odd[0]))
        )
    for key, tensor in expected.items():
        if state[key].shape != tensor.shape:
            raise ModelFileError(
                _("{key} must have the shape {shape}, has {found}").format(
                    key=key, shape=list(tensor.shape), found=list(state[key].shape)
                )
            )
    weights = {key: state[key].clone(memory_format=torch.contiguous_format) for key in expected}
    for key, tensor in weights.items():
        check_numbers(key, tensor)
    part.load_state_dict(weights, assign=True)
    model.scales, model.offsets = torch.ones(1), torch.zeros(model.labels)
    model.restore_constants()
    return model.eval()
