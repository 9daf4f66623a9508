"""Trace one name through the network: every tensor of the forward pass, from characters to ranked labels.

Every step is computed by the network itself, and each shape is that of the tensor that was there; only the gates of an
LSTM and a GRU, which PyTorch keeps to itself, are computed anew, letter by letter (`nn.unrolled`). It is the network
alone: counts of names beside it are no tensors of it.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from namecls.config import ModelConfig
from namecls.data.batching import NameDataset
from namecls.data.vocab import FIRST, UNKNOWN
from namecls.explanation.drawn import bars, heat, vector
from namecls.explanation.letters import ReadName, read_letters
from namecls.explanation.steps import Step
from namecls.explanation.through import Walked, through
from namecls.inference.prediction import Predictor
from namecls.language import _


def walk(predictor: Predictor, name: str, k: int = 3) -> list[Step]:
    """Every tensor between a name and its k most probable labels, in their order.

    :raises DataError: if the name has no letters, or too many.
    """
    model, vocabulary = predictor.model, predictor.vocabulary
    read = read_letters(predictor, name)
    batch = NameDataset([read.read], [0], vocabulary).batch(torch.tensor([0])).to(model.scales.device)
    with torch.inference_mode():
        logits = model(batch.ids, batch.lengths)
        walked = Walked(batch, read.letters, vocabulary, int(logits[0].argmax()))
        steps = _into_numbers(predictor, read, batch.ids[0])
        for number, member in enumerate(model.members, 1):
            of = number if len(model.members) > 1 else 0
            parts = list(member.parts)  # type: ignore[arg-type]
            for part in parts:
                found = through(part, walked, _("logits") if len(parts) == 1 else _("its logits"))
                steps += [replace(step, title=_of_member(step.title, of)) for step in found]
            if len(parts) > 1:
                steps.append(_sum(predictor, member(batch.ids, batch.lengths), of))
        if len(model.members) > 1:
            steps.append(_asked_together(predictor, logits))
        return [*steps, *_into_probabilities(predictor, logits, k)]


def _into_numbers(predictor: Predictor, read: ReadName, ids: Tensor) -> list[Step]:
    known = len(predictor.vocabulary.characters)
    letters = read.letters
    return [
        Step(
            title=_("text"),
            code="normalize(name)",
            shape=(len(letters),),
            meaning=_("The name as the model reads it: {ways}.").format(
                ways=_reading(predictor.model.config)
            ),
            preview="".join(letters),
            columns=letters,
        ),
        Step(
            title=_("ids"),
            code="[vocabulary[c] for c in text]",
            shape=tuple(ids.shape),
            meaning=_(
                "A whole number per character: {known} known ones from {first} on, {unknown} if unknown."
            ).format(known=known, first=FIRST, unknown=UNKNOWN),
            preview="  ".join(f"{c}={i}" for c, i in zip(letters, ids.tolist(), strict=True)),
            **heat(letters, ids[:, None], ["id"], kind="text"),
        ),
    ]


def _sum(predictor: Predictor, logits: Tensor, of: int) -> Step:
    return Step(
        title=_of_member(_("logits"), of),
        code="sum(logits of the parts)",
        shape=tuple(logits.shape),
        meaning=_("The parts were trained jointly: their logits are added."),
        preview=vector(logits[0]),
        **bars(predictor.labels, logits[0], "logit"),
    )


def _asked_together(predictor: Predictor, logits: Tensor) -> Step:
    return Step(
        title=_("logits"),
        code="mean([log_softmax(scale * logits) for each member])",
        shape=tuple(logits.shape),
        meaning=_("The ensemble members were trained independently: the mean of their log-probabilities."),
        preview=vector(logits[0]),
        **bars(predictor.labels, logits[0], "logit"),
    )


def _into_probabilities(predictor: Predictor, logits: Tensor, k: int) -> list[Step]:
    log_probabilities = (logits / predictor.loaded.calibration.temperature).log_softmax(1)
    best = log_probabilities.topk(min(max(k, 1), len(predictor.labels)), dim=1)
    top = [predictor.labels[i] for i in best.indices[0].tolist()]
    return [
        Step(
            title=_("log-softmax"),
            code="log_softmax(logits, dim=1)",
            shape=tuple(log_probabilities.shape),
            meaning=_(
                "Log-probabilities, whose exponentials sum to 1; the loss is minus that of the true label."
            ),
            preview=_("{values}   sum of exp: {sum:.4f}").format(
                values=vector(log_probabilities[0]), sum=float(log_probabilities.exp().sum())
            ),
            **bars(predictor.labels, log_probabilities[0], "log-probability"),
        ),
        Step(
            title=_("top-k"),
            code=f"log_probabilities.topk({best.values.shape[1]})",
            shape=tuple(best.values.shape),
            meaning=_("The best labels, most probable first."),
            preview="  ".join(
                f"{n} {p:.1%}" for n, p in zip(top, best.values[0].exp().tolist(), strict=True)
            ),
            **bars(top, best.values[0].exp(), "probability", span=(0, 1)),
        ),
    ]


def _of_member(title: str, number: int) -> str:
    """A title with the number of the ensemble member that it is of; 0: there is one only."""
    return _("{title} of member {number}").format(title=title, number=number) if number else title


def _reading(config: ModelConfig) -> str:
    ways = [_("composed (NFC)"), _("trimmed")]
    ways += [_("as ASCII")] if config.transliterate else []
    ways += [_("without regard to case")] if config.casefold else []
    return _(", ").join(ways)
