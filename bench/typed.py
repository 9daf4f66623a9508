"""Names as they are typed

What it costs the preset `default` if the test names are written in lower case, in capitals, without accents, with
the last word first, and half: percentage points of accuracy over all test rows, the mean of three seeds, split as in
*accuracy*, on all cores.

Accents are evidence, and to leave them out costs some of it, whatever reads them. So the floor beside *no accents*
is the same preset trained, validated and tested on names that are all written without: the target is one point below.
"""

from __future__ import annotations

import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from bench.accuracy import CLASSIC, EMBEDDED, mean, split_anew
from bench.lines import Line, Options, Table, at_least, at_most
from namecls.config import PRESETS, TrainConfig
from namecls.data.spelling import without_accents
from namecls.data.split import Splits
from namecls.data.table import NameTable
from namecls.events import Finished
from namecls.inference.evaluation import WAYS, robustness
from namecls.inference.prediction import Predictor
from namecls.runs.run import Run
from namecls.training.loop import train
from namecls.training.recipe import run_trial

TOPIC = "as typed"
_BARE = "no accents"
_LOWER, _BELOW = 0.5, 1.0  # points that lower case may cost, and that bare names may be below the floor


def run(options: Options) -> list[Line | Table]:
    files = {EMBEDDED: options.data} | ({CLASSIC: options.classic} if options.classic is not None else {})
    rows = [("set", "as they stand", *WAYS, "trained without accents")]
    lines: list[Line] = []
    for title, path in files.items():
        split = split_anew(path, 300 if options.quick else None)
        costs: dict[str, list[float]] = {way: [] for way in WAYS}
        clean, floors = [], []
        for seed in range(options.size(1, 3)):
            splits = split(seed)
            config = replace(PRESETS["fast" if options.quick else "default"].config, seed=seed, device="cpu")
            accuracy, lost = as_typed(config, splits)
            clean.append(accuracy)
            for way, cost in lost.items():
                costs[way].append(cost)
            bare = Splits(*(written_bare(part) for _, part in splits.sides))
            floors.append(100 * run_trial(config, bare, "published").test.accuracy)
            print(
                f"  {title}, seed {seed}: {accuracy:.2f} %, {lost}, {floors[-1]:.2f} %",
                file=sys.stderr,
                flush=True,
            )
        found = {way: mean(cost) for way, cost in costs.items()}
        rows.append(
            (
                title,
                f"{mean(clean):.1f} %",
                *(f"{mean(clean) - cost:.1f} %" for cost in found.values()),
                f"{mean(floors):.1f} %",
            )
        )
        floor = f"{mean(floors):.1f} % if trained without"
        lines += [
            at_most(TOPIC, f"{title}: what lower case costs", found["lower case"], _LOWER, "points"),
            at_least(
                TOPIC,
                f"{title}: accuracy without accents",
                mean(clean) - found[_BARE],
                mean(floors) - _BELOW,
                "%",
                floor,
            ),
        ]
    return [Table("Accuracy", tuple(rows)), *lines]


def as_typed(config: TrainConfig, splits: Splits) -> tuple[float, dict[str, float]]:
    """Accuracy in percent, and the points of it that each way of writing costs over all test rows."""
    with tempfile.TemporaryDirectory(prefix="namecls-") as directory:
        learned = Run.create(Path(directory), config)
        (finished,) = (event for event in train(config, splits, learned) if isinstance(event, Finished))
        ways = robustness(Predictor.load(learned.directory), splits.test)
    share = 100 / finished.test.rows
    return 100 * finished.test.accuracy, {
        way.way: share * way.rows * (way.clean - way.written) for way in ways
    }


def written_bare(table: NameTable) -> NameTable:
    """The rows with their names without accents."""
    names = [without_accents(name) for name in table.names]
    return NameTable.from_pairs(zip(names, table.label_of_rows, strict=True))
