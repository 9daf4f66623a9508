"""Explanations of an answer

The shipped model, on one thread, as the app has it, on embedded names of four to twelve letters; the median over the
names, by the clock; the slowest, and the median by the time of the processor, beside it. *One edit*: all names one edit
away, ranked; the same by a plain loop, that gives the network one name after the other. *Two edits*: by the beam, to
another label. *Evidence*: the names that the model was made of, read, split and indexed, as is done once behind the
screen; and an index of a million rows, made of the embedded ones by changing a letter, with the memory that the process
gains by it.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch

from bench.lines import Line, Options, at_most, median, short
from namecls.data.split import split_table
from namecls.data.table import NameTable, load_dataset
from namecls.explanation.belief import belief
from namecls.explanation.changes import changes
from namecls.explanation.evidence import TrainingNames
from namecls.explanation.influence import influence
from namecls.inference.prediction import Predictor

TOPIC = "explanations"
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def run(options: Options) -> list[Line]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return [*_of_names(options), *_of_data(options)]
    finally:
        torch.set_num_threads(threads)


def _of_names(options: Options) -> list[Line]:
    predictor = Predictor.load()
    test = load_dataset().frame["name"].sample(fraction=1.0, shuffle=True, seed=0)
    names = test.filter(test.str.contains(r"^\p{L}{4,12}$")).head(options.size(1, 20)).to_list()
    other = [predictor.predict(name, k=2).ranked[1].label for name in names]
    tried = median([changes(predictor, name).tried for name in names])
    lines = [
        at_most(TOPIC, "one edit", *_took(lambda name, _: changes(predictor, name), names, other, 50.0)),
        Line(TOPIC, "one edit: names that are ranked, in the median", short(tried)),
        _loop(predictor, names[:2], options),
        at_most(
            *(TOPIC, "two edits"),
            *_took(lambda name, label: changes(predictor, name, label, edits=2), names, other, 300.0),
        ),
    ]
    for what, of in (
        ("belief by letter", lambda name, _: belief(predictor, name)),
        ("influence", lambda name, label: influence(predictor, name, against=label)),
        ("influence, beside shuffled weights", lambda name, _: influence(predictor, name, randomised=True)),
    ):
        value, _, unit, note = _took(of, names, other, 0.0)
        lines.append(Line(TOPIC, what, f"{short(value)} {unit}", note=note))
    return lines


def _took(
    view: Callable[[str, str], object], names: Sequence[str], labels: Sequence[str], limit: float
) -> tuple[float, float, str, str]:
    """How long a view takes, in the median over the names; and that of the slowest in words."""
    view(names[0], labels[0])
    found, worked = [], []
    for name, label in zip(names, labels, strict=True):
        began, at_work = time.perf_counter(), time.process_time()
        view(name, label)
        worked.append(1000 * (time.process_time() - at_work))
        found.append(1000 * (time.perf_counter() - began))
    note = f"at most {short(max(found))} ms; processor {short(median(worked))} ms"
    return median(found), limit, "ms", note


def _loop(predictor: Predictor, names: Sequence[str], options: Options) -> Line:
    """The same names one after the other."""
    found = []
    for name in names:
        text = predictor.vocabulary.normalizer(name)
        halves = [(text[:i], text[i:]) for i in range(len(text) + 1)]
        letters = predictor.vocabulary.characters
        made = {a + c + b[cut:] for a, b in halves for c in letters for cut in (0, 1)}
        made |= {a + b[1:] for a, b in halves} | {a + b[1:2] + b[:1] + b[2:] for a, b in halves}
        began = time.perf_counter()
        for each in sorted(made)[: options.size(50, len(made))]:
            predictor.network_probabilities([each])
        found.append(time.perf_counter() - began)
    return Line(TOPIC, "one edit: a plain loop", f"{short(median(found))} s")


def _of_data(options: Options) -> list[Line]:
    predictor = Predictor.load()
    began = time.perf_counter()
    TrainingNames.of(predictor)
    embedded = time.perf_counter() - began
    splits = split_table(_many(options.size(2_000, 1_000_000)))
    gc.collect()
    before, began = _memory(), time.perf_counter()
    names = TrainingNames(predictor, splits)
    took, gained = time.perf_counter() - began, _memory() - before
    queries = []
    for name in ("Kowalskyj", "Yamamotto", "Papadopulous", "Nguyn"):
        began = time.perf_counter()
        names.evidence(name)
        queries.append(1000 * (time.perf_counter() - began))
    return [
        Line(TOPIC, "evidence: the embedded data, read, split and indexed", f"{short(embedded)} s"),
        Line(
            TOPIC,
            "evidence: a million rows that are split, indexed",
            f"{short(took)} s",
            note=f"{short(gained)} MB",
        ),
        Line(TOPIC, "evidence: a name in a million rows, with the nearest", f"{short(median(queries))} ms"),
    ]


def _many(rows: int) -> NameTable:
    """So many different rows, made of the embedded ones."""
    table, drawn = load_dataset(), np.random.default_rng(0)
    names, labels = table.names, table.label_of_rows
    found: dict[tuple[str, str], None] = {}
    while len(found) < rows:
        for place in drawn.integers(len(names), size=rows).tolist():
            name, cut = names[place], int(drawn.integers(len(names[place]) + 1))
            letter = _LETTERS[int(drawn.integers(len(_LETTERS)))]
            found[name[:cut] + letter + name[cut + int(drawn.integers(2)) :], labels[place]] = None
            if len(found) == rows:
                break
    return NameTable.from_pairs(found)


def _memory() -> float:
    """What the process holds, in MB."""
    for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0
