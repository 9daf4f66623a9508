"""The log file for bugs."""

from __future__ import annotations

import traceback
from datetime import datetime
from pathlib import Path


def write_log(error: BaseException) -> Path | None:
    """Append a traceback to the log file, and say where that is; None if it can't be written."""
    from namecls import __version__
    from namecls.paths import log_file

    path = log_file()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(f"--- {datetime.now().isoformat(timespec='seconds')} namecls {__version__}\n")
            file.writelines(traceback.format_exception(error))
    except OSError:
        return None
    return path
