"""Copying: to the clipboard by way of the terminal, and to a file for terminals that don't let programs copy."""

from __future__ import annotations

import re
from typing import Any

from textual.app import App
from textual.dom import DOMNode

from namecls.language import _
from tui.drawing.palette import palette_of
from tui.screens.saving import save_text
from tui.widgets.lists import CursorList
from tui.workbench import bench_of

_MOST = 60  # characters of it that are shown
_WIDE = 600  # cells in which a line of a list is cut nowhere


def copy_text(node: DOMNode, text: str, stem: str = "namecls-copied") -> None:
    """Copy a text, and say so; nothing, if there is none.

    Nobody knows whether a terminal copies (OSC 52), so the second time the same text goes to a file.
    """
    app, bench = node.app, bench_of(node)
    if not text.strip():
        return
    if app.clipboard != text:
        app.copy_to_clipboard(text)
        line = text.strip().splitlines()[0].replace("\t", "  ")
        shown = line if len(line) <= _MOST else f"{line[:_MOST]}..."
        bench.say(
            _(
                "Copied, if this terminal lets programs copy: {shown} · the same key again writes it to a file"
            ).format(shown=shown)
        )
        return
    save_text(node, stem, ".txt", text.rstrip("\n") + "\n")


def copy_here(app: App[Any]) -> None:
    """Copy what the screen says that it has to copy, else the line under the cursor of its list."""
    copied = getattr(app.screen, "copied", str)()
    if text := copied or _line_under_cursor(app):
        copy_text(app, text)
    else:
        bench_of(app).say(
            _("There is nothing to copy here: y copies the line under a cursor, a command, an answer.")
        )


def _line_under_cursor(app: App[Any]) -> str:
    """The line under the cursor of the list that has the focus, or of the first that shows, its columns by tabs."""
    lists = [each for each in app.screen.query(CursorList) if each.count and each.is_on_screen]
    lists.sort(key=lambda each: not each.has_focus)
    if not lists:
        return ""
    line = lists[0].item(lists[0].cursor, _WIDE, palette_of(app)).plain
    return re.sub(r"\s{2,}", "\t", line.strip())
