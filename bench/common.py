"""Common names

Lists of the most common family names of some 60 countries, each name with the labels that are an acceptable first
answer, written down from general knowledge before any model was asked: 630 names (`bench/common_names.tsv`); 821 less
common ones, mostly of ranks 20 to 60 (`bench/more_common_names.tsv`), written when all rules of the counts stood but
the network's strength for labels known from lists alone; and names in their own scripts (`bench/native_names.tsv`).
*Mass* is the probability that the acceptable labels get together. The shipped model answers, with the counts beside
its network, and the network alone. Most of these names are counted: that is what the counts are for, so this is no
measure of names never seen.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from torch import Tensor

from bench.lines import Line, Options, at_least
from namecls.inference.prediction import Predictor

TOPIC = "common"
HERE = Path(__file__).parent


class List(NamedTuple):
    """A list of names, and how many of a hundred are to be right: the first answer, one of the first three."""

    title: str
    file: str
    first: float
    three: float | None = None


LISTS = (
    List("common", "common_names.tsv", 97.0, 99.5),
    List("less common", "more_common_names.tsv", 97.0, 99.5),
    List("own scripts", "native_names.tsv", 92.0),
)


def run(options: Options) -> list[Line]:  # noqa: ARG001
    predictor = Predictor.load()
    return [line for each in LISTS for line in _of_list(predictor, each)]


def _of_list(predictor: Predictor, each: List) -> list[Line]:
    rows = [line.split("\t") for line in (HERE / each.file).read_text(encoding="utf-8").splitlines()]
    names, acceptable = [name for name, _ in rows], [set(labels.split(",")) for _, labels in rows]
    counted = sum(bool(prediction.seen) for prediction in predictor.predict(names))
    lines = [Line(TOPIC, f"{each.title}: names; of these counted", f"{len(names):,}; {counted:,}")]
    first, three, mass = _shares(predictor, predictor.probabilities(names), acceptable)
    lines.append(at_least(TOPIC, f"{each.title}: the first answer is acceptable", first, each.first, "%"))
    among = f"{each.title}: among the first three"
    lines.append(
        Line(TOPIC, among, f"{three:.1f} %")
        if each.three is None
        else at_least(TOPIC, among, three, each.three, "%")
    )
    lines.append(Line(TOPIC, f"{each.title}: mass", f"{mass:.1f} %"))
    alone = _shares(predictor, predictor.network_probabilities(names), acceptable)
    figures = " / ".join(f"{share:.1f}" for share in alone)
    lines.append(Line(TOPIC, f"{each.title}: the network alone, first / three / mass", f"{figures} %"))
    return lines


def _shares(
    predictor: Predictor, probabilities: Tensor, acceptable: list[set[str]]
) -> tuple[float, float, float]:
    """How many of a hundred names have an acceptable first answer, and one among three; their mean mass."""
    ranked = probabilities.argsort(1, descending=True)[:, :3].tolist()
    labels = [[predictor.labels[i] for i in row] for row in ranked]
    first = sum(row[0] in good for row, good in zip(labels, acceptable, strict=True))
    three = sum(bool(good & set(row)) for row, good in zip(labels, acceptable, strict=True))
    mass = sum(
        float(row[predictor.labels.index(label)])
        for row, good in zip(probabilities, acceptable, strict=True)
        for label in good & set(predictor.labels)
    )
    return tuple(100 * share / len(acceptable) for share in (first, three, mass))  # type: ignore[return-value]
