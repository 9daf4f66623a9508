"""Waiting for what a thread will tell."""

from __future__ import annotations

import time
from collections.abc import Callable

from textual.pilot import Pilot


async def until(pilot: Pilot[None], happened: Callable[[], object], seconds: float = 120.0) -> None:
    """Let the app run until something is so; a machine may be very busy."""
    end = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > end:
            raise TimeoutError(f"waited {seconds:g} s in vain")
        await pilot.pause(0.01)
