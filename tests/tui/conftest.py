"""What the tests of the app share."""

from __future__ import annotations

import pytest

from tui.app import NameclsApp


@pytest.fixture(autouse=True)
def _notices_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    """A notice is not gone before a busy machine lets a test look at it."""
    monkeypatch.setattr(NameclsApp, "NOTIFICATION_TIMEOUT", 3600.0)
