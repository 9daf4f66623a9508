"""The benchmarks still run; what they measure is not looked at."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def test_throughput_is_measured_and_written(tmp_path: Path) -> None:
    output = tmp_path / "RESULTS.md"
    small = ["--rounds", "1", "--loop-names", "100", "--names", "300", "--output", str(output)]
    subprocess.run(
        [sys.executable, str(ROOT / "bench" / "throughput.py"), *small],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=True,
        timeout=120,
    )
    text = output.read_text(encoding="utf-8")
    assert all(f"| {cell} |" in text for cell in ("rnn", "lstm", "gru"))
    assert str(ROOT) not in text
