"""The line at the bottom: the keys that work here and now."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from rich.cells import cell_len
from rich.text import Text
from textual import events

from tui.drawing.palette import Palette
from tui.key import face
from tui.keys import PLACES
from tui.widgets.drawn import Drawn, Spot

#: Actions whose keys show however many others there are: at the right.
_ALWAYS = ("app.keys_here", "app.leave")


class KeyBar(Drawn):
    """The keys of some places that have a label and work at this moment; a click presses them.

    What Textual itself takes for active decides: keys of a focused input win over letters of the screen, and
    what `check_action` forbids does not show.
    """

    def __init__(self, *places: str) -> None:
        super().__init__()
        self._places = places
        self._spots: list[tuple[int, int, str]] = []

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, lambda _screen: self.redraw())

    def draw(self, width: int, height: int, palette: Palette) -> list[Text]:  # noqa: ARG002
        active = {
            active.binding.id: key
            for key, active in reversed(self.screen.active_bindings.items())
            if active.enabled
        }
        spots: list[tuple[str, str, str]] = []
        last: list[tuple[str, str, str]] = []
        for place in (*self._places, "app"):
            for entry in PLACES[place]:
                pressed = active.get(f"{place}.{entry.id}")
                if entry.label and pressed:
                    (last if entry.action in _ALWAYS else spots).append(
                        (pressed, entry.shown or face(pressed), entry.called)
                    )
        room = width - sum(cell_len(shown) + cell_len(label) + 3 for _, shown, label in last)
        line = Text(no_wrap=True)
        self._spots = []
        for spot in spots:
            if line.cell_len + cell_len(spot[1]) + cell_len(spot[2]) + 3 > room:
                break
            self._add(line, "  " if line else " ", spot, palette)
        gap = max(room - line.cell_len, 0) + 2
        for spot in last:
            self._add(line, " " * gap, spot, palette)
            gap = 2
        return [line]

    def _add(self, line: Text, gap: str, spot: tuple[str, str, str], palette: Palette) -> None:
        pressed, shown, label = spot
        line.append(gap)
        start = line.cell_len
        line.append(shown, style=palette.accent)
        line.append(f" {label}", style=palette.muted)
        self._spots.append((start, line.cell_len, pressed))

    def spots(self) -> Iterator[Spot]:
        for start, _, pressed in self._spots:
            yield Spot(start - 1, 0, partial(self.app.simulate_key, pressed))

    def on_click(self, event: events.Click) -> None:
        for start, end, pressed in self._spots:
            if start <= event.x < end:
                self.app.simulate_key(pressed)
