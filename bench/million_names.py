"""The names of name2nat, a million of them: `python -m bench.million_names DIRECTORY`.

Writes `names.tsv`, a row for each name and nationality, and `names.txt`, the names alone. The wheel is fetched
and checked as `data/sources.py` does, and read as an archive; nothing in it is installed or run. See
data/README.md for its licence.

Beside them it writes two splits, three files each. `published-train.tsv`, `-valid.tsv` and `-test.tsv` follow the
published protocol: the rows of each nationality, a row for each name that bears it, in random order, 8:1:1. The
wheel does not hold the parts that its author drew, only their sizes, which are the same here for each nationality
(890,248, 111,286 and 111,368 rows of 173 nationalities); which row is where is ours, by a hash of a seed. A name
of two nationalities can be trained under one and tested under the other there. `grouped-*.tsv` is the split of
namecls with the same seed, in which no name is on two sides.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.lines import ROOT

#: Of three nationalities name2nat has less, and its author's table of parts does not name them.
FEWEST = 10


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


@dataclass(frozen=True)
class Parts:
    """The files of a split."""

    train: Path
    validation: Path
    test: Path

    @classmethod
    def named(cls, directory: Path, protocol: str) -> Parts:
        return cls(*(directory / f"{protocol}-{part}.tsv" for part in ("train", "valid", "test")))

    @property
    def complete(self) -> bool:
        return all(path.is_file() for path in (self.train, self.validation, self.test))


def published_parts(directory: Path, seed: int = 0) -> Parts:
    """A split after the published protocol, made if it is not there yet."""
    parts = Parts.named(directory, "published")
    if not parts.complete:
        rows = million_names(directory).read_text(encoding="utf-8").split("\n")[:-1]
        by_label: dict[str, list[str]] = defaultdict(list)
        for row in rows:
            by_label[row.partition("\t")[2]].append(row)
        sides: tuple[list[str], list[str], list[str]] = ([], [], [])
        for label in sorted(by_label):
            for side, part in zip(sides, eight_one_one(by_label[label], seed), strict=True):
                side.extend(part)
        for path, side in zip((parts.train, parts.validation, parts.test), sides, strict=True):
            _write(path, (f"{row}\n" for row in side))
    return parts


def eight_one_one(rows: list[str], seed: int) -> tuple[list[str], list[str], list[str]]:
    """The rows of one nationality in three parts of the published sizes; fewer than `FEWEST` are left out."""
    if len(rows) < FEWEST:
        return [], [], []

    def rank(row: str) -> bytes:
        return hashlib.blake2b(f"{seed}\0{row}".encode(), digest_size=16).digest()

    drawn = sorted(rows, key=rank)
    first, second = len(rows) * 8 // 10, len(rows) * 9 // 10
    return drawn[:first], drawn[first:second], drawn[second:]


def grouped_parts(directory: Path, seed: int = 0) -> Parts:
    """The split of namecls, made if it is not there yet."""
    parts = Parts.named(directory, "grouped")
    if not parts.complete:
        from namecls.data.split import deduplicate, split_table
        from namecls.data.table import load_dataset

        splits = split_table(deduplicate(load_dataset(million_names(directory))), seed=seed)
        sides = (splits.train, splits.validation, splits.test)
        for path, side in zip((parts.train, parts.validation, parts.test), sides, strict=True):
            rows = zip(side.names, side.label_of_rows, strict=True)
            _write(path, (f"{name}\t{label}\n" for name, label in rows))
    return parts


def _read_people(directory: Path) -> dict[str, list[str]]:
    sources = _sources()
    wheel = next(wheel for wheel in sources.recipe.WHEELS if wheel.project == "name2nat")
    with sources.open_wheel(wheel, directory) as archive:
        people: dict[str, list[str]] = sources.read_people(archive)
    return people


def _sources() -> Any:
    """`data/sources.py`, which is a script and finds its tables beside itself."""
    sys.path.insert(0, str(ROOT / "data"))
    try:
        import sources
    finally:
        with contextlib.suppress(ValueError):
            sys.path.remove(str(ROOT / "data"))
    return sources


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _write(path: Path, lines: Iterable[str]) -> None:
    part = path.with_suffix(f".{os.getpid()}.part")
    with part.open("w", encoding="utf-8", newline="") as file:
        file.writelines(lines)
    part.replace(path)


if __name__ == "__main__":
    place = Path(sys.argv[1])
    print(million_names(place), published_parts(place), grouped_parts(place), sep="\n")
