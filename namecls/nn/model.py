"""NameClassifier: a character-level classifier, one network or an ensemble; ids in, logits out.

A network is described by a line such as ``gru+ngram,cnn``: parts joined by ``+`` are trained jointly, their logits
added; ensemble members, separated by ``,``, are trained independently.

    ids (batch, length) -> part -> logits (batch, labels)
    member: the sum of the logits of its parts
    network: the mean of its members' log-probabilities, the logits of each multiplied by a scale of its own

The mean of log-probabilities is the geometric mean of the probabilities: a product of experts (Hinton, Training
Products of Experts by Minimizing Contrastive Divergence, Neural Computation 2002). `softmax(logits)` are the
probabilities; `cross_entropy(logits, labels)` is what the tutorial writes as LogSoftmax followed by NLLLoss.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from namecls.config import ModelConfig
from namecls.data.batching import LengthBatchSampler, NameDataset
from namecls.data.vocab import UNKNOWN, Vocabulary
from namecls.nn.convolution import ConvolutionalClassifier
from namecls.nn.layers import OneHot
from namecls.nn.ngrams import NgramClassifier
from namecls.nn.recurrent import RecurrentClassifier

_MOST_HALF = 65_504.0  # the largest number in half precision

Part = RecurrentClassifier | ConvolutionalClassifier | NgramClassifier


class Member(nn.Module):
    """One ensemble member: parts trained jointly, their logits added.

    :param kinds: of the parts, as in `namecls.config.PARTS`.
    """

    def __init__(self, config: ModelConfig, kinds: tuple[str, ...], characters: int, labels: int) -> None:
        super().__init__()
        self.parts = nn.ModuleList(_part(config, kind, characters, labels) for kind in kinds)

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """*Shape:* ids (batch, length), lengths (batch,) -> logits (batch, labels)"""
        first, *others = self.parts
        logits: Tensor = first(ids, lengths)
        for part in others:
            logits = logits + part(ids, lengths)
        return logits


class NameClassifier(nn.Module):
    """Character-level name classifier.

    :param characters: number of character ids, padding and unknown among them (`Vocabulary.size`).
    :param labels: number of labels.
    """

    scales: Tensor
    offsets: Tensor

    def __init__(self, config: ModelConfig, characters: int, labels: int) -> None:
        super().__init__()
        self.config = config
        self.labels = labels
        self.members = nn.ModuleList(Member(config, kinds, characters, labels) for kinds in config.members)
        # The scale of each member's logits before the ensemble is averaged (`calibration.temperature.fit_scales`).
        self.register_buffer("scales", torch.ones(len(self.members)))
        # Subtracted from the logit of each label (logit adjustment), where macro-F1 is the model-selection metric.
        self.register_buffer("offsets", torch.zeros(labels))

    def __repr__(self) -> str:
        return f"<NameClassifier {self.config.title}: {self.parameter_count():,} parameters, {self.labels:,} labels>"

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """Forward pass: unnormalised log-probabilities (logits) of all labels.

        :param ids: character ids, padded at the end. *Shape:* (batch, length)
        :param lengths: number of characters of each name, on the CPU, none 0. *Shape:* (batch,)
        :return: *Shape:* (batch, labels)
        """
        return self.combine(self.answers(ids, lengths))

    def answers(self, ids: Tensor, lengths: Tensor) -> list[Tensor]:
        """Logits of each ensemble member, from which its loss is computed. *Shape:* each (batch, labels)"""
        return [member(ids, lengths) for member in self.members]

    def combine(self, answers: list[Tensor]) -> Tensor:
        """Combine the members' logits into the ensemble's. *Shape:* each (batch, labels) -> (batch, labels)"""
        if len(answers) == 1:
            return answers[0] - self.offsets
        scaled = [(logits * scale).log_softmax(1) for logits, scale in zip(answers, self.scales, strict=True)]
        return torch.stack(scaled).mean(0) - self.offsets

    def inputs(self, ids: Tensor, lengths: Tensor) -> list[Tensor]:
        """What each of `parts` reads, as numbers that gradients can be taken of: see their `inputs`."""
        return [part.inputs(ids, lengths) for part in self.parts]

    def forward_from(self, inputs: Sequence[Tensor], lengths: Tensor) -> Tensor:
        """The forward pass from `inputs` on, in eval mode: logits. *Shape:* (batch, labels)"""
        given = iter(inputs)
        answers = []
        for member in self.members:
            logits = [part.forward_from(next(given), lengths) for part in member.parts]  # type: ignore[union-attr]
            answers.append(torch.stack(logits).sum(0))
        return self.combine(answers)

    def know(self, vocabulary: Vocabulary) -> None:
        """Tell the n-gram parts which character id stands between words."""
        space = vocabulary.encode("a a")[1]
        for part in self.parts:
            if isinstance(part, NgramClassifier) and part.space is not None:
                part.space.fill_(space if space != UNKNOWN else -1)

    @property
    def parts(self) -> list[Part]:
        """All parts of all members."""
        return [part for member in self.members for part in member.parts]  # type: ignore[union-attr]

    @property
    def recurrent(self) -> RecurrentClassifier | None:
        """The first recurrent part; None if there is none."""
        return next((part for part in self.parts if isinstance(part, RecurrentClassifier)), None)

    def stored(self) -> dict[str, Tensor]:
        """State dict for a weights file: n-gram tables in half precision, all else as it is."""
        tables = {id(part.table) for part in self.parts if isinstance(part, NgramClassifier)}
        state: dict[str, Tensor] = self.state_dict(keep_vars=True)
        return {name: _half(t.detach()) if id(t) in tables else t.detach() for name, t in state.items()}

    def restore_constants(self) -> None:
        """Rebuild the non-persistent buffers of a network made on the meta device."""
        for module in self.modules():
            if isinstance(module, OneHot):
                module.restore()

    def logits_of(self, dataset: NameDataset) -> Tensor:
        """`logits_of` this network. *Shape:* (names, labels)"""
        return logits_of(self, dataset)

    def logits_of_names(self, names: Sequence[str], vocabulary: Vocabulary) -> Tensor:
        """Logits of names, in eval mode, on the CPU. *Shape:* (names, labels)"""
        return logits_of(self, NameDataset(names, [0] * len(names), vocabulary))

    def parameter_count(self) -> int:
        """Number of trainable parameters."""
        return sum(p.numel() for p in self.parameters() if p.requires_grad)


def _half(table: Tensor) -> Tensor:
    if table.is_meta:  # to compute there would make torch import its compiler: a second and 70 MB
        return torch.empty(table.shape, dtype=torch.float16, device="meta")
    return table.clamp(-_MOST_HALF, _MOST_HALF).half()


def _part(config: ModelConfig, kind: str, characters: int, labels: int) -> Part:
    if kind == "ngram":
        return NgramClassifier(config, labels)
    if kind == "cnn":
        return ConvolutionalClassifier(config, characters, labels)
    return RecurrentClassifier(config, kind, characters, labels)


def answers_of(model: NameClassifier, dataset: NameDataset, batch_size: int = 1024) -> list[Tensor]:
    """Logits of each ensemble member for all names of a dataset, in its order, in eval mode.

    :return: on the CPU. *Shape:* each (names, labels)
    """
    device = next(model.parameters()).device
    training = model.training
    model.eval()
    answers = [torch.empty(len(dataset), model.labels) for _ in model.members]
    with torch.inference_mode():
        for indices in map(torch.from_numpy, LengthBatchSampler(dataset.lengths, batch_size).batches()):
            batch = dataset.batch(indices).to(device)
            for logits, found in zip(answers, model.answers(batch.ids, batch.lengths), strict=True):
                logits[indices] = found.cpu()
    model.train(training)
    return answers


def logits_of(model: NameClassifier, dataset: NameDataset, batch_size: int = 1024) -> Tensor:
    """Logits of all names of a dataset, in its order, in eval mode.

    :return: on the CPU. *Shape:* (names, labels)
    """
    with torch.inference_mode():
        return model.combine(
            [each.to(model.scales.device) for each in answers_of(model, dataset, batch_size)]
        ).cpu()
