"""The style sheet, read once."""

from __future__ import annotations

from textual.css.stylesheet import Stylesheet


class Sheet(Stylesheet):
    """A style sheet that reads each source once for each theme.

    Textual's own reads all of them anew whenever a screen shows for the first time.
    """

    def set_variables(self, variables: dict[str, str]) -> None:
        if variables != self._variables:
            super().set_variables(variables)

    def reparse(self) -> None:
        self.parse()  # keeps the rules of sources that are as they were; `set_variables` forgets them
