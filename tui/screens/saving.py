"""What screens write into the working directory."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

from namecls.errors import RunError
from namecls.language import _
from tui.engine.written import new_file, write_text
from tui.workbench import bench_of

if TYPE_CHECKING:
    from rich.text import Text
    from textual.dom import DOMNode


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
