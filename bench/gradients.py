"""What gradient norms cost

A training of each preset, on one thread, in which gradient norms by layer and letter are asked for in every other
stretch of some seconds, as the app does while it shows them. Names per second of the processor's time in the stretches
with them and in those without, each with its neighbour, and by how much the first are fewer, in the median. A training
that nobody asks has one comparison more in each step.
"""

from __future__ import annotations

import contextlib
import dataclasses
import statistics
import tempfile
import time

from bench.lines import Line, Options, at_most, short
from namecls.config import PRESETS
from namecls.data.table import NameTable, load_dataset
from namecls.events import Gradients, Progress
from namecls.runs.run import Run
from namecls.training.loop import train
from namecls.training.memory import keep_pages

TOPIC = "gradient norms"
PRESET_NAMES = ("tutorial", "default")
STRETCH = 6.0  # seconds: more than between two measurements


def run(options: Options) -> list[Line]:
    keep_pages()
    table = load_dataset(options.data)
    lines = []
    for preset in PRESET_NAMES:
        lines += measure(preset, table, options.size(4, 30), 0.3 if options.quick else STRETCH)
    return lines


def measure(preset: str, table: NameTable, stretches: int, seconds: float) -> list[Line]:
    config = dataclasses.replace(
        PRESETS[preset].config, threads=1, device="cpu", report_every=1, epochs=100, patience=0
    )
    names: list[int] = []  # in each stretch
    spent: list[float] = []
    told = 0
    shown = [False]
    with tempfile.TemporaryDirectory() as directory:
        events = train(config, table, Run.create(directory, config), gradients=lambda: shown[0])
        with contextlib.closing(events):
            began, worked, before = None, 0.0, 0
            for event in events:
                told += isinstance(event, Gradients)
                if not isinstance(event, Progress):
                    continue
                now = time.perf_counter()
                if began is None or now - began >= seconds:
                    if began is not None:
                        names.append(event.names - before)
                        spent.append(time.process_time() - worked)
                        shown[0] = not shown[0]
                    began, worked, before = now, time.process_time(), event.names
                if len(names) > stretches:
                    break
    pace = [count / took for count, took in zip(names, spent, strict=True)][1:]  # the first one warms up
    pairs = zip(pace[::2], pace[1::2], strict=False)
    lost = 100 * statistics.median(1 - with_them / without for with_them, without in pairs)
    note = f"{told} measurements, {short(statistics.median(pace[1::2]))} names/s without them"
    return [
        at_most(TOPIC, f"{preset}: fewer names a second while they are shown", max(lost, 0.0), 3, "%", note)
    ]
