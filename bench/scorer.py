"""Scoring on several

A Parquet file of one column answered by processes of one thread each, from exec to the end: by shards (`namecls predict
--workers N`, which puts them together), and by actors of Ray (`namecls predict --on ray --workers N`), with the shipped
model. The names are those of name2nat (`bench/million_names.py`), over and over in the same order, so that those which
are answered together are distinct. With `--full` there are 10^7; as by default as many as take some minutes, of which
starting Ray and loading the model are a larger part. With `--quick` a few embedded names take their place, and Ray is
left out.

*10^9 names* is reckoned, not measured: their number by the names a second of two processes, if these were all, and by
as many times that as other machines would add, each with an input and an output of its own.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from importlib.util import find_spec
from itertools import cycle, islice
from pathlib import Path

import polars as pl

from bench.child import run_python
from bench.lines import Line, Options, at_least, short
from bench.million_names import million_names
from namecls.data.table import load_dataset

TOPIC = "scorer"
WORKERS = (1, 2)
TIMES = 1.6
_BILLION = 10**9
_MACHINES = 32  # with two processes each


def run(options: Options) -> list[Line]:
    names = options.size(4_000, 400_000, 10_000_000)
    source = options.work / "names.parquet"
    pl.DataFrame({"name": list(islice(cycle(known_names(options)), names))}).write_parquet(source)
    ways: dict[str, Callable[[Path, Path, int], None]] = {"shards": by_shards}
    if find_spec("ray") and not options.quick:
        ways["Ray"] = by_ray
    lines, rates = [], {}
    for way, answer in ways.items():
        for workers in WORKERS:
            output = options.work / f"{way}-{workers}"
            began = time.perf_counter()
            answer(source, output, workers)
            rates[way, workers] = names / (time.perf_counter() - began)
            rows = pl.scan_parquet(output / "*.parquet").select(pl.len()).collect().item()
            if rows != names:
                raise RuntimeError(f"{way}: {rows:,} rows of {names:,}")
            told = f"{way}, {workers} {'process' if workers == 1 else 'processes'}"
            lines.append(Line(TOPIC, told, f"{short(rates[way, workers])} names/s", note=f"{names:,} names"))
        one, two = (rates[way, workers] for workers in WORKERS)
        lines.append(at_least(TOPIC, f"{way}: two processes against one", two / one, TIMES, "x"))
        hours = _BILLION / two / 3600
        note = f"{short(hours / _MACHINES)} h on {_MACHINES} such machines, if nothing else limits them"
        lines.append(
            Line(TOPIC, f"{way}: 10^9 names, reckoned by two processes", f"{short(hours)} h", note=note)
        )
    if "Ray" not in ways:
        lines.append(Line(TOPIC, "Ray", "left out" if options.quick else "not installed"))
    return lines


def known_names(options: Options) -> list[str]:
    """The names to answer."""
    if options.quick:
        return load_dataset(options.data).names
    million_names(options.cache)
    return (options.cache / "names.txt").read_text(encoding="utf-8").split("\n")[:-1]


def by_shards(source: Path, output: Path, workers: int) -> None:
    """A process for each part of the file, all at once."""
    output.mkdir()
    words = ("predict", "--input", str(source), "--name-column", "name", "--workers", str(workers))
    run_python("-m", "namecls", *words, "--output", str(output / "all.parquet"), threads=1)


def by_ray(source: Path, output: Path, workers: int) -> None:
    """Actors of Ray, which is started for them."""
    words = (
        "predict",
        "--on",
        "ray",
        "--input",
        str(source),
        "--name-column",
        "name",
        "--output",
        str(output),
    )
    run_python("-m", "namecls", *words, "--workers", str(workers))
