"""Estimate the memory of a training before it starts, and refuse one that can't fit.

A system that promises more memory than it has kills the process that believes it. So what is sure to be needed is
compared with what is there first.
"""

from __future__ import annotations

import contextlib
import ctypes
import itertools
from pathlib import Path

import torch

from namecls.config import TrainConfig
from namecls.errors import TrainingError
from namecls.language import _
from namecls.nn.model import NameClassifier
from namecls.nn.weights import GATES
from namecls.training.protocol import Prepared

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # of malloc.h

_FLOAT = 4  # bytes
#: Copies of every weight: the weight itself, its gradient, and its optimizer state.
_COPIES = {"sgd": 3, "rmsprop": 3, "adam": 4, "adamw": 4}
#: Floats for each name and label: logits of a batch with what the loss keeps of them, and their gradient; logits of
#: all rows that are evaluated, probabilities, their order, and scores; logits of members on the way to common ones.
_OF_A_BATCH, _OF_A_JUDGEMENT, _OF_A_MEMBER = 3, 5, 3
_MANY_LABELS = 1_000  # that may be why memory runs out


def needed_memory(config: TrainConfig, prepared: Prepared) -> int:
    """Lower bound of a training's memory, in bytes: weights and optimizer state, and the larger of one batch's
    activations for the backward pass and the evaluation of the validation or test rows."""
    network = config.model
    with torch.device("meta"):
        model = NameClassifier(network, prepared.vocabulary.size, len(prepared.vocabulary.labels))
    weights = model.parameter_count() * _COPIES[config.optimizer]
    names = min(config.batch_size, len(prepared.train))
    characters = int(names * prepared.train.lengths.double().mean())
    outputs = network.hidden_size * network.layers * (2 if network.bidirectional else 1)
    kept = 0  # activations per character that the backward pass needs
    for kind in itertools.chain.from_iterable(network.members):
        if kind in GATES:
            kept += outputs * (1 + GATES[kind])
        elif kind == "cnn":
            kept += network.filters * (network.widest - 1)
    answers = names * len(prepared.vocabulary.labels) * len(network.members) * _OF_A_BATCH
    return _FLOAT * (weights + max(characters * kept + answers, _judged(config, prepared)))


def _judged(config: TrainConfig, prepared: Prepared) -> int:
    """Floats that evaluating the validation or test rows takes: several for each row and label."""
    rows = max(len(prepared.validation), len(prepared.test))
    members = len(config.model.members)
    copies = max(_OF_A_JUDGEMENT, _OF_A_MEMBER * members if members > 1 else 0)
    return rows * len(prepared.vocabulary.labels) * copies


def available_memory() -> int | None:
    """Bytes that this process may still take, by the system and by the limits set on it; None if it can't be told."""
    found = []
    with contextlib.suppress(OSError, ValueError, IndexError):
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                found.append(int(line.split()[1]) * 1024)
    with contextlib.suppress(OSError, ValueError):  # a container's limit
        limit = int(Path("/sys/fs/cgroup/memory.max").read_text(encoding="ascii"))
        found.append(limit - int(Path("/sys/fs/cgroup/memory.current").read_text(encoding="ascii")))
    return max(0, min(found)) if found else None


def check_memory(config: TrainConfig, prepared: Prepared) -> None:
    """Check that a training can fit into memory.

    :raises TrainingError: if not even the least that it needs is there; the message names the settings to lower.
    """
    if config.device not in ("cpu", "auto"):
        return
    needed, available = needed_memory(config, prepared), available_memory()
    if available is not None and needed > available:
        labels = len(prepared.vocabulary.labels)
        what = _what_to_lower(config, labels)
        if _FLOAT * _judged(config, prepared) > needed // 2:
            rows = max(len(prepared.validation), len(prepared.test))
            what = _(
                "most of it for {labels:,} labels on {rows:,} validation or test rows: have fewer "
                "labels, or lower the validation fraction ({valid_fraction:g}) and the test fraction "
                "({test_fraction:g})"
            ).format(
                labels=labels,
                rows=rows,
                valid_fraction=config.valid_fraction,
                test_fraction=config.test_fraction,
            )
        raise TrainingError(
            _("not enough memory: {needed} are needed at the least, {available} are free: {what}").format(
                needed=_gib(needed), available=_gib(available), what=what
            )
        )


def memory_error(config: TrainConfig, labels: int, *, kept: bool) -> TrainingError:
    """The error for memory that ran out, which names the setting to lower.

    :param kept: whether there are weights already.
    """
    so_far = _("the best weights so far are kept") if kept else _("no epoch was over yet")
    what = _what_to_lower(config, labels)
    return TrainingError(_("memory ran out: {what}; {so_far}").format(what=what, so_far=so_far))


def _what_to_lower(config: TrainConfig, labels: int) -> str:
    said = (
        _(
            "lower the batch size ({batch:,}) or the hidden units ({hidden:,}), or have fewer "
            "labels ({labels:,})"
        )
        if labels >= _MANY_LABELS
        else _("lower the batch size ({batch:,}) or the hidden units ({hidden:,})")
    )
    return said.format(batch=config.batch_size, hidden=config.model.hidden_size, labels=labels)


def keep_pages() -> None:
    """Have the C library keep memory that is freed, for the next step, which wants the same again.

    By default glibc hands every large block back to the system and then has each of its pages filled with zeros
    again, which takes longer than what is computed in them. Holds for the whole process and can't be taken back, so
    that the programs call it and no function of the library. Does nothing where there is no such setting.
    """
    with contextlib.suppress(OSError, AttributeError):
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_M_MMAP_THRESHOLD, 32 * 2**20)  # the highest that it takes
        mallopt(_M_TRIM_THRESHOLD, 256 * 2**20)


def _gib(count: int) -> str:
    return f"{count / 2**30:,.1f} GiB"
