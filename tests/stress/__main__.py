"""What takes too long for the tests: `make stress`, or python -m tests.stress [--small] [NAME ...].

Each of the modules beside this one disturbs something, many times, and counts. If anything is lost, this ends with 1.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NAMES = ("faults", "kills", "model_bytes", "values", "inputs", "terminal")


def main() -> int:
    """Run them all, or those that are named, and print what they counted."""
    parser = argparse.ArgumentParser(prog="python -m tests.stress")
    parser.add_argument("--small", action="store_true", help="the short way, as the tests have it")
    parser.add_argument("--counts", type=Path, metavar="FILE", help="write the counts of one of them there")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of: {', '.join(NAMES)}")
    options = parser.parse_args()
    if unknown := set(options.names) - set(NAMES):
        parser.error(f"expected names of {', '.join(NAMES)}, found {', '.join(sorted(unknown))}")
    rows: list[tuple[str, str, int]] = []
    if options.counts:
        (name,) = options.names
        counts = importlib.import_module(f"tests.stress.{name}").run(not options.small, say)
        options.counts.write_text(json.dumps(counts))
        return 0
    for name in options.names or NAMES:
        print(f"{name} ...", flush=True)
        began = time.monotonic()
        counts = in_a_process(name, small=options.small)
        rows += [(name, what, count) for what, count in counts.items()]
        rows.append((name, "seconds", round(time.monotonic() - began)))
    width = max(len(f"{name}: {what}") for name, what, _ in rows)
    print()
    for name, what, count in rows:
        print(f"{f'{name}: {what}':<{width}}{count:>12,}")
    lost = sum(count for _, what, count in rows if what in LOSSES)
    print(f"\n{'zero lost' if not lost else f'{lost:,} LOST'}")
    return 1 if lost else 0


def in_a_process(name: str, *, small: bool) -> dict[str, int]:
    """What one of them counted. A process for each: some fork, and threads that others have started don't live on."""
    with tempfile.TemporaryDirectory() as directory:
        path, place = Path(directory) / "counts.json", Path(directory) / "place"
        place.mkdir()
        flags = ["--small"] if small else []
        done = subprocess.run(
            [sys.executable, "-m", "tests.stress", *flags, "--counts", str(path), name],
            check=False,
            cwd=place,  # whatever it writes to where it works is gone with it
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        if done.returncode or not path.exists():
            say(f"LOST: {name} ended with {done.returncode} before it had counted")
            return {"lost": 1}
        return {what: int(count) for what, count in json.loads(path.read_text()).items()}


def say(line: str) -> None:
    """A line of progress."""
    print(f"  {line}", flush=True)


#: What must be zero.
LOSSES = ("lost", "escapes leaked", "crashes")

if __name__ == "__main__":
    os.environ["NAMECLS_FRESH"] = "1"  # what the app remembers is the user's
    os.environ["OMP_NUM_THREADS"] = "1"  # read when torch is first imported
    sys.path.insert(0, str(ROOT))
    sys.exit(main())
