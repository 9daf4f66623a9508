"""Many names

`namecls predict --input FILE --output FILE` with the shipped model (preset `default`, 67 labels) on the 1.07
million distinct names of name2nat (`bench/million_names.py`), most of them full ones, of which it finds the family
name and looks up the counts; from exec to the end, by a process for each core (`--workers`) and by one. *Family names*:
their last words, two of five distinct. Memory is the most that the one process had, with the file once and twice over.
The peers are trained on the same training rows, have
their model in memory when the clock starts, and get a process per core (`bench/bulk_peer.py`): fastText with
1-5-grams of characters, and scikit-learn with TF-IDF over 1-5-grams and
logistic regression, each for the first three labels and their probabilities, from file to file. All in turns;
medians. The peers are of the extra `bench` (`pip install -e '.[bench]'`).

*The same answers*: names drawn from the file, in bulk and one at a time.

What falls short: beside the network, names are taken apart into words and looked up, under other spellings too, and
their records are made; much of that name by name in Python, which does one thing at a time; hence a process for each
core. The peers read the name as it stands. Of the network the most are products in single precision, which are as fast
as the core does them (*products alone* in *training throughput*).
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import random
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from bench.child import run_python
from bench.lines import ROOT, Line, Options, at_least, at_most, short, spread
from bench.million_names import million_names
from namecls.config import core_count

TOPIC = "many names"
#: Module, title, and how many times as fast namecls should be.
_PEERS = {
    "fasttext": ("fasttext", "fastText, 1-5-grams", 1.0),
    "sklearn": ("sklearn", "TF-IDF of 1-5-grams and logistic regression", 3.0),
}


def run(options: Options) -> list[Line]:
    million_names(options.cache)
    names = (options.cache / "names.txt").read_bytes().split(b"\n")[:-1][: options.size(5_000, 2**21)]
    whole, twice, last = (options.work / f"{name}.txt" for name in ("whole", "twice", "last"))
    whole.write_bytes(b"\n".join(names) + b"\n")
    last.write_bytes(b"".join(name.split()[-1] + b"\n" for name in names))
    twice.write_bytes(2 * whole.read_bytes())
    cores = core_count()
    seconds: dict[str, list[float]] = {}
    peaks: dict[str, list[float]] = {}
    with contextlib.ExitStack() as peers:
        asked = {
            kind: peers.enter_context(peer(kind, whole, options.work))
            for kind, (module, _, _) in _PEERS.items()
            if importlib.util.find_spec(module)
        }
        for _ in range(options.size(1, 3, 5)):
            for title, source, suffix, workers in (
                ("csv", whole, "csv", cores),
                ("family", last, "csv", cores),
                ("one", whole, "csv", 1),
                ("jsonl", whole, "jsonl", 1),
                ("twice", twice, "csv", 1),
            ):
                target = options.work / f"ranked.{suffix}"
                words = (
                    "predict",
                    "--input",
                    str(source),
                    "--output",
                    str(target),
                    "--workers",
                    str(workers),
                )
                ended = run_python("-m", "namecls", *words)
                seconds.setdefault(title, []).append(ended.seconds)
                peaks.setdefault(title, []).append(ended.peak)
            for kind, process in asked.items():
                seconds.setdefault(kind, []).append(ask(process))
    rates = {title: [len(names) / s for s in found] for title, found in seconds.items()}
    ours = statistics.median(rates["csv"])
    lines = [
        at_least(TOPIC, "namecls predict, file to file, CSV", ours, 100_000, "names/s", spread(rates["csv"])),
        *(
            Line(TOPIC, f"namecls predict, {what}", f"{short(statistics.median(rates[title]))} names/s")
            for title, what in (
                ("family", "family names alone, CSV"),
                ("one", "one process, CSV"),
                ("jsonl", "one process, JSON lines"),
            )
        ),
    ]
    for kind, (_, title, times) in _PEERS.items():
        if kind not in rates:
            lines.append(Line(TOPIC, title, "not installed"))
            continue
        theirs = statistics.median(rates[kind])
        note = f"{title}: {spread(rates[kind])} names/s"
        lines.append(at_least(TOPIC, f"as fast as {title}", ours / theirs, times, "x", note))
    grown = max(peaks["twice"]) / max(peaks["one"])
    note = f"{short(max(peaks['one']))} and {short(max(peaks['twice']))} MiB"
    lines.append(
        at_most(TOPIC, "memory with the file twice over, to that with it once", grown, 1.1, "x", note)
    )
    difference = farthest(names, options.size(200, 5_000))
    lines.append(at_most(TOPIC, "the same answers: farthest probability", difference, 1e-5, ""))
    return lines


@contextlib.contextmanager
def peer(kind: str, source: Path, work: Path) -> Iterator[subprocess.Popen[str]]:
    """A trained peer."""
    directory = work / kind
    directory.mkdir()
    with subprocess.Popen(
        [sys.executable, "-m", "bench.bulk_peer", kind, str(source), str(directory)],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        if process.stdout.readline() != "ready\n":
            raise RuntimeError(f"{kind} was not trained")
        yield process
        assert process.stdin is not None
        process.stdin.close()


def ask(process: subprocess.Popen[str]) -> float:
    """Seconds of one round of a peer."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("go\n")
    process.stdin.flush()
    return float(process.stdout.readline())


def farthest(names: list[bytes], count: int) -> float:
    """The largest difference of a probability, in bulk and one at a time."""
    from namecls.inference.prediction import Predictor

    predictor = Predictor.load()
    drawn = [name.decode() for name in random.Random(0).sample(names, min(count, len(names)))]
    worst = 0.0
    for together in predictor.predict(drawn, k=len(predictor.labels)):
        (alone,) = predictor.predict([together.name], k=len(predictor.labels))
        by_label = {ranked.label: ranked.probability for ranked in alone.ranked}
        worst = max([worst, *(abs(r.probability - by_label[r.label]) for r in together.ranked)])
    return worst
