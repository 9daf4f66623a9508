"""People held out

A tenth of the people of name2nat is held out by their full names before anything is counted, trained or chosen, and a
twentieth more to fit temperature, strengths and prediction sets on. The bearers of each family name among the other
people (`data/bearers.py`, with its lists) are a file with weights, on which `namecls train` trains the preset `default`
for five epochs in batches of 512 and counts names; no embedded dataset, no shipped model. Each held-out person is asked
about once. *name2nat's own mix*: people as they are there; *size^.5*: the answer for, and the figures of, a
population in which the share of a label goes with the square root of its people. ECE has 15 bins.
"""

from __future__ import annotations

import hashlib
import statistics
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from bench.lines import ROOT, Line, Options, at_least, at_most
from namecls.calibration.population import Population
from namecls.config import PRESETS
from namecls.data.split import Splits
from namecls.data.table import NameTable
from namecls.inference.prediction import Predictor
from namecls.runs.run import Run
from namecls.training.loop import train

sys.path.insert(0, str(ROOT / "data"))

import bearers
import sources

TOPIC = "people"
#: Of 256 people so many are tested, and so many more validated on.
TESTED, VALIDATED = 26, 13
Rows = dict[tuple[str, str], float]


class Parts(NamedTuple):
    """How many people bear each name under each label, on each side."""

    train: Rows
    validation: Rows
    test: Rows


class Figures(NamedTuple):
    """What comes of it for people of one population; shares."""

    accuracy: float
    loss: float
    ece: float


def run(options: Options) -> list[Line]:
    parts = held_out(options.cache / "wheels")
    if options.quick:
        parts = Parts(*(dict(sorted(rows.items())[:2_000]) for rows in parts))
    seeds = range(options.size(1, 3))
    found = [measured(parts, seed, options.work / f"people-{seed}", options.quick) for seed in seeds]
    lines = [Line(TOPIC, "held-out people", f"{sum(parts.test.values()):,.0f}")]
    targets = {"name2nat's own mix": (69.0, 1.36, 0.025), "size^.5": (63.0, None, None)}
    for population, (accuracy, loss, ece) in targets.items():
        mean = Figures(*map(statistics.fmean, zip(*(each[population] for each in found), strict=True)))
        lines.append(at_least(TOPIC, f"{population}: accuracy", 100 * mean.accuracy, accuracy, "%"))
        for what, value, limit in (("log-loss", mean.loss, loss), ("ECE", mean.ece, ece)):
            lines.append(
                Line(TOPIC, f"{population}: {what}", f"{value:.3f}")
                if limit is None
                else at_most(TOPIC, f"{population}: {what}", value, limit, "")
            )
    alone = Figures(*map(statistics.fmean, zip(*(each["alone"] for each in found), strict=True)))
    lines.append(Line(TOPIC, "the network alone, own mix: accuracy", f"{alone.accuracy:.1%}"))
    return lines


def held_out(wheels: Path) -> Parts:
    """Split the people of name2nat by their full names, and count family names on each side."""
    wheels.mkdir(parents=True, exist_ok=True)
    archives = bearers.open_wheels(wheels)
    people = sources.read_people(archives["name2nat"])
    place = {raw: hashlib.sha256(raw.encode()).digest()[0] for raw in people}

    def counted(here: Callable[[int], bool]) -> sources.Counts:
        gathered = sources.gather({raw: nations for raw, nations in people.items() if here(place[raw])})
        return {label: sources.count_family_names(label, gathered[label]) for label in sorted(gathered)}

    sides = [
        counted(lambda n: n >= TESTED + VALIDATED),
        counted(lambda n: TESTED <= n < TESTED + VALIDATED),
        counted(lambda n: n < TESTED),
    ]
    lists = bearers.listed_rates(archives, sides[0])
    for side in sides:
        side.pop("")
    train = {(name, label): float(n) for name, label, n in bearers.choose(sides[0], lists)}
    labels = {label for _, label in train}
    own, *others = [
        {(name, label): float(n) for label in sorted(labels & set(side)) for name, n in side[label].items()}
        for side in sides
    ]
    return Parts({pair: max(own.get(pair, 0.0), train.get(pair, 0.0)) for pair in own | train}, *others)


def measured(parts: Parts, seed: int, directory: Path, quick: bool) -> dict[str, Figures]:
    """Train, and ask about each held-out person."""
    tables = [
        NameTable.from_pairs(list(rows), weights=list(rows.values()), source=Path(f"{side}.tsv"))
        for side, rows in parts._asdict().items()
    ]
    config = replace(
        PRESETS["default"].config, epochs=1 if quick else 5, batch_size=512, seed=seed, report_every=100_000
    )
    run = Run.create(directory, config)
    for _ in train(config, Splits(*tables), run):
        pass
    predictor = Predictor.load(run.directory)
    known = {pair: n for pair, n in parts.test.items() if pair[1] in predictor.labels}
    names = [name for name, _ in known]
    target = torch.tensor([predictor.labels.index(label) for _, label in known])
    people = torch.tensor(list(known.values()), dtype=torch.float64)
    sizes = torch.zeros(len(predictor.labels), dtype=torch.float64)
    for (_, label), n in parts.train.items():
        sizes[predictor.labels.index(label)] += n
    rooted = predictor.under(Population.of_powers("people", sizes.tolist(), 0.5))
    return {
        "name2nat's own mix": figures(predictor.probabilities(names), target, people),
        "size^.5": figures(rooted.probabilities(names), target, people * sizes[target] ** -0.5),
        "alone": figures(predictor.network_probabilities(names), target, people),
    }


def figures(probabilities: Tensor, target: Tensor, weights: Tensor) -> Figures:
    """Accuracy, log-loss and ECE of rows that stand for so many people each."""
    weights = weights / weights.sum()
    confidence, first = probabilities.double().max(1)
    right = (first == target).double()
    true = probabilities.double()[torch.arange(len(target)), target].clamp(min=1e-9)
    bins = (confidence * 15).long().clamp(max=14)
    gaps = torch.zeros(15, dtype=torch.float64).index_add_(0, bins, weights * (right - confidence))
    return Figures(
        float((weights * right).sum()), float(-(weights * true.log()).sum()), float(gaps.abs().sum())
    )
