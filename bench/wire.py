"""The wire

Bytes that `namecls-tui` writes to a terminal of 120x40: per second while the default training runs on Train,
the median of the seconds; the mean of the same with `--low-bandwidth`, which draws in bursts; and altogether on
each screen when nobody does anything, once it stands still.
"""

from __future__ import annotations

import statistics
import time

from bench.keystroke import ready, start_training
from bench.lines import Line, Options, at_most, short
from bench.terminal import Recorded, app

TOPIC = "the wire"
PLACES = {"f3": "Predict", "f2": "Train", "f4": "Dataset"}


def run(options: Options) -> list[Line]:
    seconds = options.size(1, 20)
    lines = idle(options, options.size(1, 10))
    usual = training(options, "usual", seconds)
    slow = training(options, "slow", seconds, "--low-bandwidth")
    ratio = statistics.mean(slow) / max(statistics.mean(usual), 1)
    return [
        at_most(
            TOPIC,
            "training, on Train: median second",
            statistics.median(usual) / 1000,
            20,
            "kB",
            _note(usual),
        ),
        at_most(
            TOPIC, "the same with --low-bandwidth: mean", statistics.mean(slow) / 1000, 10, "kB", _note(slow)
        ),
        at_most(TOPIC, "--low-bandwidth against the usual, in the mean", ratio, 0.5, "times"),
        *lines,
    ]


def _note(seconds: list[int]) -> str:
    return f"mean {short(statistics.mean(seconds) / 1000)} kB, worst {short(max(seconds) / 1000)} kB"


def training(options: Options, name: str, seconds: int, *arguments: str) -> list[int]:
    """Bytes in each of so many seconds of a training."""
    with app(options, options.work / name, "--screen", "train", *arguments) as terminal:
        start_training(terminal)
        terminal.wait("epoch")
        terminal.settle(seconds=2)
        return counted(terminal, seconds)


def counted(terminal: Recorded, seconds: int) -> list[int]:
    began = time.perf_counter()
    time.sleep(seconds + 0.1)
    return [terminal.bytes_between(began + second, began + second + 1) for second in range(seconds)]


def idle(options: Options, seconds: int) -> list[Line]:
    """Bytes of each screen that nobody touches."""
    lines = []
    with app(options, options.work / "idle") as terminal:
        ready(terminal)
        for key, place in PLACES.items():
            terminal.press(key)
            terminal.settle(quiet=2.5, seconds=30)
            found = sum(counted(terminal, seconds))
            lines.append(at_most(TOPIC, f"idle, on {place}: bytes in {seconds} s", found, 0, "B"))
    return lines
