"""A panel of a view of an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from namecls.language import _
from namecls.text import safe
from tui.drawing.palette import Palette
from tui.drawing.views import Scene, View, muted, sentences
from tui.widgets.drawn import Drawn

if TYPE_CHECKING:
    from tui.engine.values import ShownView


class ExplanationPanel(Drawn):
    """A view with a border, its title, and, where there is room, its two sentences.

    :param number: the key that chooses it; 0: it can't be chosen.
    """

    def __init__(self, view: View, number: int = 0) -> None:
        super().__init__(id=view.name, classes="panel")
        self.view = view
        self.value: ShownView | None = None
        self.item: int | None = view.first
        self.opened = False
        self._word = ""
        self._letter = 0
        self._number = number

    def entitle(self) -> None:
        title = _(self.view.title)
        self.border_title = f"{self._number} {title}" if self._number else title

    def show(self, value: ShownView | None, word: str = "") -> None:
        """Draw a value; without one, a word on why."""
        self.value, self._word = value, word
        self.item = None if self.item is None else min(self.item, max(self.count - 1, 0))
        self.redraw()

    def look_at(self, letter: int, *, draw: bool = True) -> None:
        """Move to a letter, and draw it at once or the next time."""
        if letter != self._letter:
            self._letter = letter
            if draw and self.value is not None:
                self.redraw()

    def choose(self, item: int | None, *, opened: bool = False) -> None:
        """Put the cursor on a line of its list, or take it away."""
        self.item, self.opened = item, opened
        self.redraw()

    @property
    def count(self) -> int:
        """Lines of its list."""
        return len(self.view.items(self.value)) if self.value is not None else 0

    @property
    def can_take(self) -> bool:
        """Whether its line has a name to be taken, or more to show."""
        if self.value is None or self.item is None:
            return False
        return self.view.opens or bool(self.view.items(self.value)[self.item])

    def draw(self, width: int, height: int, palette: Palette) -> list[Text]:
        scene = self.scene(width, height, palette)
        if self.value is not None:
            return self.view.lines(self.value, scene)
        told = sentences(safe(self._word, 400), scene)
        return [*told, *([Text()] if told else []), *sentences(_(self.view.sees), scene)][:height]

    def scene(self, width: int, height: int, palette: Palette) -> Scene:
        """What it is drawn for, in so much room."""
        return Scene(
            width=width,
            height=height,
            palette=palette,
            letter=self._letter,
            item=self.item,
            opened=self.opened,
            ascii_only=self.ascii_only,
        )

    def whole(self, width: int, palette: Palette) -> list[Text]:
        """All of it, however long, without the cursor of its list: for a file, or the clipboard."""
        if self.value is None:
            return [muted(self._word, self.scene(width, 1, palette))]
        return self.view.lines(self.value, self.scene(width, 200, palette))
