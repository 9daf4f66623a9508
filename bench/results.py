"""The lines of all topics, kept between runs, and the page that is made of them."""

from __future__ import annotations

import dataclasses
import datetime
import importlib.metadata
import json
import os
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.lines import Line, Table

LINES = Path(__file__).with_name("results.json")
PAGE = Path(__file__).with_name("RESULTS.md")

_VERSIONS = (
    "namecls",
    "torch",
    "numpy",
    "polars",
    "textual",
    "plotext",
    "typer",
    "fasttext-wheel",
    "scikit-learn",
)


def merge(
    path: Path, topic: str, found: Sequence[Line | Table], *, seconds: float, size: str
) -> dict[str, Any]:
    """Put the lines and tables of a topic in the place of its former ones; returns all topics."""
    kept: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    kept[topic] = {
        "date": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d"),
        "size": size,
        "seconds": round(seconds),
        "machine": machine(),
        "versions": versions(),
        "lines": [dataclasses.asdict(line) for line in found if isinstance(line, Line)],
        "tables": [dataclasses.asdict(table) for table in found if isinstance(table, Table)],
    }
    path.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return kept


def page(kept: Mapping[str, Any], protocols: Mapping[str, str]) -> str:
    """All topics as Markdown.

    :param protocols: the topics in their order, each with its title and how it is measured.
    """
    found = [line for topic in protocols if topic in kept for line in lines_of(kept[topic])]
    short_ones = [line for line in found if line.holds is False]
    judged = sum(line.holds is not None for line in found)
    parts = [
        "# What was measured",
        "",
        f"Written by `make bench`. {judged - len(short_ones)} of {judged} lines with a target hold."
        + (" These do not:" if short_ones else ""),
        "",
        *(f"- {line.topic}: {line.what}: {line.figure}, target {line.target}" for line in short_ones),
    ]
    for topic, protocol in protocols.items():
        if topic not in kept:
            continue
        title, _, how = protocol.partition("\n")
        entry = kept[topic]
        parts += [
            "",
            f"## {title.rstrip('.')}",
            "",
            *shown([*tables_of(entry), *lines_of(entry)]),
            "",
            *how.strip().splitlines(),
            "",
        ]
        parts.append(
            f"Measured {entry['date']} in {entry['seconds']:,} s ({entry['size']}) on {entry['machine']}; "
            f"{', '.join(entry['versions'])}."
        )
    return "\n".join(parts).rstrip() + "\n"


def lines_of(entry: Mapping[str, Any]) -> list[Line]:
    return [Line(**line) for line in entry["lines"]]


def tables_of(entry: Mapping[str, Any]) -> list[Table]:
    """Side by side; an entry of before there were any has none."""
    return [Table(table["title"], tuple(map(tuple, table["rows"]))) for table in entry.get("tables", ())]


def shown(found: Sequence[Line | Table]) -> list[str]:
    """Each table under its title, and all lines as one table."""
    parts = []
    for table in found:
        if isinstance(table, Table):
            parts += [f"**{table.title}**", "", *markdown(table.rows), ""]
    lines = [line for line in found if isinstance(line, Line)]
    return [*parts, *line_table(lines)] if lines else parts[:-1]


def line_table(lines: Sequence[Line]) -> list[str]:
    rows = [("what", "figure", "target", "holds", "note")]
    for line in lines:
        holds = {None: "", True: "yes", False: "**no**"}[line.holds]
        rows.append((line.what, line.figure, line.target, holds, line.note))
    return markdown(rows)


def markdown(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows, the first of them the head, as a table that reads well as text, too; the last column is not padded."""
    cells = [[cell.replace("|", "\\|").replace("\n", " ") for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]) - 1)]

    def written(row: Sequence[str]) -> str:
        padded = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        return "| " + " | ".join([*padded, row[-1]]) + " |"

    return [
        written(cells[0]),
        "| " + " | ".join("-" * width for width in [*widths, len(cells[0][-1])]) + " |",
        *map(written, cells[1:]),
    ]


def machine() -> str:
    """The processor, its cores and the memory, as far as the system tells."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    return f"{_processor()}, {cores} cores, {memory:.0f} GiB, {platform.system()} {platform.machine()}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or "unknown processor"
    named = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(named, "unknown processor")


def versions() -> list[str]:
    """What it was measured with."""
    found = [f"Python {platform.python_version()}"]
    for name in _VERSIONS:
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            continue
    return found
