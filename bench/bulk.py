"""Many names

`namecls predict --input FILE --output FILE` with the shipped model (preset `default`, 67 labels) on the 1.07
million distinct names of name2nat (`bench/million_names.py`), from exec to the end, on all cores; memory is the
most that the process had, with the file once and twice over. The peers are trained on the same training rows, have
their model in memory when the clock starts, and get a process per core (`bench/bulk_peer.py`): fastText with
1-5-grams of characters, and scikit-learn with TF-IDF over 1-5-grams and
logistic regression, each for the first three labels and their probabilities, from file to file. All in turns;
medians. The peers are of the extra `bench` (`pip install -e '.[bench]'`).

*The same answers*: names drawn from the file, in bulk and one at a time.

What falls short: the most of the time goes into the steps of the cells, and of these into products in single
precision, which are as fast as the core does them (*products alone* in *training throughput*); what names share
is read once already. More names at once share more, but to read 3 to 6 MiB of the file at once took as long,
and more memory. In half precision the answers would not be the same within 1e-5.
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

TOPIC = "many names"
#: Module, title, and how many times as fast namecls should be.
_PEERS = {
    "fasttext": ("fasttext", "fastText, 1-5-grams", 1.0),
    "sklearn": ("sklearn", "TF-IDF of 1-5-grams and logistic regression", 3.0),
}


def run(options: Options) -> list[Line]:
    million_names(options.cache)
    names = (options.cache / "names.txt").read_bytes().split(b"\n")[:-1][: options.size(5_000, 2**21)]
    whole, twice = options.work / "whole.txt", options.work / "twice.txt"
    whole.write_bytes(b"\n".join(names) + b"\n")
    twice.write_bytes(2 * whole.read_bytes())
    seconds: dict[str, list[float]] = {}
    peaks: dict[str, list[float]] = {}
    with contextlib.ExitStack() as peers:
        asked = {
            kind: peers.enter_context(peer(kind, whole, options.work))
            for kind, (module, _, _) in _PEERS.items()
            if importlib.util.find_spec(module)
        }
        for _ in range(options.size(1, 3, 5)):
            for title, source, suffix in (
                *(("csv", whole, "csv"), ("jsonl", whole, "jsonl"), ("twice", twice, "csv")),
            ):
                target = options.work / f"ranked.{suffix}"
                ended = run_python(
                    "-m", "namecls", "predict", "--input", str(source), "--output", str(target)
                )
                seconds.setdefault(title, []).append(ended.seconds)
                peaks.setdefault(title, []).append(ended.peak)
            for kind, process in asked.items():
                seconds.setdefault(kind, []).append(ask(process))
    rates = {title: [len(names) / s for s in found] for title, found in seconds.items()}
    ours = statistics.median(rates["csv"])
    lines = [
        at_least(TOPIC, "namecls predict, file to file, CSV", ours, 100_000, "names/s", spread(rates["csv"])),
        Line(
            TOPIC,
            "namecls predict, file to file, JSON lines",
            f"{short(statistics.median(rates['jsonl']))} names/s",
        ),
    ]
    for kind, (_, title, times) in _PEERS.items():
        if kind not in rates:
            lines.append(Line(TOPIC, title, "not installed"))
            continue
        theirs = statistics.median(rates[kind])
        note = f"{title}: {spread(rates[kind])} names/s"
        lines.append(at_least(TOPIC, f"as fast as {title}", ours / theirs, times, "x", note))
    grown = max(peaks["twice"]) / max(peaks["csv"])
    note = f"{short(max(peaks['csv']))} and {short(max(peaks['twice']))} MiB"
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
