"""Sets and abstention

Whether prediction sets hold the true label as often as they state, how long they are, and whether a stated risk of
wrong answers is kept: the shipped model on its own rows of the embedded set, and the preset `default`, trained with
seed 0, on the classic file. What depends on the luck of one split is told apart from what does not: after the
training, its validation and test rows (none of which it was trained on) are put together and divided anew 100 times,
into as many rows to fit to and to test on; figures are means over these, and "own split" is that of the run.

*Sets of 90 %*: coverage and mean length; in the note, the coverage among the quarter of the names of which the
network is least sure, and how far the coverage by label is from 90 % in the mean over the rows. *By label* fits a
threshold to each label of its own (class-conditional, or Mondrian, sets). *Upper bound* is the cautious way to make
adaptive sets without random numbers, with the label's own probability in its score; *hashed* takes a random number
from the hash of the name; neither is in namecls.

*Risk*: names answered, wrong answers among them, and in how many of the 100 divisions more were wrong than stated;
5 are allowed to be by the confidence of 95 %, and some more by the luck of the rows that are tested on. Beside the
sequence of tests of namecls stand the bound of Geifman and El-Yaniv (2017), and counting alone: the lowest threshold
at which the rows that are fitted to keep the risk.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from bench.learning import cut
from bench.lines import Line, Options
from namecls.calibration.abstention import CONFIDENCE, chance_of_so_few
from namecls.calibration.conformal import quantile, scores
from namecls.calibration.temperature import count_risks, fit_temperature
from namecls.config import PRESETS
from namecls.data.table import load_dataset
from namecls.guarantees import COVERAGE, COVERAGES, METHODS, RISKS, as_percent
from namecls.inference.prediction import Predictor
from namecls.nn.model import logits_of
from namecls.paths import packaged_model
from namecls.runs.run import Run
from namecls.training.loop import train
from namecls.training.protocol import encode_table, recorded_splits

TOPIC = "sets and abstention"
WITHIN = 0.01  # of the stated coverage


@dataclass(frozen=True)
class Rows:
    """Rows that a network was not trained on. *Shape:* probabilities (rows, labels), target (rows,)"""

    probabilities: Tensor
    target: Tensor
    names: list[str]
    fitted: int  # the first so many are the validation rows of the run


def run(options: Options) -> list[Line]:
    torch.set_num_threads(1)
    repeats = options.size(5, 100)
    files = [("embedded set", rows_of(packaged_model(), options))]
    if options.classic is not None:
        files.append(("classic file", rows_of(trained(options, options.classic), options)))
    lines = []
    for title, rows in files:
        lines += sets(title, rows, repeats)
        lines += risks(title, rows, repeats)
    return lines


def trained(options: Options, path: Path) -> Path:
    """A run on a file."""
    config = replace(PRESETS["default"].config, threads=1, device="cpu")
    if options.quick:
        config = replace(config, epochs=1)
    made = Run.create(options.work, config, "classic")
    for _ in train(config, load_dataset(path), made):
        pass
    return made.directory


def rows_of(directory: Path, options: Options) -> Rows:
    """The validation and test rows of a run, with calibrated probabilities."""
    predictor = Predictor.load(directory)
    splits = recorded_splits(Run.open(directory))
    logits, targets, names = [], [], []
    for part in (splits.validation, splits.test):
        table = cut(part, options.size(300, len(part)))
        dataset, _ = encode_table(table, predictor.vocabulary)
        logits.append(logits_of(predictor.model, dataset))
        targets.append(dataset.labels)
        known = set(predictor.labels)
        names += [n for n, label in zip(table.names, table.label_of_rows, strict=True) if label in known]
    temperature = fit_temperature(logits[0], targets[0])
    probabilities = (torch.cat(logits) / temperature).softmax(1)
    return Rows(probabilities, torch.cat(targets), names, len(targets[0]))


# -- sets --

#: From ranked probabilities, and a number from the hash of each name, to the score at each place.
Score = Callable[[Tensor, Tensor], Tensor]
_OURS: dict[str, Score] = {method: lambda r, _, m=method: scores(r, m) for method in METHODS}  # type: ignore[misc]
_OTHERS: dict[str, Score] = {
    "aps, upper bound": lambda ranked, _: ranked.cumsum(1),
    "aps, hashed": lambda ranked, u: ranked.cumsum(1) - ranked * u[:, None],
}


def sets(title: str, rows: Rows, repeats: int) -> list[Line]:
    """A line for each kind of set."""
    lines = []
    for name, score in {**_OURS, **_OTHERS}.items():
        for coverage in COVERAGES if name in METHODS else (COVERAGE,):
            judged = name in METHODS and coverage == COVERAGE
            lines.append(_set_line(title, name, rows, score, coverage, repeats, judged=judged))
    for name in ("aps", "lac"):
        lines.append(_set_line(title, name, rows, _OURS[name], COVERAGE, repeats, by_label=True))
    return lines


def _set_line(
    title: str,
    name: str,
    rows: Rows,
    score: Score,
    coverage: float,
    repeats: int,
    *,
    judged: bool = False,
    by_label: bool = False,
) -> Line:
    probabilities, target, fitted = rows.probabilities, rows.target, rows.fitted
    ranked, order = probabilities.sort(dim=1, descending=True, stable=True)
    by_rank = score(ranked, _hashes(rows.names))
    by_rank[:, 0] = -math.inf  # no set is empty
    every = torch.empty_like(by_rank).scatter_(1, order, by_rank)  # of each label
    true = every.gather(1, target[:, None])[:, 0]
    exact = score(ranked, _hashes(rows.names))
    drawn = torch.empty_like(exact).scatter_(1, order, exact).gather(1, target[:, None])[:, 0]
    least_sure = ranked[:, 0] <= ranked[:, 0].quantile(0.25)
    labels = probabilities.shape[1]
    held, tested = torch.zeros(labels), torch.zeros(labels)
    shares, sizes, unsure = [], [], []
    for division in divisions(len(target), repeats):
        fit, test = division[:fitted], division[fitted:]
        threshold = _thresholds(drawn[fit], target[fit], labels, coverage, by_label=by_label)
        inside = true[test] <= threshold[target[test]]
        shares.append(float(inside.double().mean()))
        sizes.append(float((every[test] <= threshold).sum(1).double().mean()))
        unsure.append(float(inside[least_sure[test]].double().mean()))
        held += torch.bincount(target[test][inside], minlength=labels)
        tested += torch.bincount(target[test], minlength=labels)
    own, found = shares[0], sum(shares[1:]) / repeats
    off = ((held / tested.clamp(min=1) - coverage).abs() * tested).sum() / tested.sum()
    return Line(
        TOPIC,
        f"{title}: {name}{' by label' if by_label else ''}, {as_percent(coverage)}",
        f"{100 * found:.1f} %, {sum(sizes[1:]) / repeats:.2f} labels",
        f"{100 * (coverage - WITHIN):.0f} to {100 * (coverage + WITHIN):.0f} %" if judged else "",
        abs(found - coverage) <= WITHIN if judged else None,
        f"own split {100 * own:.1f} %, {sizes[0]:.2f} labels; least sure quarter "
        f"{100 * sum(unsure[1:]) / repeats:.1f} %; labels {100 * float(off):.1f} points off",
    )


def _thresholds(true: Tensor, target: Tensor, labels: int, coverage: float, *, by_label: bool) -> Tensor:
    """The highest score that is in a set, for each label. *Shape:* (labels,)"""
    if not by_label:
        return torch.full((labels,), quantile(true.sort().values, coverage, math.inf))
    own = [quantile(true[target == label].sort().values, coverage, math.inf) for label in range(labels)]
    return torch.tensor(own)


def divisions(rows: int, repeats: int) -> list[Tensor]:
    """The order of the run, and so many others."""
    generator = torch.Generator().manual_seed(0)
    return [torch.arange(rows), *(torch.randperm(rows, generator=generator) for _ in range(repeats))]


def _hashes(names: list[str]) -> Tensor:
    """A number from 0 to 1 for each name."""
    digests = (hashlib.blake2b(name.casefold().encode(), digest_size=4).digest() for name in names)
    return torch.tensor([int.from_bytes(digest, "big") / 2**32 for digest in digests])


# -- abstention --


def risks(title: str, rows: Rows, repeats: int) -> list[Line]:
    """A line for each risk and each way to choose the threshold."""
    lines = []
    first, label = rows.probabilities.double().max(1)
    wrong = label != rows.target
    for risk in RISKS:
        for name, choose in _WAYS.items():
            answered, bad, broken = [], [], 0
            for division in divisions(len(first), repeats):
                fit, test = division[: rows.fitted], division[rows.fitted :]
                threshold = choose(rows.probabilities[fit], rows.target[fit], risk)
                given = first[test] >= (math.inf if threshold is None else threshold)
                answered.append(float(given.double().mean()))
                bad.append(float(wrong[test][given].double().mean()) if bool(given.any()) else 0.0)
                broken += len(bad) > 1 and bad[-1] > risk
            lines.append(
                Line(
                    TOPIC,
                    f"{title}: risk {as_percent(risk)}, {name}",
                    f"{100 * sum(answered[1:]) / repeats:.1f} % answered",
                    note=f"{100 * sum(bad[1:]) / repeats:.1f} % of these wrong; more than stated in "
                    f"{100 * broken / repeats:.0f} of 100; own split {100 * answered[0]:.1f} % answered, "
                    f"{100 * bad[0]:.1f} % of these wrong",
                )
            )
    return lines


def _by_tests(probabilities: Tensor, target: Tensor, risk: float) -> float | None:
    return count_risks(probabilities, target).threshold(risk)


def _by_counting(probabilities: Tensor, target: Tensor, risk: float) -> float | None:
    table = count_risks(probabilities, target)
    columns = zip(table.thresholds, table.answered, table.wrong, strict=True)
    return min((t for t, n, bad in columns if n and bad <= risk * n), default=None)


def _by_halving(probabilities: Tensor, target: Tensor, risk: float) -> float | None:
    """Selection with guaranteed risk: a binary search, with a bound at a level that all its steps share."""
    first, label = probabilities.double().max(1)
    order = first.argsort(descending=True)
    wrong = (label != target)[order].cumsum(0)
    steps = math.ceil(math.log2(len(order)))
    low, high, found = 0, len(order) - 1, None
    for _ in range(steps):
        middle = (low + high + 1) // 2
        if chance_of_so_few(int(wrong[middle]), middle + 1, risk) <= (1 - CONFIDENCE) / steps:
            low, found = middle, float(first[order[middle]])
        else:
            high = middle - 1
        if low >= high:
            break
    return found


_WAYS: dict[str, Callable[[Tensor, Tensor, float], float | None]] = {
    "tests in sequence": _by_tests,
    "Geifman and El-Yaniv": _by_halving,
    "counting alone": _by_counting,
}
