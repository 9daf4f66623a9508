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


class Found(NamedTuple):
    """What the answers for a list are worth, in percent of its names; mass: the mean over names.

    :param counted: how many of its names are in the counts.
    """

    names: int
    counted: int
    first: float
    three: float
    mass: float


def run(options: Options) -> list[Line]:  # noqa: ARG001
    predictor = Predictor.load()
    return [line for each in LISTS for line in _of_list(predictor, each)]


def read(each: List) -> tuple[list[str], list[set[str]]]:
    """The names of a list, and the acceptable labels of each."""
    rows = [line.split("\t") for line in (HERE / each.file).read_text(encoding="utf-8").splitlines()]
    return [name for name, _ in rows], [set(labels.split(",")) for _, labels in rows]


def measured(predictor: Predictor, names: list[str], acceptable: list[set[str]]) -> Found:
    """What a model answers for some names, with its counts."""
    counted = sum(bool(prediction.seen) for prediction in predictor.predict(names))
    return Found(len(names), counted, *_shares(predictor, predictor.probabilities(names), acceptable))


def _of_list(predictor: Predictor, each: List) -> list[Line]:
    names, acceptable = read(each)
    found = measured(predictor, names, acceptable)
    among = f"{each.title}: among the first three"
    alone = _shares(predictor, predictor.network_probabilities(names), acceptable)
    figures = " / ".join(f"{share:.1f}" for share in alone)
    return [
        Line(TOPIC, f"{each.title}: names; of these counted", f"{found.names:,}; {found.counted:,}"),
        at_least(TOPIC, f"{each.title}: the first answer is acceptable", found.first, each.first, "%"),
        Line(TOPIC, among, f"{found.three:.1f} %")
        if each.three is None
        else at_least(TOPIC, among, found.three, each.three, "%"),
        Line(TOPIC, f"{each.title}: mass", f"{found.mass:.1f} %"),
        Line(TOPIC, f"{each.title}: the network alone, first / three / mass", f"{figures} %"),
    ]


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
