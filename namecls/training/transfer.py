"""Transfer learning: initialise a network with the weights of another model, whose labels may differ.

The new network is built like the source and starts from its weights. Of the characters the source's come first, so
that each keeps its id, and with it the rows of its n-grams. Only the linear layer of each part is new: the row of a new
label is the mean of the source's rows, weighted by the probabilities that the source gives to the new label's training
names. So the first predictions are those of the source under other labels, and fine-tuning starts there (that lower
layers carry over to other labels:
Yosinski et al., How transferable are features in deep neural networks?, NeurIPS 2014,
https://arxiv.org/abs/1411.1792).

What the source counted stays beside the new network, and is learned to speak for its labels: `calibration.carried`.
"""

from __future__ import annotations

import copy
from dataclasses import replace

import torch
from torch import Tensor

from namecls.calibration.counts import NameCounts
from namecls.config import TrainConfig
from namecls.data.batching import NameDataset
from namecls.data.vocab import UNKNOWN
from namecls.errors import ConfigError
from namecls.language import _
from namecls.nn.layers import Embedding
from namecls.nn.model import NameClassifier, logits_of
from namecls.runs.loading import load_model
from namecls.runs.model_files import LoadedModel
from namecls.runs.origin import fitted, source_path


def source_of(config: TrainConfig) -> LoadedModel | None:
    """Load the model that a training starts from; None if it starts from random weights.

    :raises ModelFileError: if there is none where the config says.
    :raises ConfigError: if its network is not the one of the config.
    """
    if not config.init_from:
        return None
    source = load_model(source_path(config.init_from))
    wanted = fitted(source.model.config, config.model)
    if replace(config.model, alphabet=wanted.alphabet, min_count=wanted.min_count) != wanted:
        raise ConfigError(
            _(
                "a training that starts from {init_from} has its network, {title}: leave the settings of "
                "the network out"
            ).format(init_from=config.init_from, title=wanted.title)
        )
    return source


def counts_of(source: LoadedModel) -> tuple[NameCounts, tuple[str, ...]] | None:
    """The counts of a model, its own or those that were carried over to it, with their labels; None: it has none."""
    if source.counted is not None:
        return source.counted.counts, source.vocabulary.labels
    return (source.carried.counts, source.carried.labels) if source.carried is not None else None


def carry_over(source: LoadedModel, model: NameClassifier, train: NameDataset) -> None:
    """Initialise a new network with the weights of the source.

    :param train: the training names of the new network, whose vocabulary starts with the source's characters.
    """
    as_before = copy.copy(train)  # characters that the source does not know are unknown to it
    as_before.ids = train.ids.where(train.ids < source.vocabulary.size, UNKNOWN)
    translation = _translation(logits_of(source.model, as_before).softmax(1), train.labels, model.labels)
    with torch.no_grad():
        for ours, theirs in zip(model.parts, source.model.parts, strict=True):
            weights = theirs.state_dict()
            for name, tensor in ours.state_dict().items():
                learned = weights[name]
                if name.startswith("linear."):
                    tensor.copy_(translation @ learned)
                elif name == "input.weight" and isinstance(ours.input, Embedding):
                    tensor[: len(learned)] = learned
                elif tensor.shape != learned.shape:  # one-hot letters: a column for each character
                    tensor.zero_()
                    tensor[:, : learned.shape[1]] = learned
                else:
                    tensor.copy_(learned)
        model.scales.copy_(source.model.scales)


def _translation(probabilities: Tensor, labels: Tensor, count: int) -> Tensor:
    """How much of each old label is in each new one. *Shape:* (new labels, old labels), rows sum to 1."""
    sums = torch.zeros(count, probabilities.shape[1]).index_add_(0, labels, probabilities)
    return sums / sums.sum(1, keepdim=True).clamp(min=1e-6)
