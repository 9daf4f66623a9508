"""Learner: one training step and one validation pass, without files or events."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from namecls.calibration.metrics import macro_f1, measure
from namecls.calibration.temperature import fit_scales
from namecls.config import TrainConfig, core_count
from namecls.data.batching import Batch, LengthBatchSampler, NameDataset
from namecls.data.vocab import Vocabulary
from namecls.errors import Diverged, ModelFileError, shown
from namecls.events import MOST_RANKED, WatchedName
from namecls.language import _
from namecls.nn.model import NameClassifier, answers_of, logits_of
from namecls.nn.ngrams import NgramClassifier
from namecls.plain_values import LARGEST
from namecls.results import Metrics
from namecls.runs.model_files import check_numbers
from namecls.training.augmentation import AsTyped
from namecls.training.distributed import ALONE, Group, Word
from namecls.training.optimizers import build_optimizer
from namecls.training.own_state import seed_generators
from namecls.training.protocol import Prepared, row_weights
from namecls.training.summing import sum_gradients
from namecls.training.transfer import carry_over

_MOST_ADJUSTMENT = 12  # tenths

#: One-cycle schedule: share of warm-up steps, and the first and last learning rate as shares of the highest.
WARM_UP, FIRST_RATE, LAST_RATE = 0.2, 1 / 25, 1e-4


@dataclass(slots=True)
class Position:
    """Counters of a training; with weights, optimizer state and random numbers, all that resuming it needs."""

    epoch: int = 0  # epochs that are over
    batch: int = 0  # batches of the present epoch that are done
    step: int = 0
    names: int = 0
    best_figure: float = -1.0
    best_loss: float = LARGEST  # on the validation rows, of the best epoch
    best_epoch: int = 0
    epochs_without_gain: int = 0
    epoch_names: int = 0
    epoch_loss: float = 0.0  # sums over the names of this epoch
    epoch_hits: int = 0
    window_names: int = 0
    window_loss: float = 0.0  # sums over the names since the last report
    window_hits: int = 0
    elapsed: float = 0.0  # seconds of work
    epoch_began: float = 0.0  # what `elapsed` was at the start of the epoch

    @classmethod
    def from_state(cls, values: Any) -> Position:
        """The inverse of `dataclasses.asdict`, for values from a file.

        :raises ModelFileError: if they are not those of a training.
        """
        if isinstance(values, dict):  # before there was a best loss, the first of equal epochs was the best
            values = {"best_loss": 0.0, **values}
        kinds = {"int": (int,), "float": (int, float)}
        fits = isinstance(values, dict) and all(
            type(values.get(entry.name)) in kinds[str(entry.type)] and -1 <= values[entry.name] < 2**53
            for entry in fields(cls)
        )
        if (
            not fits
            or len(values) != len(fields(cls))
            or (values["batch"] > 0) != (values["epoch_names"] > 0)
        ):
            raise ModelFileError(
                _("expected the position of a training, found {values}").format(values=shown(values))
            )
        return cls(**values)


@dataclass(frozen=True, slots=True)
class Given:
    """The rows of a training as the leader of several processes gives them to the others.

    :ivar rows: how much each training row counts; see `row_weights`.
    """

    vocabulary: Vocabulary
    train: NameDataset
    validation: NameDataset
    rows: Tensor | None
    source: None = None


class Learner:
    """A network in training, with optimizer, sampler and loss; `step` trains on one batch.

    :param group: the processes that train it together, each on a part of every batch. The gradients are those of the
        whole batch; what is drawn at random is every process's own, and follows from seed and step.
    """

    def __init__(
        self, config: TrainConfig, prepared: Prepared | Given, device: torch.device, group: Group = ALONE
    ) -> None:
        self.config = config
        self.device = device
        self.group = group
        self.vocabulary = prepared.vocabulary
        self.labels = self.vocabulary.labels
        self.train_set, self.valid_set = prepared.train, prepared.validation
        self.model = NameClassifier(config.model, prepared.vocabulary.size, len(self.labels))
        self.model.know(prepared.vocabulary)
        if prepared.source is not None:
            carry_over(prepared.source, self.model, prepared.train)
        self.model.to(device)
        self.optimizer = build_optimizer(config, self.model)
        self.sampler = LengthBatchSampler(self.train_set.lengths, config.batch_size, config.seed)
        self.steps = len(self.sampler) * config.epochs
        self.rows = prepared.rows if isinstance(prepared, Given) else row_weights(config, prepared)
        counts = torch.bincount(self.train_set.labels, self.rows, minlength=len(self.labels))
        self._weights = class_weights(config, counts)
        self.weights = self._weights.to(device)
        self.log_shares = (counts / counts.sum()).log()
        self.as_typed = AsTyped(config, prepared.vocabulary, device)
        # Ensemble members are trained independently. The sparse gradient of an n-gram table is not clipped.
        self.tables = [part.table for part in self.model.parts if isinstance(part, NgramClassifier)]
        tables = {id(table) for table in self.tables}
        self._clipped = [
            [p for p in member.parameters() if id(p) not in tables] for member in self.model.members
        ]
        self.position = Position()
        self.has_drifted = (
            False  # whether, after the last epoch, the weights were not the same in all processes
        )
        # Is given the batch of a step when the gradients are there, before they are clipped.
        self.look: Callable[[Batch], None] | None = None

    def step(self, indices: Tensor) -> None:
        """Train on one batch of names, and add its loss and hits to the running sums.

        :raises Diverged: if the loss is no longer a number.
        :raises ProcessLost: if another process is gone; network and position are those before the step.
        """
        config, at = self.config, self.position
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(config, at.step, self.steps)
        self.optimizer.zero_grad(set_to_none=True)
        with self.group.turn(Word.STEP, at.epoch, at.batch, at.step):
            batch, value, hits = self._backward(indices) if self.group is ALONE else self._together(indices)
        if not value <= LARGEST:
            raise self._not_a_number(
                _("the loss is no longer a number up to {largest:g} (step {step:,})"), at.step + 1
            )
        if self.look is not None:
            self.look(batch)
        if config.clip_norm:
            for parameters in self._clipped:
                torch.nn.utils.clip_grad_norm_(parameters, config.clip_norm)
        self.optimizer.step()
        count = len(indices)
        at.batch += 1
        at.step += 1
        at.names += count
        at.epoch_names += count
        at.epoch_loss += value * count
        at.epoch_hits += hits
        at.window_names += count
        at.window_loss += value * count
        at.window_hits += hits

    def _backward(self, indices: Tensor, share: float = 1.0, longest: int = 0) -> tuple[Batch, float, int]:
        """Gradients of some names; with them their batch, loss and hits.

        :param share: how much of the loss of the whole batch theirs is.
        :param longest: the length of the longest name of the whole batch: what n-grams of padding reach in a table is
            stepped as well.
        """
        batch = self.as_typed(self.train_set.batch(indices, longest).to(self.device))
        answers = self.model.answers(batch.ids, batch.lengths)
        rows = self.rows[indices].to(self.device) if self.rows is not None else None
        losses = [self._loss(logits, batch.labels, rows) for logits in answers]
        total = torch.stack(losses).sum()
        (total if share == 1 else total * share).backward()  # type: ignore[no-untyped-call]
        value = float(sum(loss.detach() for loss in losses)) / len(losses) * share
        with torch.no_grad():
            hits = int((self.model.combine(answers).argmax(1) == batch.labels).sum())
        return batch, value, hits

    def _together(self, indices: Tensor) -> tuple[Batch, float, int]:
        """The same of a batch of which every process takes its part; the batch is that part."""
        at, group = self.position, self.group
        seed = np.random.SeedSequence([self.config.seed, at.step, group.rank]).generate_state(1, np.uint64)
        seed_generators(self.device, int(seed[0]) >> 1)
        mine = group.part(indices)
        batch, value, hits = Batch(mine, mine, mine), 0.0, 0
        if len(mine):
            counted, of_all = (
                float(self._weights[self.train_set.labels[some]].double().sum()) for some in (mine, indices)
            )
            longest = int(self.train_set.lengths[indices].max())
            batch, value, hits = self._backward(mine, counted / of_all, longest)
        sums = torch.tensor([value, hits, group.wants_end()], dtype=torch.float64, device=self.device)
        dense = [p for parameters in self._clipped for p in parameters]
        value, of_all, ends = sum_gradients(group, dense, self.tables, sums)
        group.is_asked_to_end |= ends > 0
        return batch, value, round(of_all)

    def answers(self) -> list[Tensor]:
        """Logits of each ensemble member for the validation rows, of which every process takes its part.

        *Shape:* each (rows, labels), on the CPU
        """
        rows, group = len(self.valid_set), self.group
        if group is ALONE:
            return answers_of(self.model, self.valid_set)
        with group.turn(Word.ANSWER):
            first, last = group.bounds(rows, group.rank)
            padded = torch.zeros(len(self.model.members), group.bounds(rows, 0)[1], len(self.labels))
            if first < last:
                found = answers_of(self.model, self.valid_set.part(first, last))
                padded[:, : last - first] = torch.stack(found)
            of_all = group.gather(padded)
            sums = group.gather(_checksum(self.model))
        self.has_drifted = bool((sums != sums[0]).any())
        sizes = [last - first for first, last in (group.bounds(rows, rank) for rank in range(group.size))]
        return list(torch.cat([part[:, :size] for part, size in zip(of_all, sizes, strict=True)], 1))

    def figure(self, valid: Metrics) -> float:
        """The model-selection metric, by which the best epoch is chosen, in 0..1."""
        return valid.macro_f1 if self.config.operating_point == "macro-f1" else valid.accuracy

    def _loss(self, logits: Tensor, target: Tensor, rows: Tensor | None) -> Tensor:
        if self.config.logit_adjustment:
            logits = logits + self.config.logit_adjustment * self.log_shares.to(logits)
        smoothing = self.config.label_smoothing
        if rows is None:
            return F.cross_entropy(logits, target, self.weights, label_smoothing=smoothing)
        losses = F.cross_entropy(logits, target, self.weights, reduction="none", label_smoothing=smoothing)
        return (rows * losses).sum() / self.weights[target].sum()

    def validate(self) -> Metrics:
        """Compute the metrics of the network on the validation rows.

        :raises Diverged: if its weights, or its answers, are no longer numbers.
        """
        answers, target = self.answers(), self.valid_set.labels
        step = self.position.step
        try:
            for name, tensor in self.model.state_dict().items():
                check_numbers(name, tensor)
        except ModelFileError as error:
            raise self._not_a_number(
                _("a weight is no longer a number up to {largest:g} (step {step:,})"), step
            ) from error
        if not all(bool(logits.isfinite().all()) for logits in answers):
            raise self._not_a_number(
                _("an answer on the validation rows is no longer a number up to {largest:g} (step {step:,})"),
                step,
            )
        if len(answers) > 1:
            self.model.scales.copy_(fit_scales(answers, target))
        self.model.offsets.zero_()
        logits = self.model.combine([each.to(self.device) for each in answers]).cpu()
        if self.config.operating_point == "macro-f1":
            offsets = best_offsets(logits, target, self.log_shares)
            self.model.offsets.copy_(offsets)
            logits = logits - offsets
        valid = measure(logits, target, self.labels, split="validation")
        if not valid.loss <= LARGEST:
            raise self._not_a_number(
                _("the loss on the validation rows is no longer a number up to {largest:g} (step {step:,})"),
                step,
            )
        return valid

    def rank(self, names: Sequence[str]) -> tuple[WatchedName, ...]:
        """The most probable labels of some names, by the network as it is."""
        if not names:
            return ()
        dataset = NameDataset(names, [0] * len(names), self.vocabulary)
        probabilities = logits_of(self.model, dataset).softmax(1)
        best = probabilities.topk(min(MOST_RANKED, len(self.labels)), dim=1)
        return tuple(
            WatchedName(name=name, labels=tuple(self.labels[i] for i in which), probabilities=tuple(values))
            for name, which, values in zip(names, best.indices.tolist(), best.values.tolist(), strict=True)
        )

    def _not_a_number(self, what: str, step: int) -> Diverged:
        """:param what: a sentence with ``{largest:g}`` and ``{step:,}``."""
        best = self.position.best_epoch
        kept = (
            _("the best weights so far, of epoch {epoch}, are kept").format(epoch=best)
            if best
            else _("no epoch was over yet")
        )
        return Diverged(
            _("{what}: lower the learning rate, which is {rate:g}; {kept}").format(
                what=what.format(largest=LARGEST, step=step), rate=self.config.learning_rate, kept=kept
            )
        )


def _checksum(model: NameClassifier) -> Tensor:
    """A sum over the bits of all weights, on the CPU. *Shape:* (1,)"""
    bits = [p.detach().view(torch.int32).sum(dtype=torch.int64) for p in model.parameters()]
    return torch.stack(bits).sum(dtype=torch.int64)[None].cpu()


def class_weights(config: TrainConfig, sizes: Tensor) -> Tensor:
    """Class weights of the loss. *Shape:* (labels,)

    "balanced" gives every label the same sum over the training names.

    :param sizes: what the training rows of each label count together. *Shape:* (labels,)
    """
    counts = sizes.to(torch.get_default_dtype())
    if config.class_weights == "balanced":
        return counts.sum() / (len(sizes) * counts.clamp(min=1))
    return torch.ones(len(sizes))


def best_offsets(logits: Tensor, target: Tensor, log_shares: Tensor) -> Tensor:
    """Logit offsets for the highest macro-F1: a multiple of the log prior of each label.

    Post-hoc logit adjustment: Menon et al., Long-tail Learning via Logit Adjustment, ICLR 2021,
    https://arxiv.org/abs/2007.07314. The multiple is one of a few, so that it hardly overfits the rows.

    :param logits: of rows that the network was not trained on. *Shape:* (rows, labels)
    :param log_shares: *Shape:* (labels,)
    """
    tried = [step * log_shares / 10 for step in range(_MOST_ADJUSTMENT + 1)]
    return max(
        tried,
        key=lambda offsets: macro_f1((logits - offsets).argmax(1), target, len(log_shares)),
    )


def learning_rate(config: TrainConfig, step: int, steps: int) -> float:
    """Learning rate at a step, counted from 0, out of `steps`: a pure function, with no scheduler state.

    The one-cycle schedule is that of Smith and Topin, Super-Convergence, 2018, https://arxiv.org/abs/1708.07120,
    with cosines for slopes.
    """
    top = config.learning_rate
    if config.schedule == "cosine":
        return top * (1 + math.cos(math.pi * step / steps)) / 2
    if config.schedule == "onecycle":
        peak = max(1.0, WARM_UP * steps)
        if step < peak:
            low, way = FIRST_RATE, 1 - step / peak
        else:
            low, way = LAST_RATE, (step - peak) / max(1.0, steps - peak)
        return top * (low + (1 - low) * (1 + math.cos(math.pi * way)) / 2)
    return top


def thread_count(config: TrainConfig, group: Group = ALONE) -> int:
    """The CPU threads for the network: as many as wanted, else one for each core of this process's share."""
    return config.threads or max(1, core_count() // group.local_size)
