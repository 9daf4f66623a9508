"""Without torch

`namecls predict` for one name, from exec to exit, by each engine in turns after a first round that is thrown away:
medians of seconds, and the median of the ratios of each round. The table is what a terminal is shown, JSON what goes
into a pipe. The largest difference of a probability is that over all labels of made-up names of every length from 1 to
256, torch against numpy.
"""

from __future__ import annotations

import statistics
from collections import defaultdict

import numpy as np

from bench.child import run_python
from bench.lines import Line, Options, at_most, short, spread
from namecls.inference.prediction import Predictor
from namecls.portable.written import made_up_names

TOPIC = "lite"
NAME = "Yamamoto"
SHARE = 0.4


def run(options: Options) -> list[Line]:
    rounds: dict[tuple[str, str], list[float]] = defaultdict(list)
    kinds = ("table", "jsonl")
    for _ in range(options.size(0, 9) + 1):
        for kind in kinds:
            for engine in ("torch", "numpy"):
                asked = ("predict", NAME, "--format", kind, "--engine", engine)
                rounds[kind, engine].append(run_python("-m", "namecls", *asked).seconds)
    times = {what: found[1:] or found for what, found in rounds.items()}
    lines = []
    for kind in kinds:
        ratios = [a / b for a, b in zip(times[kind, "numpy"], times[kind, "torch"], strict=True)]
        note = f"{short(min(ratios))} to {short(max(ratios))}"
        what = f"`namecls predict {NAME} --format {kind}`, numpy against torch"
        lines.append(at_most(TOPIC, what, statistics.median(ratios), SHARE, "times", note))
        lines += [
            Line(TOPIC, f"{kind}, {engine}", f"{spread(times[kind, engine])} s")
            for engine in ("torch", "numpy")
        ]
    plain, usual = Predictor.load(engine="numpy"), Predictor.load(engine="torch")
    names = made_up_names(usual.vocabulary, each=options.size(1, 8))
    apart = float(np.abs(plain.predict_proba(names) - usual.predict_proba(names)).max())
    return [*lines, at_most(TOPIC, "largest difference", apart, 1e-5, "", f"{len(names):,} names")]
