"""A few words that are made when they are drawn."""

from __future__ import annotations

from collections.abc import Callable

from rich.text import Text

from namecls.text import safe
from tui.drawing.palette import Palette
from tui.drawing.wording import wrapped
from tui.widgets.drawn import Drawn


class Said(Drawn):
    """What a function says now, in the colour of the style sheet, on as many lines as there are.

    The title of a line in which something is wrong (class ``-wrong``) ends in a sign.

    :param words: text from anywhere.
    """

    def __init__(
        self,
        words: Callable[[], str],
        *,
        id: str | None = None,  # noqa: A002
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._words = words

    def tell_wrong(self, wrong: bool) -> None:
        """Show whether something is wrong in the line that this is the title of."""
        if wrong != self.has_class("-wrong"):
            self.set_class(wrong, "-wrong")
            self.redraw()

    def draw(self, width: int, height: int, palette: Palette) -> list[Text]:  # noqa: ARG002
        wrong = "!" if self.has_class("-wrong") else ""
        return wrapped(Text(safe(self._words(), 300) + wrong), width)
