"""The events of one training, collected for plots and tables: live, or read from ``history.jsonl``."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import TYPE_CHECKING

from tui.drawing.series import Series

if TYPE_CHECKING:
    from namecls.events import EpochEnd, Event, Finished, Gradients, Progress, Refitting, Started, Watched

_MEASURED = 200  # gradient norms that are kept, the latest ones


class Story:
    """All that the Train screen draws of one training. It belongs to one thread: once shown, to that of the screen."""

    def __init__(self) -> None:
        self._clear()

    def _clear(self) -> None:
        self.started: Started | None = None
        self.progress: Progress | None = None
        self.epochs: list[EpochEnd] = []
        self.finished: Finished | None = None
        self.refit: Refitting | None = None
        self.loss = Series()
        self.accuracy = Series()
        self.watched: list[Watched] = []
        self.gradients: deque[Gradients] = deque(maxlen=_MEASURED)

    @classmethod
    def of(cls, events: Iterable[Event]) -> Story:
        """Collect these events."""
        story = cls()
        for event in events:
            story.tell(event)
        return story

    def tell(self, event: Event) -> None:
        """Add the next event."""
        from namecls.events import EpochEnd, Finished, Gradients, Progress, Refitting, Started, Watched

        if isinstance(event, Progress):
            self.progress = event
            self.loss.append(event.step, event.loss)
            self.accuracy.append(event.step, event.accuracy)
        elif isinstance(event, EpochEnd):
            self.epochs.append(event)
        elif isinstance(event, Started):
            self._clear()  # started over
            self.started = event
        elif isinstance(event, Refitting):
            self.refit = event
        elif isinstance(event, Finished):
            self.finished = event
        elif isinstance(event, Watched):
            self.watched.append(event)
        elif isinstance(event, Gradients):
            self.gradients.append(event)

    @property
    def share(self) -> float:
        """Share of the steps that are done, in 0..1; of a refit, of its own."""
        if self.finished is not None:
            return 1.0
        if self.refit is not None:
            return min(self.refit.step / max(self.refit.steps, 1), 1.0)
        if self.progress is None or self.progress.steps == 0:
            return 0.0
        return min(self.progress.step / self.progress.steps, 1.0)

    @property
    def best(self) -> EpochEnd | None:
        """The best epoch, whose weights are saved."""
        return next((epoch for epoch in reversed(self.epochs) if epoch.best), None)
