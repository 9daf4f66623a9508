"""How far a cross-validation is, by its events."""

from __future__ import annotations

from dataclasses import dataclass, replace

from namecls.events import Progress
from namecls.repair.found import FoldBegan


@dataclass(frozen=True, slots=True)
class FoldPlace:
    """Where it stands.

    :param fold: the network in training, from 1; 0: none was begun.
    :param share: of all steps, in 0..1.
    """

    fold: int = 0
    folds: int = 0
    share: float = 0.0

    def after(self, event: object) -> FoldPlace:
        """Where it stands after an event."""
        if isinstance(event, FoldBegan):
            return FoldPlace(event.fold, event.folds, (event.fold - 1) / event.folds)
        if isinstance(event, Progress) and self.folds:
            return replace(self, share=(self.fold - 1 + event.step / event.steps) / self.folds)
        return self
