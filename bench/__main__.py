"""`python -m bench`: run benchmarks, print their lines, and write them into RESULTS.md."""

from __future__ import annotations

import argparse
import ast
import importlib
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import bench
from bench import results
from bench.lines import CLASSIC, ROOT, Line, Options, Table

#: In the order in which they are measured and shown; each is a module with `run(options)`, which gives lines and
#: tables, and whose docstring says how it measures.
TOPICS = (
    *(
        "common",
        "people",
        "accuracy",
        "curve",
        "typed",
        "explain",
        "neighbours",
        "throughput",
        "gradients",
        "fused",
        "devices",
        "distributed",
        "quality",
        "parity",
        "default_run",
        "start",
        "lite",
        "many_runs",
        "keystroke",
        "wire",
        "onnx",
        "service",
    ),
    *("million", "bulk", "scorer", "growth", "soak", "guarantees", "suspects", "accuracy_million"),
)
#: What takes half an hour or more; only if it is named, or with `--full`.
LONG = {"accuracy_million"}


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description=bench.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("topics", nargs="*", metavar="TOPIC", help=f"some of: {', '.join(TOPICS)}")
    parser.add_argument(
        "--quick", action="store_true", help="small sizes; nothing is written but to --output"
    )
    parser.add_argument("--full", action="store_true", help="also what takes long: hours in all")
    parser.add_argument("--output", type=Path, help="the directory of results.json and RESULTS.md")
    parser.add_argument(
        "--classic",
        type=Path,
        default=Path(os.environ.get("NAMECLS_CLASSIC", CLASSIC)),
        metavar="FILE",
        help="the RNN tutorials' file of names",
    )
    parser.add_argument(
        "--cache",
        type=Path,
        default=Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "namecls-bench",
        help="where what is fetched once is kept (default: %(default)s)",
    )
    given = parser.parse_args()
    topics = given.topics or [topic for topic in TOPICS if given.full or topic not in LONG]
    if unknown := sorted(set(topics) - set(TOPICS)):
        parser.error(f"no topic {unknown[0]!r}; choose among {', '.join(TOPICS)}")
    if len(topics) > 1:  # each in a process of its own: none finds the threads and the memory of another
        flags = [argument for argument in sys.argv[1:] if argument not in topics]
        return max(
            subprocess.run([sys.executable, "-m", "bench", topic, *flags], cwd=ROOT, check=False).returncode
            for topic in topics
        )
    os.environ["NAMECLS_FRESH"] = "1"  # what the app remembers is the user's
    with tempfile.TemporaryDirectory(prefix="namecls-bench-") as work:
        options = Options(
            work=Path(work),
            cache=given.cache,
            quick=given.quick,
            full=given.full,
            classic=given.classic if given.classic.is_file() else None,
            data=few_names(Path(work)) if given.quick else None,
        )
        return measure(topics[0], options, given.output)


def few_names(work: Path) -> Path:
    """A tenth of the embedded names, for `--quick`: most of its time would go into reading and splitting them all."""
    from namecls.data.table import load_dataset

    path = work / "names.tsv"
    rows = load_dataset().frame.sample(10_000, seed=0).select("name", "label").iter_rows()
    path.write_text("".join(f"{name}\t{label}\n" for name, label in rows), encoding="utf-8")
    return path


def measure(topic: str, options: Options, output: Path | None) -> int:
    """Run one topic, print its lines, and keep them, unless they are of small sizes and nobody asked for that."""
    began = time.perf_counter()
    print(f"{topic} ...", file=sys.stderr, flush=True)
    found: list[Line | Table] = importlib.import_module(f"bench.{topic}").run(options)
    seconds = time.perf_counter() - began
    print(f"\n{topic}, {seconds:.0f} s", *results.shown(found), sep="\n", flush=True)
    if output is None and options.quick:
        return 0
    directory = output or ROOT / "bench"
    directory.mkdir(parents=True, exist_ok=True)
    size = "small sizes: means nothing" if options.quick else "in full" if options.full else "as by default"
    kept = results.merge(directory / results.LINES.name, topic, found, seconds=seconds, size=size)
    (directory / results.PAGE.name).write_text(results.page(kept, protocols()), encoding="utf-8")
    return 0


def protocols() -> dict[str, str]:
    """How each topic is measured: the docstring of its module, which is read without being run."""
    sources = {topic: (ROOT / "bench" / f"{topic}.py").read_text(encoding="utf-8") for topic in TOPICS}
    return {topic: ast.get_docstring(ast.parse(source)) or topic for topic, source in sources.items()}


if __name__ == "__main__":
    sys.exit(main())
