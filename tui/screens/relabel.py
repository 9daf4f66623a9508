"""Another label, or another name, for rows: typed, with the labels that there are to complete it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widgets import Input

from namecls.language import N_, _
from namecls.normalization import name_key
from namecls.text import safe
from tui import keys
from tui.drawing.cells import cut
from tui.drawing.palette import Palette
from tui.screens.modal import Modal
from tui.widgets.keybar import KeyBar
from tui.widgets.lists import CursorList, Moves
from tui.widgets.name_input import SafeInput


class LabelChoice(CursorList):
    """The labels that fit what was typed."""

    def __init__(self) -> None:
        super().__init__(id="choice")
        self.can_focus = False
        self.labels: Sequence[str] = ()
        self.new = ""

    def show(self, labels: Sequence[str], new: str, *, choose: bool = True) -> None:
        """Show these, and last what was typed, if it is a label of its own.

        :param choose: whether the cursor is on the first one; else it is on none until it moves.
        """
        self.labels, self.new = labels, new
        self.set_count(len(labels) + bool(new))
        if not choose:
            self.cursor = -1

    def _follow(self) -> None:
        if self.cursor >= 0:
            super()._follow()

    @property
    def current(self) -> str:
        """The label under the cursor; empty: it is on none."""
        if self.cursor < 0:
            return ""
        if self.cursor < len(self.labels):
            return self.labels[self.cursor]
        return self.new

    def item(self, place: int, width: int, palette: Palette) -> Text:
        if place < len(self.labels):
            return Text(
                cut(self.labels[place], width, self.ascii_only), style=palette.label(self.labels[place])
            )
        return Text(
            cut(_("{label}, a new label").format(label=self.new), width, self.ascii_only),
            style=palette.warning,
        )


class RelabelScreen(Moves, Modal[str | None]):
    """Answers with a label, or None.

    :param title: what it is for.
    :param labels: those that there are.
    :param first: that which is offered first; empty: none is chosen until something is typed, or the cursor moves.
    """

    PLACE = "relabel"
    CSS_PATH = "relabel.tcss"
    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("relabel")

    def __init__(self, title: str, labels: Sequence[str], first: str = "") -> None:
        super().__init__()
        self._title, self._first = title, first
        self._shown_for: str | None = None
        self._labels = sorted(labels, key=lambda label: (label != first, label))

    def compose(self) -> ComposeResult:
        with Vertical(id="box", classes="panel"):
            yield SafeInput(placeholder=N_("a label"), id="typed")
            yield LabelChoice()
            yield KeyBar(self.PLACE)

    def entitle(self) -> None:
        self.query_one("#box").border_title = safe(self._title, 60)

    def on_mount(self) -> None:
        self.query_one(Input).focus()
        self._choose("")

    def on_input_changed(self, event: Input.Changed) -> None:
        self._choose(event.value)

    def _choose(self, typed: str) -> None:
        """Labels that begin so first, then those in which it stands."""
        if typed == self._shown_for:
            return
        self._shown_for = typed
        wanted, text = name_key(typed), typed.strip()
        begin = [label for label in self._labels if name_key(label).startswith(wanted)]
        within = [label for label in self._labels if wanted in name_key(label) and label not in begin]
        new = text if text and text not in self._labels else ""
        self.query_one(LabelChoice).show([*begin, *within], new, choose=bool(text or self._first))

    def moved_in(self) -> CursorList:
        return self.query_one(LabelChoice)

    def on_cursor_list_chosen(self, _event: CursorList.Chosen) -> None:
        self.action_choose()

    def action_choose(self) -> None:
        self._choose(self.query_one(Input).value)  # of which it may not have heard yet
        if label := self.query_one(LabelChoice).current:
            self.dismiss(label)

    def action_complete(self) -> None:
        box = self.query_one(Input)
        self._choose(box.value)
        box.value = self.query_one(LabelChoice).current or box.value
        box.cursor_position = len(box.value)

    def action_back(self) -> None:
        self.dismiss(None)


class CorrectScreen(Modal[str | None]):
    """Answers with a text as it was typed, or None.

    :param text: as it is.
    :param may_be_empty: whether it may be taken away.
    """

    PLACE = "correct"
    CSS_PATH = "relabel.tcss"
    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("correct")

    def __init__(self, text: str, title: str = "", *, may_be_empty: bool = False) -> None:
        super().__init__()
        self._before, self._may_be_empty = text, may_be_empty
        self._title = title or _("correct the name")

    def compose(self) -> ComposeResult:
        with Vertical(id="box", classes="panel"):
            typed = SafeInput(self._before, id="typed")
            typed.select_on_focus = False
            yield typed
            yield KeyBar(self.PLACE)

    def entitle(self) -> None:
        self.query_one("#box").border_title = safe(self._title, 60)

    def on_mount(self) -> None:
        self.query_one(Input).focus()

    def action_choose(self) -> None:
        text = self.query_one(Input).value.strip()
        self.dismiss(text if (text or self._may_be_empty) and text != self._before else None)

    def action_back(self) -> None:
        self.dismiss(None)
