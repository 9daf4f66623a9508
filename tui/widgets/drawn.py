"""A widget that is drawn line by line and repaints only the cells that changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import zip_longest

from rich.cells import cell_len
from rich.console import Console
from rich.style import Style
from rich.text import Text
from textual.geometry import Offset, Region, Size
from textual.strip import Strip
from textual.widget import Widget

from namecls.language import language
from tui.drawing.palette import Palette, palette_of
from tui.widgets.retold import Retold
from tui.workbench import bench_of


@dataclass(frozen=True, slots=True)
class Spot:
    """A cell of a widget's content that can be gone to, and how."""

    x: int
    y: int
    go: Callable[[], object]


class Drawn(Retold, Widget):
    """A widget of plain lines.

    A subclass returns its lines from `draw` and calls `redraw` when its values have changed. Only the cells
    that differ are sent to the terminal, which is what makes a live screen bearable over a slow line. A `Text`
    that was among the lines before is not rendered again: it has to be as it was.
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._drawn: list[Strip] = []
        self._drawn_for: tuple[Size, str, str, Style] | None = None
        self._rendered: dict[int, tuple[Text, Strip]] = {}  # the lines that show, by identity

    @property
    def ascii_only(self) -> bool:
        """Whether to draw with ASCII alone."""
        return bench_of(self).ascii_only

    def draw(self, width: int, height: int, palette: Palette) -> list[Text]:
        """At most `height` lines of at most `width` cells."""
        raise NotImplementedError

    @property
    def caret(self) -> Offset:
        """The cell of its content that a cursor in it is on: where there is a sign of one, or reversed colours."""
        reversed_at = None
        for y, strip in enumerate(self._drawn):
            if strip.text[:1] in ("▸", "›", ">"):
                return Offset(0, y)
            x = 0
            for text, style, _ in strip if reversed_at is None else ():
                if style is not None and style.reverse and reversed_at is None:
                    reversed_at = Offset(x, y)
                x += cell_len(text)
        return reversed_at or Offset(0, 0)

    def spots(self) -> Iterator[Spot]:
        """What of it can be gone to, besides itself where it takes the focus."""
        yield from ()

    def redraw(self) -> None:
        """Draw anew and repaint the difference."""
        now = self._now() if self.is_attached and self.size else None
        if now is None or self._drawn_for != now:
            self._drawn_for = None
            self.refresh()
            return
        before = self._drawn
        self._draw_for(now)
        changed = [
            Region(start, y, end - start, 1)
            for y, (old, new) in enumerate(zip_longest(before, self._drawn))
            for start, end in (_difference(old, new, self.size.width),)
            if start < end
        ]
        if changed:
            self.refresh(*changed)

    def render_lines(self, crop: Region) -> list[Strip]:
        # Not for each line: to find out its style a widget asks all that it stands in.
        self._drawn_as_of_now()
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        *_, style = self._drawn_for or self._drawn_as_of_now()
        return self._drawn[y] if y < len(self._drawn) else Strip.blank(self.size.width, style)

    def _drawn_as_of_now(self) -> tuple[Size, str, str, Style]:
        """Draw anew if room, colours or language changed; what it is drawn for."""
        if self._drawn_for != (now := self._now()):
            self._rendered = {}
            self._draw_for(now)
        return now

    def _now(self) -> tuple[Size, str, str, Style]:
        return self.size, self.app.theme, language(), self.rich_style

    def _draw_for(self, now: tuple[Size, str, str, Style]) -> None:
        (width, height), *_, style = self._drawn_for = now
        lines = self.draw(width, height, palette_of(self.app))[:height] if width and height else []
        before, console = self._rendered, self.app.console
        self._rendered = {
            id(line): before.get(id(line)) or (line, _strip(line, width, style, console)) for line in lines
        }
        self._drawn = [self._rendered[id(line)][1] for line in lines]


def _strip(line: Text, width: int, style: Style, console: Console) -> Strip:
    # A Text without spans renders without its own style.
    strip = Strip(line.render(console)).apply_style(console.get_style(line.style))
    return strip.adjust_cell_length(width).apply_style(style)


def _difference(old: Strip | None, new: Strip | None, width: int) -> tuple[int, int]:
    """From which column to which (exclusive) two lines differ; an empty range if they don't."""
    if old is new or old == new:
        return 0, 0
    if old is None or new is None:
        return 0, width
    before, after = _cells(old), _cells(new)
    start = _common(before, after)
    return start, max(width - _common(before[::-1], after[::-1]), start + 1)


def _cells(strip: Strip) -> list[tuple[str, Style | None]]:
    """The cells of a line; both of a wide character hold it, or a difference could end within it."""
    cells: list[tuple[str, Style | None]] = []
    for text, style, _ in strip:
        if text.isascii():
            cells += [(character, style) for character in text]
            continue
        for character in text:
            wide = cell_len(character)
            if wide == 0 and cells:
                cells[-1] = (cells[-1][0] + character, style)
            cells.extend([(character, style), (f"{character}2", style)][:wide])
    return cells


def _common(one: list[tuple[str, Style | None]], other: list[tuple[str, Style | None]]) -> int:
    """How many cells two lines share at their start."""
    return next(
        (i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )
