"""Commands as a user runs them: how long they take, and how much memory."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.lines import ROOT


@dataclass(frozen=True)
class Ended:
    """What a command came to."""

    seconds: float  # from exec to its end
    peak: float  # MiB, at most at one time
    status: int
    output: str


def run_python(*arguments: str, threads: int | None = None) -> Ended:
    """Run Python with these arguments, in the repository.

    :raises RuntimeError: if it fails; with its last words.
    """
    return run_command([sys.executable, *arguments], threads=threads)


def run_command(command: Sequence[str], *, threads: int | None = None) -> Ended:
    """Run a command, its output and its errors kept.

    :raises RuntimeError: if it fails; with its last words.
    """
    environment = dict(os.environ, PYTHONPATH=str(ROOT), PYTHONUTF8="1")
    environment.pop("OMP_NUM_THREADS", None)
    if threads is not None:
        environment["OMP_NUM_THREADS"] = str(threads)
    began = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    assert process.stdout is not None
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    process.stdout.close()
    process.returncode = os.waitstatus_to_exitcode(status)
    text = output.decode(errors="replace")
    if process.returncode:
        raise RuntimeError(f"{command} ended with {process.returncode}: {text[-2000:]}")
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return Ended(seconds, usage.ru_maxrss / unit, process.returncode, text)


def memory(pid: int) -> float:
    """The resident memory of a process now, in MiB. Linux only."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError(f"process {pid} has no memory")


def highest_memory(pid: int) -> float:
    """The most resident memory that a process had, in MiB. Linux only."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError(f"process {pid} has no memory")
