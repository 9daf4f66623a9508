"""The style sheet, read once."""

from __future__ import annotations

from collections.abc import Callable

from textual.css.errors import StylesheetError
from textual.css.stylesheet import Stylesheet
from textual.css.tokenizer import TokenError


class Sheet(Stylesheet):
    """A style sheet that reads each source once for each theme, and does without one that can't be read.

    Textual's own reads all of them anew whenever a screen shows for the first time, and an error ends the app.

    :param tell: called with each error.
    """

    def __init__(self, *, variables: dict[str, str], tell: Callable[[Exception], None]) -> None:
        super().__init__(variables=variables)
        self._tell = tell

    def set_variables(self, variables: dict[str, str]) -> None:
        if variables != self._variables:
            super().set_variables(variables)

    def parse(self) -> None:
        while True:  # a source that failed is left out the next time
            try:
                super().parse()
            except (StylesheetError, TokenError) as error:
                self._tell(error)
            else:
                return

    def reparse(self) -> None:
        self.parse()  # keeps the rules of sources that are as they were; `set_variables` forgets them
