"""The terminal, for the app alone."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator

from tui.terminal.crash import open_log


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """While it is entered, whatever writes to standard output and error writes to the log file, libraries in C too.

    Only who uses Python's `sys.stderr` and `sys.__stderr__` reaches the terminal: that is Textual, which catches what
    others print meanwhile.
    """
    terminal = sys.__stderr__
    if terminal is None:
        yield
        return
    kept = {number: os.dup(number) for number in (1, 2)}
    with (
        open_log() as log,
        os.fdopen(os.dup(2), "w", encoding=terminal.encoding, errors=terminal.errors) as drawn,
    ):
        for number in kept:
            os.dup2(log.fileno(), number)
        before, sys.stderr, sys.__stderr__ = sys.stderr, drawn, drawn  # type: ignore[misc]
        try:
            yield
        finally:
            sys.stderr, sys.__stderr__ = before, terminal  # type: ignore[misc]
            for number, descriptor in kept.items():
                if os.isatty(descriptor):  # else it hung up, and writing to it could block
                    os.dup2(descriptor, number)
                os.close(descriptor)
