"""From logits and true labels to the numbers that say how good a model is."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from namecls.events import LabelScore, Metrics


def confusion_matrix(predicted: Tensor, target: Tensor, labels: int) -> Tensor:
    """How often each label (row) was taken for each label (column). *Shape:* (labels, labels), int64."""
    return torch.bincount(target * labels + predicted, minlength=labels * labels).view(labels, labels)


def label_scores(confusion: Tensor, labels: Sequence[str]) -> tuple[LabelScore, ...]:
    """Precision, recall and F1 of every label; a share of nothing is 0."""
    counts = confusion.double()
    hits, support, claimed = counts.diagonal(), counts.sum(1), counts.sum(0)
    precision = hits / claimed.clamp(min=1)
    recall = hits / support.clamp(min=1)
    f1 = 2 * hits / (support + claimed).clamp(min=1)
    return tuple(
        LabelScore(label=label, precision=p, recall=r, f1=f, support=int(n))
        for label, p, r, f, n in zip(
            labels, precision.tolist(), recall.tolist(), f1.tolist(), support.tolist(), strict=True
        )
    )


def macro_f1(confusion: Tensor) -> float:
    """The mean of the F1 of all labels that occur or are predicted, each counting the same."""
    counts = confusion.double()
    both = counts.sum(1) + counts.sum(0)
    return float((2 * counts.diagonal()[both > 0] / both[both > 0]).mean())


def top_k_accuracy(logits: Tensor, target: Tensor, k: int) -> float:
    """The share of rows whose label is among the k most probable."""
    best = logits.topk(min(k, logits.shape[1]), dim=1).indices
    return float((best == target[:, None]).any(1).double().mean())


def expected_calibration_error(probabilities: Tensor, target: Tensor, bins: int = 15) -> float:
    """The mean distance between confidence and accuracy, over bins of equal width, weighted by their rows.

    Guo et al., On Calibration of Modern Neural Networks, ICML 2017, https://arxiv.org/abs/1706.04599

    :param probabilities: *Shape:* (rows, labels)
    :param target: *Shape:* (rows,)
    """
    confidence, predicted = probabilities.max(1)
    hit = (predicted == target).double()
    index = (confidence * bins).long().clamp(max=bins - 1)
    gaps = torch.zeros(bins, dtype=torch.double).index_add_(0, index, hit - confidence.double())
    return float(gaps.abs().sum() / len(target))


def measure(logits: Tensor, target: Tensor, labels: Sequence[str], *, split: str) -> Metrics:
    """All metrics of one set of rows.

    :param logits: *Shape:* (rows, labels)
    :param target: true label ids. *Shape:* (rows,)
    :param split: the name of the rows, for the record.
    """
    confusion = confusion_matrix(logits.argmax(1), target, len(labels))
    return Metrics(
        split=split,
        rows=len(target),
        loss=float(F.cross_entropy(logits, target)),
        accuracy=top_k_accuracy(logits, target, 1),
        macro_f1=macro_f1(confusion),
        top_3=top_k_accuracy(logits, target, 3),
        top_5=top_k_accuracy(logits, target, 5),
        ece=expected_calibration_error(logits.softmax(1), target),
        per_label=label_scores(confusion, labels),
        confusion=tuple(tuple(row) for row in confusion.tolist()),
    )
