"""The default run

`namecls train` on the embedded dataset, from exec to the last line, as a user has it: the preset `default`, its
threads, all events shown and written. Peak memory is what the system counted for the process (`ru_maxrss`).
"""

from __future__ import annotations

import json

from bench.child import run_python
from bench.lines import Line, Options, at_most

TOPIC = "the default run"


def run(options: Options) -> list[Line]:
    short = ["--epochs", "1", "--preset", "fast", "--data", str(options.data)] if options.quick else []
    done = run_python(
        *("-m", "namecls", "train", "--save-dir", str(options.work / "save_model"), "--name", "bench"), *short
    )
    metrics = json.loads((options.work / "save_model" / "bench" / "metrics.json").read_text(encoding="utf-8"))
    found = metrics["test"]
    reached = f"test accuracy {100 * found['accuracy']:.1f} %, macro-F1 {100 * found['macro_f1']:.1f} %"
    return [
        at_most(TOPIC, "`namecls train`, from exec to the last line", done.seconds, 60, "s", reached),
        at_most(TOPIC, "its memory at the peak", done.peak, 450, "MiB"),
    ]
