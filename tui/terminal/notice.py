"""A notification of the desktop, asked of the terminal: OSC 9, or OSC 777 where that is what a terminal knows."""

from __future__ import annotations

import os
from collections.abc import Mapping

from textual.app import App

from namecls.text import safe

_OF_777 = ("rxvt", "foot", "contour")
_MOST = 200  # characters
#: Terminals in which a sequence that they don't know would be seen.
_NOWHERE = ("linux", "dumb", "vt")


def notification(text: str, environment: Mapping[str, str]) -> str:
    """The sequence that has a terminal show a notification; nothing for terminals that would print it."""
    terminal = environment.get("TERM", "")
    if terminal.startswith(_NOWHERE) or not terminal:
        return ""
    told = safe(text, _MOST)
    if terminal.startswith(_OF_777):
        return f"\x1b]777;notify;namecls;{told.replace(';', ',')}\x1b\\"
    return f"\x1b]9;namecls: {told}\x1b\\"


def ring(app: App[None], text: str) -> None:
    """Ring the bell of the terminal, and have it show a notification."""
    app.bell()
    if app._driver is not None:
        app._driver.write(notification(text, os.environ))
