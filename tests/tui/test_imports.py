"""What the app may not import before its first frame."""

from __future__ import annotations

import subprocess
import sys

HEAVY = ("torch", "polars", "plotext", "numpy", "typer", "namecls.search.study", "namecls.runs.run")


def test_the_app_starts_without_torch_polars_and_plotext() -> None:
    code = (
        "import sys, tui.__main__, tui.app, tui.terminal.leaving\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
