"""The terminal's own cursor stands where the keys go."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.geometry import Offset
from textual.widgets import Input

from tests.tui.fakes import FakeEngine
from tests.tui.screen import screen_of
from tests.tui.test_app import shows
from tests.tui.tour import to_be_toured, tour
from tests.tui.waiting import until
from tui.app import NameclsApp
from tui.memory import read_values
from tui.screens.inspect import InspectScreen
from tui.screens.mistakes import MistakesScreen
from tui.screens.predict import PredictScreen
from tui.widgets.choice import Choice
from tui.widgets.confusion_view import ConfusionView
from tui.widgets.lists import CursorList


def on_cursor(app: NameclsApp) -> str:
    """What stands on the screen from the cursor on."""
    x, y = app.cursor_position
    return app.screen._compositor.render_strips()[y].crop(x).text


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
async def test_on_every_screen_it_stands_in_the_focus_and_on_the_line_of_a_list(
    size: tuple[int, int], tmp_path: Path
) -> None:
    app, found = to_be_toured(), set()
    async with app.run_test(size=size) as pilot:
        async for place in tour(pilot, tmp_path):
            at, focused = app.cursor_position, app.focused
            if focused is not None:
                assert at in focused.content_region, place
            if isinstance(focused, CursorList) and focused.count:
                assert on_cursor(app).startswith("›"), place
                found.add("list")
            elif isinstance(focused, Choice):
                assert on_cursor(app).startswith(f"{focused.title}]"), place
                found.add("choice")
            elif isinstance(focused, Input):
                assert at == focused.content_region.offset + Offset(len(focused.value), 0), place
                found.add("input")
            else:
                assert at != Offset(0, 0), place
    assert found == {"list", "choice", "input"}


async def test_it_follows_the_keys_within_a_text_a_matrix_and_a_panel() -> None:
    app = NameclsApp(engine=FakeEngine())
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, PredictScreen)
        await until(pilot, lambda: app.model.status == "ready")
        await pilot.press(*"王owa", "left", "left")
        assert on_cursor(app).startswith("wa")
        await pilot.press("ctrl+g")
        await shows(pilot, MistakesScreen)
        matrix = app.screen.query_one(ConfusionView)
        await until(pilot, lambda: matrix.cell is not None)
        for keys in ((), ("down",), ("right", "right"), ("up", "left")):
            await pilot.press(*keys)
            true, _given = matrix.cell or ("", "")
            x, y = app.cursor_position
            line = screen_of(app).split("\n")[y]
            assert true in line
            assert line[x - 4 : x + 1].strip()
        await pilot.press("f3")
        await shows(pilot, PredictScreen)
        await pilot.press("end", "ctrl+u", *"Kowalski", "tab")
        await shows(pilot, InspectScreen)
        screen = app.screen
        assert isinstance(screen, InspectScreen)
        await until(pilot, lambda: screen.is_explained and screen._panel.value is not None)
        assert on_cursor(app).startswith("i")  # the last letter
        await pilot.press("left", "left")
        assert on_cursor(app).startswith("s")
        await pilot.press("5")
        await until(pilot, lambda: screen.is_explained and screen._panel.value is not None)
        for _ in range(3):
            assert on_cursor(app).startswith("▸")
            await pilot.press("j")


async def test_whether_it_shows_is_chosen_and_kept(tmp_path: Path) -> None:
    file = tmp_path / "remembered.json"
    app = NameclsApp(engine=FakeEngine(), memory=file)
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, PredictScreen)
        box = app.screen.query_one(Input)
        await pilot.press(*"Kim")
        drawn = [segment.style for segment in box.render_line(0)]
        assert not app.shows_cursor
        app.action_switch_cursor()
        await pilot.pause()
        assert app.shows_cursor
        shown = [segment.style for segment in box.render_line(0)]
        assert len({style.bgcolor for style in shown if style}) == 1 < len({s.bgcolor for s in drawn if s})
    app.end_threads(1.0)
    assert read_values(file)["cursor"] is True
    assert NameclsApp(engine=FakeEngine(), memory=file).shows_cursor
