"""All views of an answer, in the order of their keys."""

from __future__ import annotations

from tui.drawing.views import View
from tui.drawing.why import BELIEF, CHANGES, INFLUENCE
from tui.drawing.within import EPOCHS, NEIGHBOURS, REACH, UNITS, WALK

VIEWS: tuple[View, ...] = (BELIEF, INFLUENCE, CHANGES, NEIGHBOURS, WALK, REACH, UNITS, EPOCHS)
