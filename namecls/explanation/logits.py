"""The logits and probabilities of many names that are like one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from namecls.config import core_count
from namecls.data.vocab import PADDING, EncodedNames
from namecls.errors import DataError, shown
from namecls.language import _
from namecls.nn.bulk import BulkClassifier, can_run

if TYPE_CHECKING:
    from namecls.inference.prediction import Predictor

_MANY = 256  # names for which `nn.bulk` is worth its beginning
_THREADS = 2  # one for each direction of a cell, also where the caller leaves torch one
_CHARACTERS = 2**15  # in a batch of its own forward pass


def encode(predictor: Predictor, texts: Sequence[str]) -> EncodedNames:
    """Encode texts that are normalized already; an empty one is read as one unknown character."""
    return predictor.vocabulary.encode_texts(texts)


def logits_of_names(predictor: Predictor, encoded: EncodedNames) -> Tensor:
    """Logits of encoded names, before the temperature. *Shape:* (names, labels)"""
    model = predictor.model
    if len(encoded.lengths) >= _MANY and can_run(model):
        bulk = BulkClassifier(model, min(core_count(), _THREADS))
        try:
            return bulk.start(encoded)()
        finally:
            bulk.close()
    device, lengths = model.scales.device, torch.from_numpy(encoded.lengths)
    size = max(_CHARACTERS // max(int(lengths.max()), 1), 1)
    starts = encoded.lengths.cumsum() - encoded.lengths
    logits = []
    with torch.inference_mode():
        for start in range(0, len(lengths), size):
            some = slice(start, start + size)
            places = np.arange(encoded.lengths[some].max())
            ids = encoded.ids.take(starts[some, None] + places, mode="clip")
            ids[places >= encoded.lengths[some, None]] = PADDING
            logits.append(model(torch.from_numpy(ids).long().to(device), lengths[some]).cpu())
    return torch.cat(logits)


def probabilities_of_texts(predictor: Predictor, texts: Sequence[str]) -> Tensor:
    """What the network alone gives each label for texts that are normalized. *Shape:* (texts, labels)"""
    logits = logits_of_names(predictor, encode(predictor, texts))
    found: Tensor = predictor.loaded.calibration.probabilities(logits)
    return found


def label_id(predictor: Predictor, label: str) -> int:
    """The id of a label.

    :raises DataError: if the model does not know it.
    """
    try:
        return predictor.labels.index(label)
    except ValueError:
        some = [*predictor.labels[:5], *(["..."] if len(predictor.labels) > 5 else [])]
        raise DataError(
            _("expected a label that the model knows ({known}), found {label}").format(
                known=_(", ").join(some), label=shown(label)
            )
        ) from None
