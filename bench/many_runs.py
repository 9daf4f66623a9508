"""Many runs

A save directory of 5,000 runs, every second one interrupted, all copies of a small one. *Listed* is `list_runs` in
a fresh process, and once more in the same, in processor seconds. In the real program in a pseudo-terminal, 120x40, a
key is pressed as soon as the first frame is full, and again four seconds later in another start: F5 in Predict lists
the models, F2 and F8 in Train list the runs; timed from the key to the first of the names. The file cache is warm.
"""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path

from bench.child import run_python
from bench.lines import Line, Options, at_most
from bench.start import is_full
from bench.terminal import Recorded, recorded
from namecls.config import ModelConfig, TrainConfig
from namecls.data.table import load_dataset
from namecls.runs.manifest import MANIFEST
from namecls.runs.run import Run
from namecls.training.loop import train

TOPIC = "many_runs"
MOST = 1.0  # seconds
TINY = TrainConfig(model=ModelConfig(hidden_size=8, embedding_size=8), epochs=1)
LISTS = """
import json, sys, time
from namecls.runs.listing import list_runs
taken = []
for _ in range(2):
    began = time.process_time()
    list_runs(sys.argv[1])
    taken.append(time.process_time() - began)
print(json.dumps(taken))
"""


def run(options: Options) -> list[Line]:
    runs = 20 if options.quick else 5000
    save_dir = many(runs, options.work)
    first, again = json.loads(run_python("-c", LISTS, str(save_dir)).output.splitlines()[-1])
    lines = [
        Line(TOPIC, f"{runs:,} runs listed, and once more", f"{first:.2f} and {again:.2f} s"),
    ]
    keys = (("models, F5", "f3", "f5"), ("runs, F8", "f2", "f8"))
    for when, wait in (("at once", 0.0), ("after 4 s", 4.0))[: options.size(1, 2)]:
        for what, screen, key in keys[: options.size(1, 2)]:
            seconds = listed(save_dir, screen, key, wait)
            lines.append(at_most(TOPIC, f"{what} {when}, until they are listed", seconds, MOST, "s"))
    return lines


def many(runs: int, work: Path) -> Path:
    """A directory of copies of one run, every second one interrupted."""
    file = work / "names.tsv"
    file.write_text("".join(f"{name}{end}\t{name}\n" for name in ("Ka", "Lo", "Mi") for end in "abcdefghij"))
    model = Run.create(work / "one", TINY, "one")
    for _ in train(TINY, load_dataset(file), model):
        pass
    save_dir = work / "many"
    for number in range(runs):
        copy = save_dir / f"run-{number:04}"
        shutil.copytree(model.directory, copy)
        if number % 2:
            (copy / MANIFEST).unlink()
    return save_dir


def listed(save_dir: Path, screen: str, key: str, wait: float) -> float:
    """Seconds from a key to the first runs on the screen."""
    with recorded("--save-dir", str(save_dir), columns=120, rows=40, anew=True) as terminal:
        terminal.first(is_full)
        if wait:
            time.sleep(wait)
            terminal.first(_offers)
            terminal.press("escape")
            terminal.settle(0.5, 3.0)
        terminal.press(screen)
        if wait:
            terminal.settle(0.5, 3.0)
        began = time.perf_counter() - terminal.began
        terminal.press(key)
        found = terminal.first(lambda seen: _is_listed(seen) or _offers(seen))
        if not _is_listed(terminal):  # few runs are looked through before the key: the offer took it
            terminal.press("escape")
            terminal.settle(0.5, 3.0)
            terminal.press(key)
            found = terminal.first(_is_listed)
        return found - began


def _offers(terminal: Recorded) -> bool:
    """Whether the offer to resume the latest is there, with its keys."""
    return "Delete it" in terminal.text


def _is_listed(terminal: Recorded) -> bool:
    return sum("run-" in terminal.line(row) for row in range(terminal.rows)) > 5
