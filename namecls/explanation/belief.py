"""Belief: what the network thinks of a name after each of its letters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from namecls.explanation.letters import read_letters
from namecls.explanation.logits import label_id, probabilities_of_texts
from namecls.explanation.views import Belief
from namecls.nn.recurrent import RecurrentClassifier

if TYPE_CHECKING:
    from namecls.inference.prediction import Predictor


def belief(predictor: Predictor, name: str, k: int = 8, labels: Sequence[str] | None = None) -> Belief:
    """What the network thinks of a name after each of its letters.

    :param k: how many labels.
    :param labels: these instead of the k that are most probable for the whole name.
    :raises DataError: if the name has no letters, or the model does not know a label.
    """
    read = read_letters(predictor, name)
    normalizer, text = predictor.vocabulary.normalizer, read.text
    prefixes = [normalizer(text[:end]) for end in range(1, len(text) + 1)]
    found = probabilities_of_texts(predictor, prefixes).double()
    if labels is None:
        ids = found[-1].argsort(descending=True, stable=True)[: max(k, 1)].tolist()
    else:
        ids = [label_id(predictor, label) for label in labels]
    columns = found / found.sum(1, keepdim=True)
    shown = columns[:, ids]
    return Belief(
        name=name,
        letters=read.letters,
        typed=read.typed,
        labels=tuple(predictor.labels[i] for i in ids),
        probabilities=tuple(map(tuple, shown.t().tolist())),
        others=tuple((1 - shown.sum(1)).clamp(min=0).tolist()),
        unknown=tuple(
            place for place, letter in enumerate(read.letters) if not predictor.vocabulary.knows(letter)
        ),
        reads_anew=not all(
            isinstance(part, RecurrentClassifier) and part.directions == 1 for part in predictor.model.parts
        ),
    )
