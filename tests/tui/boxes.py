"""What is posted, kept in a list; and waiting for it without an app."""

from __future__ import annotations

import time
from collections.abc import Callable

from textual.message import Message

from namecls.events import Event
from tui.jobs.messages import TrainingTold


class Box:
    """Keeps what is posted."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    def post(self, message: Message) -> bool:
        self.messages.append(message)
        return True

    def of(self, kind: type[Message]) -> list:
        return [message for message in self.messages if isinstance(message, kind)]

    @property
    def events(self) -> list[Event]:
        """All events told."""
        return [event for message in self.of(TrainingTold) for event in message.events]


def wait(happened: Callable[[], object], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.002)
