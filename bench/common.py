"""Common names

630 of the most common family names of some 60 countries, each with the labels that are an acceptable first answer
(`bench/common_names.tsv`, written down from general knowledge before any model was asked). *Mass* is the probability
that the acceptable labels get together. The shipped model answers, with the counts beside its network, and the network
alone. Most of these names are counted: that is what the counts are for, so this is no measure of names never seen.
"""

from __future__ import annotations

from pathlib import Path

from bench.lines import Line, Options, at_least
from namecls.inference.prediction import Predictor

TOPIC = "common"
FILE = Path(__file__).with_name("common_names.tsv")


def run(options: Options) -> list[Line]:  # noqa: ARG001
    rows = [line.split("\t") for line in FILE.read_text(encoding="utf-8").splitlines()]
    names, acceptable = [name for name, _ in rows], [set(labels.split(",")) for _, labels in rows]
    predictor = Predictor.load()
    counted = sum(bool(each.seen) for each in predictor.predict(names))
    lines = [Line(TOPIC, "names; of these counted", f"{len(names):,}; {counted:,}")]
    both = {
        "with counts": predictor.probabilities(names),
        "the network alone": predictor.network_probabilities(names),
    }
    for how, probabilities in both.items():
        ranked = probabilities.argsort(1, descending=True).tolist()
        labels = [[predictor.labels[i] for i in row] for row in ranked]
        first = sum(row[0] in good for row, good in zip(labels, acceptable, strict=True)) / len(names)
        three = sum(bool(good & set(row[:3])) for row, good in zip(labels, acceptable, strict=True)) / len(
            names
        )
        mass = sum(
            float(p[predictor.labels.index(label)])
            for p, good in zip(probabilities, acceptable, strict=True)
            for label in good & set(predictor.labels)
        ) / len(names)
        figures = (("the first answer is acceptable", first, 97.0), ("among the first three", three, 99.5))
        for what, share, target in figures:
            if how == "with counts":
                lines.append(at_least(TOPIC, f"{how}: {what}", 100 * share, target, "%"))
            else:
                lines.append(Line(TOPIC, f"{how}: {what}", f"{100 * share:.1f} %"))
        lines.append(Line(TOPIC, f"{how}: mass", f"{100 * mass:.1f} %"))
    return lines
