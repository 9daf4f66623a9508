"""Training in a process of its own, that outlives the terminal it was started from."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from namecls.errors import RunError
from namecls.files.locks import Holder, forget_heir, holder_of, name_heir
from namecls.files.opening import open_plain, size_of
from namecls.files.storage import open_to_append
from namecls.language import ENGLISH, LANGUAGE_VARIABLE, _
from namecls.system import reason_of

#: What the process says, beside the run's other files.
LOG = "background.log"
#: How its last line begins if a signal ended it, and nothing went wrong.
TO_RESUME = "to resume:"

_PATIENCE = 60.0  # seconds until it must have taken the run
_BETWEEN = 0.05
_LAST_BYTES = 4096  # of the log, in which its last words are looked for

#: Processes started here, so that they are asked after when they end.
_children: list[subprocess.Popen[bytes]] = []


def start(directory: Path, command: str = "train") -> Holder:
    """Start a process that resumes the training of a run, and wait until it holds the run.

    The run must have its record (``config.json``), and nobody may hold it. The process has a session of its own:
    a terminal that hangs up does not reach it.

    :param command: "tune" for a study, "compare" for a comparison, which has to be there, instead of a run.
    :raises RunError: if no process could be started, or it ended at once.
    """
    name_heir(directory, os.getpid())
    try:
        return _started(directory, command)
    finally:
        forget_heir(directory)


def _started(directory: Path, command: str) -> Holder:
    # -P: or a file named like one of our modules in the working directory, which may be anybody's, would be run.
    resume = [
        command,
        "--resume",
        str(directory.resolve()),
        "--json",
        "--lang",
        "en",
    ]  # what it says is a log
    words = [sys.executable, "-P", "-m", "namecls", *resume]
    log = directory / LOG
    try:
        file = open_to_append(log)
        try:
            child = subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=file,
                env={**os.environ, LANGUAGE_VARIABLE: ENGLISH},  # what it says is kept, and read by programs
                start_new_session=True,
            )
        finally:
            os.close(file)
    except OSError as error:
        raise RunError(
            _("{directory}: no process could be started: {reason}").format(
                directory=directory, reason=reason_of(error)
            )
        ) from error
    _children.append(child)
    name_heir(directory, child.pid)  # also if this process ends meanwhile
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        holder = holder_of(directory)
        if holder is not None and holder.pid == child.pid:
            return holder
        if child.poll() is not None:
            if child.returncode == 0:  # so little was left to do
                return Holder(child.pid, "", "")
            raise RunError(
                _("{directory}: the process in the background ended at once: {last_words}").format(
                    directory=directory, last_words=last_words(directory)
                )
            )
        time.sleep(_BETWEEN)
    raise RunError(
        _("{directory}: process {pid} has not begun to {command}; see {log}").format(
            directory=directory, pid=child.pid, command=command, log=log
        )
    )


def last_words(directory: Path) -> str:
    """The last line that a process in the background wrote about a run, or where to look for it."""
    try:
        with open_plain(directory / LOG) as file:
            file.seek(max(0, size_of(file) - _LAST_BYTES))
            lines = file.read(_LAST_BYTES).decode("utf-8", "replace").split("\n")
    except (RunError, OSError):
        return _("it left no word")
    return next((line.strip() for line in reversed(lines) if line.strip()), _("it left no word"))
