"""Files of what was answered or shown, called with the time, in the working directory."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from namecls.data.cells import quote_cell
from namecls.files.storage import unused_path, write_atomically
from namecls.language import english
from namecls.text import json_text

if TYPE_CHECKING:
    from namecls.answers import Prediction

#: The titles of a table of `record_of`.
RECORD = ("name", "label", "probability", "status")


def new_file(stem: str, *suffixes: str) -> Path:
    """A file in the working directory, called with the time, that is not there yet with any of these suffixes."""
    return unused_path(f"{stem}-{datetime.now():%Y%m%d-%H%M%S}", *suffixes)


def write_text(path: Path, text: str) -> None:
    """Write a file as a whole.

    :raises RunError: if it can't be written.
    """
    write_atomically(path, text.encode("utf-8", "backslashreplace"))


def as_csv(rows: Iterable[Sequence[object]], delimiter: str = ",") -> str:
    """Rows of a table; texts that a spreadsheet would run are quoted."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    writer.writerows([[quote_cell(english(v)) if isinstance(v, str) else v for v in row] for row in rows])
    return text.getvalue()


def as_json(value: object) -> str:
    """A value, indented."""
    return json_text(english(value), indent=2) + "\n"


def record_of(each: Prediction) -> tuple[str, str, str, str]:
    """A name and its answer, as a row of a table."""
    if not each.ranked:
        return each.name, "", "", each.status
    return each.name, each.ranked[0].label, f"{each.ranked[0].probability:.6f}", each.status
