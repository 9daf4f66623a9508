"""The thread that plans a training: its size, and how long it would take."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from namecls.errors import NameclsError
from tui.engine.editing import EditState, edited
from tui.engine.messages import Planned
from tui.engine.threads import Answering, Post
from tui.engine.wanted import Engine

if TYPE_CHECKING:
    from namecls.config import TrainConfig
    from namecls.data.table import NameTable


class PlanLoop(Answering):
    """The thread that plans a training, always for the latest settings.

    `busy` is held while it does. A training takes it once before it begins: both draw random numbers, and a
    seed has to lead to the same weights every time.
    """

    def __init__(self, engine: Engine) -> None:
        super().__init__()
        self.busy = threading.Lock()
        self._engine = engine
        self._question: tuple[TrainConfig, NameTable, EditState, Post] | None = None
        self._wanted = False  # the answer to the question that is being answered

    def ask(self, config: TrainConfig, table: NameTable, edits: EditState, post: Post) -> None:
        """Plan a training on a table with its edits.

        `Planned` goes to `post`, a second time with the measured duration.
        """
        with self._asking():
            self._question = (config, table, edits, post)

    def forget(self) -> None:
        """Cancel the question, also one that is answered in part."""
        with self._asking():
            self._question = None
            self._wanted = False

    def run(self) -> None:
        """Body of the thread. The size of a training comes first, since measuring its duration takes a moment."""
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._closed or self._question)
                if self._closed:
                    return
                question, self._question = self._question, None
                self._wanted = True
            if question is None:
                continue
            for measure in (False, True):
                with self.busy:
                    if self._wanted:
                        self._answer(*question, measure=measure)
                if self._wait_for_better():
                    break

    def _wait_for_better(self) -> bool:
        """Whether another question comes within a moment, or none is left: then measuring is not worth it."""
        with self._wake:
            return bool(
                self._wake.wait_for(lambda: self._closed or self._question or not self._wanted, timeout=0.5)
            )

    def _answer(
        self, config: TrainConfig, table: NameTable, edits: EditState, post: Post, *, measure: bool
    ) -> None:
        try:
            post(Planned(config, self._engine.plan(config, edited(table, edits), measure=measure), ""))
        except NameclsError as error:
            post(Planned(config, None, str(error)))
