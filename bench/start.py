"""Start

Seconds from exec to the piece of output after which everything is on the screen, in a pseudo-terminal: of
`namecls-tui` the title, the input and the line of keys; of the minimal Textual app (`bench/minimal_app.py`) its
one word. The first ranking is that of a name which is written to the terminal as soon as the first frame is
there. Side by side in turns after a first round that is thrown away, medians; a ratio is the median of the
ratios of each round. What each import costs: `python -m bench.imports`.
"""

from __future__ import annotations

import statistics
import sys
from collections import defaultdict
from pathlib import Path

from bench.child import run_command, run_python
from bench.lines import Line, Options, at_most, short, spread
from bench.terminal import Recorded, app, recorded

TOPIC = "start"
SIZES = ((80, 24), (120, 40))
NAME = "Yamamoto"


def run(options: Options) -> list[Line]:
    namecls = [sys.executable, "-m", "namecls", "--help"]
    script = Path(sys.executable).with_name("namecls")
    rounds: dict[str, list[float]] = defaultdict(list)
    sizes = SIZES[1:] if options.quick else SIZES
    for _ in range(options.size(0, 9) + 1):
        for columns, rows in sizes:
            frame, ranking = first_ones(options, columns, rows)
            rounds[f"frame {columns}"].append(frame)
            rounds[f"ranking {columns}"].append(ranking)
            rounds[f"word {columns}"].append(minimal("painted", columns, rows))
            rounds[f"plain {columns}"].append(minimal("painted", columns, rows, "--plain"))
        rounds["torch"].append(run_python("-c", "import torch").seconds)
        rounds["help"].append(run_command([str(script), "--help"] if script.exists() else namecls).seconds)
        rounds["typer"].append(run_python("-c", "import typer").seconds)
        rounds["python"].append(run_python("-c", "pass").seconds)
    times = {what: found[1:] or found for what, found in rounds.items()}
    lines = []
    for columns, rows in sizes:
        size = f"{columns}x{rows}"
        lines += [
            _ratio(
                f"first full frame at {size}, against a minimal Textual app",
                times,
                f"frame {columns}",
                f"word {columns}",
                1.5,
            ),
            Line(
                TOPIC,
                f"namecls-tui at {size}: first full frame",
                f"{spread(times[f'frame {columns}'])} s",
            ),
            Line(TOPIC, f"Textual at {size}: one word", f"{spread(times[f'word {columns}'])} s"),
            Line(TOPIC, f"Textual at {size}: title, input, keys", f"{spread(times[f'plain {columns}'])} s"),
            _ratio(
                f"first ranking at {size}, against `import torch`", times, f"ranking {columns}", "torch", 1.6
            ),
            Line(TOPIC, f"namecls-tui at {size}: first ranking", f"{spread(times[f'ranking {columns}'])} s"),
        ]
    return [
        *lines,
        Line(TOPIC, '`python -c "import torch"`', f"{spread(times['torch'])} s"),
        _ratio("`namecls --help`, against `import typer`", times, "help", "typer", 2),
        Line(TOPIC, "`namecls --help`", f"{spread(times['help'])} s"),
        Line(TOPIC, '`python -c "import typer"`', f"{spread(times['typer'])} s"),
        Line(TOPIC, '`python -c "pass"`', f"{spread(times['python'])} s"),
    ]  # fmt: skip


def _ratio(what: str, times: dict[str, list[float]], ours: str, peer: str, limit: float) -> Line:
    ratios = [a / b for a, b in zip(times[ours], times[peer], strict=True)]
    return at_most(
        TOPIC,
        what,
        statistics.median(ratios),
        limit,
        "times",
        f"{short(min(ratios))} to {short(max(ratios))}",
    )


def first_ones(options: Options, columns: int, rows: int) -> tuple[float, float]:
    """Seconds to the first full frame, and to the first ranking."""
    with app(options, options.work / "save_model", columns=columns, rows=rows) as terminal:
        frame = terminal.first(is_full)
        terminal.press(NAME)
        return frame, terminal.first(_is_ranked)


def is_full(terminal: Recorded) -> bool:
    """Whether the first frame of the app is there: title, input and the line of keys."""
    last = terminal.line(terminal.rows - 1)
    return (
        "namecls" in terminal.line(0)
        and "a family name" in terminal.line(2)
        and "F5 model" in last
        and "F1 help" in last
    )


def _is_ranked(terminal: Recorded) -> bool:
    return any(
        line.split()[:2] == ["1", "Japanese"] and "%" in line for line in map(terminal.line, range(4, 9))
    )


def minimal(word: str, columns: int, rows: int, *arguments: str) -> float:
    """Seconds until a minimal app has painted its word."""
    program = (str(Path(__file__).with_name("minimal_app.py")),)
    with recorded(*arguments, program=program, columns=columns, rows=rows, anew=True) as terminal:
        return terminal.first(lambda seen: any(word in seen.line(row) for row in range(rows)))
