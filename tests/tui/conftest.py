"""What the tests of the app share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tui.app import NameclsApp


@pytest.fixture(autouse=True)
def _notices_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    """A notice is not gone before a busy machine lets a test look at it."""
    monkeypatch.setattr(NameclsApp, "NOTIFICATION_TIMEOUT", 3600.0)


@pytest.fixture(autouse=True)
def _threads_end(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The threads of an app end with its test: hundreds that wait would hold all that their apps held."""
    begun: list[NameclsApp] = []
    begin = NameclsApp._warm_up

    def noted(app: NameclsApp) -> None:
        begun.append(app)
        begin(app)

    monkeypatch.setattr(NameclsApp, "_warm_up", noted)
    yield
    for app in begun:
        app.end_threads(0.0)
