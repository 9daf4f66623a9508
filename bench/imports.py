"""What each import costs: `python -m bench.imports`.

Milliseconds of each package by `python -X importtime`, its own modules together and without those of others
that it brings in; the least of some runs, for the app's first frame and for the command line's help.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter

from bench.lines import ROOT

_ENTRY = re.compile(r"import time:\s+(\d+) \|\s+(\d+) \|(\s+)(\S+)")


def costs(module: str) -> Counter[str]:
    """Milliseconds of each top-level package that comes with a module."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", f"import {module}"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    found: Counter[str] = Counter()
    for own, _, _, name in _ENTRY.findall(done.stderr):
        found[name.partition(".")[0]] += int(own) / 1000  # type: ignore[assignment]
    return found


def report(module: str, runs: int = 5) -> list[str]:
    """The packages of a module, the dearest first."""
    found = [costs(module) for _ in range(runs)]
    best = {name: min(each[name] for each in found) for name in found[0]}
    total = min(sum(each.values()) for each in found)
    lines = [f"{module}: {total:.0f} ms"]
    lines += [
        f"{best[name]:8.1f} ms  {name}"
        for name in sorted(best, key=lambda name: -best[name])
        if best[name] >= 1
    ]
    return [*lines, f"{sum(cost for cost in best.values() if cost < 1):8.1f} ms  all others"]


if __name__ == "__main__":
    for module in sys.argv[1:] or ("tui.app", "namecls.cli", "typer", "textual.app"):
        print(*report(module), "", sep="\n")
