"""Widgets and screens whose words are made again when another language is spoken."""

from __future__ import annotations

from collections.abc import Callable

from textual.visual import VisualType
from textual.widgets import Static

from namecls.language import again


class Retold:
    """A widget or a screen that has words; stands before Textual's class.

    What it keeps of translated texts is said again by itself. All other words that are not made where it is drawn are
    written in `entitle`.
    """

    def on_mount(self) -> None:
        self.entitle()

    def entitle(self) -> None:
        """Write what stands in borders, and whatever else has words."""

    def retell(self) -> None:
        """Speak the language of now."""
        for name, value in tuple(vars(self).items()):
            if (said := again(value)) is not value:
                setattr(self, name, said)
        self.entitle()


class Told(Retold, Static):
    """Words that a function makes: at first, and again when another language is spoken."""

    def __init__(
        self,
        words: Callable[[], VisualType] = str,
        *,
        id: str | None = None,  # noqa: A002
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes, markup=False)
        self._words = words

    def tell(self, words: Callable[[], VisualType]) -> None:
        """Show these words."""
        self._words = words
        self.entitle()

    def entitle(self) -> None:
        self.update(self._words())
