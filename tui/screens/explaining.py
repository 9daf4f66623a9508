"""What the screens that explain have in common: panels that follow the name, the letter and the model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from textual.widgets import Input

from namecls.language import _
from tui.engine.explaining import SLOW
from tui.engine.messages import Explained
from tui.engine.values import Question, ShownView
from tui.screens.base import Place
from tui.widgets.explained import ExplanationPanel


class Explaining(Place):
    """A screen with panels. It asks for their values only when there is a ranking, and drops those of another name."""

    def __init__(self) -> None:
        super().__init__()
        self._question: tuple[Path | None, Question] | None = None  # without its views
        self._requested: set[str] = set()
        self._come: set[str] = set()
        self._letter = 0

    def take_subject(self, box: Input) -> bool:
        """Put the name that another screen left into the input; whether it was another one."""
        changed = box.value != self.bench.subject
        if changed:
            box.value = self.bench.subject
            box.cursor_position = len(box.value)
        return changed

    def explain(self, asked: Question, panels: Sequence[ExplanationPanel], *more: str) -> None:
        """Request what these panels, and `more` views, lack of an answer that is there.

        What takes milliseconds shows what was before it until it comes; what takes longer is cleared.
        A screen behind another one requests nothing: only the latest question is sure of an answer.
        """
        if not self.is_current:
            return
        question = (self.bench.model.path, asked)
        if question != self._question:
            renamed = self._question is None or self._question[1].name != asked.name
            self._question, self._requested, self._come = question, set(), set()
            for panel in self.query(ExplanationPanel):
                if renamed and panel.view.name in SLOW:
                    panel.show(None, _("Looking ..."))
        names = (*(panel.view.name for panel in panels), *more)
        views = tuple(name for name in names if name not in self._come)
        if not self._requested.issuperset(views):
            # This takes the place of what was requested before: a view that has not come may never come.
            self._requested = self._requested & self._come | set(views)
            self.bench.explain(replace(asked, views=views), self.post_message)

    @property
    def is_explained(self) -> bool:
        """Whether all views came that were requested."""
        return not self._requested - self._come

    def forget(self, word: str = "") -> None:
        """Clear the panels, and say why."""
        self._question, self._requested, self._come = None, set(), set()
        for panel in self.query(ExplanationPanel):
            panel.show(None, word)

    def on_explained(self, message: Explained) -> None:
        """A view came. It is dropped if anything else is asked by now, or another model is in use."""
        question = (message.path, replace(message.asked, views=()))
        if question != self._question or message.path != self.bench.model.path:
            return
        for panel in self.query(ExplanationPanel):
            if panel.view.name == message.view:
                panel.show(message.value, message.problem)
        self._come.add(message.view)
        self.explained(message.view, message.value)

    def explained(self, view: str, value: ShownView | None) -> None:
        """What else a screen does with a view that came."""

    def look_at(self, letter: int, *, draw: bool = True) -> None:
        """Move all panels to a letter.

        :param draw: at once; else when they are drawn the next time.
        """
        self._letter = letter
        for panel in self.query(ExplanationPanel):
            panel.look_at(letter, draw=draw)
