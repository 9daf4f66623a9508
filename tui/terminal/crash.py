"""The log file for bugs."""

from __future__ import annotations

import os
import traceback
from datetime import datetime
from pathlib import Path
from typing import TextIO

from namecls.files.storage import open_to_append
from namecls.language import _
from namecls.text import safe


def open_log() -> TextIO:
    """The log file, to append to it; nowhere, if it can't be written."""
    from namecls.paths import log_file

    path = log_file()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return _opened(path)
    except OSError:
        return open(os.devnull, "a", encoding="utf-8")  # noqa: PTH123


def _opened(path: Path) -> TextIO:
    """The file, which nobody else may read: a traceback can hold what stood in data."""
    file = open(open_to_append(path), "a", encoding="utf-8", errors="backslashreplace")  # noqa: PTH123, SIM115
    os.fchmod(file.fileno(), 0o600)
    return file


def write_log(error: BaseException) -> Path | None:
    """Append a traceback to the log file, and say where that is; None if it can't be written."""
    from namecls import __version__
    from namecls.paths import log_file

    path = log_file()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _opened(path) as file:
            file.write(f"--- {datetime.now().isoformat(timespec='seconds')} namecls {__version__}\n")
            # It may hold anything, and whoever looks into it does so on a terminal.
            lines = "".join(traceback.format_exception(error)).rstrip("\n").split("\n")
            file.writelines(f"{safe(line)}\n" for line in lines)
    except OSError:
        return None
    return path


def last_words(error: BaseException) -> str:
    """What the user is told after a bug: what it was, and where its traceback is, which is written there."""
    log = write_log(error)
    where = (
        _("The traceback is in {log}").format(log=log)
        if log
        else _("The traceback could not be written to a file.")
    )
    bug = _("This is a bug.")
    return f"namecls-tui: {type(error).__name__}: {safe(str(error), 300)}\n{bug} {safe(where)}"
