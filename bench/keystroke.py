"""The keystroke

`namecls-tui` in a pseudo-terminal of 120x40: 200 letters of names from the embedded dataset, one every 0.15 s,
each name wiped out before the next. From the write of the key to the first piece of output after which the
screen shows it: *echo* is the name in the input, *ranking* the first five labels of the model's answer to it,
with their percentages. A key that was overtaken by the next one counts until that one shows. The clock is read
by a thread that does nothing else; the screen is worked out afterwards. *Training* is the default one on the
embedded dataset, in the app, while Predict is typed in.

What the training loses: names per second by the wall clock, from its history on the disk, over the same number
of seconds on the command line, in the app on Train, and in the app while it is typed in; in turns, medians.
"""

from __future__ import annotations

import json
import math
import re
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from bench.lines import Line, Options, at_most, median, percentile, short, spread
from bench.terminal import Press, Recorded, app, latencies, press_all, press_and_watch, recorded
from namecls.answers import Prediction
from namecls.data.table import load_dataset
from namecls.inference.prediction import Predictor

TOPIC = "the keystroke"
EVERY = 0.15
_INPUT = re.compile("[│┃ ]*([^│┃]*)")  # the panel with the focus has a heavy border
_SLOT = re.compile(r"^\s*(\d+) (.+?)  .*?([\d.]+) %")


