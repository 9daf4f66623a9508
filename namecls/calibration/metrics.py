"""Evaluation metrics from logits and true labels: accuracy, macro-F1, ECE, coverage, risk."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from namecls.calibration.abstention import RiskTable
from namecls.calibration.calibrated import Calibration
from namecls.calibration.conformal import ConformalSets, ranked_pieces
from namecls.guarantees import COVERAGE, COVERAGES, METHODS, RISK, RISKS
from namecls.results import ByPerson, Confusion, Coverage, LabelScore, Metrics, ReliabilityBin, Selection


def confusion_of(predicted: Tensor, target: Tensor, labels: int) -> Confusion:
    """Confusion matrix, in sparse form. No dense one is made: of 40,000 labels it would take 13 GB.

    :param predicted: label ids. *Shape:* (rows,)
    :param target: true label ids. *Shape:* (rows,)
    """
    cells, rows = torch.unique(target * labels + predicted, return_counts=True)
    return Confusion(
        tuple((cells // labels).tolist()), tuple((cells % labels).tolist()), tuple(rows.tolist())
    )


def _counts(predicted: Tensor, target: Tensor, labels: int) -> tuple[Tensor, Tensor, Tensor]:
    """True positives, support, and number of predictions of each label. *Shape:* each (labels,), double"""
    hits, support, claimed = (
        torch.bincount(ids, minlength=labels).double()
        for ids in (target[predicted == target], target, predicted)
    )
    return hits, support, claimed


def label_scores(
    predicted: Tensor,
    target: Tensor,
    labels: Sequence[str],
    covered: Sequence[float | None] | None = None,
    answered: Sequence[float | None] | None = None,
) -> tuple[LabelScore, ...]:
    """Precision, recall and F1 of every label; 0 where the denominator is 0.

    :param predicted: label ids. *Shape:* (rows,)
    :param target: true label ids. *Shape:* (rows,)
    :param covered: for each label the share of its rows whose prediction set contains it.
    :param answered: for each label the share of its rows that are answered at the usual risk.
    """
    hits, support, claimed = _counts(predicted, target, len(labels))
    precision = hits / claimed.clamp(min=1)
    recall = hits / support.clamp(min=1)
    f1 = 2 * hits / (support + claimed).clamp(min=1)
    return tuple(
        LabelScore(label=label, precision=p, recall=r, f1=f, support=int(n), covered=c, answered_at_10=a)
        for label, p, r, f, n, c, a in zip(
            labels,
            precision.tolist(),
            recall.tolist(),
            f1.tolist(),
            support.tolist(),
            covered or [None] * len(labels),
            answered or [None] * len(labels),
            strict=True,
        )
    )


def macro_f1(predicted: Tensor, target: Tensor, labels: int) -> float:
    """Macro-F1: the unweighted mean of the F1 of all labels that occur or are predicted."""
    hits, support, claimed = _counts(predicted, target, labels)
    both = support + claimed
    return float((2 * hits[both > 0] / both[both > 0]).mean())


def top_k_accuracy(logits: Tensor, target: Tensor, k: int) -> float:
    """Top-k accuracy, in 0..1."""
    best = logits.topk(min(k, logits.shape[1]), dim=1).indices
    return float((best == target[:, None]).any(1).double().mean())


def expected_calibration_error(probabilities: Tensor, target: Tensor, bins: int = 15) -> float:
    """ECE: the mean distance between confidence and accuracy over bins of equal width, weighted by their rows.

    Guo et al., On Calibration of Modern Neural Networks, ICML 2017, https://arxiv.org/abs/1706.04599

    :param probabilities: *Shape:* (rows, labels)
    :param target: *Shape:* (rows,)
    """
    bins_with_rows = reliability(probabilities, target, bins)
    return sum(abs(each.accuracy - each.confidence) * each.rows for each in bins_with_rows) / len(target)


def reliability(probabilities: Tensor, target: Tensor, bins: int = 15) -> tuple[ReliabilityBin, ...]:
    """Reliability diagram: confidence and accuracy in bins of equal width; empty bins are left out.

    :param probabilities: *Shape:* (rows, labels)
    :param target: *Shape:* (rows,)
    """
    confidence, predicted = probabilities.max(1)
    confidence = confidence.double()  # not before: of many labels that would be twice the memory
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


def calibration_error_by_chance(
    probabilities: Tensor, bins: int = 15, draws: int = 200, seed: int = 0
) -> tuple[float, float]:
    """ECE expected of a perfectly calibrated model with the same confidences on so many rows.

    It is not 0: in a bin of few rows accuracy and confidence differ by chance, and the ECE adds up the differences
    (Kumar, Liang and Ma, Verified Uncertainty Calibration, NeurIPS 2019, https://arxiv.org/abs/1909.10155; Roelofs,
    Cain, Shlens and Mozer, Mitigating Bias in Calibration Error Estimation, AISTATS 2022,
    https://arxiv.org/abs/2012.08668). Here labels are drawn with the model's own probabilities (consistency
    resampling: Bröcker and Smith, Increasing the Reliability of Reliability Diagrams, 2007).

    :param probabilities: *Shape:* (rows, labels)
    :return: its mean, and what it does not exceed in 95 of 100 draws.
    """
    confidence = probabilities.max(1).values.double()
    index = (confidence * bins).long().clamp(max=bins - 1)
    generator = torch.Generator().manual_seed(seed)
    errors = torch.zeros(draws, dtype=torch.double)
    for draw in range(draws):
        right = torch.rand(len(confidence), generator=generator, dtype=torch.double) < confidence
        gaps = torch.zeros(bins, dtype=torch.double).index_add_(0, index, right.double() - confidence)
        errors[draw] = gaps.abs().sum() / len(confidence)
    return float(errors.mean()), float(errors.quantile(0.95))


def measure_sets(
    probabilities: Tensor, target: Tensor, sets: ConformalSets, coverages: Sequence[float] = COVERAGES
) -> tuple[tuple[Coverage, ...], Tensor]:
    """Measure coverage and mean size of the prediction sets of all methods at some stated coverages.

    :return: with them, whether the default prediction set of each row contains its label. *Shape:* (rows,)
    """
    usual = METHODS[0] if METHODS[0] in sets.thresholds else next(iter(sets.thresholds))
    asked = [(m, stated) for m in METHODS if m in sets.thresholds for stated in coverages]
    pieces = [
        [place, *(sets.sizes(ranked, stated, method) for method, stated in [*asked, (usual, COVERAGE)])]
        for ranked, place in ranked_pieces(probabilities, target)
    ]
    place, *sizes, of_usual = map(torch.cat, zip(*pieces, strict=True))
    found = [
        Coverage(
            stated=stated,
            found=float((place < each).double().mean()),
            mean_size=float(each.double().mean()),
            method=method,
        )
        for (method, stated), each in zip(asked, sizes, strict=True)
    ]
    return tuple(found), place < of_usual


def measure_risks(
    probabilities: Tensor, target: Tensor, table: RiskTable, risks: Sequence[float] = RISKS
) -> tuple[tuple[Selection, ...], Tensor]:
    """Measure selective classification at some stated risks: share answered, and error rate among the answers.

    :return: with them, whether each row is answered at the usual risk. *Shape:* (rows,)
    """
    first, label = probabilities.max(1)
    first, wrong = first.double(), label != target

    def answered(threshold: float | None) -> Tensor:
        return first >= (threshold if threshold is not None else torch.inf)

    found = []
    for stated in risks:
        threshold = table.threshold(stated)
        given = answered(threshold)
        found.append(
            Selection(
                stated=stated,
                threshold=threshold,
                answered=float(given.double().mean()),
                wrong=float(wrong[given].double().mean()) if bool(given.any()) else 0.0,
            )
        )
    return tuple(found), answered(table.threshold(RISK))


def measure(
    logits: Tensor,
    target: Tensor,
    labels: Sequence[str],
    *,
    split: str,
    sets: Calibration | None = None,
    coverages: Sequence[float] = COVERAGES,
    risks: Sequence[float] = RISKS,
    weights: Tensor | None = None,
) -> Metrics:
    """Compute all metrics of one set of rows.

    :param logits: *Shape:* (rows, labels)
    :param target: true label ids. *Shape:* (rows,)
    :param split: the name of the rows, for the record.
    :param sets: also measure prediction sets and risks of this calibration, and the ECE expected if calibrated; its
        temperature is already in the logits.
    :param coverages: of the prediction sets that are measured.
    :param risks: at which it is measured how many names are answered.
    :param weights: how many people each row stands for, to be measured by person too. *Shape:* (rows,)
    """
    loss = float(F.cross_entropy(logits, target))  # first: it takes as much memory as the probabilities
    probabilities = logits.softmax(1)
    predicted = logits.argmax(1)
    chance: tuple[float | None, float | None] = (None, None)
    found: tuple[Coverage, ...] = ()
    selections: tuple[Selection, ...] = ()
    covered, answered = None, None
    if sets is not None:
        chance = calibration_error_by_chance(probabilities)
        if sets.sets is not None:
            found, holds = measure_sets(probabilities, target, sets.sets, coverages)
            covered = _shares(holds, target, len(labels))
        if sets.risks is not None:
            selections, given = measure_risks(probabilities, target, sets.risks, risks)
            answered = _shares(given, target, len(labels))
    return Metrics(
        split=split,
        rows=len(target),
        loss=loss,
        accuracy=top_k_accuracy(logits, target, 1),
        macro_f1=macro_f1(predicted, target, len(labels)),
        top_3=top_k_accuracy(logits, target, 3),
        top_5=top_k_accuracy(logits, target, 5),
        ece=expected_calibration_error(probabilities, target),
        per_label=label_scores(predicted, target, labels, covered, answered),
        confusion=confusion_of(predicted, target, len(labels)),
        reliability=reliability(probabilities, target),
        coverages=found,
        selections=selections,
        ece_by_chance=chance[0],
        ece_by_chance_95=chance[1],
        calibrated_on=sets.rows if sets is not None else None,
        by_person=_by_person(logits, target, weights) if weights is not None else None,
    )


def _by_person(logits: Tensor, target: Tensor, weights: Tensor) -> ByPerson:
    losses = F.cross_entropy(logits, target, reduction="none").double()
    hits = (logits.argmax(1) == target).double()
    people = weights.sum()
    return ByPerson(
        people=float(people),
        accuracy=float((weights * hits).sum() / people),
        loss=float((weights * losses).sum() / people),
    )


def _shares(hits: Tensor, target: Tensor, labels: int) -> list[float | None]:
    """The share of hits among the rows of each label; None for a label without rows."""
    rows = torch.bincount(target, minlength=labels)
    found = torch.bincount(target[hits], minlength=labels)
    return [f / n if n else None for f, n in zip(found.tolist(), rows.tolist(), strict=True)]
