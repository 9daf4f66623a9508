"""A million rows

The 1.07 million people of name2nat with their nationalities, 1,112,914 rows (`bench/million_names.py`), in
`namecls-tui` on a terminal of 120x40, its model loaded. *Opening* is from F4 to the piece of output after which
the first rows and their number are on the screen. *Searching*: letters of names, one every 0.25 s, until the
right number of rows and the first of them show; *scrolling* and *paging*: arrow and page down, until the right
row is under the cursor and the page is full; *marking*, *dropping* and *undoing*: a row a key, until it shows what
became of it. Memory is the most that the system saw in the process (`VmHWM`).

*Training* on them, with the preset `default`, after a small training has brought everything into memory: from
the call to the first report, and how far memory rises above what the open table takes. The encoded data are the
arrays of the three sides; a batch is what `namecls.training.memory` reckons for it, weights and optimiser included.
"""

from __future__ import annotations

import gc
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from bench.child import highest_memory, memory, run_python
from bench.keystroke import ready
from bench.lines import Line, Options, at_most, percentile, short
from bench.million_names import million_names
from bench.terminal import Press, Recorded, press_and_watch, recorded
from namecls.data.browse import Catalog, Query, Row
from namecls.data.table import load_dataset

TOPIC = "a million rows"
EVERY = 0.25
SEARCHES = (
    "garcia",
    "yamamoto",
    "o'brien",
    "müller",
    "van der",
    "alexander",
    "nguyen",
    "smith",
    "kowalsk",
    "fernández",
)
HOME = "\x1b[H"
_SIDE = 28  # columns of the labels at the left


def run(options: Options) -> list[Line]:
    table = million_names(options.cache)
    small = options.work / "names.tsv"  # beside which edits lie
    if not options.quick:
        table = Path(shutil.copyfile(table, small))
    else:
        with table.open(encoding="utf-8") as rows:
            small.write_text(
                "".join(row for row, _ in zip(rows, range(20_000), strict=False)), encoding="utf-8"
            )
        table = small
    catalog = Catalog(load_dataset(table))
    lines = browsing(table, catalog, options)
    del catalog
    gc.collect()
    return [*lines, *training(table)]


