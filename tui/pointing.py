"""An app whose terminal cursor stands where the keys go, for screen readers and magnifiers, which follow it.

Every frame ends by putting it there, hidden unless the user wants to see it. A frame that is written while it shows
would drag it over the screen: so it is hidden before and shown behind.
"""

from __future__ import annotations

from textual.app import ScreenStackError
from textual.geometry import Offset
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input

from tui.refusing import Refusing
from tui.screens.base import Place
from tui.widgets.drawn import Drawn

_SHOW, _HIDE = "\x1b[?25h", "\x1b[?25l"


class Pointing(Refusing):
    """An app whose terminal cursor stands where the keys go."""

    shows_cursor = False

    def show_cursor(self, shown: bool) -> None:
        """Show the terminal's cursor, in inputs instead of the drawn one; or hide it again."""
        self.shows_cursor = shown
        self.set_class(shown, "-terminal-cursor")
        if not shown:
            self._write(_HIDE)

    @property
    def cursor_position(self) -> Offset:
        """Where the cursor is left after a frame."""
        try:
            screen = self.screen
        except ScreenStackError:
            return Offset(0, 0)
        widget = screen.focused or _without_focus(screen)
        return _caret(widget) if widget is not None else Offset(0, 0)

    @cursor_position.setter
    def cursor_position(self, _: Offset) -> None:
        """The focus alone decides."""

    def _begin_update(self) -> None:
        super()._begin_update()
        if self.shows_cursor:
            self._write(_HIDE)

    def _end_update(self) -> None:
        if self.shows_cursor:
            self._write(_SHOW)
        super()._end_update()

    def _write(self, sequence: str) -> None:
        if self._driver is not None:
            self._driver.write(sequence)


def _without_focus(screen: Screen[object]) -> Widget | None:
    """What the keys of a screen without a focus are about."""
    if isinstance(screen, Place):
        return screen.under_keys()
    return next(iter(screen.query("#box")), None)


def _caret(widget: Widget) -> Offset:
    """The cell of a widget that the cursor stands on, on the screen."""
    region = widget.content_region
    if isinstance(widget, Input):  # Textual leaves a cell free at the end of a text
        at = widget.cursor_screen_offset - (widget.cursor_at_end, 0)
    else:
        at = region.offset + (widget.caret if isinstance(widget, Drawn) else Offset(0, 0))
    return (at - region.offset).clamp(max(region.width, 1), max(region.height, 1)) + region.offset
