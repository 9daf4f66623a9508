"""Figures of a model by label, and their orders."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from namecls.language import N_
from namecls.results import Confusion, LabelScore

SORTS = {
    "f1": N_("by label, least F1 first"),
    "precision": N_("by label, least precision first"),
    "recall": N_("by label, least recall first"),
    "support": N_("by label, most rows first"),
    "label": N_("by label, by name"),
}


def scores_of(confusion: Confusion, labels: Sequence[str]) -> list[LabelScore]:
    """The figures of the labels that occur or are given."""
    return [score for score in confusion.scores(labels) if score.support or score.precision]


def sorted_scores(scores: Iterable[LabelScore], by: str) -> list[LabelScore]:
    """The figures in the order of one of `SORTS`."""
    if by == "label":
        return sorted(scores, key=lambda score: score.label)
    sign = -1 if by == "support" else 1
    return sorted(scores, key=lambda score: (sign * getattr(score, by), score.label))