def browsing(table: Path, catalog: Catalog, options: Options) -> list[Line]:
    rows = catalog.table.frame.height
    every_row = catalog.select(Query())
    with recorded("--data", str(table), columns=120, rows=40, anew=True) as terminal:
        ready(terminal)
        before = memory(terminal.process.pid)
        asked = time.perf_counter() - terminal.began
        terminal.press("f4")
        opened = terminal.first(finds(rows, every_row.rows(0, 1))) - asked
        terminal.wait(lambda text: "problems: ..." not in text and "problems: " in text)
        terminal.settle()
        letters = "".join(SEARCHES)[: options.size(4, 1000)]
        searched = press_and_watch(terminal, searching(catalog, letters), EVERY)[0]
        terminal.press("ctrl+u")
        terminal.wait(f"of {rows:,}")
        terminal.press("escape")
        terminal.settle()
        count = options.size(4, 60)
        page = every_row.rows(0, (count + 1) * 40)
        scrolled = press_and_watch(
            terminal, [Press("down", (stands(page[n]),)) for n in range(1, count + 1)], 0.1
        )[0]
        room = _room(terminal)
        places = [count + n * (room - 1) for n in range(1, count // 2 + 1)]
        paged = press_and_watch(terminal, [Press("pagedown", (stands(page[n]),)) for n in places], 0.15)[0]
        terminal.press(HOME)
        terminal.settle()
        mended = [
            press_and_watch(terminal, presses, 0.15)[0] for presses in mending(page[: options.size(4, 30)])
        ]
        terminal.settle()
        peak = highest_memory(terminal.process.pid)
    return [
        at_most(TOPIC, f"opening {rows:,} rows in Dataset", opened, 2, "s"),
        _line("searching, key to rows, 99th percentile", searched, 150),
        _line("scrolling, 99th percentile", scrolled, 50),
        _line("paging, 99th percentile", paged, 50),
        *(
            _line(f"{what}, 99th percentile", found, 50)
            for what, found in zip(("marking", "dropping", "undoing"), mended, strict=True)
        ),
        at_most(
            TOPIC, "memory at the peak, torch loaded", peak, 600, "MiB", f"{short(before)} MiB before opening"
        ),
    ]


def _line(what: str, found: list[float], limit: float) -> Line:
    milliseconds = [1000 * value for value in found]
    note = f"{len(found)} keys, median {short(percentile(milliseconds, 0.5))}, worst {short(max(milliseconds))} ms"
    return at_most(TOPIC, what, percentile(milliseconds, 0.99), limit, "ms", note)


def searching(catalog: Catalog, letters: str) -> list[Press]:
    """The letters of searches; each search wipes out the one before."""
    presses: list[Press] = []
    left = letters
    for search in SEARCHES:
        for end in range(1, min(len(search), len(left)) + 1):
            selection = catalog.select(Query(search=search[:end].strip()))
            presses.append(Press(search[end - 1], (finds(len(selection), selection.rows(0, 1)),)))
        presses.append(Press("ctrl+u"))
        left = left[len(search) :]
        if not left:
            break
    return presses


def finds(total: int, first: list[Row]) -> Callable[[Recorded], bool]:
    """Whether so many rows are told, and the first of them shows."""

    def shows(terminal: Recorded) -> bool:
        foot = terminal.line(terminal.rows - 2)[_SIDE:].partition("╰")[0]
        if not total:
            return "No name contains" in terminal.text
        return foot.strip().endswith(f" of {total:,}") and _is_row(
            terminal.line(_first(terminal))[_SIDE:], first[0]
        )

    return shows


def stands(row: Row) -> Callable[[Recorded], bool]:
    """Whether this row is under the cursor, and no row of the page is missing."""

    def shows(terminal: Recorded) -> bool:
        page = [terminal.line(place)[_SIDE:] for place in range(_first(terminal), terminal.rows - 2)]
        under = next((line for line in page if line.startswith("›")), "")
        return _is_row(under, row) and not any(line[1:].strip().startswith("…") for line in page)

    return shows


def mending(rows: list[Row]) -> Iterator[list[Press]]:
    """The first rows marked one after the other; none marked; dropped; back, the last one first."""
    yield [Press(" ", (shows(n, row, "*"),)) for n, row in enumerate(rows)]
    yield [
        Press("*"),
        Press(HOME),
        *(Press("x", (shows(n, row, " ", "dropped"),)) for n, row in enumerate(rows)),
    ]
    yield [Press("u", (shows(n, row, " ", row.label),)) for n, row in reversed(list(enumerate(rows)))]


def shows(place: int, row: Row, mark: str, label: str = "") -> Callable[[Recorded], bool]:
    """Whether a row of the first page has this mark and label."""

    def is_shown(terminal: Recorded) -> bool:
        line = terminal.line(_first(terminal) + place)[_SIDE:]
        return line[1:].startswith(mark + row.name[:15]) and label[:10] in line

    return is_shown


def _is_row(shown: str, row: Row) -> bool:
    return shown[2:].startswith(row.name[:15]) and row.label[:10] in shown


def _first(terminal: Recorded) -> int:
    """The line of the first row: below what looks wrong with the labels."""
    titles = (n for n in range(terminal.rows) if terminal.line(n).startswith(("╭─ labels", "┏━ labels")))
    return next(titles, 3) + 1


def _room(terminal: Recorded) -> int:
    """Rows on a page."""
    return terminal.rows - 2 - _first(terminal)


def training(table: Path) -> list[Line]:
    told = json.loads(run_python("-m", "bench.million", str(table)).output.splitlines()[-1])
    allowed = told["encoded"] + told["batch"]
    note = ", ".join(f"{what} {short(told[what])} MiB" for what in ("encoded", "batch", "table"))
    return [
        at_most(
            TOPIC,
            "training: first report",
            told["seconds"],
            5,
            "s",
            f"ready to learn after {short(told['started'])} s",
        ),
        at_most(
            TOPIC, "training: memory while it learns, above the table", told["held"], allowed, "MiB", note
        ),
        Line(
            TOPIC,
            "training: memory at the peak of getting ready, above the table",
            f"{short(told['peak'])} MiB",
        ),
    ]


def _train(path: Path) -> dict[str, float]:
    """Train on a file for some steps; what `training` tells."""
    import contextlib
    import os

    from bench.learning import cut
    from namecls.config import PRESETS
    from namecls.data.table import NameTable
    from namecls.events import Progress, Started
    from namecls.runs.run import Run
    from namecls.training.loop import train
    from namecls.training.memory import keep_pages, needed_memory
    from namecls.training.protocol import prepare

    config = PRESETS["default"].config

    def learn(
        table: NameTable, reports: int, holding: Callable[[], None] = gc.collect
    ) -> tuple[float, float]:
        """Seconds to the start and to the first report."""
        keep_pages()
        began = time.perf_counter()
        started = first = 0.0
        with (
            tempfile.TemporaryDirectory() as directory,
            contextlib.closing(train(config, table, Run.create(directory, config))) as events,
        ):
            for event in events:
                if isinstance(event, Started):
                    started = time.perf_counter() - began
                elif isinstance(event, Progress):
                    first = first or time.perf_counter() - began
                    reports -= 1
                    if reports == 0:
                        holding()
                        break
            return started, first

    def forget_peak() -> None:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")

    held = 0.0

    def hold() -> None:
        nonlocal held
        held = memory(os.getpid())

    table = load_dataset(path)
    learn(cut(table, 2000), 10)
    gc.collect()
    forget_peak()
    before = memory(os.getpid())
    started, first = learn(table, 200, hold)
    peak = highest_memory(os.getpid())
    prepared = prepare(config, table)
    sides = (prepared.train, prepared.validation, prepared.test)
    arrays = [array for side in sides for array in (side.ids, side.lengths, side.starts, side.labels)]
    return {
        "started": started,
        "seconds": first,
        "held": held - before,
        "peak": peak - before,
        "encoded": sum(array.nbytes for array in arrays) / 2**20,
        "batch": needed_memory(config, prepared) / 2**20,
        "table": table.frame.estimated_size() / 2**20,
    }


if __name__ == "__main__":
    print(json.dumps(_train(Path(sys.argv[1]))))