def run(options: Options) -> list[Line]:
    presses = typing(options.size(4, 200))
    lines = judge("idle", idle(presses, options), echo=(33, None), ranking=66)
    window = options.size(1, 8)
    alone: list[float] = []
    watched: list[float] = []
    typed: list[float] = []
    during: list[list[float]] = [[], []]
    rounds = options.size(1, 2)
    for number in range(rounds):
        here = options.work / f"round-{number}"
        alone.append(on_the_command_line(options, here / "alone", window))
        part = presses[len(presses) * number // rounds : len(presses) * (number + 1) // rounds]
        seen, busy, found = in_the_app(options, here / "app", window, part)
        watched.append(seen)
        typed.append(busy)
        for kind, values in enumerate(found):
            during[kind] += values
    lines += judge("while it trains", during, echo=(50, 100), ranking=100)
    lost = [1 - min(a, b) / c for a, b, c in zip(watched, typed, alone, strict=True) if c]
    percent = 100 * median(lost)
    return [
        *lines,
        at_most(TOPIC, "what the training loses to the app, on Train or typed in", percent, 10, "%"),
        Line(TOPIC, "names/s of the training: command line", spread(alone)),
        Line(TOPIC, "names/s of the training: in the app, on Train", spread(watched)),
        Line(TOPIC, "names/s of the training: in the app, Predict typed in", spread(typed)),
    ]


def judge(
    when: str, found: Sequence[Sequence[float]], *, echo: tuple[float, float | None], ranking: float
) -> list[Line]:
    """The lines of one typing."""
    echoes, rankings = ([1000 * value for value in kind] for kind in found)
    if any(map(math.isfinite, rankings)) and not any(map(math.isfinite, echoes)):
        raise RuntimeError(f"{when}: names were answered whose letters were never seen in the input")
    often, worst = echo
    note = f"{len(echoes)} keys, median {short(median(echoes))} ms"
    lines = [at_most(TOPIC, f"{when}: echo, 99th percentile", percentile(echoes, 0.99), often, "ms", note)]
    if worst is None:
        lines.append(Line(TOPIC, f"{when}: echo, worst", f"{short(max(echoes, default=math.inf))} ms"))
    else:
        lines.append(at_most(TOPIC, f"{when}: echo, worst", max(echoes, default=math.inf), worst, "ms"))
    note = f"{len(rankings)} rankings, median {short(median(rankings))} ms"
    lines += [
        at_most(TOPIC, f"{when}: ranking, 99th percentile", percentile(rankings, 0.99), ranking, "ms", note),
        Line(TOPIC, f"{when}: ranking, worst", f"{short(max(rankings, default=math.inf))} ms"),
    ]
    return lines


def typing(letters: int) -> list[Press]:
    """So many letters of names, and between the names the key that wipes them out."""
    names = load_dataset().frame["name"].sample(fraction=1.0, shuffle=True, seed=0)
    chosen, left = [], letters
    for name in names.filter(names.str.contains(r"^[A-Z][a-z]{3,8}$")):
        chosen.append(name[:left])
        left -= len(chosen[-1])
        if not left:
            break
    texts = [name[:end] for name in chosen for end in range(1, len(name) + 1)]
    answers = dict(zip(texts, Predictor.load().predict(texts, k=5), strict=True))
    presses = []
    for name in chosen:
        for end in range(1, len(name) + 1):
            text = name[:end]
            presses.append(Press(name[end - 1], (echoes(text), ranks(answers[text]))))
        presses.append(Press("ctrl+u"))
    return presses


def echoes(text: str) -> Callable[[Recorded], bool]:
    """Whether exactly this text stands in the input of Predict."""
    return lambda terminal: _INPUT.match(terminal.line(2))[1].strip() == text


def ranks(answer: Prediction) -> Callable[[Recorded], bool]:
    """Whether the first labels of this answer stand below the input."""
    wanted = {
        ranked.label: 100 * ranked.probability for ranked in answer.ranked if ranked.probability > 0.005
    }

    def shows(terminal: Recorded) -> bool:
        matches = [_SLOT.match(terminal.line(row)) for row in range(5, 10)]
        shown = {match[2].strip(): float(match[3]) for match in matches if match}
        return all(label in shown and abs(shown[label] - share) < 0.11 for label, share in wanted.items())

    return shows


def ready(terminal: Recorded) -> None:
    """Wait until Predict answers."""
    terminal.wait("F5 model", "% test")
    terminal.press("Yamamoto")
    terminal.wait("Japanese")
    terminal.press("ctrl+u")
    terminal.settle()


def idle(presses: Sequence[Press], options: Options) -> list[list[float]]:
    with app(options, options.work / "idle") as terminal:
        ready(terminal)
        return press_and_watch(terminal, presses, EVERY)


def start_training(terminal: Recorded) -> None:
    """Start the default training from Train, which shows."""
    terminal.wait("about ", "F5 start")
    terminal.press("f5")
    terminal.wait("names/s")


def in_the_app(
    options: Options, save_dir: Path, window: float, presses: Sequence[Press]
) -> tuple[float, float, list[list[float]]]:
    """Names per second on Train and while Predict is typed in, and the latencies of the keys."""
    with app(options, save_dir) as terminal:
        ready(terminal)
        terminal.press("f2")
        start_training(terminal)
        watched = pace(save_dir, lambda: time.sleep(window))
        terminal.press("f3")
        terminal.settle(seconds=1)
        written: list[float] = []
        typed = pace(save_dir, lambda: written.extend(press_all(terminal, presses, EVERY)))
        return watched, typed, latencies(terminal, presses, written)


def on_the_command_line(options: Options, save_dir: Path, window: float) -> float:
    """Names per second of the same training."""
    words = ["train", "--save-dir", str(save_dir), *(["--data", str(options.data)] if options.data else [])]
    program = ("-m", "namecls")
    with recorded(*words, program=program, columns=120, rows=40, anew=not options.quick) as terminal:
        terminal.first(lambda _: any(_progress(path) for path in _histories(save_dir)))
        time.sleep(1)  # as many steps as the app needs to show the first ones
        return pace(save_dir, lambda: time.sleep(window))


def pace(save_dir: Path, meanwhile: Callable[[], object]) -> float:
    """Names per second, by the wall clock, of the one training below a directory."""
    (history,) = _histories(save_dir)
    began, before = time.perf_counter(), _progress(history)
    meanwhile()
    after, ended = _progress(history), time.perf_counter()
    return (after - before) / (ended - began)


def _histories(save_dir: Path) -> list[Path]:
    return list(save_dir.glob("*/history.jsonl"))


def _progress(history: Path) -> int:
    """Training names so far."""
    with history.open("rb") as file:
        file.seek(max(history.stat().st_size - 65_536, 0))
        lines = file.read().splitlines()
    names = [json.loads(line).get("names", 0) for line in lines[1:] if line.endswith(b"}")]
    return max(names, default=0)
