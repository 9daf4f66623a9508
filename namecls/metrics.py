"""From logits and true labels to the numbers that say how good a model is."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from namecls.calibration import COVERAGE, COVERAGES, Calibration
from namecls.events import Coverage, LabelScore, Metrics, ReliabilityBin


def confusion_matrix(predicted: Tensor, target: Tensor, labels: int) -> Tensor:
    """How often each label (row) was taken for each label (column). *Shape:* (labels, labels), int64."""
    return torch.bincount(target * labels + predicted, minlength=labels * labels).view(labels, labels)


def label_scores(
    confusion: Tensor, labels: Sequence[str], covered: Sequence[float | None] | None = None
) -> tuple[LabelScore, ...]:
    """Precision, recall and F1 of every label; a share of nothing is 0.

    :param covered: for each label the share of its rows whose prediction set holds it.
    """
    counts = confusion.double()
    hits, support, claimed = counts.diagonal(), counts.sum(1), counts.sum(0)
    precision = hits / claimed.clamp(min=1)
    recall = hits / support.clamp(min=1)
    f1 = 2 * hits / (support + claimed).clamp(min=1)
    return tuple(
        LabelScore(label=label, precision=p, recall=r, f1=f, support=int(n), covered=c)
        for label, p, r, f, n, c in zip(
            labels,
            precision.tolist(),
            recall.tolist(),
            f1.tolist(),
            support.tolist(),
            covered or [None] * len(labels),
            strict=True,
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
    bins_with_rows = reliability(probabilities, target, bins)
    return sum(abs(each.accuracy - each.confidence) * each.rows for each in bins_with_rows) / len(target)


def reliability(probabilities: Tensor, target: Tensor, bins: int = 15) -> tuple[ReliabilityBin, ...]:
    """Confidence against accuracy, over bins of equal width; those without rows are left out.

    :param probabilities: *Shape:* (rows, labels)
    :param target: *Shape:* (rows,)
    """
    confidence, predicted = probabilities.double().max(1)
    index = (confidence * bins).long().clamp(max=bins - 1)
    rows = torch.bincount(index, minlength=bins)
    sums = torch.zeros(2, bins, dtype=torch.double)
    sums[0].index_add_(0, index, confidence)
    sums[1].index_add_(0, index, (predicted == target).double())
    means = sums / rows.clamp(min=1)
    return tuple(
        ReliabilityBin(confidence=c, accuracy=a, rows=n)
        for c, a, n in zip(*means.tolist(), rows.tolist(), strict=True)
        if n
    )


def set_coverages(
    probabilities: Tensor, target: Tensor, calibration: Calibration
) -> tuple[tuple[Coverage, ...], Tensor]:
    """How the prediction sets of each coverage do.

    :return: with them, whether the 90 % set of each row holds its label. *Shape:* (rows,)
    """
    true = probabilities.gather(1, target[:, None])
    place = (probabilities > true).sum(1)  # labels that rank before the true one
    found, holds = [], torch.zeros(len(target), dtype=torch.bool)
    for stated in COVERAGES if calibration.thresholds else ():
        sizes = calibration.set_sizes(probabilities, stated)
        hit = place < sizes
        found.append(
            Coverage(stated=stated, found=float(hit.double().mean()), mean_size=float(sizes.double().mean()))
        )
        if stated == COVERAGE:
            holds = hit
    return tuple(found), holds


def measure(
    logits: Tensor, target: Tensor, labels: Sequence[str], *, split: str, sets: Calibration | None = None
) -> Metrics:
    """All metrics of one set of rows.

    :param logits: *Shape:* (rows, labels)
    :param target: true label ids. *Shape:* (rows,)
    :param split: the name of the rows, for the record.
    :param sets: also measure the prediction sets of a calibration; its temperature is already in the logits.
    """
    probabilities = logits.softmax(1)
    coverages, holds = set_coverages(probabilities, target, sets) if sets is not None else ((), None)
    confusion = confusion_matrix(logits.argmax(1), target, len(labels))
    return Metrics(
        split=split,
        rows=len(target),
        loss=float(F.cross_entropy(logits, target)),
        accuracy=top_k_accuracy(logits, target, 1),
        macro_f1=macro_f1(confusion),
        top_3=top_k_accuracy(logits, target, 3),
        top_5=top_k_accuracy(logits, target, 5),
        ece=expected_calibration_error(probabilities, target),
        per_label=label_scores(confusion, labels, _shares(holds, target, len(labels)) if coverages else None),
        confusion=tuple(tuple(row) for row in confusion.tolist()),
        reliability=reliability(probabilities, target),
        coverages=coverages,
    )


def _shares(hits: Tensor | None, target: Tensor, labels: int) -> list[float | None] | None:
    """The share of hits among the rows of each label; None for a label without rows."""
    if hits is None:
        return None
    rows = torch.bincount(target, minlength=labels)
    found = torch.bincount(target[hits], minlength=labels)
    return [f / n if n else None for f, n in zip(found.tolist(), rows.tolist(), strict=True)]
