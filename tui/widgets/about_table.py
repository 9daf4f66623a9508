"""What is to be told of the open table, above its rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Container
from textual.content import Content

from namecls.language import _
from namecls.text import safe
from namecls.wide import in_a_row
from tui.drawing.wording import Paragraph
from tui.forms.reading import in_the_app
from tui.widgets.retold import Told

if TYPE_CHECKING:
    from namecls.data.doubts import Doubt
    from namecls.data.layout import Layout


class AboutTable(Container):
    """Why another file could not be read, how this one was, and what looks wrong with its labels."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._doubts: list[Doubt] = []  # those that are told

    def compose(self) -> ComposeResult:
        yield Told(id="problem")
        yield Told(id="layout")
        yield Told(id="doubts")

    @property
    def tells_problem(self) -> bool:
        """Whether it is told why a file could not be read."""
        return self.query_one("#problem").has_class("-told")

    def tell_problem(self, problem: str, *, others: bool) -> None:
        """Why a file could not be read; empty: no more.

        :param others: whether there are other names.
        """

        def told() -> Paragraph:
            advice = _("F6 says how to read it, or opens another file.")
            if others:
                advice = in_a_row(advice, _("The names before it stay."))
            return Paragraph(f"{safe(in_the_app(problem), 300)}\n{advice}" if problem else "")

        word = self.query_one("#problem", Told)
        word.tell(told)
        word.set_class(bool(problem), "-told")

    def tell_layout(self, layout: Layout) -> None:
        """How the file was read, if something was decided that could surprise."""
        word = self.query_one("#layout", Told)
        word.tell(lambda: Paragraph(_("read as {layout}").format(layout=safe(in_the_app(layout.told), 300))))
        word.set_class(not layout.is_plain, "-told")

    def tell_doubts(self, doubts: Sequence[Doubt]) -> None:
        """What looks wrong with the labels, a line for each; a single one is shown whole, and F8 lists all."""
        if list(doubts) == self._doubts:
            return
        self._doubts = list(doubts)

        def told() -> Paragraph | Content:
            lines = [safe(in_the_app(doubt.text), 300) for doubt in doubts]
            return Paragraph(lines[0]) if len(lines) == 1 else Content("\n".join(lines))

        word = self.query_one("#doubts", Told)
        word.tell(told)
        word.set_class(bool(doubts), "-told")
        word.set_class(len(doubts) == 1, "-alone")
