"""What is asked of the table, beside the search: label, order, problems."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from rich.cells import cell_len
from rich.text import Text
from textual import events

from namecls.data.browse import Query
from namecls.language import _, pgettext
from namecls.text import safe
from tui.drawing.palette import Palette
from tui.widgets.drawn import Drawn, Spot


class Asked(Drawn):
    """One line at the right of the search; a click on a part of it changes that part."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._query = Query()
        self._problems: int | None = None
        self._spots: list[tuple[int, int, str]] = []

    def show(self, query: Query, problems: int | None) -> None:
        """The query, and the number of problems as far as it is known."""
        self._query = query
        self._problems = problems
        self.redraw()

    def draw(self, width: int, height: int, palette: Palette) -> list[Text]:  # noqa: ARG002
        query = self._query
        arrows = ("^", "v") if self.ascii_only else ("▲", "▼")
        label = safe(query.label, 14) if query.label is not None else _("all")
        problems = "..." if self._problems is None else f"{self._problems:,}"
        parts = (
            (_("label"), label, "focus_labels"),
            (_("sort"), f"{_sort(query)} {arrows[query.descending]}", "sort"),
            (_("problems"), problems, "show_problems"),
        )
        needed = (
            sum(cell_len(title) + 2 + cell_len(value) for title, value, _action in parts)
            + 3 * (len(parts) - 1)
            + 1
        )
        line = Text(" " * max(width - needed, 0), no_wrap=True)
        self._spots = []
        for title, value, action in parts:
            if self._spots:
                line.append("   ")
            start = line.cell_len
            line.append(_("{title}: ").format(title=title), style=palette.muted)
            asked = action == "focus_labels" and query.label is not None
            line.append(value, style=palette.accent if asked else palette.text)
            self._spots.append((start, line.cell_len, action))
        return [line]

    def spots(self) -> Iterator[Spot]:
        for start, _end, action in self._spots:
            yield Spot(start - 1, 0, partial(self.screen.run_action, action))

    async def on_click(self, event: events.Click) -> None:
        for start, end, action in self._spots:
            if start <= event.x < end:
                await self.screen.run_action(action)


def _sort(query: Query) -> str:
    """By what the rows are sorted, in a word."""
    return {
        "file": pgettext("sort", "file"),
        "name": pgettext("sort", "name"),
        "label": pgettext("sort", "label"),
        "length": pgettext("sort", "length"),
        "weight": pgettext("sort", "weight"),
    }[query.sort]
