"""Soak

`namecls-tui` in a pseudo-terminal of 120x40 while it trains without a pause: a small network on 2,000 names in
very many short epochs, Train on the screen; in each twentieth part of the time a few names are typed in
Predict. Memory is sampled every two seconds. Five minutes; an hour with `--full`. *Growth* is the highest
median of the fifths after the first one against that of the second; the keystroke is the median of the last
fifth against that of the first.
"""

from __future__ import annotations

import contextlib
import itertools
import math
import time
from pathlib import Path

from bench.child import memory
from bench.keystroke import EVERY, ready, typing
from bench.lines import Line, Options, at_most, median, short
from bench.terminal import Press, Recorded, app, press_and_watch
from namecls.config import ModelConfig, TrainConfig
from namecls.data.table import load_dataset
from namecls.events import Progress
from namecls.runs.run import Run
from namecls.training.loop import train

TOPIC = "soak"


def run(options: Options) -> list[Line]:
    seconds, parts = options.size(2, 300, 3600), options.size(2, 20)
    begin(options.work / "save_model", options.work / "names.tsv")
    presses = itertools.cycle(_words(typing(120)))
    used: list[tuple[float, float]] = []
    keys: list[list[list[float]]] = []
    with app(options, options.work / "save_model") as terminal:
        terminal.wait("was interrupted")
        terminal.settle(quiet=2)  # it does not take what comes at once for an answer
        terminal.press("r")
        terminal.wait("names/s")
        terminal.press("f3")
        ready(terminal)
        began = time.perf_counter()
        for part in range(parts):
            terminal.press("f3")
            terminal.settle(seconds=1)
            words: list[Press] = []
            while len(words) < options.size(2, 12):
                words += next(presses)
            keys.append(press_and_watch(terminal, words, EVERY))
            terminal.press("f2")
            while True:
                used.append((time.perf_counter() - began, memory(terminal.process.pid)))
                if used[-1][0] >= seconds * (part + 1) / parts:
                    break
                terminal.read(0)
                time.sleep(2)
        epochs = epochs_of(terminal)
    return judge(used, keys, epochs)


def _words(presses: list[Press]) -> list[list[Press]]:
    """The keys of each word, with the one that wipes it out."""
    words: list[list[Press]] = [[]]
    for press in presses:
        words[-1].append(press)
        if not press.shows:
            words.append([])
    return words[:-1]


def judge(used: list[tuple[float, float]], keys: list[list[list[float]]], epochs: str) -> list[Line]:
    end = used[-1][0]
    fifths = [[value for at, value in used if part < 5 * at / end <= part + 1] for part in range(5)]
    medians = [median(fifth) for fifth in fifths]
    later = [value for value in medians[1:] if not math.isnan(value)]
    growth = 100 * (max(later, default=math.nan) / medians[1] - 1)
    lines = [
        at_most(TOPIC, "memory after the first fifth: growth", growth, 5, "%",
                f"medians of the fifths {', '.join(map(short, medians))} MiB; {epochs}"),
    ]  # fmt: skip
    for kind, what in enumerate(("echo", "ranking")):
        each = [1000 * value for part in keys for value in part[kind]]
        size = max(len(each) // 5, 1)
        first, last = median(each[:size]), median(each[-size:])
        note = f"median of the first fifth {short(first)} ms, of the last {short(last)} ms, {len(each)} keys"
        lines.append(
            at_most(TOPIC, f"{what}: the last fifth against the first", last / first, 1.5, "times", note)
        )
    return lines


def begin(save_dir: Path, file: Path) -> None:
    """Leave an interrupted training of very many short epochs for the app to resume."""
    rows = load_dataset().frame.sample(2000, seed=0).select("name", "label").iter_rows()
    file.write_text("".join(f"{name}\t{label}\n" for name, label in rows), encoding="utf-8")
    config = TrainConfig(
        model=ModelConfig(hidden_size=32, embedding_size=16, bidirectional=False, pooling="last"),
        epochs=100_000,
        patience=0,
        schedule="constant",
        learning_rate=1e-3,
    )
    with contextlib.closing(
        train(config, load_dataset(file), Run.create(save_dir, config, "soak"))
    ) as events:
        next(event for event in events if isinstance(event, Progress))


def epochs_of(terminal: Recorded) -> str:
    """The epochs on the screen."""
    terminal.read(0)
    return next((line.split("  ")[0].strip() for line in terminal.text.splitlines() if " epoch " in line), "")
