"""Jumping: a letter on every place that one can go to; typing it goes there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import product
from typing import Any, ClassVar

from textual import events
from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.errors import NoWidget
from textual.geometry import Offset, Size
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Static

from namecls.language import _
from tui import keys
from tui.screens.modal import Commands, Modal
from tui.widgets.drawn import Drawn
from tui.workbench import bench_of

Go = Callable[[], object]

#: Those under the fingers first.
_LETTERS = "asdfghjklqwertyuiopzxcvbnm"


class JumpScreen(Modal[Go]):
    """Letters on the places of the screen below; answers with the way to the one that was typed."""

    PLACE = "jump"
    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("jump")
    CSS_PATH = "jump.tcss"

    def __init__(self, places: Mapping[Offset, Go], room: Size) -> None:
        super().__init__()
        self._room = room
        spots = sorted(places, key=lambda spot: (spot.y, spot.x))
        self._spots = dict(zip(labels(len(spots)), spots, strict=False))
        self._places = places
        self._typed = ""

    def compose(self) -> ComposeResult:
        for label, spot in self._spots.items():
            letters = Static(Content(label), id=label)
            # The cell before is free: only the second of two letters hides something.
            letters.styles.offset = spot - Offset(min(spot.x, len(label) - 1))
            yield letters

    def on_key(self, event: events.Key) -> None:
        typed = self._typed + (event.character or "").casefold()
        if spot := self._spots.get(typed):
            self.dismiss(self._places[spot])
        elif any(label.startswith(typed) for label in self._spots):
            self._show(typed)

    def action_take_back(self) -> None:
        self._show("")

    def action_back(self) -> None:
        self.dismiss()

    def on_resize(self, event: events.Resize) -> None:
        if event.size != self._room:
            self.dismiss()

    def _show(self, typed: str) -> None:
        """Show the labels that begin with what was typed, by what is left of them."""
        self._typed = typed
        for label in self._spots:
            letters = self.query_one(f"#{label}", Static)
            letters.display = label.startswith(typed)
            letters.update(Content(label[len(typed) :]))


def labels(count: int) -> list[str]:
    """Labels for so many places, none the beginning of another one: of one letter as far as they go, then of two."""
    first = min(max(-(-(count - len(_LETTERS)) // (len(_LETTERS) - 1)), 0), len(_LETTERS))  # letters of two
    single = len(_LETTERS) - first
    return [*_LETTERS[:single], *map("".join, product(_LETTERS[single:], _LETTERS))][:count]


def jump(app: App[Any]) -> None:
    """Put letters on the places of the screen that shows, or take them away."""
    screen = app.screen
    if isinstance(screen, JumpScreen):
        screen.dismiss()
    elif isinstance(screen, Commands):
        return
    elif places := places_of(screen):

        def go(there: Go | None) -> None:
            if there is not None:
                app.call_later(there)

        app.push_screen(JumpScreen(places, app.size), go)
    else:
        bench_of(app).say(_("There is nothing to jump to on this screen."))


def places_of(screen: Screen[Any]) -> dict[Offset, Go]:
    """All that shows on a screen and can be gone to, by the cell at its beginning."""
    places: dict[Offset, Go] = {}
    for drawn in screen.query(Drawn):
        if not shows(screen, drawn):
            continue
        seen = screen.find_widget(drawn).visible_region
        for spot in drawn.spots():
            cell = drawn.content_region.offset + Offset(spot.x, spot.y)
            if seen.contains_point(cell):
                places[cell] = spot.go
    for widget in screen.focus_chain:
        if shows(screen, widget) and not (isinstance(widget, Drawn) and any(widget.spots())):
            corner = widget.region.offset
            aside = 0 if widget.styles.border_top[0] else min(corner.x, 1)
            places[corner - Offset(aside)] = widget.focus
    return places


def shows(screen: Screen[Any], widget: Widget) -> bool:
    """Whether any of a widget is to be seen."""
    try:
        return bool(screen.find_widget(widget).visible_region)
    except NoWidget:
        return False
