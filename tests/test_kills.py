"""A small part of what `make stress` does at length."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[1]


def test_a_killed_training_goes_on_to_the_same_bits() -> None:
    done = subprocess.run(  # a process of its own: one that has trained already must not fork
        [sys.executable, "-m", "tests.stress", "--small", "kills"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith("zero lost\n")
    counts = dict(line.rsplit(maxsplit=1) for line in done.stdout.splitlines() if line.startswith("kills: "))
    assert int(counts["kills: kills survived"]) >= 10
    assert int(counts["kills: lost"]) == 0
