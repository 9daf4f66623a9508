"""Influence: how much each letter of a name speaks for a label, measured in three ways.

All of them explain one number, the *logit* of a label: its log-odds against all other labels together,

    log(p / (1 - p))

or against one other label, log(p / q), with the calibrated probabilities of the network alone. What all logits of a
network have in common is no matter to it.

- *leave one out*: the logit of the name less that of the name without the letter. Exact, of names that the network can
  be given.
- *occlusion*: the logit of the name less that of the name with an unknown character in the letter's place. Exact, too.
- *integrated gradients* (Sundararajan et al., Axiomatic Attribution for Deep Networks, ICML 2017,
  https://arxiv.org/abs/1703.01365): the gradient of the logit with respect to what the network reads of the letter,
  integrated along the straight line from the *reference*, the name in which every letter is an unknown character and
  blanks stay. Of an n-gram each of its letters gets an equal share.

Integrated gradients sum to the logit less that of the reference. The other two sum to nothing: what two letters do
together is counted with both of them, or, where either would do, with neither.

How much of a picture is the network's, and how much the name's alone, shows beside the same picture of the network with
its weights shuffled, each tensor in itself (after Adebayo et al., Sanity Checks for Saliency Maps, NeurIPS 2018,
https://arxiv.org/abs/1810.03292): where the two rank the letters alike, neither should be believed.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from namecls.data.vocab import PADDING, UNKNOWN, EncodedNames
from namecls.errors import DataError, shown
from namecls.explanation.letters import ReadName, read_letters
from namecls.explanation.logits import encode, label_id, logits_of_names, probabilities_of_texts
from namecls.explanation.views import Influence
from namecls.language import _
from namecls.nn.model import NameClassifier, Part
from namecls.nn.ngrams import NgramClassifier

if TYPE_CHECKING:
    from namecls.inference.prediction import Predictor

_PANEL = 8  # nodes of the integral in a piece of the line
_PANELS, _MOST_PANELS = 4, 256  # at first, at most
_GAP = 0.002  # in log-odds, by which the sum may be missed
_NUMBERS = 2**23  # of what a network reads in a batch


def influence(
    predictor: Predictor,
    name: str,
    label: str | None = None,
    against: str | None = None,
    *,
    randomised: bool = False,
    seed: int = 0,
) -> Influence:
    """How much each letter of a name speaks for a label, or against it, by the network alone.

    :param label: None: the network's first answer.
    :param against: compare with this label alone; None: with all others together.
    :param randomised: also of the network with its weights shuffled.
    :param seed: of the shuffling.
    :raises DataError: if the name has no letters, the model does not know a label, or both are one.
    """
    read = read_letters(predictor, name)
    if label is None:
        first = probabilities_of_texts(predictor, [read.text])[0].argsort(descending=True, stable=True)
        places = [i for i in first[:2].tolist() if predictor.labels[i] != against]
        label = predictor.labels[places[0]]
    if label == against:
        raise DataError(
            _("expected two labels to tell apart, found {label} for both").format(label=shown(label))
        )
    target = _Target(
        label_id(predictor, label),
        label_id(predictor, against) if against is not None else None,
        predictor.loaded.calibration.temperature,
    )
    other = _influence(_shuffled(predictor, seed), read, target) if randomised else None
    return replace(_influence(predictor, read, target), randomised=other)


@dataclass(frozen=True, slots=True)
class _Target:
    """The number that is explained."""

    label: int
    against: int | None
    temperature: float

    def __call__(self, logits: Tensor) -> Tensor:
        """*Shape:* (names, labels) -> (names,)"""
        scaled = logits.double() / self.temperature
        if self.against is not None:
            return scaled[:, self.label] - scaled[:, self.against]
        rest = torch.ones(scaled.shape[1], dtype=torch.bool, device=scaled.device)
        rest[self.label] = False
        return scaled[:, self.label] - scaled[:, rest].logsumexp(1)


def _influence(predictor: Predictor, read: ReadName, target: _Target) -> Influence:
    text, normalizer = read.text, predictor.vocabulary.normalizer
    without = [normalizer(text[:i] + text[i + 1 :]) for i in range(len(text))]
    encoded = encode(predictor, [text, *without])
    ids = encoded.ids[: len(text)]
    occluded = np.where(np.eye(len(text), dtype=np.bool_), UNKNOWN, ids).ravel()
    both = EncodedNames(
        np.concatenate([encoded.ids, occluded]).astype(np.int32),
        np.concatenate([encoded.lengths, np.full(len(text), len(text))]),
    )
    found = target(logits_of_names(predictor, both))
    rest = (found[0] - found[1:]).tolist()
    gradients, reference = _integrated(predictor, read, ids, target, float(found[0]))
    return Influence(
        name=read.name,
        letters=read.letters,
        typed=read.typed,
        label=predictor.labels[target.label],
        against=predictor.labels[target.against] if target.against is not None else None,
        leave_one_out=tuple(rest[: len(text)]),
        occlusion=tuple(rest[len(text) :]),
        integrated_gradients=gradients,
        logit=float(found[0]),
        reference=reference,
    )


def _integrated(
    predictor: Predictor, read: ReadName, ids: np.ndarray[Any, Any], target: _Target, logit: float
) -> tuple[tuple[float, ...], float]:
    """Integrated gradients of each letter, and the logit of the reference."""
    model = predictor.model
    device = model.scales.device
    name = torch.from_numpy(ids.astype(np.int64))[None].to(device)
    blank = torch.tensor([letter == " " for letter in read.letters], device=device)
    unknown = torch.where(blank, name, UNKNOWN)
    length = torch.tensor([len(ids)])
    with torch.inference_mode(mode=False), torch.no_grad():
        starts, ends = model.inputs(unknown, length), model.inputs(name, length)
        reference = float(target(model(unknown, length))[0])
    shares = [shares_of_letters(part, read.letters, ids.tolist()) for part in model.parts]
    panels = _PANELS
    found = _integral(model, starts, ends, shares, target, panels)
    # Where a maximum over time or a ReLU changes hands, the gradient jumps, and finer pieces are needed.
    while panels < _MOST_PANELS and abs(logit - reference - math.fsum(found)) > _GAP:
        panels *= 4
        found = _integral(model, starts, ends, shares, target, panels)
    return found, reference


def _integral(
    model: NameClassifier,
    starts: Sequence[Tensor],
    ends: Sequence[Tensor],
    shares: Sequence[Tensor],
    target: _Target,
    panels: int,
) -> tuple[float, ...]:
    """The integral by the Gauss-Legendre rule in equal pieces of the line, many nodes as a batch."""
    places, weights = np.polynomial.legendre.leggauss(_PANEL)
    nodes = panels * _PANEL
    along = torch.from_numpy((np.arange(panels)[:, None] + (places + 1) / 2).ravel() / panels).float()
    weight = torch.from_numpy(np.tile(weights / 2, panels) / panels)
    size = max(_NUMBERS // max(sum(end.numel() for end in ends), 1), 1)
    letters = shares[0].shape[1]
    total = torch.zeros(letters, dtype=torch.double)
    for start_at in range(0, nodes, size):
        some = slice(start_at, start_at + size)
        at = along[some].to(ends[0].device)[:, None, None]
        # A recurrent network of cuDNN has no backward pass in eval mode.
        with torch.inference_mode(mode=False), torch.enable_grad(), torch.backends.cudnn.flags(enabled=False):
            inputs = [
                (start + at * (end - start)).requires_grad_() for start, end in zip(starts, ends, strict=True)
            ]
            lengths = torch.full((len(at),), letters)
            gradients = torch.autograd.grad(target(model.forward_from(inputs, lengths)).sum(), inputs)
        for start, end, gradient, share in zip(starts, ends, gradients, shares, strict=True):
            by_piece = ((end - start) * gradient).sum(2).cpu().double()
            total += weight[some] @ by_piece @ share
    return tuple(total.tolist())


def shares_of_letters(part: Part, letters: Sequence[str], ids: Sequence[int]) -> Tensor:
    """How much of each thing that a part reads (`inputs`) is each letter's: rows sum to 1, or to 0 for edges alone.

    *Shape:* (things, letters)
    """
    count = len(letters)
    if not isinstance(part, NgramClassifier):
        return torch.eye(count, dtype=torch.double)
    config = part.config
    spans = [
        (start, start + size)
        for size in range(config.ngram_shortest, min(config.ngram_longest, count + 2) + 1)
        for start in range(-1, count + 2 - size)
    ]
    if part.space is not None:
        start = 0
        for end in range(count + 1):
            if end == count or ids[end] == int(part.space):
                spans += [(start, end)] * (end > start)
                start = end + 1
    shares = torch.zeros(len(spans), count, dtype=torch.double)
    for row, (start, end) in enumerate(spans):
        inside = slice(max(start, 0), min(end, count))
        shares[row, inside] = 1 / max(inside.stop - inside.start, 1)
    return shares


def _shuffled(predictor: Predictor, seed: int) -> Predictor:
    """The same network with each weight drawn at random from those of its tensor: it has learned nothing."""
    generator = torch.Generator().manual_seed(seed)
    with torch.inference_mode(mode=False), torch.no_grad():
        model = copy.deepcopy(predictor.model)
        for parameter in model.parameters():
            drawn = torch.randint(parameter.numel(), (parameter.numel(),), generator=generator)
            values = parameter.flatten().index_select(0, drawn.to(parameter.device))
            parameter.copy_(values.view_as(parameter))
        for module in model.modules():
            if isinstance(module, nn.Embedding):
                module.weight[PADDING] = 0.0
    return replace(predictor, loaded=replace(predictor.loaded, network=model))
