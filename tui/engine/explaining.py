"""The threads behind Predict and Inspect: they explain the name that was ranked, view by view."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from namecls.errors import NameclsError
from tui.engine.messages import Explained
from tui.engine.threads import Answering, Post
from tui.engine.values import Question

if TYPE_CHECKING:
    from tui.engine.wanted import Explains

#: Views that may first read a file or build an index: they wait in a thread of their own, and nothing behind them.
SLOW = ("evidence", "neighbours", "units", "epochs")
#: Views beside every ranking: one who types on would feel them, so they wait until nothing else was asked for a while.
_PATIENT = ("belief", "evidence", "influence")
_REST = 0.25  # seconds


class ExplanationLoop(Answering):
    """A thread that explains the latest name, one view after the other; a new question ends the one before it.

    It computes with the network of Predict, which two threads may ask at once, and lets the screen go first.

    :param rest: seconds that views that take longer wait for another question.
    """

    def __init__(self, rest: float = _REST) -> None:
        super().__init__()
        self._rest = rest
        self._question: tuple[Question, Post] | None = None
        self._model: tuple[Path | None, Explains] | None = None

    def use(self, path: Path | None, explains: Explains) -> None:
        """Explain with another model from now on."""
        with self._asking():
            self._model = (path, explains)

    def ask(self, asked: Question, post: Post) -> None:
        """Request an `Explained` to `post` for each view."""
        with self._asking():
            self._question = (asked, post)

    def run(self) -> None:
        """Body of the thread."""
        while True:
            with self._wake:
                while not (self._closed or (self._question and self._model)):
                    self._wake.wait()
                if self._closed:
                    return
                assert self._question is not None and self._model is not None  # noqa: PT018
                (asked, post), self._question = self._question, None
                model = self._model
            path, explains = model
            for view in sorted(asked.views, key=_PATIENT.__contains__):
                with self._wake:
                    if self._wake.wait_for(
                        partial(self._is_over, model), self._rest if view in _PATIENT else 0
                    ):
                        break
                post(_explained(path, explains, asked, view))

    def _is_over(self, model: tuple[Path | None, Explains]) -> bool:
        """Whether what is being explained is no longer of use."""
        return self._closed or self._question is not None or self._model is not model


def _explained(path: Path | None, explains: Explains, asked: Question, view: str) -> Explained:
    try:
        return Explained(path, asked, view, explains.explain(view, asked))
    except NameclsError as error:
        return Explained(path, asked, view, None, str(error))


class Explanations:
    """The two threads: one for what takes milliseconds, one for what may take seconds the first time."""

    def __init__(self) -> None:
        self.loops = (ExplanationLoop(), ExplanationLoop())

    def use(self, path: Path | None, explains: Explains) -> None:
        """Explain with another model from now on."""
        for loop in self.loops:
            loop.use(path, explains)

    def ask(self, asked: Question, post: Post) -> None:
        """Request the views of a name; only the latest question is sure of its answers."""
        for loop, slow in zip(self.loops, (False, True), strict=True):
            loop.ask(replace(asked, views=tuple(v for v in asked.views if (v in SLOW) == slow)), post)

    def close(self) -> None:
        """End the threads after what they are doing."""
        for loop in self.loops:
            loop.close()
