"""What shows says its words again in another language, and is otherwise as it was."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.tui.dialogs import dialogs, to_be_asked
from tests.tui.screen import screen_of
from tests.tui.tour import to_be_toured, tour
from tests.tui.waiting import until
from tui.app import NameclsApp

Walk = Callable[[Pilot[None]], AsyncIterator[str]]

SIZES = pytest.mark.parametrize("size", [(60, 16), (120, 40)], ids=["60x16", "120x40"])

#: Closes before the language changes, which is asked for in such a one.
_CLOSED = "palette"


async def _shows(pilot: Pilot[None], wanted: str, where: str) -> None:
    """Wait until the screen is like this, or tell how it differs."""
    try:
        await until(pilot, lambda: screen_of(pilot.app) == wanted)
    except TimeoutError:
        assert screen_of(pilot.app).splitlines() == wanted.splitlines(), where


async def _walked(app: NameclsApp, walk: Walk, size: tuple[int, int]) -> dict[str, str]:
    shown = {}
    async with app.run_test(size=size) as pilot:
        async for where in walk(pilot):
            await pilot.pause()
            shown[where] = screen_of(app)
    app.end_threads(1.0)
    return shown


async def _retold(app: NameclsApp, walk: Walk, size: tuple[int, int], chinese: Mapping[str, str]) -> None:
    """At each place in English, in Chinese, and in English again: like an app that speaks it from the start."""
    places = []
    async with app.run_test(size=size) as pilot:
        async for where in walk(pilot):
            places.append(where)
            if where == _CLOSED:
                continue
            await pilot.pause()
            english, screen, focused = screen_of(app), app.screen, app.focused
            app.speak("zh_CN")
            await _shows(pilot, chinese[where], f"{where}, from English to Chinese")
            app.speak("en")
            await _shows(pilot, english, f"{where}, back to English")
            assert (app.screen, app.focused) == (screen, focused)
    app.end_threads(1.0)
    assert places == list(chinese)


def _elsewhere(monkeypatch: pytest.MonkeyPatch, directory: Path) -> None:
    directory.mkdir()
    monkeypatch.chdir(directory)


@pytest.mark.slow
@SIZES
async def test_every_screen_is_retold_in_place(
    size: tuple[int, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def walk(pilot: Pilot[None]) -> AsyncIterator[str]:
        return tour(pilot, Path())

    _elsewhere(monkeypatch, tmp_path / "chinese")
    chinese = await _walked(to_be_toured(language="zh_CN"), walk, size)
    _elsewhere(monkeypatch, tmp_path / "english")
    await _retold(to_be_toured(language="en"), walk, size, chinese)


@pytest.mark.slow
@SIZES
async def test_every_dialog_and_notification_is_retold_in_place(
    size: tuple[int, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _elsewhere(monkeypatch, tmp_path / "chinese")
    chinese = await _walked(to_be_asked(language="zh_CN"), dialogs, size)
    _elsewhere(monkeypatch, tmp_path / "english")
    await _retold(to_be_asked(language="en"), dialogs, size, chinese)
