"""A list with a cursor that draws only what shows, however long it is."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from functools import partial
from typing import ClassVar

from rich.text import Text
from textual import events
from textual.geometry import Offset
from textual.message import Message

from namecls.language import language
from tui.drawing.palette import Palette
from tui.widgets.drawn import Drawn, Spot


class Moves:
    """The keys of a screen that move in a list."""

    def moved_in(self) -> CursorList:
        """The list that they move in."""
        raise NotImplementedError

    def action_move(self, step: int) -> None:
        self.moved_in().move(step)

    def action_move_page(self, direction: int) -> None:
        self.moved_in().move_page(direction)

    def action_move_first(self) -> None:
        self.moved_in().move_to(0)

    def action_move_last(self) -> None:
        self.moved_in().move_to(self.moved_in().count - 1)


class CursorList(Drawn, can_focus=True):
    """Numbered items, one per line, one of them under the cursor.

    A subclass draws item `i` in `item`, and lines that stay in place in `head` and `foot`. The items themselves
    are its own affair: a list that shows one page of a million holds no more than that page.
    """

    #: Lines above and below the items.
    HEAD: ClassVar[int] = 0
    FOOT: ClassVar[int] = 0

    class Moved(Message):
        """Other items show, or another one is under the cursor."""

        def __init__(self, source: CursorList) -> None:
            super().__init__()
            self.source = source

        @property
        def control(self) -> CursorList:
            return self.source

    class Chosen(Message):
        """The item under the cursor was clicked."""

        def __init__(self, source: CursorList) -> None:
            super().__init__()
            self.source = source

        @property
        def control(self) -> CursorList:
            return self.source

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self.cursor = 0
        self.count = 0
        self._top = 0
        self._lines: dict[Hashable, Text] = {}  # those that show, without the one under the cursor
        self._lines_for: tuple[int, Palette, str] | None = None

    def head(self, width: int, palette: Palette) -> list[Text]:  # noqa: ARG002
        """`HEAD` lines."""
        return []

    def foot(self, width: int, palette: Palette) -> list[Text]:  # noqa: ARG002
        """`FOOT` lines."""
        return []

    def item(self, place: int, width: int, palette: Palette) -> Text:
        """The item at a place, from 0, in at most `width` cells. The cell before it marks the cursor."""
        raise NotImplementedError

    def key(self, place: int) -> Hashable:  # noqa: ARG002
        """All that decides how an item looks, but for room and colours; then it is not drawn again. None: it is."""
        return None

    def empty(self, width: int, palette: Palette) -> list[Text]:  # noqa: ARG002
        """What stands in a list without items."""
        return []

    @property
    def room(self) -> int:
        """How many items fit."""
        return max(self.size.height - self.HEAD - self.FOOT, 1)

    @property
    def showing(self) -> tuple[int, int]:
        """The items that show: from, and to (exclusive)."""
        return self._top, min(self._top + self.room, self.count)

    @property
    def caret(self) -> Offset:
        return Offset(0, self.HEAD + self.cursor - self._top)

    def set_count(self, count: int, cursor: int = 0) -> None:
        """Other items: so many, with the cursor there."""
        self.count = count
        self.cursor = min(max(cursor, 0), max(count - 1, 0))
        self._follow()
        self.redraw()

    def move(self, step: int) -> None:
        """The cursor `step` items down, or up."""
        self.move_to(self.cursor + step)

    def move_page(self, direction: int) -> None:
        """The cursor a page down, or up."""
        step = max(self.room - 1, 1) * direction
        self._top = min(max(self._top + step, 0), max(self.count - self.room, 0))
        self.move_to(self.cursor + step)

    def move_to(self, place: int) -> None:
        """The cursor to an item, or the nearest there is."""
        self.cursor = min(max(place, 0), max(self.count - 1, 0))
        self._follow()
        self.redraw()
        self.post_message(self.Moved(self))

    def _follow(self) -> None:
        """Show the cursor, and no emptiness below the last item."""
        self._top = min(
            max(self._top, self.cursor - self.room + 1), self.cursor, max(self.count - self.room, 0)
        )

    def draw(self, width: int, height: int, palette: Palette) -> list[Text]:  # noqa: ARG002
        lines = self.head(width, palette)
        start, stop = self.showing
        now = (width, palette, language())
        before = self._lines if self._lines_for == now else {}
        self._lines, self._lines_for = {}, now
        drawn = [self._line(place, width, palette, before) for place in range(start, stop)]
        if not self.count:
            drawn = self.empty(width, palette)[: self.room]
        if self.FOOT:
            drawn += [Text()] * (self.room - len(drawn))
        return [*lines, *drawn, *self.foot(width, palette)]

    def _line(self, place: int, width: int, palette: Palette, before: Mapping[Hashable, Text]) -> Text:
        key = self.key(place)
        if key is None or place == self.cursor:
            return self._with_cursor(place, width, palette)
        line = self._lines[key] = before.get(key) or self._with_cursor(place, width, palette)
        return line

    def _with_cursor(self, place: int, width: int, palette: Palette) -> Text:
        here = place == self.cursor
        line = Text(no_wrap=True)
        line.append((">" if self.ascii_only else "›") if here else " ", style=palette.accent)
        line.append_text(self.item(place, width - 1, palette))
        if here:
            line.append(" " * max(width - line.cell_len, 0))
            line.stylize(palette.row(focus=self.has_focus))
        return line

    def watch_has_focus(self, has_focus: bool) -> None:
        super().watch_has_focus(has_focus)
        self.redraw()

    def on_resize(self) -> None:
        self._follow()
        self.redraw()
        self.post_message(self.Moved(self))

    def spots(self) -> Iterator[Spot]:
        for place in range(*self.showing):
            yield Spot(0, place - self._top + self.HEAD, partial(self._go, place))

    def _go(self, place: int) -> None:
        self.focus()
        self.move_to(place)

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None:
            return
        place = self._top + offset.y - self.HEAD
        if offset.y >= self.HEAD and place < self.showing[1]:
            again = place == self.cursor
            self.move_to(place)
            if again:
                self.post_message(self.Chosen(self))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        self._scroll(event, 3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self._scroll(event, -3)

    def _scroll(self, event: events.MouseEvent, step: int) -> None:
        event.stop()
        self._top = min(max(self._top + step, 0), max(self.count - self.room, 0))
        start, stop = self.showing
        self.move_to(min(max(self.cursor, start), max(stop - 1, start)))
