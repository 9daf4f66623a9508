"""How far back a network remembers: the size of the gradient of the answer with respect to each letter.

The gradient is that of the label's log-probability at the temperature of the model, with respect to the vector by which
a letter enters (its one-hot or embedding vector); where several parts or members take letters, their vectors stand side
by side. It says how much a small change of a letter's vector would change the answer, and not how much that letter has
contributed to it.
"""

from __future__ import annotations

import torch
from torch import Tensor

from namecls.data.batching import Batch, NameDataset
from namecls.errors import ConfigError, shown
from namecls.explanation.letters import read_letters
from namecls.explanation.steps import Reach
from namecls.inference.prediction import Predictor
from namecls.language import _
from namecls.nn.model import NameClassifier
from namecls.nn.ngrams import NgramClassifier


def reach(predictor: Predictor, name: str, label: str | None = None) -> Reach:
    """How much the answer hangs on each letter of a name.

    :param label: whose log-probability it is; None: the network's first.
    :raises DataError: if the name has no letters, or too many.
    :raises ConfigError: if there is no such label, or no part of the network takes letters one by one.
    """
    read, labels = read_letters(predictor, name), predictor.labels
    if label is not None and label not in labels:
        raise ConfigError(
            _("expected a label of the model {name}, found {label}").format(
                name=predictor.info.name, label=shown(label)
            )
        )
    device = predictor.model.scales.device
    batch = NameDataset([read.read], [0], predictor.vocabulary).batch(torch.tensor([0])).to(device)
    with torch.inference_mode():
        best = int(predictor.model(batch.ids, batch.lengths)[0].argmax())
    which = labels.index(label) if label is not None else best
    sizes = gradient_sizes(
        predictor.model,
        batch._replace(labels=torch.tensor([which], device=device)),
        predictor.loaded.calibration.temperature,
    )
    return Reach(
        name=name,
        label=labels[which],
        letters=read.letters,
        typed=read.typed,
        sizes=tuple(sizes[0].tolist()),
        parts=measured_parts(predictor.model),
    )


def gradient_sizes(model: NameClassifier, batch: Batch, temperature: float = 1.0) -> Tensor:
    """Norm of the gradient of each name's log-probability of its label, for each letter. *Shape:* (batch, length)

    :param batch: of names of one length.
    :raises ConfigError: if no part of the network takes letters one by one.
    """
    measured = [not isinstance(part, NgramClassifier) for part in model.parts]
    if not any(measured):
        raise ConfigError(
            _(
                "{title} takes no letters one by one, so that it has no gradient at them: take a network "
                "with a recurrent or convolutional part"
            ).format(title=model.config.title)
        )
    # A recurrent network of cuDNN has no backward pass in eval mode.
    with torch.enable_grad(), torch.backends.cudnn.flags(enabled=False):
        inputs = [
            each.detach().requires_grad_(wanted)
            for each, wanted in zip(model.inputs(batch.ids, batch.lengths), measured, strict=True)
        ]
        logits = model.forward_from(inputs, batch.lengths) / temperature
        answers = logits.log_softmax(1).gather(1, batch.labels[:, None]).sum()
        gradients = torch.autograd.grad(answers, [each for each in inputs if each.requires_grad])
    return torch.cat(gradients, 2).square().sum(2).sqrt()


def measured_parts(model: NameClassifier) -> tuple[str, ...]:
    """The parts that take letters one by one, each kind once."""
    kinds = [kind for member in model.config.members for kind in member if kind != "ngram"]
    return tuple(dict.fromkeys(kinds))
