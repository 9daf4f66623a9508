"""What screens write into the working directory."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from namecls.data.cells import quote_cell
from namecls.errors import RunError
from namecls.files.storage import unused_path, write_atomically
from namecls.language import _
from namecls.text import json_text
from tui.workbench import bench_of

if TYPE_CHECKING:
    from rich.text import Text
    from textual.dom import DOMNode


def new_file(stem: str, *suffixes: str) -> Path:
    """A file in the working directory, called with the time, that is not there yet with any of these suffixes."""
    return unused_path(f"{stem}-{datetime.now():%Y%m%d-%H%M%S}", *suffixes)


def write_text(path: Path, text: str) -> None:
    """Write a file as a whole.

    :raises RunError: if it can't be written.
    """
    write_atomically(path, text.encode("utf-8", "backslashreplace"))


def save_text(node: DOMNode, stem: str, suffix: str, text: str, told: str = "") -> None:
    """Write a text to a new file in the working directory, and say so.

    :param told: what was written.
    """
    bench, path = bench_of(node), new_file(stem, suffix)
    try:
        write_text(path, text)
    except RunError as error:
        bench.say(str(error), problem=True)
    else:
        bench.say(
            _("Wrote {told} to {path}").format(told=told, path=path)
            if told
            else _("Wrote {path}").format(path=path)
        )


def as_csv(rows: Iterable[Sequence[object]], delimiter: str = ",") -> str:
    """Rows of a table; texts that a spreadsheet would run are quoted."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    writer.writerows([[quote_cell(v) if isinstance(v, str) else v for v in row] for row in rows])
    return text.getvalue()


def as_svg(lines: Sequence[Text], title: str, width: int, *, dark: bool) -> str:
    """Coloured lines as a picture of a terminal."""
    from rich.console import Console
    from rich.terminal_theme import DEFAULT_TERMINAL_THEME, SVG_EXPORT_THEME

    console = Console(
        width=width,
        record=True,
        file=io.StringIO(),
        color_system="truecolor",
        force_terminal=True,
        legacy_windows=False,
    )
    for line in lines:
        console.print(line, no_wrap=True, crop=True, highlight=False)
    return console.export_svg(title=title, theme=SVG_EXPORT_THEME if dark else DEFAULT_TERMINAL_THEME)


def as_json(value: object) -> str:
    """A value, indented."""
    return json_text(value, indent=2) + "\n"
