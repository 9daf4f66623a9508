"""A widget that is drawn line by line and repaints only the cells that changed."""

from __future__ import annotations

from itertools import zip_longest

from rich.cells import cell_len
from rich.console import Console
from rich.style import Style
from rich.text import Text
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

from tui.palette import Palette, palette_of


class Drawn(Widget):
    """A widget of plain lines.

    A subclass returns its lines from `draw` and calls `redraw` when its values have changed. Only the cells
    that differ are sent to the terminal, which is what makes a live screen bearable over a slow line.
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._drawn: list[Strip] = []
        self._drawn_for: tuple[Size, str, Style] | None = None

    def draw(self, width: int, height: int, palette: Palette) -> list[Text]:
        """At most `height` lines of at most `width` cells."""
        raise NotImplementedError

    def redraw(self) -> None:
        """Draw anew and repaint the difference."""
        if not self.is_attached or not self.size or self._drawn_for != self._now():
            self._drawn_for = None
            self.refresh()
            return
        before, self._drawn = self._drawn, self._strips()
        changed = [
            Region(start, y, end - start, 1)
            for y, (old, new) in enumerate(zip_longest(before, self._drawn))
            for start, end in (_difference(old, new, self.size.width),)
            if start < end
        ]
        if changed:
            self.refresh(*changed)

    def render_line(self, y: int) -> Strip:
        if self._drawn_for != self._now():
            self._drawn = self._strips()
            self._drawn_for = self._now()
        return self._drawn[y] if y < len(self._drawn) else Strip.blank(self.size.width, self.rich_style)

    def _now(self) -> tuple[Size, str, Style]:
        return self.size, self.app.theme, self.rich_style

    def _strips(self) -> list[Strip]:
        width, height = self.size
        console = self.app.console
        if not width or not height:
            return []
        lines = self.draw(width, height, palette_of(self.app))[:height]
        return [self._strip(line, width, console) for line in lines]

    def _strip(self, line: Text, width: int, console: Console) -> Strip:
        # A Text without spans renders without its own style.
        strip = Strip(line.render(console)).apply_style(console.get_style(line.style))
        return strip.adjust_cell_length(width).apply_style(self.rich_style)


def _difference(old: Strip | None, new: Strip | None, width: int) -> tuple[int, int]:
    """From which column to which (exclusive) two lines differ; an empty range if they don't."""
    if old == new:
        return 0, 0
    if old is None or new is None:
        return 0, width
    before, after = _cells(old), _cells(new)
    start = _common(before, after)
    return start, max(width - _common(before[::-1], after[::-1]), start + 1)


def _cells(strip: Strip) -> list[tuple[str, Style | None]]:
    """The cells of a line; a wide character has an empty one behind it."""
    cells: list[tuple[str, Style | None]] = []
    for text, style, _ in strip:
        for character in text:
            wide = cell_len(character)
            if wide == 0 and cells:
                cells[-1] = (cells[-1][0] + character, style)
            cells.extend([(character, style), ("", style)][:wide])
    return cells


def _common(one: list[tuple[str, Style | None]], other: list[tuple[str, Style | None]]) -> int:
    """How many cells two lines share at their start."""
    return next(
        (i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )
