"""What the processes of a training do that do not lead: take the rows and the network, and do what they hear.

They read no file and write none. The leader gives all rows, encoded, which are some 30 bytes a name: batches are drawn
anew in every epoch, so that each process needs any row some time.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from namecls.config import TrainConfig
from namecls.data.batching import NameDataset
from namecls.data.vocab import Vocabulary
from namecls.errors import Diverged
from namecls.nn.fused import use_threads
from namecls.training.distributed import Processes, Word
from namecls.training.learner import Given, Learner, thread_count

_FIELDS = ("ids", "lengths", "labels")  # of a dataset


def hand_over(learner: Learner) -> None:
    """Give the other processes all that they need to train with this one; nothing, if there are none."""
    group = learner.group
    if not isinstance(group, Processes):
        return
    values = {
        "config": learner.config.to_json(),
        "characters": list(learner.vocabulary.characters),
        "labels": list(learner.labels),
        "steps": learner.steps,
        "device": learner.device.type,
    }
    tensors = {} if learner.rows is None else {"rows": learner.rows}
    for side, dataset in (("train", learner.train_set), ("validation", learner.valid_set)):
        tensors |= {f"{side}.{field}": getattr(dataset, field) for field in _FIELDS}
    with group.turn(Word.TAKE):
        group.share(values, tensors)
        group.use(learner.device)
        _share_state(learner, group)


def adopt(learner: Learner) -> None:
    """Give the other processes what was fitted on the validation rows; nothing, if there are none.

    And all of the network, if theirs is another one: machines of several kinds round differently.
    """
    group = learner.group
    if isinstance(group, Processes):
        with group.turn(Word.ADOPT):
            if learner.has_drifted:
                _share_state(learner, group)
            else:
                group.share(
                    {}, {"model.scales": learner.model.scales, "model.offsets": learner.model.offsets}
                )


def serve(group: Processes) -> None:
    """Be one of the other processes, until the leader lets it go.

    :raises ProcessLost: if the leader is gone.
    """
    worker = _Worker(group)
    while (heard := group.heard())[0] is not Word.LEAVE:
        worker.do(*heard)


class _Worker:
    def __init__(self, group: Processes) -> None:
        self._group = group
        self._learner: Learner
        self._drawn = -1  # the epoch whose batches these are
        self._batches: list[Any] = []

    def do(self, word: Word, numbers: list[int]) -> None:
        if word is Word.TAKE:
            self._learner, self._drawn = _taken(self._group), -1
        elif word is Word.STEP:
            self._step(*numbers)
        elif word is Word.ANSWER:
            self._learner.answers()
        elif word is Word.ADOPT:
            _take_state(self._learner, self._group)

    def _step(self, epoch: int, batch: int, step: int) -> None:
        learner = self._learner
        if epoch != self._drawn:
            learner.sampler.set_epoch(epoch)
            self._batches, self._drawn = learner.sampler.batches(), epoch
        at = learner.position
        at.epoch, at.batch, at.step = epoch, batch, step
        try:
            learner.step(torch.from_numpy(self._batches[batch]))
        except Diverged:  # that of the whole batch: the leader tells
            return


def _taken(group: Processes) -> Learner:
    values, tensors = group.share()
    config = TrainConfig.from_json(values["config"])
    use_threads(thread_count(config, group))
    device = torch.device(values["device"])
    group.use(device)
    train, validation = (
        NameDataset.of_encoded(*(tensors[f"{side}.{field}"] for field in _FIELDS))
        for side in ("train", "validation")
    )
    vocabulary = Vocabulary(tuple(values["characters"]), tuple(values["labels"]), config.model.normalizer)
    learner = Learner(config, Given(vocabulary, train, validation, tensors.get("rows")), device, group)
    learner.steps = values["steps"]
    learner.model.train()
    _take_state(learner, group)
    return learner


def _share_state(learner: Learner, group: Processes) -> None:
    tensors = {f"model.{name}": tensor for name, tensor in learner.model.state_dict().items()}
    numbers: dict[str, Any] = {}
    for index, values in learner.optimizer.state_dict()["state"].items():
        for key, value in values.items():
            kept: dict[str, Any] = tensors if isinstance(value, Tensor) else numbers
            kept[f"optimizer.{index}.{key}"] = value
    group.share(numbers, tensors)


def _take_state(learner: Learner, group: Processes) -> None:
    numbers, tensors = group.share()
    state: dict[int, dict[str, Any]] = {}
    for name, value in {**numbers, **tensors}.items():
        of, _dot, rest = name.partition(".")
        if of == "optimizer":
            index, _dot, key = rest.partition(".")
            state.setdefault(int(index), {})[key] = value
    kept = learner.model.state_dict()
    with torch.no_grad():
        for name, tensor in tensors.items():
            if name.startswith("model."):
                kept[name[6:]].copy_(tensor)
    if state:
        learner.optimizer.load_state_dict({**learner.optimizer.state_dict(), "state": state})
