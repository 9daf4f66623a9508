"""What trainings and searches may ask of the app that has them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from textual.message import Message

    from tui.engine.editing import EditState
    from tui.engine.unfinished import Unfinished
    from tui.state import ComparingState, TrainingState, TuningState


class Desk(Protocol):
    """The state that they set and screens watch, and a few calls."""

    training: TrainingState
    tuning: TuningState
    comparing: ComparingState
    unfinished: tuple[Unfinished, ...]
    edits: EditState

    def post_message(self, message: Message) -> bool: ...
    def say(self, text: str, *, problem: bool = False) -> None: ...
    def exit(self) -> None: ...
