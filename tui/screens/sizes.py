"""Which of several sizes a screen is laid out for."""

from __future__ import annotations

from typing import Any

from textual import events
from textual.screen import Screen


def heed_present_size(screen: Screen[Any], event: events.Resize) -> None:
    """Drop the news of a size that the terminal no longer has; what is told of the present one comes behind it.

    Textual lays a screen out for whatever size it is told, and then tells the screen of the size that it was laid out
    for. Of two sizes that wait at once each brings back the other, for ever; and as a screen that always has a message
    waiting gives nothing else its turn, no key would be heard any more.
    """
    if event.size != screen.app.size:
        event.prevent_default()
