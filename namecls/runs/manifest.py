"""The manifest of a finished run: the size and hash of each file, and what a list shows of the run.

A list reads the manifest alone and compares sizes; hashes are compared by who reads a file.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from namecls.errors import ModelFileError, NameclsError, shown
from namecls.files.opening import open_plain, sha256_of, size_of
from namecls.files.storage import write_json
from namecls.files.strict_json import MOST_JSON, read_json
from namecls.language import _
from namecls.plain_values import LARGEST
from namecls.results import Metrics

MANIFEST = "MANIFEST.json"
FORMAT = 1

_LONGEST_HISTORY = 2**30  # bytes
_LONGEST_MANIFEST = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What a list shows of a run. Shares are in 0..1, None where nothing was tested."""

    title: str = ""  # of the network
    data: str = ""  # name of the data file
    created: str = ""  # ISO 8601, UTC
    labels: int = 0
    accuracy: float | None = None
    macro_f1: float | None = None
    top_3: float | None = None
    rows: int = 0  # tested
    operating_point: str = "accuracy"  # what it was chosen for
    study: str = ""  # the search that it is a trial of
    refit: bool = False  # whether it was trained again on all rows, after it was measured
    # None: not known, as of runs whose manifest was written before these stood there.
    ece: float | None = None
    parameters: int | None = None
    seed: int | None = None
    seconds: float | None = None  # of training

    def tested(self, test: Metrics | None) -> Summary:
        """The same with the metrics of the test rows, if there are any."""
        if test is None:
            return self
        return dataclasses.replace(
            self,
            accuracy=test.accuracy,
            macro_f1=test.macro_f1,
            top_3=test.top_3,
            rows=test.rows,
            ece=test.ece,
        )

    @classmethod
    def from_json(cls, values: Any) -> Summary:
        """:raises TypeError: or a ValueError, if these are no such values."""
        summary = cls(**values)
        for name, value in values.items():
            if name in ("accuracy", "macro_f1", "top_3", "ece"):
                fits = value is None or (type(value) in (int, float) and 0 <= value <= 1 + 1e-6)
            elif name == "seconds":
                fits = value is None or (type(value) in (int, float) and 0 <= value <= LARGEST)
            elif name in ("parameters", "seed"):
                fits = value is None or (type(value) is int and 0 <= value < 2**53)
            elif name == "refit":
                fits = type(value) is bool
            elif name in ("labels", "rows"):
                fits = type(value) is int and 0 <= value < 2**53
            else:
                fits = isinstance(value, str)
            if not fits:
                raise ValueError(
                    _("{name} of the summary is none: {found}").format(name=name, found=shown(value))
                )
        return summary


def write_manifest(directory: Path, names: Iterable[str], summary: Summary) -> None:
    """Write down the size and hash of every file of these that is there, and what a list shows.

    :raises DiskFull: if there is no room.
    :raises RunError: if the disk does not take it.
    """
    files = [path for name in names if (path := directory / name).exists()]
    write_json(
        directory / MANIFEST,
        {
            "format": FORMAT,
            "summary": dataclasses.asdict(summary),
            "files": {f.name: {"sha256": sha256_of(f), "bytes": f.stat().st_size} for f in files},
        },
    )


def read_manifest(directory: Path) -> dict[str, Any]:
    """The manifest of a run.

    :raises RunError: if there is none.
    :raises ModelFileError: if it is of another format.
    """
    manifest = read_json(directory / MANIFEST, _LONGEST_MANIFEST)
    if type(manifest.get("format")) is not int or manifest["format"] != FORMAT:
        raise ModelFileError(
            _("{file}: expected the format {format}, found {found}").format(
                file=directory / MANIFEST, format=FORMAT, found=shown(manifest.get("format"))
            )
        )
    return manifest


def verify(directory: Path, *names: str) -> None:
    """Check files against the manifest.

    Sizes first: no more is read than the manifest states, and no JSON file that is too long to be parsed.

    :raises ModelFileError: if one is missing or is not what was written, or there is no manifest.
    """
    path = directory / MANIFEST
    try:
        files = read_manifest(directory)["files"]
        for name in names:
            entry = files.get(name)
            if entry is None and not os.path.lexists(directory / name):
                continue
            if entry is None or not _is_as_told(directory / name, entry["sha256"], entry["bytes"]):
                raise ModelFileError(
                    _("{directory}: is not the file that the manifest tells of: damaged or replaced").format(
                        directory=directory / name
                    )
                )
    except (NameclsError, KeyError, TypeError, AttributeError, OSError) as error:
        raise ModelFileError(_("{path}: can't be checked: {error}").format(path=path, error=error)) from error


def glance(directory: Path) -> tuple[Summary | None, dict[str, int]]:
    """Read a run's summary from its manifest, if it has one, and the sizes of its files.

    :raises ModelFileError: if this is no manifest.
    """
    try:
        manifest = read_manifest(directory)
        sizes = {name: entry["bytes"] for name, entry in manifest["files"].items()}
        return Summary.from_json(manifest["summary"]) if "summary" in manifest else None, sizes
    except (NameclsError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise ModelFileError(
            _("{directory}: can't be checked: {error}").format(directory=directory / MANIFEST, error=error)
        ) from error


def _is_as_told(path: Path, sha256: object, size: object) -> bool:
    with open_plain(path) as file:
        found = size_of(file)
    most = {".json": MOST_JSON, ".jsonl": _LONGEST_HISTORY}.get(path.suffix)
    if most is not None and found > most:
        raise ModelFileError(
            _("{path}: expected at most {most:,} bytes, found {found:,}").format(
                path=path, most=most, found=found
            )
        )
    return found == size and sha256_of(path) == sha256
